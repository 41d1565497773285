"""A real aiogram client cannot tell the fake from Telegram: updates, files, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup

from tests.fake_telegram import FakeTelegram, Group, Person

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 200


@pytest.fixture
async def api() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as api:
        yield api


@pytest.fixture
async def bot(api: FakeTelegram) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
    bot = Bot(api.token, session=session)
    yield bot
    await bot.session.close()


@pytest.fixture
def wang(api: FakeTelegram) -> Person:
    return api.user(7, "王")


@pytest.fixture
def office(api: FakeTelegram, wang: Person) -> Group:
    return api.group(-1001234567890, [wang], "街道")


def keyboard(*buttons: tuple[str, str]) -> InlineKeyboardMarkup:
    row = [InlineKeyboardButton(text=label, callback_data=data) for label, data in buttons]
    return InlineKeyboardMarkup(inline_keyboard=[row])


async def test_an_update_comes_again_until_a_higher_offset_confirms_it(bot, wang) -> None:
    wang.says("一")
    wang.says("二")
    first, second = await bot.get_updates()
    assert second.update_id == first.update_id + 1
    assert len(await bot.get_updates()) == 2
    (left,) = await bot.get_updates(offset=second.update_id)
    assert left.message.text == "二"
    assert await bot.get_updates(offset=second.update_id + 1) == []


async def test_an_offset_from_the_far_future_confirms_nothing(bot, wang) -> None:
    wang.says("一")
    assert len(await bot.get_updates(offset=2_000_000_000)) == 1


async def test_a_long_poll_ends_when_something_is_said(bot, wang) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.05)
    wang.says("在吗")
    (update,) = await asyncio.wait_for(waiting, 10)
    assert update.message.text == "在吗"


async def test_a_second_poller_ends_the_first_with_a_conflict(api, bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    async with asyncio.timeout(10):
        while not api.called("getUpdates"):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    second = asyncio.create_task(bot.get_updates(timeout=0))
    with pytest.raises(TelegramConflictError, match="terminated by other"):
        await first
    assert await second == []


async def test_polling_conflicts_with_a_webhook(bot) -> None:
    await bot.set_webhook("https://example.org/hook", secret_token="abc")
    with pytest.raises(TelegramConflictError, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == []


async def test_messages_expire_after_a_day_and_presses_after_150_seconds(api, bot, wang) -> None:
    await bot.send_message(7, "选", reply_markup=keyboard(("报", "go")))
    query = wang.presses("报")
    wang.says("在吗")
    api.clock.advance(151)
    assert [update.event_type for update in await bot.get_updates()] == ["message"]
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(query)
    api.clock.advance(24 * 3600)
    assert await bot.get_updates() == []


async def test_a_press_is_answered_with_a_toast(bot, wang) -> None:
    await bot.send_message(7, "选", reply_markup=keyboard(("报", "go"), ("查", "look")))
    wang.presses("look")
    (update,) = await bot.get_updates()
    assert update.callback_query.data == "look"
    assert update.callback_query.message.text == "选"
    await update.callback_query.answer("好").as_(bot)
    assert wang.toasts[-1]["text"] == "好"


async def test_the_album_voice_document_and_place_of_a_person_arrive(api, bot, wang) -> None:
    wang.sends_album([PNG, PNG + b"2"], caption="账")
    wang.sends_voice(b"OggS1")
    wang.sends_document("账.pdf", b"%PDF-1")
    wang.shares_location(30.1, 114.2)
    one, two, voice, document, place = [u.message for u in await bot.get_updates()]
    assert one.media_group_id == two.media_group_id
    assert (one.caption, two.caption) == ("账", None)
    assert voice.voice.file_size == 5
    assert document.document.file_name == "账.pdf"
    assert place.location.latitude == pytest.approx(30.1)
    file = await bot.get_file(two.photo[-1].file_id)
    assert (await bot.download_file(file.file_path)).read() == PNG + b"2"


async def test_files_over_20_megabytes_cannot_be_fetched(bot, wang) -> None:
    wang.sends_video(b"v" * (20 * 1024 * 1024 + 1))
    (update,) = await bot.get_updates()
    with pytest.raises(TelegramBadRequest, match="file is too big"):
        await bot.get_file(update.message.video.file_id)


async def test_another_bot_cannot_use_old_file_ids(api, bot, wang) -> None:
    seen = wang.sends_photo(PNG)
    api.world.replace_bot("43:OTHER", "other_bot")
    with pytest.raises(TelegramUnauthorizedError):
        await bot.get_me()
    async with Bot("43:OTHER", session=bot.session).context(auto_close=False) as other:
        with pytest.raises(TelegramBadRequest, match="wrong file_id"):
            await other.get_file(seen.file)


async def test_privacy_mode_hides_chatter(api, bot, wang, office) -> None:
    ours = await bot.send_message(office.id, "线索")
    for text in ("吃了吗", "/list", "/list@other_bot", "@cunjian_bot 帖几天"):
        wang.says(text, office)
    wang.says("收到", office, reply_to=office.last())
    heard = [update.message.text for update in await bot.get_updates()]
    assert heard == ["/list", "@cunjian_bot 帖几天", "收到"]
    assert ours.message_id == office.last().id
    api.world.reads_all = True
    wang.says("吃了吗", office)
    assert (await bot.get_updates())[-1].message.text == "吃了吗"
    assert (await bot.get_me()).can_read_all_group_messages


async def test_each_way_of_being_unreachable_has_its_words(api, bot, wang, office) -> None:
    wang.blocks()
    with pytest.raises(TelegramForbiddenError, match="blocked by the user"):
        await bot.send_message(7, "好")
    wang.unblocks()
    office.kicks_bot(by=wang)
    with pytest.raises(TelegramForbiddenError, match="kicked from the supergroup"):
        await bot.send_message(office.id, "好")
    office.adds_bot(by=wang)
    kinds = [u.my_chat_member.new_chat_member.status for u in await bot.get_updates()]
    assert kinds == ["kicked", "member", "kicked", "member"]
    office.restricts_bot()
    with pytest.raises(TelegramBadRequest, match="not enough rights"):
        await bot.send_message(office.id, "好")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(99, "好")
    api.user(8, "李", started=False)
    with pytest.raises(TelegramForbiddenError, match="can't initiate"):
        await bot.send_message(8, "好")


async def test_an_upgraded_group_tells_its_new_id(api, bot, wang) -> None:
    old = api.group(-77, [wang])
    new = old.upgrades(-1009999999999)
    with pytest.raises(TelegramMigrateToChat) as told:
        await bot.send_message(-77, "好")
    assert told.value.migrate_to_chat_id == new.id
    services = [u.message for u in await bot.get_updates()]
    assert services[0].migrate_to_chat_id == new.id
    assert services[1].migrate_from_chat_id == -77
    await bot.send_message(new.id, "好")


async def test_the_limits_of_length_age_and_pace(api, bot, wang, office) -> None:
    await bot.send_message(7, "字" * 4096)
    await bot.send_message(7, "<b>" + "字" * 4096 + "</b>", parse_mode="HTML")
    with pytest.raises(TelegramBadRequest, match="too long"):
        await bot.send_message(7, "字" * 4097)
    with pytest.raises(TelegramBadRequest, match="text is empty"):
        await bot.send_message(7, " \n ")
    with pytest.raises(TelegramBadRequest, match="can't parse entities"):
        await bot.send_message(7, "<b>没关", parse_mode="HTML")
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await bot.send_message(7, "选", reply_markup=keyboard(("报", "字" * 22)))
    with pytest.raises(TelegramBadRequest, match="caption is too long"):
        await bot.send_photo(7, BufferedInputFile(PNG, "a.png"), caption="字" * 1025)
    sent = await bot.send_message(7, "删")
    api.clock.advance(48 * 3600 + 1)
    with pytest.raises(TelegramBadRequest, match="can't be deleted"):
        await bot.delete_message(7, sent.message_id)
    api.flood.on = True
    await bot.send_message(7, "一")
    with pytest.raises(TelegramRetryAfter) as slow:
        await bot.send_message(7, "二")
    assert slow.value.retry_after == 1
    for _ in range(20):
        await bot.send_message(office.id, "好")
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(office.id, "好")


async def test_an_edit_that_changes_nothing_is_refused(bot, wang) -> None:
    sent = await bot.send_message(7, "一", reply_markup=keyboard(("报", "go")))
    await bot.edit_message_text("二", chat_id=7, message_id=sent.message_id)
    with pytest.raises(TelegramBadRequest, match="not modified"):
        await bot.edit_message_text("二", chat_id=7, message_id=sent.message_id)
    assert wang.last().text == "二"
    assert wang.last().labels == []


@pytest.mark.parametrize("kind", ["reset", "refuse", "lost_reply"])
async def test_a_cut_connection_looks_the_same_whether_applied_or_not(
    api: FakeTelegram, bot: Bot, wang: Person, kind: str
) -> None:
    api.fault("sendMessage", 1, kind)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(7, "好")
    assert len(wang.messages()) == (1 if kind == "lost_reply" else 0)
    await bot.send_message(7, "好")


async def test_down_and_up_again_on_the_same_port(api, bot, wang) -> None:
    await api.stop()
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(7, "好")
    await api.start()
    await bot.send_message(7, "好")
    assert "bot: 好" in api.transcript(wang)


async def test_what_a_chat_received_holds_every_version_and_file(api, bot, wang) -> None:
    sent = await bot.send_message(7, "旧的话")
    await bot.edit_message_text("新的话", chat_id=7, message_id=sent.message_id)
    await bot.delete_message(7, sent.message_id)
    await bot.send_document(7, BufferedInputFile(b"canary-in-a-file", "名字.txt"))
    heap = api.received(wang)
    for trace in ("旧的话", "新的话", "canary-in-a-file", "名字.txt"):
        assert trace.encode() in heap
