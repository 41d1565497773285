"""What goes wrong, when a test asks for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from .world import Refusal

BEFORE = {"refuse", "hang", "reset", "kill_before"}  # nothing has happened on the server
AFTER = {"lost_reply", "kill", "message_id_0"}  # it has happened
BODIES: dict[str, Callable[[bytes], bytes]] = {
    "garble": lambda true: true[:-4] + b"\xff\xfe",
    "truncated": lambda true: true[:-1],
    "empty": lambda true: b"",
    "html": lambda true: b"<html><body>Please log in to the hotel network</body></html>",
    "odd": lambda true: b"[" + true + b"]",
    "huge": lambda true: b'{"ok":true,"result":"' + b"x" * (50 * 1024 * 1024) + b'"}',
}  # it has happened, and what comes instead of the true answer tells nothing
CODES = {
    "401": Refusal(401, "Unauthorized"),
    "403": Refusal(403, "Forbidden: bot was blocked by the user"),
    "404": Refusal(404, "Not Found"),
    "409": Refusal(409, "Conflict: terminated by other getUpdates request"),
    "429": Refusal(429, "Too Many Requests: retry after 1", {"retry_after": 1}),
    "500": Refusal(500, "Internal Server Error"),
    "502": Refusal(502, "Bad Gateway"),
    "503": Refusal(503, "Service Unavailable"),
    "504": Refusal(504, "Gateway Timeout"),
}
KINDS = BEFORE | AFTER | set(BODIES) | set(CODES)


@dataclass
class Fault:
    """One planned mishap: the calls numbered first to last, of one method (or `*`)."""

    method: str
    first: int
    last: int
    kind: str | Refusal
    then: Callable[[], object] | None = None


class Nemesis:
    """Counts calls and says which of them goes wrong."""

    def __init__(self) -> None:
        self.plan: list[Fault] = []
        self.done: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()

    def fault(
        self,
        method: str,
        nth: int = 1,
        kind: str | Refusal = "reset",
        *,
        times: int = 1,
        then: Callable[[], object] | None = None,
    ) -> None:
        """From the `nth` call of `method` from now on, `times` calls go wrong; 0: for ever.

        `kind` is one of `KINDS`, or a `Refusal` to answer with. `then` is what `kill` calls.
        """
        if isinstance(kind, str) and kind not in KINDS:
            raise ValueError(f"unknown fault {kind}; there are {sorted(KINDS)}")
        first = self._seen[method] + nth
        self.plan.append(Fault(method, first, first + times - 1 if times else 10**9, kind, then))

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.plan.clear()

    def next(self, method: str) -> Fault | None:
        """Count one call of `method`; what is to go wrong with it, if anything."""
        for name in (method, "*"):
            self._seen[name] += 1
        for fault in self.plan:
            if fault.method in (method, "*") and (
                fault.first <= self._seen[fault.method] <= fault.last
            ):
                self.done[str(fault.kind)] += 1
                return fault
        return None
