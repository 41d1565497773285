"""From a raw update to an `Inbound`. Never raises, and never tells content in a reason.

Only the fields that are needed reach aiogram's types. So an odd extra field cannot make a message
unreadable, and names, forward origins and other traces of a person are dropped before anything
else can see them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from aiogram.types import CallbackQuery, InlineQuery, Message, PollAnswer

from bot.channels.telegram import Me, trim
from bot.channels.telegram.trim import Raw
from handlers.messages import FileRef, Heard, Inbound, Place

_FORWARDED = ("forward_origin", "forward_date", "forward_from", "forward_from_chat")
_NAMED = (  # kinds a person may send that we cannot use; the name is no content
    "sticker",
    "contact",
    "poll",
    "dice",
    "story",
    "game",
    "checklist",
    "paid_media",
    "live_photo",
    "invoice",
    "web_app_data",
    "pinned_message",
)
_GROUPS = ("group", "supergroup")
_OUT = ("left", "kicked")


def parse(raw: Raw, me: Me, now: datetime) -> Inbound:
    """What the update says. `now` is when it came, for the kinds that carry no time.

    What cannot be used comes back as `Heard.IGNORED`, with the kind of thing it was in `text`,
    and with account and chat if they can be read, so that the sender can be answered.
    """
    for kind, read in _READERS.items():
        if isinstance(raw.get(kind), Mapping):
            try:
                return read(raw[kind], me, now)
            except trim.UNREADABLE:
                return _ignored(f"unreadable {kind}", now, account=trim.account(raw))
    return _ignored("an update of a kind we do not use", now)


def _ignored(reason: str, at: datetime, *, account: str = "", chat: str = "") -> Inbound:
    chat = chat or account
    place = Place.GROUP if chat.startswith("-") else Place.PRIVATE
    return Inbound("telegram", account, chat, place, Heard.IGNORED, at, text=reason)


# --- messages ------------------------------------------------------------------------------------


def _message(raw: Raw, me: Me, now: datetime) -> Inbound:
    message = Message.model_validate(trim.needed(raw))
    chat = str(message.chat.id)
    at = message.date if message.date.timestamp() > 0 else now
    author = message.from_user
    anonymous = "sender_chat" in raw or (author is not None and author.id == trim.ANONYMOUS_ADMIN)
    who = "" if author is None or anonymous else str(author.id)

    def ignored(reason: str) -> Inbound:
        return _ignored(reason, at, account=who, chat=chat)

    if message.chat.type not in ("private", *_GROUPS):
        return ignored("a message in a channel, or in a chat of an unknown kind")
    place = Place.GROUP if message.chat.type in _GROUPS else Place.PRIVATE
    said = Inbound(
        "telegram",
        who,
        chat,
        place,
        Heard.TEXT,
        at,
        message=str(message.message_id),
        reply_to=_reply_to(message, me),
        album=message.media_group_id or "",
        forwarded=any(name in raw for name in _FORWARDED),
        anonymous=anonymous,
    )
    if message.migrate_to_chat_id:
        return replace(said, heard=Heard.MIGRATED, text=str(message.migrate_to_chat_id))
    if message.migrate_from_chat_id:
        old = str(message.migrate_from_chat_id)
        return replace(said, heard=Heard.MIGRATED, chat=old, text=chat)
    if author is None or (author.is_bot and not anonymous):
        return ignored("a message from no person")
    words = message.text or message.caption or ""
    if place is Place.GROUP and not said.reply_to and not _to_us(words, me):
        return ignored("chatter in a group")
    said = replace(said, text=_without_our_name(words, me))
    if files := _files(message):
        return replace(said, heard=Heard.FILES, files=files)
    if message.location is not None:
        here = message.location
        return replace(
            said, heard=Heard.LOCATION, latitude=here.latitude, longitude=here.longitude
        )
    if message.text is None:
        kind = next((name for name in _NAMED if name in raw), "a message of an unknown kind")
        return replace(said, heard=Heard.IGNORED, text=kind)
    return said


def _edited(raw: Raw, me: Me, now: datetime) -> Inbound:
    said = _message(raw, me, now)
    if said.heard in (Heard.TEXT, Heard.FILES, Heard.LOCATION):
        return replace(said, heard=Heard.EDITED)
    return said


def _files(message: Message) -> tuple[FileRef, ...]:
    """The file in it; of a photo, the largest of its sizes."""
    if message.photo:
        best = max(message.photo, key=lambda size: (size.width * size.height, size.file_size or 0))
        return (FileRef(best.file_id, size=best.file_size, kind="photo"),)
    for kind in trim.FILES[1:]:
        if found := getattr(message, kind):
            name = getattr(found, "file_name", None) or ""
            shown = "video" if kind == "video_note" else kind
            return (FileRef(found.file_id, name, found.file_size, shown),)
    return ()


def _reply_to(message: Message, me: Me) -> str:
    answered = message.reply_to_message
    ours = answered and answered.from_user and answered.from_user.id == me.id
    return str(answered.message_id) if answered and ours else ""


def _name(me: Me) -> re.Pattern[str]:
    return re.compile(rf"@{re.escape(me.username)}(?![A-Za-z0-9_])", re.IGNORECASE)


def _to_us(words: str, me: Me) -> bool:
    """Whether words in a group are for us: a command that is no other bot's, or our name."""
    if command := re.match(r"/[A-Za-z0-9_]+(@[A-Za-z0-9_]+)?", words):
        named = command.group(1)
        return named is None or named[1:].lower() == me.username.lower()
    return bool(_name(me).search(words))


