"""Saying an `Outbound` on Telegram: two voices, one for people and one for groups.

Text goes out as plain text, without markup and without link previews. What is too long is cut into
several messages; buttons stand under the last. `outcome` says what follows when something fails.

The `text` of an inline answer is JSON: `[{"id": ..., "title": ..., "summary": ..., "text": ...}]`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    Message,
    Poll,
)
from telegram.error import BadRequest, Forbidden

from bot.channels import Dead, Parcel, Retry, Sent, Spoken, Why
from bot.channels.telegram import OFFICIAL
from bot.channels.telegram.outcome import outcome, says
from bot.channels.telegram.pack import Bundle, bundles
from bot.channels.telegram.text import CAPTION, MESSAGE, TOAST, cut, split, units
from bot.channels.telegram.wire import Bot, mouthpiece
from handlers.messages import Keyboard, Outbound, Quiz

Step = Callable[[], Awaitable[Sent]]

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_TOO_LATE = ("query is too old", "query id is invalid")
_NOTHING_TO_STRIP = ("not modified", "not found", "can't be edited", "message_id_invalid")
SHORT_WAIT = 60.0
"""Seconds that the rest of a letter waits at most, once its first message is out."""


class TelegramMouth:
    """A `Mouth`. One per token and process: Telegram counts per token what is said."""

    def __init__(
        self,
        token: str,
        base: str = OFFICIAL,
        *,
        patience: float = 20.0,
        gap: float = 0.05,
        group_gap: float = 3.1,
    ) -> None:
        """See `wire.mouthpiece`. 20/s for people and 10/s for groups are the 30/s in all."""
        pace = {"patience": patience, "group_gap": group_gap}
        self.people = mouthpiece(token, base, gap=gap, **pace)
        self.groups = mouthpiece(token, base, gap=2 * gap, **pace)
        self._stripping: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Close the connections; buttons that are still to be taken away stay."""
        for later in tuple(self._stripping):
            later.cancel()
        await asyncio.gather(*self._stripping, return_exceptions=True)
        await asyncio.gather(*(bot.request.shutdown() for bot in (self.people, self.groups)))

    async def speak(self, letter: Outbound, parcels: Sequence[Parcel] = ()) -> Spoken:
        """Say it. Never raises."""
        try:
            return await self._say(letter, parcels)
        except Exception as error:
            return outcome(error)

    async def _say(self, letter: Outbound, parcels: Sequence[Parcel]) -> Spoken:
        if letter.inline:
            return await _answer_inline(self.people, letter)
        if not letter.chat.lstrip("-").isdigit():
            return Dead(Why.BUG, "no such kind of chat")
        chat = int(letter.chat)
        bot = self.groups if chat < 0 else self.people
        if letter.leave:
            return await _leave(bot, chat)
        if letter.delete:
            return await _take_out(bot, chat, letter)
        if letter.toast:
            return await self._toast(bot, chat, letter)
        steps = list(_steps(bot, chat, letter, parcels))
        if not steps:
            return await _strip(bot, chat, letter) if letter.strip else Dead(Why.BUG, "empty")
        sent = await _in_turn(steps)
        if letter.strip:
            # Not waited for: the call may stand in a long queue, and what was said is said again
            # if we die before it is written down.
            later = asyncio.create_task(_strip_quietly(bot, chat, letter))
            self._stripping.add(later)
            later.add_done_callback(self._stripping.discard)
        return sent

    async def _toast(self, bot: Bot, chat: int, letter: Outbound) -> Sent:
        """Answer a press. Too late, it becomes a message, but only where nobody else reads it."""
        try:
            await self.people.answer_callback_query(
                letter.toast, text=cut(letter.text, TOAST) or None, show_alert=letter.alert
            )
        except BadRequest as error:
            if not says(error, *_TOO_LATE):
                raise
            if chat > 0 and letter.text:
                return await _send(bot, chat, letter, letter.text)
        return Sent()


def _steps(bot: Bot, chat: int, letter: Outbound, parcels: Sequence[Parcel]) -> list[Step]:
    """The messages of a letter in order; the last one carries the buttons."""
    text = letter.text
    markup = _markup(letter.buttons)
    if letter.picture:
        parcels = (Parcel("picture.png", letter.picture, "photo"), *parcels)
    packed = bundles(parcels)
    captioned = len(parcels) == 1 and units(text) <= CAPTION and not letter.replaces
    if captioned:
        (only,) = packed
        steps = [_bundle(bot, chat, letter, only, text, markup)]
        text = ""
    else:
        steps = [_bundle(bot, chat, letter, bundle) for bundle in packed]
    pieces = split(text, MESSAGE)
    for place, piece in enumerate(pieces):
        last = place == len(pieces) - 1 and letter.quiz is None
        first = place == 0 and not packed
        steps.append(_piece(bot, chat, letter, piece, markup if last else None, rewrite=first))
    if letter.quiz is not None:
        steps.append(_quiz(bot, chat, letter, letter.quiz, markup))
    return steps


async def _in_turn(steps: list[Step]) -> Sent:
    """One message after the other.

    Once the first is out, a short hold-up is waited out here: beginning anew would repeat it.
    """
    sent = await steps[0]()
    for step in steps[1:]:
        before = (*sent.also, sent.message)
        sent = await _firmly(step)
        sent = replace(sent, also=(*before, *sent.also))
    return sent


