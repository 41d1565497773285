"""What is wrong with a pack, as data: where, what, and the values a sentence about it needs.

Sentences for people stand in `handlers/texts/knowledge.yaml`, one per `code`; this package
only says which one applies.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One fault: the file and line to open, the entry, and the code of what to do about it."""

    code: str
    file: str = ""
    line: int = 0  # counted from 1; 0 when the whole file or pack is meant
    entry: str = ""
    values: dict[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """A line for logs: no sentence, only the place and the code."""
        told = " ".join(f"{key}={value}" for key, value in self.values.items())
        return f"{self.file}:{self.line} {self.entry} {self.code} {told}".strip()


class PackError(Exception):
    """A pack is refused whole; `findings` tell every reason that was seen."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(str(finding) for finding in self.findings))


def refuse(code: str, file: str = "", line: int = 0, **values: object) -> PackError:
    """The error for one fault."""
    told = {key: str(value) for key, value in values.items()}
    return PackError([Finding(code, file, line, values=told)])
