"""Columns: the types both engines share, and short names for the kinds of column there are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from storage.text import clean


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """SQLite gives the zone back to nobody; it is UTC."""
        return value.replace(tzinfo=UTC) if value is not None else None


class Words(TypeDecorator[str]):
    """Text with nothing in it that one of the engines cannot keep."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Cleaned, see `storage.text`."""
        return clean(value) if value is not None else None


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Sealed = LargeBinary
Id = BigInteger().with_variant(Integer, "sqlite")


def name() -> Column[str]:
    """The random id of a row."""
    return Column("id", Words, primary_key=True)


def count() -> Column[int]:
    """The counted id of a row."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def to(name: str, target: str, *, needed: bool = False) -> Column[str]:
    """Another row's id."""
    return Column(name, Words, ForeignKey(target), nullable=not needed)


def word(name: str, *, default: str | None = None) -> Column[str]:
    """A text that is always there."""
    return Column(name, Words, nullable=False, server_default=default)


def at(name: str, *, needed: bool = False) -> Column[datetime]:
    """A moment."""
    return Column(name, Moment, nullable=not needed)


def number(name: str) -> Column[int]:
    """A count, from zero."""
    return Column(name, Integer, nullable=False, server_default=text("0"))
