"""A call of the Bot API: its parameters, and the table of methods."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .limits import Flood
from .world import Refusal, World


@dataclass(frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    body: bytes
    mime: str


@dataclass
class Call:
    """One call: everything in `given` may be text, whatever its real type is."""

    method: str
    given: dict[str, Any]
    uploads: dict[str, Upload] = field(default_factory=dict)
    at: float = 0.0

    def text(self, name: str) -> str:
        """A text; empty if it is not given."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number."""
        try:
            return int(self.given.get(name) or default)
        except ValueError:
            raise Refusal(400, f"Bad Request: wrong {name}") from None

    def data(self, name: str) -> Any:
        """JSON, however it came; None if it is not given."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(400, f"Bad Request: can't parse {name} JSON object") from None

    def flag(self, name: str) -> bool:
        """Yes or no."""
        return str(self.given.get(name)).lower() in ("true", "1")

    def upload(self, name: str, value: Any = None) -> Upload | None:
        """The file that parameter means, when it is one that came along."""
        value = self.given.get(name) if value is None else value
        if isinstance(value, str) and value.startswith("attach://"):
            return self.uploads.get(value.removeprefix("attach://"))
        return self.uploads.get(name)


Method = Callable[[World, Flood, Call], Any]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Put a function into the table under the API's name for it (names ignore case)."""

    def put(function: Method) -> Method:
        METHODS[name.lower()] = function
        return function

    return put
