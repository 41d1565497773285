"""The shipped program as a process: started, asked to stop, killed; what it printed is kept.

One `Deployment` is one installation in a folder of its own: data, a key beside it, a log. Nothing
of the program is reached but what an operator can reach: settings, signals, the port, the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

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


class Fork:
    """A server that the nursery forked; it is spoken to as any process is."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it now."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait until it is gone; its exit code."""
        while self.returncode is None:
            await self.nursery.look()
            if self.returncode is None:
                await asyncio.sleep(0.02)
        return self.returncode


class Nursery:
    """The process that forks servers; see `crashing`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.forks: dict[int, Fork] = {}
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls) -> Nursery:
        """Start it, and wait until everything is built."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.journeys.crashing",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        nursery = cls(process)
        assert process.stdout is not None
        if (await process.stdout.readline()).strip() != b"ready":
            raise AssertionError("the nursery does not open")
        return nursery

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        async with self._turn:
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            await self.process.stdin.drain()
            answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
            return answer

    async def fork(self, deployment: Deployment, arguments: Sequence[str]) -> Fork:
        """A new server."""
        told = await self._ask(
            {
                "folder": str(deployment.folder),
                "log": str(deployment.log),
                "env": deployment.environment,
                "arguments": list(arguments),
            }
        )
        self.forks[told["pid"]] = Fork(self, told["pid"])
        return self.forks[told["pid"]]

    async def look(self) -> None:
        """Which servers have ended."""
        for pid, code in (await self._ask({}))["ended"].items():
            self.forks.pop(int(pid)).returncode = code

    async def close(self) -> None:
        """End it, and every server with it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


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
        self.extra: dict[str, str] = {}
        self.nursery: Nursery | None = None
        self.process: asyncio.subprocess.Process | Fork | None = None
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
            if isinstance(self.process, Fork):
                await self.process.nursery.look()
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
        self.starts += 1
        if self.nursery is not None:
            self.process = await self.nursery.fork(self, arguments)
            return
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "serve",
                *arguments,
                cwd=self.folder,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

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
