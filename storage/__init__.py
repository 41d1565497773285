"""What is remembered: tables, transactions, sealing, the audit chain, backups, migrations."""
