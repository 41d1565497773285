"""The tables, as both engines know them. Texts about people are sealed bytes; times are UTC.

Migrations stand in `storage/migrations/versions`; a test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from storage.columns import (
    Id,
    Moment,
    Sealed,
    Words,
    at,
    count,
    metadata,
    name,
    number,
    to,
    word,
)

__all__ = ["Moment", "metadata"]

settings = Table("settings", metadata, Column("key", Words, primary_key=True), word("value"))

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
    word("event"),
    word("state", default=""),
    Column("by", Words),
    at("at", needed=True),
    Column("detail", Sealed),
    Column("hash", LargeBinary, nullable=False),
    Index(None, "lead_id", "seq"),
)

UNFINISHED = text("state IN ('fetch', 'new')")
inbox = Table(
    "inbox",
    metadata,
    count(),
    word("channel"),
    word("update_id"),
    word("person"),
    word("state"),
    Column("body", Sealed),
    word("reason", default=""),
    number("tries"),
    at("received_at", needed=True),
    at("next_at", needed=True),
    at("done_at"),
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
    count(),
    word("channel"),
    word("chat"),  # fingerprint of the chat; the chat itself is sealed with the letter
    Column("lane", SmallInteger, nullable=False),
    word("state"),
    Column("letter", Sealed),
    Column("key", Words, nullable=False, unique=True),
    Column("person_id", Words),
    Column("lead_id", Words),
    number("tries"),
    at("created_at", needed=True),
    at("next_at", needed=True),
    at("expires_at"),
    at("sent_at"),
    word("message", default=""),
    word("error", default=""),
    Index("ix_outbox_pending", "lane", "id", sqlite_where=PENDING, postgresql_where=PENDING),
    Index("ix_outbox_chat", "channel", "chat", "id"),
    sqlite_autoincrement=True,
)

places = Table(  # sealed, since who watches a named village may be one person
    "places",
    metadata,
    name(),
    word("kind"),
    Column("name", Sealed, nullable=False),
    to("parent_id", "places.id"),
)

offices = Table(
    "offices",
    metadata,
    name(),
    Column("place_id", Words, ForeignKey("places.id"), nullable=False, unique=True),
    Column("name", Sealed, nullable=False),
    Column("code", Words, nullable=False, unique=True),
    word("card_level"),
    Column("channel", Words),
    Column("chat_key", Words),
    Column("chat", Sealed),
    Column("phone", Sealed),
    word("upper_channel", default=""),
    at("bound_at"),
    UniqueConstraint("channel", "chat_key"),
)

people = Table(
    "people",
    metadata,
    name(),
    word("role"),
    to("place_id", "places.id", needed=True),
    to("office_id", "offices.id"),
    Column("name", Sealed),
    word("title", default=""),
    Column("phone", Sealed),
    at("added_at", needed=True),
    at("revoked_at"),
    Index(None, "office_id"),
    Index(None, "place_id"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("channel", Words, primary_key=True),
    Column("account", Words, primary_key=True),  # fingerprint
    to("person_id", "people.id", needed=True),
    Column("chat", Sealed, nullable=False),
    at("used_at", needed=True),
    at("unreachable_at"),
    Index(None, "person_id"),
)

invitations = Table(
    "invitations",
    metadata,
    name(),
    Column("code", Words, nullable=False, unique=True),  # fingerprint
    word("role"),
    to("place_id", "places.id", needed=True),
    to("office_id", "offices.id"),
    to("person_id", "people.id"),
    Column("name", Sealed),
    Column("issued_by", Words),
    at("issued_at", needed=True),
    at("expires_at", needed=True),
    at("used_at"),
    at("revoked_at"),
    Column("exposed", Boolean, nullable=False, server_default=text("false")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("person_id", Words, ForeignKey("people.id"), primary_key=True),
    Column("state", Sealed, nullable=False),
    number("revision"),
    at("updated_at", needed=True),
)

drafts = Table(
    "drafts",
    metadata,
    name(),
    to("person_id", "people.id", needed=True),
    Column("content", Sealed),
    word("state"),
    Column("lead_id", Words),
    at("updated_at", needed=True),
    Index(None, "person_id", "state"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("code", Words, primary_key=True),
    Column("day", Date, primary_key=True),
    number("n"),
)

leads = Table(
    "leads",
    metadata,
    name(),
    Column("number", Words, nullable=False, unique=True),
    Column("draft_id", Words, unique=True),
    to("place_id", "places.id", needed=True),
    to("office_id", "offices.id", needed=True),
    to("reporter_id", "people.id", needed=True),
    to("holder_id", "people.id"),
    word("state"),
    word("before", default=""),
    word("category"),
    Column("urgent", Boolean, nullable=False),
    number("revision"),
    Column("content", Sealed, nullable=False),
    word("pack"),
    at("submitted_at", needed=True),
    at("state_since", needed=True),
    at("due_at"),
    word("outcome", default=""),
    at("forwarded_at"),
    at("opened_at"),
    at("accepted_at"),
    at("closed_at"),
    Index(None, "office_id", "closed_at"),
    Index(None, "reporter_id"),
)

said = Table(
    "said",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # seq of its history row
    to("lead_id", "leads.id", needed=True),
    Column("by", Words),
    word("kind"),
    Column("words", Sealed, nullable=False),
    at("at", needed=True),
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
    number("revision"),
    at("posted_at", needed=True),
    Index(None, "channel", "chat_key"),
)

files = Table(
    "files",
    metadata,
    name(),
    to("person_id", "people.id", needed=True),
    to("draft_id", "drafts.id"),
    to("lead_id", "leads.id"),
    word("kind"),
    word("media"),
    Column("size", BigInteger, nullable=False),
    word("sha256"),
    Column("name", Sealed, nullable=False),
    Column("key", Sealed, nullable=False),
    Column("copy_sha256", Words),
    Column("flagged", Boolean, nullable=False),
    at("kept_at", needed=True),
    Index(None, "draft_id"),
    Index(None, "lead_id"),
)
