"""The shipped program in processes that can be made to die at a numbered point of its pipeline.

The product has no hook for this. Here its functions are wrapped from outside, before it runs:
when a file called `armed` in the deployment's folder names a point, the next call that passes it
ends the process on the spot, as `kill -9` does. Nothing is flushed, closed or told.

Run as a program this is a nursery: it imports everything and builds the search once, and forks a
server for every line it is given. So a killed server is back within a second, and a test of two
hundred kills is a matter of minutes (`Nursery` in `serving` talks to it).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from storage.database import Tx

DIED = 137

POINTS = {
    1: "intake: fetched, before anything is stored",
    2: "intake: stored, before the commit",
    3: "intake: committed, before the channel is told",
    4: "worker: taken, before the dialogue",
    5: "worker: answered and laid in the outbox, before the commit",
    6: "worker: committed, before anything is sent",
    7: "files: taken, before the download",
    8: "files: bytes on disk, before they are on record",
    9: "files: on record, before the update says so",
    10: "files: the update says so, before anything is said",
    11: "delivery: before it is sent",
    12: "delivery: sent, before the outcome is written",
    13: "delivery: outcome written, before the commit",
    14: "delivery: outcome committed",
}
"""The points of the pipeline, in the order in which an update passes them."""


def arm(folder: Path, point: int, what: str = "") -> None:
    """Let the server in that folder die at the next passing of a point; of delivery, only with a
    letter of that lane in hand if `what` names one.
    """
    (folder / "armed").write_text(f"{point} {what}".strip())


def die_at(point: int, what: str = "") -> None:
    """End here, if a test says so."""
    armed = Path("armed")
    if armed.exists() and armed.read_text() in {str(point), f"{point} {what}"}:
        armed.unlink()
        os._exit(DIED)


def wrap(owner: Any, name: str, *, before: int = 0, within: int = 0, after: int = 0) -> None:
    """Pass points around each call of an async function: before it, when it is done but nothing
    is committed yet, and after the commit of the transaction it was given.
    """
    function: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def passed(*given: Any, **named: Any) -> Any:
        what = next((one.lane for one in given if hasattr(one, "lane")), "")
        if before:
            die_at(before, what)
        result = await function(*given, **named)
        if within:
            die_at(within, what)
        tx = next((one for one in given if isinstance(one, Tx)), None)
        if after and tx is not None:
            tx.after_commit.append(lambda: die_at(after, what))
        return result

    setattr(owner, name, passed)


POISON = "unlucky words 4417"
"""Whoever says this meets a dialogue that fails, however often it is tried."""


def break_on(owner: Any, name: str, words: str) -> None:
    """Let a dialogue fail whenever these words are said."""
    function: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def fails(house: Any, tx: Tx, said: Any, now: Any) -> Any:
        if words in said.text:
            raise RuntimeError(said.text)
        return await function(house, tx, said, now)

    setattr(owner, name, fails)


def lay_points() -> None:
    """Wrap the pipeline."""
    from bot import delivery, worker
    from handlers import door
    from storage import files, inbox

    wrap(inbox, "store", before=1, within=2, after=3)
    wrap(door, "receive", before=4)
    break_on(door, "receive", POISON)
    wrap(inbox, "done", within=5, after=6)
    wrap(files, "keep", within=8)
    wrap(worker, "keep", before=7, within=9)
    wrap(inbox, "replace_body", after=10)
    wrap(delivery.Delivery, "_say", before=11, within=12)
    wrap(delivery.Delivery, "_record", within=13, after=14)


def hurry() -> None:
    """Let a group hear five messages a second. The fake counts no floods here, and twenty a
    minute is a long wait for stories; the pace has tests of its own (`test_speak`).
    """
    from bot.channels.telegram.speak import TelegramMouth

    assert TelegramMouth.__init__.__kwdefaults__ is not None
    TelegramMouth.__init__.__kwdefaults__["group_gap"] = 0.2


def build_once() -> None:
    """Read the packs and build the search here, for every server that is forked from here."""
    from bot import app
    from bot.channels.telegram import joining  # here, once: it takes a second
    from bot.settings import Settings
    from bot.web import server
    from knowledge.search import Search

    del joining, server
    book = app.read_book(Settings())
    search = Search.build(book)
    app.read_book = lambda settings: book
    setattr(Search, "build", lambda *given: search)  # noqa: B010 - a stand-in, not its like


def nurse() -> None:
    """For every line `{folder, log, env, arguments}` fork a server; say its id, and when any ends
    say that. The line `{}` asks which have ended.
    """
    living: set[int] = set()
    print("ready", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        if wanted:
            if not (pid := os.fork()):
                become(wanted)
            living.add(pid)
            print(json.dumps({"pid": pid}), flush=True)
            continue
        ended = {}
        for pid in tuple(living):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                living.discard(pid)
                ended[pid] = os.waitstatus_to_exitcode(status)
        print(json.dumps({"ended": ended}), flush=True)
    for pid in living:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def become(wanted: dict[str, Any]) -> None:
    """Be a server: the shipped program, in its folder, with its settings."""
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, handle in ((0, nothing), (1, log), (2, log)):
        os.dup2(handle, number)
    os.chdir(wanted["folder"])
    for name in [name for name in os.environ if name.startswith("CUNJIAN_")]:
        del os.environ[name]
    os.environ.update(wanted["env"])
    sys.argv = ["cunjian", "serve", *wanted["arguments"]]
    from bot.__main__ import main

    code = 0
    try:
        main()
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 1
    finally:
        os._exit(code)


if __name__ == "__main__":
    build_once()
    hurry()
    lay_points()
    nurse()
