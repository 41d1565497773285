"""A village to talk in, and the shipped book."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from knowledge.book import Book, shipped
from storage.database import Database
from tests.handlers.village import Village, build


@pytest.fixture(scope="session")
def book() -> Book:
    """The national pack as it ships."""
    return shipped()


@pytest.fixture
async def village(database: Database, book: Book, now: datetime) -> AsyncIterator[Village]:
    """An invented district with an office's group bound."""
    async with build(database, book, now) as made:
        yield made
