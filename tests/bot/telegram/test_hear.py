"""Whatever Telegram sends becomes an `Inbound` or is ignored with a reason; nothing raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.telegram import Me, trim
from bot.channels.telegram.hear import parse
from handlers.messages import Heard, Inbound, Place
from tests.fake_telegram import FakeTelegram, Group, Person

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ME = Me(42, "cunjian_bot")
PNG = b"\x89PNG" + b"0" * 100


def message(**content: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "message_id": 5,
        "date": 1_790_000_000,
        "chat": {"id": 7, "type": "private", "first_name": "王秀英"},
        "from": {"id": 7, "is_bot": False, "first_name": "王秀英", "username": "wang_xiuying"},
    }
    return {"update_id": 1, "message": {**base, **content}}


def in_group(**content: Any) -> dict[str, Any]:
    chat = {"id": -1001234567890, "type": "supergroup", "title": "街道"}
    return message(chat=chat, **content)


def heard(raw: dict[str, Any]) -> Inbound:
    said = parse(raw, ME, NOW)
    assert Inbound.from_json(json.loads(json.dumps(said.to_json()))) == said
    return said


class Hearing:
    """What came out of the queue of the fake server, parsed."""

    def __init__(self, api: FakeTelegram, me: Me) -> None:
        self.api = api
        self.me = me

    def all(self) -> list[Inbound]:
        bodies = json.loads(json.dumps([one.body for one in self.api.updates.pending]))
        return [parse(body, self.me, NOW) for body in bodies]

    def last(self) -> Inbound:
        return self.all()[-1]


@pytest.fixture
def hearing(api: FakeTelegram, me: Me) -> Hearing:
    return Hearing(api, me)


# --- what people do ------------------------------------------------------------------------------


def test_a_text_with_its_time_and_place(api: FakeTelegram, wang: Person, hearing: Hearing) -> None:
    sent = wang.says("村里的账没贴")
    said = hearing.last()
    assert (said.heard, said.place, said.text) == (Heard.TEXT, Place.PRIVATE, "村里的账没贴")
    assert (said.account, said.chat, said.message) == ("7", "7", str(sent.id))
    assert abs(said.at.timestamp() - api.clock.now()) < 5


def test_a_start_link_stays_text(wang: Person, hearing: Hearing) -> None:
    wang.says("/start AbC_-123")
    assert hearing.last().text == "/start AbC_-123"


def test_who_wrote_a_forwarded_message_is_never_kept(wang: Person, hearing: Hearing) -> None:
    wang.forwards("他拿了钱", origin="李四canary")
    said = hearing.last()
    assert said.forwarded
    assert "canary" not in repr(said)
    wang.says("没有转", forward_from={"id": 99, "is_bot": False, "first_name": "李四canary"})
    assert hearing.last().forwarded
    assert "99" not in repr(hearing.last())


def test_names_of_people_go_nowhere(wang: Person, hearing: Hearing) -> None:
    wang.says("在吗")
    wang.forges("go")
    wang.types_inline("公开")
    for said in hearing.all():
        assert "王秀英" not in repr(said)
        assert "wang_xiuying" not in repr(said)


def test_files_of_every_kind(wang: Person, hearing: Hearing) -> None:
    photo = wang.sends_photo(PNG, caption="账本")
    wang.sends_document("账.pdf", b"%PDF")
    wang.sends_voice(b"OggS")
    wang.sends_video(b"mp4")
    note = {"file_id": "n", "file_unique_id": "u", "length": 240, "duration": 2}
    wang.sends(video_note=note)
    said = hearing.all()
    assert {one.heard for one in said} == {Heard.FILES}
    files = [one.files[0] for one in said]
    assert [file.kind for file in files] == ["photo", "document", "voice", "video", "video"]
    assert (files[0].ref, files[0].size, said[0].text) == (photo.file, len(PNG), "账本")
    assert files[1].name == "账.pdf"


def test_an_album_comes_as_messages_that_share_its_id(wang: Person, hearing: Hearing) -> None:
    wang.sends_album([PNG, PNG, PNG], caption="三张")
    said = hearing.all()
    assert [one.text for one in said] == ["三张", "", ""]
    assert len({one.album for one in said}) == 1
    assert said[0].album


def test_a_place(wang: Person, hearing: Hearing) -> None:
    wang.shares_location(30.1, 114.2)
    said = hearing.last()
    assert (said.heard, said.latitude, said.longitude) == (Heard.LOCATION, 30.1, 114.2)


def test_an_edit(wang: Person, hearing: Hearing) -> None:
    sent = wang.says("三千")
    wang.edits(sent, "五千")
    said = hearing.last()
    assert (said.heard, said.text, said.message) == (Heard.EDITED, "五千", str(sent.id))


@pytest.mark.parametrize("kind", ["sticker", "contact", "dice", "poll", "checklist"])
def test_what_we_cannot_use_is_named_not_told(kind: str) -> None:
    said = heard(message(**{kind: {"canary": "c4n4ry"}}))
    assert (said.heard, said.text, said.account, said.chat) == (Heard.IGNORED, kind, "7", "7")


def test_blocking_and_coming_back(wang: Person, hearing: Hearing) -> None:
    wang.blocks()
    wang.unblocks()
    assert [one.heard for one in hearing.all()] == [Heard.BLOCKED, Heard.UNBLOCKED]
    assert {(one.account, one.chat) for one in hearing.all()} == {("7", "7")}


def test_an_inline_query_and_a_quiz_answer(hearing: Hearing, wang: Person) -> None:
    query = wang.types_inline("贴几天")
    said = hearing.last()
    assert (said.heard, said.text, said.press) == (Heard.INLINE, "贴几天", query)
    answer = {"poll_id": "9", "user": {"id": 7, "first_name": "王"}, "option_ids": [2]}
    said = heard({"update_id": 1, "poll_answer": answer})
    assert (said.heard, said.data, said.message, said.account) == (Heard.QUIZ, "2", "9", "7")
    taken_back = {"update_id": 1, "poll_answer": {**answer, "option_ids": []}}
    assert heard(taken_back).heard is Heard.IGNORED


# --- presses -------------------------------------------------------------------------------------


def press(**content: Any) -> dict[str, Any]:
    base = {"id": "q1", "from": {"id": 7, "is_bot": False, "first_name": "王"}, "data": "go:1"}
    return {"update_id": 1, "callback_query": {**base, "chat_instance": "1", **content}}


@pytest.mark.parametrize(
    ("shown", "chat", "under"),
    [
        ({"message": message()["message"]}, "7", "5"),
        (
            {"message": {"chat": {"id": -100, "type": "group"}, "message_id": 9, "date": 0}},
            "-100",
            "9",
        ),
        ({"message": {"chat": {"id": 7}, "message_id": 0, "date": 0}}, "7", ""),
        ({"message": "odd"}, "7", ""),
        ({"inline_message_id": "x"}, "7", ""),
        ({}, "7", ""),
    ],
    ids=["shown", "too old", "without id", "odd", "inline", "absent"],
)
def test_a_press_works_whether_or_not_its_message_is_shown(
    shown: dict[str, Any], chat: str, under: str
) -> None:
    said = heard(press(**shown))
    assert (said.heard, said.data, said.press) == (Heard.PRESS, "go:1", "q1")
    assert (said.account, said.chat, said.message) == ("7", chat, under)
    assert said.place is (Place.GROUP if chat.startswith("-") else Place.PRIVATE)
    assert said.at == NOW


def test_a_press_without_data_is_ignored() -> None:
    assert heard(press(data=None)).heard is Heard.IGNORED


# --- groups --------------------------------------------------------------------------------------


def test_chatter_in_a_group_is_ignored_even_without_privacy_mode(
    api: FakeTelegram, wang: Person, office: Group, hearing: Hearing
) -> None:
    api.world.reads_all = True
    for text in ("吃了吗", "/list@other_bot", "@cunjian_bot2 贴几天", "a@cunjian_bottle"):
        wang.says(text, office)
    wang.sends_photo(PNG, "看", office)
    assert {one.heard for one in hearing.all()} == {Heard.IGNORED}
    assert {one.text for one in hearing.all()} == {"chatter in a group"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("/list", "/list"),
        ("/list@cunjian_bot 今天", "/list 今天"),
        ("/list@Cunjian_Bot", "/list"),
        ("@cunjian_bot 贴几天", "贴几天"),
        ("贴几天 @CUNJIAN_BOT", "贴几天"),
    ],
)
def test_what_is_for_us_in_a_group_is_heard_without_our_name(
    wang: Person, office: Group, hearing: Hearing, typed: str, kept: str
) -> None:
    wang.says(typed, office)
    said = hearing.last()
    assert (said.heard, said.text, said.place) == (Heard.TEXT, kept, Place.GROUP)
    assert (said.account, said.chat) == ("7", str(office.id))


def test_an_answer_to_our_message_is_for_us() -> None:
    ours = message(**{"from": {"id": 42, "is_bot": True, "first_name": "b"}})["message"]
    theirs = message()["message"]
    assert heard(in_group(text="收到", reply_to_message=ours)).reply_to == "5"
    assert heard(in_group(text="收到", reply_to_message=theirs)).heard is Heard.IGNORED
    assert heard(in_group(text="收到", reply_to_message={"odd": 1})).heard is Heard.IGNORED


def test_an_anonymous_administrator_has_no_account(office: Group, hearing: Hearing) -> None:
    office.says_anonymously("/list")
    said = hearing.last()
    assert (said.heard, said.anonymous, said.account) == (Heard.TEXT, True, "")


def test_put_in_put_out_and_promoted(wang: Person, office: Group, hearing: Hearing) -> None:
    office.kicks_bot(by=wang)
    office.adds_bot(by=wang)
    hearing.api.standing(office.room, wang.account, "member", "administrator")
    kinds = [one.heard for one in hearing.all()]
    assert kinds == [Heard.REMOVED, Heard.ADDED, Heard.IGNORED]
    assert hearing.all()[1].account == "7"


def test_a_migration_tells_the_old_and_the_new_id(
    api: FakeTelegram, wang: Person, hearing: Hearing
) -> None:
    api.group(-55, [wang]).upgrades(-1009999999999)
    for said in hearing.all():
        assert (said.heard, said.chat, said.text) == (Heard.MIGRATED, "-55", "-1009999999999")


# --- odd things ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"update_id": 1},
        {"update_id": 1, "something_new": {"text": "c4n4ry"}},
        {"update_id": 1, "message": "c4n4ry"},
        {"update_id": 1, "message": {}},
        message(chat={"id": "c4n4ry", "type": "private"}),
        message(chat={"type": "private"}),
        message(chat={"id": 7, "type": "hologram"}, text="c4n4ry"),
        message(chat={"id": -100, "type": "channel"}, text="c4n4ry"),
        message(text=["c4n4ry"]),
        message(photo="c4n4ry"),
        message(photo=[{}]),
        message(document={"file_id": None}),
        message(location={"latitude": "c4n4ry"}),
        message(**{"from": {"id": "c4n4ry"}}),
        message(**{"from": None}),
        message(**{"from": {"id": 99, "is_bot": True, "first_name": "b"}}, text="c4n4ry"),
        press(id=None),
        {"update_id": 1, "my_chat_member": {"chat": {"id": 7}}},
        {"update_id": 1, "inline_query": {"id": "1", "query": "c4n4ry"}},
        {"update_id": 1, "poll_answer": {"poll_id": "1", "option_ids": "c4n4ry"}},
        {"update_id": 1, "edited_message": {"text": "c4n4ry"}},
        {"update_id": 1, "channel_post": message(text="c4n4ry")["message"]},
    ],
)
def test_odd_updates_are_ignored_without_their_content(raw: dict[str, Any]) -> None:
    said = heard(raw)
    assert said.heard is Heard.IGNORED
    assert said.text
    assert "c4n4ry" not in repr(said)


def test_an_absent_sender_is_ignored() -> None:
    raw = message(text="在吗")
    del raw["message"]["from"]
    assert heard(raw).text == "a message from no person"


@pytest.mark.parametrize(
    "odd",
    [
        {"forward_origin": {"type": "hologram"}},
        {"entities": [{"type": 5}]},
        {"reply_markup": 7},
        {"new_field": {"deep": [1]}},
        {"reply_to_message": {"chat": {"type": "hologram"}}},
        {"external_reply": "?"},
        {"link_preview_options": []},
    ],
)
def test_odd_extras_do_not_make_a_message_unreadable(odd: dict[str, Any]) -> None:
    assert heard(message(text="在吗", **odd)).text == "在吗"


@pytest.mark.parametrize("date", [0, None, -5, "soon", 10**30])
def test_a_message_without_a_sane_date_is_dated_when_it_came(date: object) -> None:
    assert heard(message(text="在吗", date=date)).at == NOW


def test_lone_surrogates_and_zero_bytes_pass() -> None:
    assert heard(message(text="a\ud800b\x00")).text == "a\ufffdb\x00"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = ["message_id", "date", "chat", "from", "text", "photo", "document", "location", "caption"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from(["message", "edited_message"])
)
def test_no_message_of_any_shape_raises(changed: dict[str, Any], kind: str) -> None:
    heard({"update_id": 1, kind: {**message()["message"], **changed}})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.sampled_from(["callback_query", "my_chat_member", "inline_query", "poll_answer"]))
def test_no_update_of_any_shape_raises(content: Any, kind: str) -> None:
    heard({"update_id": 1, kind: content})


def test_number_and_account_are_read_without_parsing() -> None:
    assert trim.number(message()) == "1"
    assert [trim.number(raw) for raw in ({}, [], {"update_id": "1"}, {"update_id": True})] == [
        ""
    ] * 4
    assert trim.account(message(chat={"type": "hologram"})) == "7"
    assert trim.account(press()) == "7"
    assert trim.account({"poll_answer": {"user": {"id": 8}}}) == "8"
    assert trim.account(message(**{"from": {"id": 1087968824}})) == ""
    assert [trim.account(raw) for raw in ({}, [], {"message": 5}, {"message": {"from": 5}})] == [
        ""
    ] * 4
