"""Polling loses nothing and tells nothing; files come whole or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiogram import Bot

from bot.channels import Failed, Halt, Refused, Retry, Stop
from bot.channels.patience import growing
from bot.channels.telegram import client, files
from bot.channels.telegram.client import connect
from bot.channels.telegram.files import Files
from bot.channels.telegram.poll import Poller
from handlers.messages import FileRef
from tests.fake_telegram import FakeTelegram, Person, Refusal

SPEECH = "canary-他拿了钱"


def texts(batch: list[Any]) -> list[str]:
    return [update["message"]["text"] for update in batch]


async def soon(waiting: Any) -> Any:
    async with asyncio.timeout(10):
        return await waiting


@pytest.fixture
def poller(ear: Bot) -> Poller:
    return Poller(ear, hold=1, most_wait=0.05)


@pytest.fixture(autouse=True)
def _nothing_told(api: FakeTelegram, caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """No test here may log a token or what somebody said (aiohttp and asyncio included)."""
    caplog.set_level(logging.DEBUG)
    yield
    for record in caplog.get_records("call"):
        told = record.getMessage() + str(record.exc_info)
        assert api.token not in told
        assert SPEECH not in told


async def test_a_batch_is_confirmed_only_when_the_next_is_asked_for(api, poller, wang) -> None:
    wang.says("一")
    wang.says("二")
    updates = poller.updates()
    assert texts(await soon(anext(updates))) == ["一", "二"]
    assert len(api.updates.living()) == 2
    wang.says("三")
    assert texts(await soon(anext(updates))) == ["三"]
    assert len(api.updates.living()) == 1


async def test_what_was_not_confirmed_comes_again_after_a_restart(api, poller, ear, wang) -> None:
    wang.says("一")
    await soon(anext(poller.updates()))
    assert texts(await soon(anext(Poller(ear, hold=1).updates()))) == ["一"]


async def test_an_update_that_no_library_can_read_does_not_hold_up_the_rest(
    api: FakeTelegram, poller: Poller, wang: Person
) -> None:
    api.inject({"message": {"chat": {"id": 1, "type": "hologram"}, "text": SPEECH}})
    api.inject({"poll_answer": [SPEECH]})
    wang.says("好")
    updates = poller.updates()
    assert len(await soon(anext(updates))) == 3
    wang.says("又")
    assert texts(await soon(anext(updates))) == ["又"]


async def test_ids_that_begin_anew_lower_are_heard_and_confirmed(api, poller, wang) -> None:
    wang.says("一")
    updates = poller.updates()
    await soon(anext(updates))
    api.updates.pending.clear()
    api.updates.next_id = 1000  # after a quiet week Telegram counts from somewhere else
    wang.says("二")
    assert texts(await soon(anext(updates))) == ["二"]
    wang.says("三")
    assert texts(await soon(anext(updates))) == ["三"]
    assert len(api.updates.living()) == 1


@pytest.mark.parametrize(
    "odd", [[], ["x"], [{}], [{"update_id": "7"}], [{"update_id": -1}], {}, 5]
)
async def test_an_answer_without_ids_confirms_nothing(
    api: FakeTelegram, poller: Poller, wang: Person, odd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang.says("一")
    true = api.updates.poll
    answers = [odd]

    async def poll(*given: Any) -> Any:
        return answers.pop() if answers else await true(*given)

    monkeypatch.setattr(api.updates, "poll", poll)
    assert texts(await soon(anext(poller.updates()))) == ["一"]
    assert all(call.number("offset") == 0 for call in api.calls)


@pytest.mark.parametrize(
    "kind",
    ["reset", "refuse", "garble", "truncated", "empty", "html", "odd", "500", "502", "429"],
)
async def test_passing_trouble_is_waited_out(
    api: FakeTelegram, poller: Poller, wang: Person, kind: str
) -> None:
    wang.says(SPEECH)
    api.fault("getUpdates", 1, kind, times=2)
    assert texts(await soon(anext(poller.updates()))) == [SPEECH]
    assert poller.trouble == ""
    assert api.nemesis.done[kind] == 2


async def test_a_refusal_without_words_is_trouble_too(api, poller, wang) -> None:
    wang.says("一")
    api.fault("getUpdates", 1, Refusal(500, None))  # type: ignore[arg-type]
    assert texts(await soon(anext(poller.updates()))) == ["一"]


async def test_an_endless_answer_is_broken_off(api, poller, wang, monkeypatch) -> None:
    monkeypatch.setattr(client, "LONGEST_ANSWER", 1_000_000)
    wang.says("一")
    api.fault("getUpdates", 1, "huge")
    assert texts(await soon(anext(poller.updates()))) == ["一"]


async def test_a_call_that_hangs_is_given_up(api, ear, wang, monkeypatch) -> None:
    wang.says("一")
    api.fault("getUpdates", 1, "hang")
    poller = Poller(ear, hold=-14, most_wait=0.05)  # so that a call may take one second
    assert texts(await soon(anext(poller.updates()))) == ["一"]


async def test_a_server_that_is_down_is_waited_for(api, poller, wang) -> None:
    await api.stop()
    waiting = asyncio.create_task(anext(poller.updates()))
    async with asyncio.timeout(10):
        while not poller.trouble:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    await api.start()
    wang.says("一")
    assert texts(await soon(waiting)) == ["一"]


async def test_a_second_listener_or_a_webhook_stops_it(api, poller, ear) -> None:
    api.pusher.aim("https://example.org/hook", "s")
    with pytest.raises(Failed) as webhook:
        await soon(anext(poller.updates()))
    assert webhook.value.outcome == Stop(Halt.CONFLICT)
    api.pusher.aim("", "")
    asked = len(api.called("getUpdates"))
    first = asyncio.create_task(anext(Poller(ear, hold=5).updates()))
    async with asyncio.timeout(10):
        while len(api.called("getUpdates")) == asked:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
    other = connect(api.token, api.url)
    second = asyncio.create_task(anext(Poller(other, hold=5).updates()))
    with pytest.raises(Failed) as conflict:
        await soon(first)
    assert conflict.value.outcome == Stop(Halt.CONFLICT)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await other.session.close()


async def test_a_revoked_token_stops_it_and_is_not_told(api, poller) -> None:
    api.world.revoked = True
    with pytest.raises(Failed) as failed:
        await soon(anext(poller.updates()))
    assert failed.value.outcome == Stop(Halt.TOKEN)
    assert failed.value.__context__ is None
    assert api.token not in repr(failed.value)


def test_waits_grow_to_a_limit() -> None:
    assert 0.25 <= growing(1) <= 0.5
    assert 1 <= growing(3) <= 2
    assert 30 <= growing(1000) <= 60
    assert len({growing(9) for _ in range(20)}) > 1


# --- files ---------------------------------------------------------------------------------------


async def fetched(ear: Bot, file: FileRef) -> bytes:
    return b"".join([chunk async for chunk in Files(ear, patience=1).fetch(file)])


async def test_a_file_comes_whole(api, ear, wang) -> None:
    body = bytes(range(256)) * 4000
    seen = wang.sends_document("账.bin", body)
    assert await fetched(ear, FileRef(seen.file, size=len(body))) == body


@pytest.mark.parametrize("claimed", [None, 100, 25 * 1024 * 1024])
async def test_over_20_megabytes_is_refused_whatever_was_claimed(
    api: FakeTelegram, ear: Bot, wang: Person, claimed: int | None
) -> None:
    seen = wang.sends_video(b"v" * (files.LIMIT + 1))
    with pytest.raises(Refused) as refused:
        await fetched(ear, FileRef(seen.file, size=claimed))
    assert refused.value.reason == "too_big"


async def test_a_file_that_grows_while_it_comes_is_refused(api, ear, wang, monkeypatch) -> None:
    monkeypatch.setattr(files, "LIMIT", 1000)
    seen = wang.sends_document("a", b"x" * 5000)
    with pytest.raises(Refused, match="too_big"):
        await fetched(ear, FileRef(seen.file))


async def test_an_empty_file_and_one_of_another_bot(api, ear, wang) -> None:
    seen = wang.sends_document("a", b"1")
    api.world.files[seen.file].body = b""
    with pytest.raises(Refused, match="empty"):
        await fetched(ear, FileRef(seen.file))
    with pytest.raises(Refused, match="unreachable"):
        await fetched(ear, FileRef("document-99-1"))


@pytest.mark.parametrize("kind", ["lost_reply", "reset", "hang", "404", "502", "500"])
async def test_a_download_that_is_cut_is_tried_again_later(
    api: FakeTelegram, ear: Bot, wang: Person, kind: str
) -> None:
    body = b"x" * 300_000
    seen = wang.sends_document("a", body)
    # aiohttp itself asks once more for a page (never for a call) on a connection that was cut.
    api.fault("file", 1, kind, times=2)
    with pytest.raises(Failed) as failed:
        await fetched(ear, FileRef(seen.file))
    assert isinstance(failed.value.outcome, Retry)
    assert failed.value.__context__ is None
    api.nemesis.calm()
    assert await fetched(ear, FileRef(seen.file)) == body


@pytest.mark.parametrize("kind", ["garble", "reset", "429", "500", "html"])
async def test_trouble_before_the_download_is_tried_again_later(
    api: FakeTelegram, ear: Bot, wang: Person, kind: str
) -> None:
    seen = wang.sends_document("a", b"1")
    api.fault("getFile", 1, kind)
    with pytest.raises(Failed) as failed:
        await fetched(ear, FileRef(seen.file))
    assert isinstance(failed.value.outcome, Retry)
    assert api.token not in repr(failed.value)


async def test_a_revoked_token_stops_downloads(api, ear, wang) -> None:
    seen = wang.sends_document("a", b"1")
    api.fault("file", 1, "401")
    with pytest.raises(Failed) as failed:
        await fetched(ear, FileRef(seen.file))
    assert failed.value.outcome == Stop(Halt.TOKEN)
