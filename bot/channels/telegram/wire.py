"""python-telegram-bot's connection, made quiet: no answer is logged, none is read without end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

Bot = ExtBot[int]

LONGEST_ANSWER = 4 * 1024 * 1024
"""More bytes than any answer to what we say can have."""


class QuietRequest(HTTPXRequest):
    """The library's own logs a body it cannot read, with whatever people wrote in it."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """The answer, which must be an object. Raises `TelegramError` without its content."""
        try:
            answer = json.loads(payload.decode(errors="replace"))
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("unreadable answer")
        return answer


class _Bounded(httpx.AsyncByteStream):
    """A stream that breaks off after `LONGEST_ANSWER` bytes."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self.stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LONGEST_ANSWER
        async for chunk in self.stream:
            left -= len(chunk)
            if left < 0:
                raise httpx.ReadError("endless answer")
            yield chunk

    async def aclose(self) -> None:
        await self.stream.aclose()


async def _bound(response: httpx.Response) -> None:
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _Bounded(response.stream)


def mouthpiece(token: str, base: str, *, patience: float, gap: float, group_gap: float) -> Bot:
    """A bot with a connection and a pace of its own.

    Args:
        token: The bot's token.
        base: The address of the Bot API.
        patience: Seconds to wait for an answer; an upload may take six times as long.
        gap: Seconds between any two messages; 0 for no pace.
        group_gap: Seconds between two messages to one group; 0 for no pace.

    One message at a time, evenly: the library's default lets out a burst and is then refused. It
    does not retry a refusal itself, since it would hold up every other chat meanwhile; the outbox
    does, and survives a restart.
    """
    request = QuietRequest(
        connection_pool_size=32,
        read_timeout=patience,
        write_timeout=patience,
        connect_timeout=min(patience, 10.0),
        pool_timeout=patience,
        media_write_timeout=patience * 6,
        httpx_kwargs={"event_hooks": {"response": [_bound]}},
    )
    return ExtBot(
        token,
        base_url=f"{base.rstrip('/')}/bot",
        base_file_url=f"{base.rstrip('/')}/file/bot",
        request=request,
        get_updates_request=request,
        rate_limiter=AIORateLimiter(1, gap, 1, group_gap, max_retries=0),
    )
