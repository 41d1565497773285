"""How long to wait before trying again, apart from trying."""

from __future__ import annotations

import random


def growing(tries: int, *, first: float = 0.5, most: float = 60.0) -> float:
    """Seconds to wait after that many failures in a row (from 1): doubling, up to `most`.

    A random half is taken off, so that many who failed together do not come back together.
    """
    full = min(first * 2.0 ** min(max(tries, 1) - 1, 30), most)
    return full * random.uniform(0.5, 1.0)  # noqa: S311 - no secret hangs on it
