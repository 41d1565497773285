"""Each letter arrives as it should, and each mishap has its place in the table of outcomes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from telegram.error import TelegramError

from bot.channels import Dead, Halt, Migrated, Parcel, Retry, Sent, Spoken, Stop, Why
from bot.channels.telegram.outcome import outcome
from bot.channels.telegram.speak import TelegramMouth
from handlers.messages import Button, Outbound, Quiz
from tests.fake_telegram import FakeTelegram, Group, Person, Refusal
from tests.fake_telegram.nemesis import BODIES

PNG = b"\x89PNG" + b"0" * 100
SPEECH = "canary-他拿了钱"
BUTTONS = ((Button("受理", "a:1"), Button("退回", "r:1")), (Button("转办", "t:1"),))


def to(chat: Person | Group, text: str = "", **given: Any) -> Outbound:
    return Outbound("telegram", str(chat.id), text, **given)


@pytest.fixture(autouse=True)
def _nothing_told(api: FakeTelegram, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """At INFO, no body and nothing said is logged, by the library either (its address lines are
    `bot.log`'s to silence)."""
    caplog.set_level(logging.INFO)
    yield
    for record in caplog.get_records("call"):
        assert SPEECH not in record.getMessage()
        assert SPEECH not in str(record.exc_info)


# --- what people see -----------------------------------------------------------------------------


async def test_a_text_is_plain_and_its_buttons_stand_in_rows(api, mouth, wang) -> None:
    said = await mouth.speak(to(wang, "<b>账</b> *没贴* https://example.org", buttons=BUTTONS))
    seen = wang.last()
    assert said == Sent(str(seen.id))
    assert seen.text == "<b>账</b> *没贴* https://example.org"
    assert seen.labels == ["受理", "退回", "转办"]
    rows = seen.body["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in rows] == [2, 1]
    (call,) = api.called("sendMessage")
    assert "parse_mode" not in call.given
    assert call.data("link_preview_options") == {"is_disabled": True}
    assert not seen.protected


async def test_protected_letters_say_so(api, mouth, wang) -> None:
    await mouth.speak(to(wang, "细节", protect=True))
    await mouth.speak(to(wang, "图", protect=True), [Parcel("1.png", PNG, "photo")])
    assert all(seen.protected for seen in wang.messages())


async def test_a_long_text_comes_in_pieces_with_the_buttons_under_the_last(mouth, wang) -> None:
    text = "\n".join(f"{number} " + "字" * 200 for number in range(50))
    said = await mouth.speak(to(wang, text, buttons=BUTTONS))
    messages = wang.messages()
    assert len(messages) == 3
    assert "\n".join(seen.text for seen in messages) == text
    assert [bool(seen.buttons) for seen in messages] == [False, False, True]
    assert said == Sent(str(messages[-1].id), also=tuple(str(one.id) for one in messages[:-1]))


async def test_a_hold_up_in_the_middle_is_waited_out_not_begun_anew(api, mouth, wang) -> None:
    api.flood.on = True
    said = await mouth.speak(to(wang, "一" * 4096 + "二" * 10))
    assert [len(seen.text) for seen in wang.messages()] == [4096, 10]
    assert isinstance(said, Sent)
    assert api.flood.refused >= 1


async def test_a_long_hold_up_in_the_middle_is_left_to_the_outbox(api, mouth, wang) -> None:
    api.fault("sendMessage", 2, Refusal(429, "Too Many Requests", {"retry_after": 600}))
    assert await mouth.speak(to(wang, "一" * 5000)) == Retry(600.0, "429")


async def test_a_message_is_rewritten(mouth, wang) -> None:
    first = await mouth.speak(to(wang, "待受理", buttons=BUTTONS))
    again = await mouth.speak(to(wang, "已受理", replaces=first.message))
    assert again == first
    assert [(seen.text, seen.labels) for seen in wang.messages()] == [("已受理", [])]
    assert await mouth.speak(to(wang, "已受理", replaces=first.message)) == first


@pytest.mark.parametrize("replaces", ["999", "0", "x"])
async def test_what_cannot_be_rewritten_is_said_anew(
    mouth: TelegramMouth, wang: Person, replaces: str
) -> None:
    said = await mouth.speak(to(wang, "已受理", replaces=replaces))
    assert said == Sent(str(wang.last().id))


async def test_a_picture_cannot_be_rewritten_into_text(mouth, wang) -> None:
    shown = await mouth.speak(to(wang, "图", picture=PNG))
    said = await mouth.speak(to(wang, "字", replaces=shown.message))
    assert said == Sent(str(wang.last().id)) != shown


async def test_buttons_are_taken_away_alone_or_along_with_a_text(mouth, wang) -> None:
    first = await mouth.speak(to(wang, "选", buttons=BUTTONS))
    assert await mouth.speak(to(wang, strip=first.message)) == first
    assert await mouth.speak(to(wang, strip=first.message)) == first
    assert wang.last().buttons == []
    second = await mouth.speak(to(wang, "选", buttons=BUTTONS))
    third = await mouth.speak(to(wang, "好", strip=second.message))
    await asyncio.gather(*mouth._stripping)
    assert [seen.labels for seen in wang.messages()] == [[], [], []]
    assert third == Sent(str(wang.last().id))
    assert await mouth.speak(to(wang, strip="999")) == Sent("999")


async def test_taking_buttons_away_keeps_nobody_from_writing_down_what_was_said(
    api, mouth, wang
) -> None:
    """While it was waited for, an answer was said again after each of twenty kills."""
    first = await mouth.speak(to(wang, "选", buttons=BUTTONS))
    api.fault("editMessageReplyMarkup", 1, "hang")
    said = await asyncio.wait_for(mouth.speak(to(wang, "好", strip=first.message)), 1)
    assert said == Sent(str(wang.last().id))


async def test_a_toast_is_for_the_presser_only(mouth, wang, office) -> None:
    await mouth.speak(to(office, "线索", buttons=BUTTONS))
    wang_in_office = office.last()
    query = wang.presses("受理", wang_in_office)
    assert await mouth.speak(to(office, "您不能办", toast=query, alert=True)) == Sent()
    assert wang.toasts == [{"press": query, "text": "您不能办", "alert": True}]
    query = wang.presses("受理", wang_in_office)
    await mouth.speak(to(office, "字" * 300, toast=query))
    assert len(wang.toasts[-1]["text"]) == 200


async def test_a_toast_too_late_becomes_a_message_only_in_private(
    api: FakeTelegram, mouth: TelegramMouth, wang: Person, office: Group
) -> None:
    await mouth.speak(to(office, "线索", buttons=BUTTONS))
    await mouth.speak(to(wang, "选", buttons=BUTTONS))
    in_office, in_private = wang.presses("受理", office.last()), wang.presses("受理")
    api.clock.advance(151)
    assert await mouth.speak(to(office, "您不能办", toast=in_office)) == Sent()
    assert len(office.messages()) == 1
    said = await mouth.speak(to(wang, "已受理", toast=in_private))
    assert said == Sent(str(wang.last().id))
    assert wang.last().text == "已受理"


async def test_a_quiz(mouth, wang) -> None:
    why = "先公告\n再公开" * 40
    quiz = Quiz("贴几天", ("7天", "15天" * 40), right=1, why=why)
    said = await mouth.speak(to(wang, "想一想", quiz=quiz, buttons=BUTTONS))
    poll = wang.last().body["poll"]
    assert (said.message, said.quiz) == (str(wang.last().id), poll["id"])
    assert len(said.also) == 1
    assert (poll["type"], poll["correct_option_ids"], poll["is_anonymous"]) == ("quiz", [1], False)
    assert "\n" not in poll["explanation"]
    assert [seen.text for seen in wang.messages()] == ["想一想", "贴几天"]


async def test_a_picture_with_a_short_and_a_long_text(api, mouth, wang) -> None:
    await mouth.speak(to(wang, "时间线", picture=PNG, buttons=BUTTONS))
    assert (wang.last().kind, wang.last().text) == ("photo", "时间线")
    assert wang.last().labels == ["受理", "退回", "转办"]
    await mouth.speak(to(wang, "长" * 1025, picture=PNG, buttons=BUTTONS))
    picture, text = wang.messages()[1:]
    assert (picture.kind, picture.buttons, text.kind) == ("photo", [], "text")
    assert text.labels


async def test_files_go_in_albums_of_their_kind_and_the_text_last(api, mouth, wang) -> None:
    parcels = [
        *(Parcel(f"{number}.jpg", PNG + bytes([number]), "photo") for number in range(11)),
        Parcel("a.mp4", b"mp4", "video"),
        Parcel("1.pdf", b"%PDF1"),
        Parcel("2.pdf", b"%PDF2"),
        Parcel("v.ogg", b"OggS", "voice"),
    ]
    said = await mouth.speak(to(wang, "附件", buttons=BUTTONS), parcels)
    messages = wang.messages()
    kinds = ["photo"] * 11 + ["video", "document", "document", "voice", "text"]
    assert [seen.kind for seen in messages] == kinds
    assert said == Sent(str(messages[-1].id), also=tuple(str(one.id) for one in messages[:-1]))
    assert [api.bytes_of(seen) for seen in messages[:-1]] == [parcel.body for parcel in parcels]
    assert messages[12].body["document"]["file_name"] == "1.pdf"


async def test_one_file_carries_its_text_and_buttons(mouth, wang) -> None:
    said = await mouth.speak(to(wang, "表", buttons=BUTTONS), [Parcel("表.xlsx", b"PK")])
    (seen,) = wang.messages()
    assert (seen.kind, seen.text, bool(seen.buttons)) == ("document", "表", True)
    assert said == Sent(str(seen.id))


async def test_pictures_telegram_cannot_show_go_as_documents(api, mouth, wang) -> None:
    await mouth.speak(to(wang, "图"), [Parcel("1.jpg", b"not a picture", "photo")])
    assert wang.last().kind == "document"
    both = [Parcel("1.jpg", PNG, "photo"), Parcel("2.jpg", b"not a picture", "photo")]
    await mouth.speak(to(wang), both)
    assert [seen.kind for seen in wang.messages()[1:]] == ["document", "document"]
    large = Parcel("3.png", PNG + b"0" * 10 * 1024 * 1024, "photo")
    await mouth.speak(to(wang), [large])
    assert wang.last().kind == "document"


async def test_shared_cards_answer_an_inline_query(mouth, wang) -> None:
    query = wang.types_inline("公开")
    cards = [{"id": "SP03", "title": "三务公开", "summary": "贴15天", "text": "村里的账要贴出来"}]
    assert await mouth.speak(to(wang, json.dumps(cards), inline=query)) == Sent()
    (shown,) = wang.account.inline[0]
    assert shown["input_message_content"]["message_text"] == "村里的账要贴出来"
    assert await mouth.speak(to(wang, "[]", inline=query)) == Sent()
    assert await mouth.speak(to(wang, "{", inline=query)) == Dead(Why.BUG, "unreadable cards")


async def test_leaving_a_group(mouth, wang, office) -> None:
    assert await mouth.speak(to(office, leave=True)) == Sent()
    assert office.room.bot == "left"
    assert await mouth.speak(to(office, leave=True)) == Sent()


async def test_lone_surrogates_do_not_stop_a_letter(mouth, wang) -> None:
    assert isinstance(await mouth.speak(to(wang, "a\ud800b")), Sent)
    assert wang.last().text == "a\ufffdb"


# --- the table of outcomes -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(BODIES))
async def test_an_answer_that_tells_nothing_is_tried_again(
    api: FakeTelegram, mouth: TelegramMouth, wang: Person, kind: str
) -> None:
    api.fault("sendMessage", 1, kind)
    said = await mouth.speak(to(wang, SPEECH))
    assert isinstance(said, Retry)
    assert said.after is None
    assert SPEECH not in repr(said)
    if kind == "huge":
        assert said.error == "NetworkError", "it was read to its end"
    assert isinstance(await mouth.speak(to(wang, SPEECH)), Sent)


@pytest.mark.parametrize("kind", ["refuse", "reset", "lost_reply", "500", "502", "503", "504"])
async def test_trouble_on_the_way_is_tried_again(
    api: FakeTelegram, mouth: TelegramMouth, wang: Person, kind: str
) -> None:
    api.fault("sendMessage", 1, kind)
    assert isinstance(await mouth.speak(to(wang, SPEECH)), Retry)
    assert isinstance(await mouth.speak(to(wang, SPEECH)), Sent)
    assert len(wang.messages()) == (2 if kind == "lost_reply" else 1)


async def test_a_call_that_hangs_and_a_server_that_is_down(api, wang) -> None:
    mouth = TelegramMouth(api.token, api.url, patience=0.3, gap=0, group_gap=0)
    api.fault("sendMessage", 1, "hang")
    assert await mouth.speak(to(wang, "好")) == Retry(None, "TimedOut")
    await api.stop()
    assert await mouth.speak(to(wang, "好")) == Retry(None, "NetworkError")
    await api.start()
    assert isinstance(await mouth.speak(to(wang, "好")), Sent)
    await mouth.close()


async def test_a_lost_reply_to_an_edit_leaves_no_copy(api, mouth, wang) -> None:
    first = await mouth.speak(to(wang, "待受理"))
    api.fault("editMessageText", 1, "lost_reply")
    letter = to(wang, "已受理", replaces=first.message)
    assert isinstance(await mouth.speak(letter), Retry)
    assert await mouth.speak(letter) == first
    assert len(wang.messages()) == 1


async def test_429_says_when_and_does_not_hold_up_others(api, mouth, wang, office) -> None:
    wait = Refusal(429, "Too Many Requests: retry after 40", {"retry_after": 40})
    api.fault("sendMessage", 1, wait)
    async with asyncio.timeout(2):
        assert await mouth.speak(to(office, "线索")) == Retry(40.0, "429")
        assert isinstance(await mouth.speak(to(wang, "回执")), Sent)


async def test_message_id_zero_is_no_id(api, mouth, wang) -> None:
    api.fault("sendMessage", 1, "message_id_0")
    assert await mouth.speak(to(wang, "卡")) == Sent("")


async def test_a_migrated_group_tells_its_new_id(api, mouth, wang) -> None:
    group = api.group(-5, [wang])
    group.upgrades(-1005000000000, announced=False)
    assert await mouth.speak(to(group, "线索")) == Migrated("-1005000000000")
    assert await mouth.speak(to(group, strip="1")) == Migrated("-1005000000000")


async def test_a_revoked_token_stops_everything(api, mouth, wang) -> None:
    api.world.revoked = True
    said = await mouth.speak(to(wang, "好"))
    assert said == Stop(Halt.TOKEN)
    assert api.token not in repr(said)


async def test_who_cannot_be_reached_and_why(api, mouth, wang, office) -> None:
    async def why(chat: Person | Group) -> Why:
        said: Spoken = await mouth.speak(to(chat, "好"))
        assert isinstance(said, Dead)
        return said.reason

    wang.blocks()
    assert await why(wang) is Why.BLOCKED
    assert await why(api.user(8, "李", started=False)) is Why.BLOCKED
    gone = api.user(9, "赵")
    gone.account.deactivated = True
    assert await why(gone) is Why.GONE
    office.restricts_bot()
    assert await why(office) is Why.FORBIDDEN
    office.kicks_bot(by=wang)
    assert await why(office) is Why.KICKED
    assert await why(Person(api, 12345)) is Why.GONE


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (403, "Forbidden: bot was kicked from the group chat", Why.KICKED),
        (403, "Forbidden: the group chat was deleted", Why.GONE),
        (403, "Forbidden: bot can't send messages to bots", Why.FORBIDDEN),
        (400, "Bad Request: PEER_ID_INVALID", Why.GONE),
        (400, "Bad Request: have no rights to send a message", Why.FORBIDDEN),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", Why.FORBIDDEN),
        (400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", Why.FORBIDDEN),
        (400, "Bad Request: TOPIC_CLOSED", Why.FORBIDDEN),
        (400, "Bad Request: can't parse entities", Why.BUG),
        (413, "Request Entity Too Large", Why.BUG),
    ],
)
async def test_telegrams_words_have_one_meaning(
    api: FakeTelegram, mouth: TelegramMouth, wang: Person, code: int, words: str, expected: Why
) -> None:
    api.fault("sendMessage", 1, Refusal(code, words))
    said = await mouth.speak(to(wang, "好"))
    assert isinstance(said, Dead)
    assert said.reason is expected


@pytest.mark.parametrize(
    "letter",
    [
        Outbound("telegram", "7"),
        Outbound("telegram", "7", "  \n "),
        Outbound("telegram", "seven", "好"),
        Outbound("telegram", "", "好"),
        Outbound("telegram", "7", "好", buttons=((Button("受理", "字" * 22),),)),
        Outbound("telegram", "7", "好", buttons=((Button("", "a"),),)),
    ],
    ids=["nothing", "blank", "no number", "no chat", "long data", "no label"],
)
async def test_a_letter_that_cannot_be_is_our_own_mistake(
    mouth: TelegramMouth, wang: Person, letter: Outbound
) -> None:
    said = await mouth.speak(letter)
    assert isinstance(said, Dead)
    assert said.reason is Why.BUG


def test_a_page_from_a_proxy_proves_nothing() -> None:
    """A captive portal may answer 403 or 404 with a page of its own."""
    for kind in (TelegramError, OSError, KeyError, ValueError):
        assert isinstance(outcome(kind("odd")), Retry)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409])
async def test_a_page_with_an_error_status_is_not_telegrams_word(
    mouth: TelegramMouth, wang: Person, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def portal(*given: Any, **more: Any) -> tuple[int, bytes]:
        return code, f"<html>{SPEECH}</html>".encode()

    monkeypatch.setattr(type(mouth.people.request), "do_request", portal)
    said = await mouth.speak(to(wang, "好"))
    assert said == Retry(None, "unreadable answer")


async def test_the_pace_keeps_within_telegrams_limits(api, office, wang) -> None:
    api.flood.on = True
    mouth = TelegramMouth(api.token, api.url, gap=0.05, group_gap=0.2)
    people = [api.user(100 + number, "人") for number in range(20)]
    everything = [to(person, "好") for person in people] + [to(office, "线索")] * 3
    said = await asyncio.gather(*(mouth.speak(letter) for letter in everything))
    assert all(isinstance(one, Sent) for one in said)
    times = [call.at for call in api.called("sendMessage") if call.number("chat_id") > 0]
    assert times[-1] - times[0] >= 0.05 * 18
    groups = [call.at for call in api.called("sendMessage") if call.number("chat_id") < 0]
    assert groups[-1] - groups[0] >= 0.2 * 1.8
    await mouth.close()
