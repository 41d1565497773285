"""A served site."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.book import Book, shipped
from storage.database import Database, default_url
from tests.bot.web.house import Site, serving


@pytest.fixture(scope="session")
def book() -> Book:
    """The national pack as it ships."""
    return shipped()


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite alone: the pages know no engine, and the journey is played on both."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(request.getfixturevalue("sqlite_template"), data / "cunjian.db")
    return default_url(data)


@pytest.fixture
async def site(database: Database, book: Book, tmp_path: Path) -> AsyncIterator[Site]:
    """The pages, over loopback."""
    async with serving(database, book, tmp_path) as served:
        yield served
