"""Towns to play in, on each engine in turn or shared by many stories."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.founder import Founder, all_holds
from tests.journeys.town import Town


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories that share a town are played one after the other, by one worker."""
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """The address of a template database on PostgreSQL; empty: SQLite."""
    wanted = request.param == "postgres"
    return str(request.getfixturevalue("postgres_template")) if wanted else ""


@pytest.fixture
async def founder(engine: str, tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Founder]:
    """Founds towns on each engine in turn."""
    made = Founder(tmp_path, sqlite_template, engine)
    yield made
    await made.leave()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> AsyncIterator[Founder]:
    """Founds the towns that the stories of a file share; far from Beijing's time zone."""
    made = Founder(tmp_path_factory.mktemp("towns"), sqlite_template, "")
    made.settings["TZ"] = "America/Los_Angeles"
    await made.quick()
    yield made
    await made.leave()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def common(shared: Founder) -> Town:
    """One town, served by polling, for many stories."""
    return await shared.found(monitors=6)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pushed(shared: Founder) -> Town:
    """One town, served by webhook, for many stories."""
    return await shared.found(webhook=True)


@pytest_asyncio.fixture(loop_scope="session")
async def town(common: Town) -> AsyncIterator[Town]:
    """The town served by polling; after each story everything must hold."""
    yield common
    await all_holds(common)


@pytest_asyncio.fixture(loop_scope="session")
async def hooked(pushed: Town) -> AsyncIterator[Town]:
    """The town served by webhook; after each story everything must hold."""
    yield pushed
    await all_holds(pushed)
