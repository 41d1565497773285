"""The webhook: updates pushed in order within a queue, again and again until taken or expired.

A chat's messages are one queue and a person's presses another, so a press may overtake a message.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import aiohttp

from .updates import Pending, Updates
from .world import Json, Refusal


@dataclass
class Webhook:
    """Where to push, as `setWebhook` said."""

    url: str
    secret: str = ""
    last_error: str = ""
    last_error_at: int = 0
    pushed: int = 0


class Pusher:
    """Pushes to the webhook while there is one. Delays double up to `slowest` seconds."""

    def __init__(self, updates: Updates) -> None:
        self.updates = updates
        self.webhook: Webhook | None = None
        self.first_delay = 0.05
        self.slowest = 60.0
        self._task: asyncio.Task[None] | None = None

    def aim(self, url: str, secret: str) -> None:
        """Begin to push there. An empty `url` ends it."""
        if url and not url.startswith(("https://", "http://127.0.0.1")):
            raise Refusal(400, "Bad Request: bad webhook: an HTTPS URL must be provided")
        if len(secret) > 256 or not all(
            c.isascii() and (c.isalnum() or c in "_-") for c in secret
        ):
            raise Refusal(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = Webhook(url, secret) if url else None
        self.updates.arrived.set()
        if self.webhook and self._task is None:
            self._task = asyncio.create_task(self._run())

    def info(self) -> Json:
        """As `getWebhookInfo` tells it."""
        hook = self.webhook or Webhook("")
        shown: Json = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates.living()),
        }
        if hook.last_error:
            shown |= {
                "last_error_date": hook.last_error_at,
                "last_error_message": hook.last_error,
            }
        return shown

    async def close(self) -> None:
        """Stop pushing."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        busy: dict[str, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            try:
                while True:
                    busy = {queue: task for queue, task in busy.items() if not task.done()}
                    if self.webhook is not None:
                        for one in self._heads(set(busy)):
                            busy[one.queue] = asyncio.create_task(self._push(session, one))
                    await asyncio.sleep(0.01)
            finally:
                for task in busy.values():
                    task.cancel()
                await asyncio.gather(*busy.values(), return_exceptions=True)

    def _heads(self, busy: set[str]) -> list[Pending]:
        """The oldest of each queue, if its time has come."""
        heads: dict[str, Pending] = {}
        for one in self.updates.living():
            heads.setdefault(one.queue, one)
        now = self.updates.clock.now()
        return [one for queue, one in heads.items() if queue not in busy and one.due <= now]

    async def _push(self, session: aiohttp.ClientSession, one: Pending) -> None:
        hook = self.webhook
        if hook is None:
            return
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        wait = min(self.first_delay * 2 ** min(one.tries, 20), self.slowest)
        try:
            async with session.post(hook.url, json=one.body, headers=headers) as answer:
                if 200 <= answer.status < 300:
                    hook.pushed += 1
                    self.updates.confirmed.append(one.id)
                    self.updates.pending = [p for p in self.updates.pending if p is not one]
                    return
                problem = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                asked = answer.headers.get("Retry-After", "")
                wait = min(float(asked), 3600.0) if asked.isdigit() else wait
        except (aiohttp.ClientError, TimeoutError) as error:
            problem = f"Connection failed: {type(error).__name__}"
        one.tries += 1
        one.due = self.updates.clock.now() + wait
        hook.last_error, hook.last_error_at = problem, int(self.updates.clock.now())
