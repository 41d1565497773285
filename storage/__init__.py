"""What is remembered: tables, transactions, sealing, the audit chain, backups, migrations.

Nothing outside this package imports SQLAlchemy; what goes wrong in a database leaves here as
`Busy` (try again later, nothing was changed) or `Damaged` (what is stored cannot be trusted).
"""

from storage.errors import Busy, Damaged

__all__ = ["Busy", "Damaged"]
