"""The shipped program as a process: started, asked to stop, killed; what it printed is kept.

One `Deployment` is one installation in a folder of its own: data, a key beside it, a log. Nothing
of the program is reached but what an operator can reach: settings, signals, the port, the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from storage.database import Database, default_url
from storage.keys import KeyRing, Sealer
from storage.migrations import migrate
from tests.fake_telegram import FakeTelegram

ROOT = Path(__file__).parents[2]
SECRET = "a-Hook_Secret-that-nobody-may-see-7Qx"
HOOK = "/telegram"
STARTED = '"event": "started"'


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Deployment:
    """An installation, and the process that serves it while there is one."""

    def __init__(
        self, folder: Path, api: FakeTelegram, url: str = "", *, webhook: bool = False
    ) -> None:
        self.folder = folder
        self.api = api
        self.data = folder / "data"
        self.key_file = folder / "keys" / "cunjian.key"
        self.log = folder / "log.txt"
        self.url = url or default_url(self.data)
        self.webhook = webhook
        self.port = free_port()
        self.program: Sequence[str] = ("-m", "bot")
        self.extra: dict[str, str] = {}
        self.process: asyncio.subprocess.Process | None = None
        self.starts = 0

    @property
    def postgres(self) -> bool:
        """Which engine keeps its database."""
        return self.url.startswith("postgresql")

    @property
    def sealer(self) -> Sealer:
        """What opens what it stored."""
        return Sealer(KeyRing.load(self.key_file))

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told."""
        (self.folder / "tmp").mkdir(exist_ok=True)
        told = {
            "CUNJIAN_DATA": str(self.data),
            "CUNJIAN_KEY_FILE": str(self.key_file),
            "CUNJIAN_BOT_TOKEN": self.api.token,
            "CUNJIAN_TELEGRAM_API": self.api.url,
            "CUNJIAN_HTTP": f"127.0.0.1:{self.port}",
            "CUNJIAN_LOG_LEVEL": "DEBUG",
            "TMPDIR": str(self.folder / "tmp"),
        }
        if self.postgres:
            told["CUNJIAN_DATABASE_URL"] = self.url
        if self.webhook:
            told["CUNJIAN_WEBHOOK_URL"] = f"http://127.0.0.1:{self.port}{HOOK}"
            told["CUNJIAN_WEBHOOK_SECRET"] = SECRET
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CUNJIAN_")}
        return {**inherited, "PYTHONPATH": os.pathsep.join(paths), **told, **self.extra}

    async def prepare(self, template: Path | None = None) -> None:
        """A key and an empty, migrated database: a copy of one, if there is one already."""
        self.data.mkdir(parents=True, mode=0o700)
        KeyRing.create(self.key_file)
        if template is None:
            await migrate(self.url)
        elif not self.postgres:
            shutil.copy(template, self.data / "cunjian.db")

    @asynccontextmanager
    async def storage(self) -> AsyncIterator[Database]:
        """Its database, opened from outside as a second process may."""
        database = await Database.open(self.url, self.sealer, self.data)
        try:
            yield database
        finally:
            await database.close()

    # --- the process -------------------------------------------------------------------------

    async def start(self, *arguments: str, within: float = 90.0) -> None:
        """Serve; returns when it listens."""
        await self.launch(*arguments)
        until = asyncio.get_running_loop().time() + within
        while STARTED not in self.printed(since=self._begun):
            if self.process is None or self.process.returncode is not None:
                raise AssertionError(f"it ended at once:\n{self.printed(since=self._begun)}")
            if asyncio.get_running_loop().time() > until:
                raise AssertionError(f"it does not start:\n{self.printed(since=self._begun)}")
            await asyncio.sleep(0.02)
        if self.webhook:
            await self._listens(until)

    async def launch(self, *arguments: str) -> None:
        """Begin to serve, without waiting."""
        self._begun = len(self.printed())
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.program,
                "serve",
                *arguments,
                cwd=self.folder,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.starts += 1

    _begun = 0

    async def _listens(self, until: float) -> None:
        while asyncio.get_running_loop().time() < until:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"nobody listens on {self.port}:\n{self.printed(since=self._begun)}")

    async def stop(self, within: float = 20.0) -> int:
        """Ask it to stop, as an operator does; its exit code."""
        if self.process is None:
            return 0
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.ended(within)

    def kill(self) -> None:
        """End it now, whatever it is doing: `kill -9`."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    async def ended(self, within: float = 20.0) -> int:
        """Wait until it is gone; its exit code (negative: the signal that ended it)."""
        assert self.process is not None
        try:
            code = await asyncio.wait_for(self.process.wait(), within)
        except TimeoutError:
            self.kill()
            await self.process.wait()
            raise AssertionError(f"it does not end:\n{self.printed()[-4000:]}") from None
        self.process = None
        return code

    def printed(self, since: int = 0) -> str:
        """What it printed so far, from a place on."""
        if not self.log.exists():
            return ""
        return self.log.read_bytes().decode(errors="replace")[since:]
