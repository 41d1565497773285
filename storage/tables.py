"""The tables, as both engines know them. Texts about people are sealed bytes; times are UTC.

Migrations stand in `storage/migrations/versions`; a test holds the two together.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
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


def _name() -> Column[str]:
    return Column("id", Words, primary_key=True)


def _count() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _to(name: str, target: str, *, needed: bool = False) -> Column[str]:
    return Column(name, Words, ForeignKey(target), nullable=not needed)


def _word(name: str, *, default: str | None = None) -> Column[str]:
    return Column(name, Words, nullable=False, server_default=default)


def _at(name: str, *, needed: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=not needed)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


settings = Table("settings", metadata, Column("key", Words, primary_key=True), _word("value"))

chain = Table(  # one row: the last link of the history; whoever appends locks it
    "chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

history = Table(
    "history",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("lead_id", Words),
    _word("event"),
    _word("state", default=""),
    Column("by", Words),
    _at("at", needed=True),
    Column("detail", Sealed),
    Column("hash", LargeBinary, nullable=False),
    Index(None, "lead_id", "seq"),
)

UNFINISHED = text("state IN ('fetch', 'new')")
inbox = Table(
    "inbox",
    metadata,
    _count(),
    _word("channel"),
    _word("update_id"),
    _word("person"),
    _word("state"),
    Column("body", Sealed),
    _word("reason", default=""),
    _number("tries"),
    _at("received_at", needed=True),
    _at("next_at", needed=True),
    _at("done_at"),
    UniqueConstraint("channel", "update_id"),
    Index(
        "ix_inbox_unfinished",
        "person",
        "id",
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    ),
    sqlite_autoincrement=True,
)

PENDING = text("state = 'pending'")
outbox = Table(
    "outbox",
    metadata,
    _count(),
    _word("channel"),
    _word("chat"),  # fingerprint of the chat; the chat itself is sealed with the letter
    Column("lane", SmallInteger, nullable=False),
    _word("state"),
    Column("letter", Sealed),
    Column("key", Words, nullable=False, unique=True),
    Column("person_id", Words),
    Column("lead_id", Words),
    _number("tries"),
    _at("created_at", needed=True),
    _at("next_at", needed=True),
    _at("expires_at"),
    _at("sent_at"),
    _word("message", default=""),
    _word("error", default=""),
    Index("ix_outbox_pending", "lane", "id", sqlite_where=PENDING, postgresql_where=PENDING),
    Index("ix_outbox_chat", "channel", "chat", "id"),
    sqlite_autoincrement=True,
)

places = Table(
    "places", metadata, _name(), _word("kind"), _word("name"), _to("parent_id", "places.id")
)

offices = Table(
    "offices",
    metadata,
    _name(),
    Column("place_id", Words, ForeignKey("places.id"), nullable=False, unique=True),
    _word("name"),
    Column("code", Words, nullable=False, unique=True),
    _word("card_level"),
    Column("channel", Words),
    Column("chat_key", Words),
    Column("chat", Sealed),
    Column("phone", Sealed),
    _word("upper_channel", default=""),
    _at("bound_at"),
    UniqueConstraint("channel", "chat_key"),
)

people = Table(
    "people",
    metadata,
    _name(),
    _word("role"),
    _to("place_id", "places.id", needed=True),
    _to("office_id", "offices.id"),
    Column("name", Sealed),
    _word("title", default=""),
    Column("phone", Sealed),
    _at("added_at", needed=True),
    _at("revoked_at"),
    Index(None, "office_id"),
    Index(None, "place_id"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("channel", Words, primary_key=True),
    Column("account", Words, primary_key=True),  # fingerprint
    _to("person_id", "people.id", needed=True),
    Column("chat", Sealed, nullable=False),
    _at("used_at", needed=True),
    _at("unreachable_at"),
    Index(None, "person_id"),
)

invitations = Table(
    "invitations",
    metadata,
    _name(),
    Column("code", Words, nullable=False, unique=True),  # fingerprint
    _word("role"),
    _to("place_id", "places.id", needed=True),
    _to("office_id", "offices.id"),
    _to("person_id", "people.id"),
    Column("name", Sealed),
    Column("issued_by", Words),
    _at("issued_at", needed=True),
    _at("expires_at", needed=True),
    _at("used_at"),
    _at("revoked_at"),
    Column("exposed", Boolean, nullable=False, server_default=text("false")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("person_id", Words, ForeignKey("people.id"), primary_key=True),
    Column("state", Sealed, nullable=False),
    _number("revision"),
    _at("updated_at", needed=True),
)

drafts = Table(
    "drafts",
    metadata,
    _name(),
    _to("person_id", "people.id", needed=True),
    Column("content", Sealed),
    _word("state"),
    Column("lead_id", Words),
    _at("updated_at", needed=True),
    Index(None, "person_id", "state"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("code", Words, primary_key=True),
    Column("day", Date, primary_key=True),
    _number("n"),
)

leads = Table(
    "leads",
    metadata,
    _name(),
    Column("number", Words, nullable=False, unique=True),
    Column("draft_id", Words, unique=True),
    _to("place_id", "places.id", needed=True),
    _to("office_id", "offices.id", needed=True),
    _to("reporter_id", "people.id", needed=True),
    _to("holder_id", "people.id"),
    _word("state"),
    _word("before", default=""),
    _word("category"),
    Column("urgent", Boolean, nullable=False),
    _number("revision"),
    Column("content", Sealed, nullable=False),
    _word("pack"),
    _at("submitted_at", needed=True),
    _at("state_since", needed=True),
    _at("due_at"),
    _word("outcome", default=""),
    _at("forwarded_at"),
    _at("opened_at"),
    _at("accepted_at"),
    _at("closed_at"),
    Index(None, "office_id", "closed_at"),
    Index(None, "reporter_id"),
)

said = Table(
    "said",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # seq of its history row
    _to("lead_id", "leads.id", needed=True),
    Column("by", Words),
    _word("kind"),
    Column("words", Sealed, nullable=False),
    _at("at", needed=True),
    Index(None, "lead_id", "id"),
)

cards = Table(
    "cards",
    metadata,
    Column("lead_id", Words, ForeignKey("leads.id"), primary_key=True),
    Column("channel", Words, primary_key=True),
    Column("chat_key", Words, primary_key=True),
    Column("message", Words, primary_key=True),
    Column("chat", Sealed, nullable=False),
    _number("revision"),
    _at("posted_at", needed=True),
    Index(None, "channel", "chat_key"),
)

files = Table(
    "files",
    metadata,
    _name(),
    _to("person_id", "people.id", needed=True),
    _to("draft_id", "drafts.id"),
    _to("lead_id", "leads.id"),
    _word("kind"),
    _word("media"),
    Column("size", BigInteger, nullable=False),
    _word("sha256"),
    Column("name", Sealed, nullable=False),
    Column("key", Sealed, nullable=False),
    Column("copy_sha256", Words),
    Column("flagged", Boolean, nullable=False),
    _at("kept_at", needed=True),
    Index(None, "draft_id"),
    Index(None, "lead_id"),
)