async def _firmly(step: Step, *, tries: int = 3) -> Sent:
    for left in reversed(range(tries)):
        try:
            return await step()
        except Exception as error:
            follows = outcome(error)
            if not left or not isinstance(follows, Retry) or (follows.after or 0) > SHORT_WAIT:
                raise
            await asyncio.sleep(1.0 if follows.after is None else follows.after)
    raise AssertionError("the last try returns or raises")


def _piece(
    bot: Bot,
    chat: int,
    letter: Outbound,
    text: str,
    markup: InlineKeyboardMarkup | None,
    *,
    rewrite: bool,
) -> Step:
    async def say() -> Sent:
        if rewrite and letter.replaces.isdigit() and int(letter.replaces):
            try:
                await bot.edit_message_text(
                    text,
                    chat_id=chat,
                    message_id=int(letter.replaces),
                    reply_markup=markup,
                    link_preview_options=NO_PREVIEW,
                )
            except BadRequest as error:
                if says(error, "not modified"):
                    return Sent(letter.replaces)
            else:
                return Sent(letter.replaces)
        return await _send(bot, chat, letter, text, markup)

    return say


async def _send(
    bot: Bot, chat: int, letter: Outbound, text: str, markup: InlineKeyboardMarkup | None = None
) -> Sent:
    return _sent(
        await bot.send_message(
            chat,
            text,
            reply_markup=markup,
            link_preview_options=NO_PREVIEW,
            protect_content=letter.protect,
        )
    )


def _bundle(
    bot: Bot,
    chat: int,
    letter: Outbound,
    bundle: Bundle,
    caption: str = "",
    markup: InlineKeyboardMarkup | None = None,
) -> Step:
    async def say() -> Sent:
        try:
            messages = await bundle.send(bot, chat, caption, markup, protect=letter.protect)
        except BadRequest:
            if not bundle.pictures:
                raise
            # Telegram cannot make a photo of every picture; as a document it takes any.
            plain = bundle.as_documents()
            messages = await plain.send(bot, chat, caption, markup, protect=letter.protect)
        *before, last = map(_sent, messages)
        return replace(last, also=tuple(one.message for one in before))

    return say


def _quiz(
    bot: Bot, chat: int, letter: Outbound, quiz: Quiz, markup: InlineKeyboardMarkup | None
) -> Step:
    async def say() -> Sent:
        message = await bot.send_poll(
            chat,
            cut(quiz.ask, 300),
            [cut(choice, 100) for choice in quiz.choices],
            type=Poll.QUIZ,
            correct_option_ids=[quiz.right],  # type: ignore[list-item]
            explanation=cut(quiz.why.replace("\n", " "), 200) or None,
            is_anonymous=False,  # an anonymous quiz tells nobody who answered
            reply_markup=markup,
            protect_content=letter.protect,
        )
        return Sent(_sent(message).message, quiz=message.poll.id if message.poll else "")

    return say


async def _leave(bot: Bot, chat: int) -> Sent:
    try:
        await bot.leave_chat(chat)
    except Forbidden:
        return Sent()  # it is out already
    return Sent()


async def _take_out(bot: Bot, chat: int, letter: Outbound) -> Sent:
    """Delete messages; those that are gone already, or too old to delete, are left as they are."""
    numbers = [int(one) for one in letter.delete if one.isdigit()]
    for start in range(0, len(numbers), 100):
        try:
            await bot.delete_messages(chat, numbers[start : start + 100])
        except BadRequest as error:
            if says(error, "chat not found"):
                raise
    return Sent()


async def _strip(bot: Bot, chat: int, letter: Outbound) -> Sent:
    """Take the buttons away; a message that is gone or has none is as good."""
    if not letter.strip.isdigit():
        return Sent()
    try:
        await bot.edit_message_reply_markup(chat_id=chat, message_id=int(letter.strip))
    except BadRequest as error:
        if says(error, "chat not found") or not says(error, *_NOTHING_TO_STRIP):
            raise
    return Sent(letter.strip)


async def _strip_quietly(bot: Bot, chat: int, letter: Outbound) -> None:
    """Buttons that stay do no harm; the letter itself is out."""
    try:
        await _strip(bot, chat, letter)
    except Exception:
        return


async def _answer_inline(bot: Bot, letter: Outbound) -> Spoken:
    try:
        cards = _cards(letter.text)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Dead(Why.BUG, "unreadable cards")
    try:
        await bot.answer_inline_query(letter.inline, cards, cache_time=0, is_personal=True)
    except BadRequest as error:
        if not says(error, *_TOO_LATE):
            raise
    return Sent()


def _cards(text: str) -> list[InlineQueryResultArticle]:
    return [
        InlineQueryResultArticle(
            card["id"],
            cut(card["title"], 100),
            InputTextMessageContent(cut(card["text"], MESSAGE), link_preview_options=NO_PREVIEW),
            description=cut(card.get("summary", ""), 200) or None,
        )
        for card in json.loads(text or "[]")
    ]


def _markup(buttons: Keyboard) -> InlineKeyboardMarkup | None:
    rows = [
        [InlineKeyboardButton(button.label, callback_data=button.data) for button in row]
        for row in buttons
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def _sent(message: Message) -> Sent:
    """Its id; 0 is none (the server put the message off and will number it later)."""
    return Sent(str(message.message_id) if message.message_id else "")
