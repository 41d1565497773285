"""What is said to the street office: its group chat and its officers."""
