"""What is true: lists, procedures, law, forms and calendar rules, as data with their sources.

Nothing here reads or writes anything but its own packs, and nothing here knows who asks.
"""
