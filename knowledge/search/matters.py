"""One breathless message, several matters: where one ends and the next begins."""

import re
from collections.abc import Sequence

_PAUSE = re.compile(
    "[\u3002\uff0c\u3001\uff1b\uff1a\uff01\uff1f!?;,:\n\r\t\u2026~]+"
    "|(?<![a-z]) +| +(?![a-z])",  # syllables and words in letters have spaces between them
    re.IGNORECASE,
)
"""Where a thumb pauses."""
_SHORT = 3  # characters: less is no clause of its own
_MOST = 60  # clauses; what comes after stays with the last


def clauses(text: str) -> list[str]:
    """The text at its pauses, no clause shorter than three characters but a lone one."""
    found: list[str] = []
    for piece in filter(None, _PAUSE.split(text)):
        if found and (len(piece) < _SHORT or len(found[-1]) < _SHORT or len(found) == _MOST):
            found[-1] += piece if len(found[-1]) < _SHORT else "\uff0c" + piece
        else:
            found.append(piece)
    return found


def grouped(about: Sequence[frozenset[int]]) -> list[list[int]]:
    """Which clauses belong together, given what each is surely about.

    A clause that is surely about nothing belongs to the one before it.
    """
    groups: list[list[int]] = []
    matter: frozenset[int] = frozenset()
    for n, found in enumerate(about):
        if groups and (not found or not matter or matter & found):
            groups[-1].append(n)
            matter |= found
        else:
            groups.append([n])
            matter = found
    return groups
