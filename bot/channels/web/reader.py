"""What pages said, as the worker reads it: it was stored as an `Inbound` from the start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from bot.channels import Refused
from bot.worker import read_once
from handlers.messages import FileRef, Inbound


class WebReader:
    """A `worker.Reader`. Files are kept when they are uploaded, so there is nothing to fetch."""

    def read(self, body: dict[str, Any]) -> Inbound:
        """The thing said. Raises ValueError if the row holds none."""
        said = read_once(body)
        if said is None:
            raise ValueError("nothing said")
        return said

    async def fetch(self, ref: FileRef) -> AsyncIterator[bytes]:
        """Never asked for."""
        raise Refused("unreachable")
        yield b""
