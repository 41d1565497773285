"""Reads amounts and dates as people write them, without correcting what they wrote.

The words themselves (digits, units, seasons, festivals) stand in the national pack.
"""

from knowledge.reading.amount import Amount, read_amount, read_number
from knowledge.reading.when import Span, read_when

__all__ = ["Amount", "Span", "read_amount", "read_number", "read_when"]
