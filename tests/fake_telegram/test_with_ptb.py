"""A real python-telegram-bot client cannot tell the fake from Telegram: sending and faults."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import Bot, InlineQueryResultArticle, InputMediaPhoto, InputTextMessageContent
from telegram.error import (
    BadRequest,
    ChatMigrated,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from tests.fake_telegram import FakeTelegram, Person
from tests.fake_telegram.nemesis import BODIES

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 200


@pytest.fixture
async def api() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as api:
        yield api


@pytest.fixture(autouse=True)
def time_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the library warns at each 429 that `retry_after` will be a time span."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def bot(api: FakeTelegram) -> AsyncIterator[Bot]:
    request = HTTPXRequest(read_timeout=2)
    async with Bot(api.token, base_url=api.url + "/bot", request=request) as bot:
        yield bot


@pytest.fixture
def wang(api: FakeTelegram) -> Person:
    return api.user(7, "王")


async def test_pictures_albums_and_documents_arrive_with_their_bytes(api, bot, wang) -> None:
    await bot.send_photo(7, PNG, caption="图")
    await bot.send_media_group(7, [InputMediaPhoto(PNG + b"1"), InputMediaPhoto(PNG + b"2")])
    await bot.send_document(7, b"%PDF", filename="账.pdf", protect_content=True)
    await bot.send_voice(7, b"OggS")
    kinds = [seen.kind for seen in wang.messages()]
    assert kinds == ["photo", "photo", "photo", "document", "voice"]
    assert api.bytes_of(wang.messages()[2]) == PNG + b"2"
    assert wang.messages()[3].protected
    with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
        await bot.send_photo(7, b"no picture")


async def test_a_quiz_is_asked_and_answered(bot, wang) -> None:
    sent = await bot.send_poll(
        7, "贴几天", ["7天", "15天"], type="quiz", correct_option_ids=[1], is_anonymous=False
    )
    wang.answers_quiz(wang.last(), 1)
    (update,) = await bot.get_updates()
    assert update.poll_answer.poll_id == sent.poll.id
    assert update.poll_answer.option_ids == (1,)


async def test_an_inline_query_is_answered_once(bot, wang) -> None:
    query = wang.types_inline("公开")
    (update,) = await bot.get_updates()
    assert update.inline_query.query == "公开"
    card = InlineQueryResultArticle("SP03", "公开", InputTextMessageContent("贴15天"))
    await bot.answer_inline_query(query, [card])
    assert wang.account.inline[0][0]["id"] == "SP03"
    with pytest.raises(BadRequest, match="too old"):
        await bot.answer_inline_query(query, [card])


async def test_a_group_can_be_asked_about(api, bot, wang) -> None:
    office = api.group(-1001, [wang], username="open_office")
    chat = await bot.get_chat(office.id)
    assert chat.username == "open_office"
    assert await bot.get_chat_member_count(office.id) == 2
    assert (await bot.get_chat_member(office.id, 7)).status == "member"
    assert (await bot.get_chat_member(office.id, bot.id)).status == "member"
    office.loses(wang)
    assert (await bot.get_chat_member(office.id, 7)).status == "left"
    await bot.leave_chat(office.id)
    assert office.room.bot == "left"


async def test_commands_are_set(api, bot) -> None:
    await bot.set_my_commands([("start", "开始")])
    assert api.world.commands[0]["description"] == "开始"


@pytest.mark.parametrize("kind", sorted(BODIES))
async def test_an_answer_that_tells_nothing_comes_after_the_effect(
    api: FakeTelegram, bot: Bot, wang: Person, kind: str
) -> None:
    api.fault("sendMessage", 1, kind)
    with pytest.raises((TelegramError, AttributeError, TypeError, KeyError)):
        await bot.send_message(7, "好")
    assert len(wang.messages()) == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("401", InvalidToken),
        ("429", RetryAfter),
        ("500", NetworkError),
        ("502", NetworkError),
        ("reset", NetworkError),
        ("refuse", NetworkError),
        ("hang", TimedOut),
    ],
)
async def test_these_faults_come_before_the_effect(
    api: FakeTelegram, bot: Bot, wang: Person, kind: str, error: type[Exception]
) -> None:
    api.fault("sendMessage", 1, kind)
    with pytest.raises(error):
        await bot.send_message(7, "好", read_timeout=0.3)
    assert wang.messages() == []


async def test_only_the_nth_call_goes_wrong(api, bot, wang) -> None:
    api.fault("sendMessage", 2, "500")
    await bot.send_message(7, "一")
    with pytest.raises(NetworkError):
        await bot.send_message(7, "二")
    await bot.send_message(7, "三")
    assert [seen.text for seen in wang.messages()] == ["一", "三"]


async def test_message_id_zero_and_a_kill(api, bot, wang) -> None:
    api.fault("sendMessage", 1, "message_id_0")
    assert (await bot.send_message(7, "一")).message_id == 0
    killed: list[int] = []
    api.fault("sendMessage", 1, "kill", then=lambda: killed.append(len(wang.messages())))
    with pytest.raises(NetworkError):
        await bot.send_message(7, "二")
    assert killed == [2]


async def test_migration_is_told_by_the_error_alone(api, bot, wang) -> None:
    api.group(-5, [wang]).upgrades(-1005, announced=False)
    with pytest.raises(ChatMigrated) as told:
        await bot.send_message(-5, "好")
    assert told.value.new_chat_id == -1005
    assert api.updates.living() == []