def _without_our_name(words: str, me: Me) -> str:
    """The words, without the `@name` that only says they are for us."""
    if words.startswith("/"):
        return re.sub(r"^(/[A-Za-z0-9_]+)@[A-Za-z0-9_]+", r"\1", words)
    return _name(me).sub("", words, count=1).strip() if _name(me).search(words) else words


# --- everything else -----------------------------------------------------------------------------


def _press(raw: Raw, me: Me, now: datetime) -> Inbound:
    shown = raw.get("message")
    under = _below(shown) if isinstance(shown, Mapping) else None
    press = CallbackQuery.model_validate(
        {
            "id": raw["id"],
            "from": trim.person(raw["from"]),
            "chat_instance": "",
            "data": trim.tidy(raw.get("data")),
        }
    )
    who = str(press.from_user.id)
    chat, message = under or (who, "")
    if press.data is None:
        return _ignored("a press without data", now, account=who, chat=chat)
    return Inbound(
        "telegram",
        who,
        chat,
        Place.GROUP if chat.startswith("-") else Place.PRIVATE,
        Heard.PRESS,
        now,
        data=press.data,
        press=press.id,
        message=message,
    )


def _below(raw: Raw) -> tuple[str, str] | None:
    """Chat and id of the message under a button, which may be too old to be shown (date 0)."""
    chat, message = raw.get("chat"), raw.get("message_id")
    found = chat.get("id") if isinstance(chat, Mapping) else None
    if not isinstance(found, int) or not isinstance(message, int):
        return None
    return str(found), str(message) if message else ""


def _standing(raw: Raw, me: Me, now: datetime) -> Inbound:
    """The bot's own standing in a chat changed."""
    at = datetime.fromtimestamp(trim.date(raw), UTC) if trim.date(raw) else now
    was_in, is_in = (
        _member(raw[name]) not in _OUT for name in ("old_chat_member", "new_chat_member")
    )
    chat, who = str(raw["chat"]["id"]), str(raw["from"]["id"])
    private = raw["chat"].get("type") == "private"
    if was_in == is_in or (not private and raw["chat"].get("type") not in _GROUPS):
        return _ignored("a change of the bot's rights", at, account=who, chat=chat)
    if private:
        heard = Heard.UNBLOCKED if is_in else Heard.BLOCKED
    else:
        heard = Heard.ADDED if is_in else Heard.REMOVED
    place = Place.PRIVATE if private else Place.GROUP
    return Inbound("telegram", who, chat, place, heard, at)


def _member(raw: Raw) -> str:
    """`left` or `kicked` for one who is out, whatever else for one who is in. Who may not write
    is as good as out: what is to be said there has to wait until that changes."""
    status = str(raw["status"])
    out = raw.get("is_member") is False or raw.get("can_send_messages") is False
    return "left" if status == "restricted" and out else status


def _inline(raw: Raw, me: Me, now: datetime) -> Inbound:
    query = InlineQuery.model_validate(
        {
            "id": raw["id"],
            "from": trim.person(raw["from"]),
            "query": trim.tidy(raw.get("query", "")),
            "offset": "",
        }
    )
    who = str(query.from_user.id)
    return Inbound(
        "telegram", who, who, Place.PRIVATE, Heard.INLINE, now, text=query.query, press=query.id
    )


def _quiz(raw: Raw, me: Me, now: datetime) -> Inbound:
    answer = PollAnswer.model_validate(
        {
            "poll_id": raw["poll_id"],
            "option_ids": raw["option_ids"],
            "option_persistent_ids": [],
            "user": trim.person(raw["user"]) if "user" in raw else None,
        }
    )
    who = str(answer.user.id) if answer.user else ""
    if not who or not answer.option_ids:
        return _ignored("a vote taken back", now, account=who)
    return Inbound(
        "telegram",
        who,
        who,
        Place.PRIVATE,
        Heard.QUIZ,
        now,
        data=str(answer.option_ids[0]),
        message=answer.poll_id,
    )


_READERS: dict[str, Callable[[Raw, Me, datetime], Inbound]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _press,
    "my_chat_member": _standing,
    "inline_query": _inline,
    "poll_answer": _quiz,
}
