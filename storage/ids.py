"""Short random names for rows, fit to stand in a button's data."""

from __future__ import annotations

import base64
import secrets


def new() -> str:
    """Ten characters of a-z and 2-7 (50 random bits)."""
    return base64.b32encode(secrets.token_bytes(7)).decode()[:10].lower()
