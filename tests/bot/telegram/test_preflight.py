"""What is known before the bot begins."""

from __future__ import annotations

import pytest

from bot.channels import Dead, Failed, Halt, Retry, Stop, Why
from bot.channels.telegram import ASKED_FOR, Me
from bot.channels.telegram.preflight import (
    Group,
    close_webhook,
    is_member,
    look_at,
    open_webhook,
    set_menu,
    who_am_i,
)


async def test_who_the_bot_is(api, mouth) -> None:
    api.world.reads_all = True
    assert await who_am_i(mouth.people) == Me(42, "cunjian_bot", reads_all=True, inline=True)


async def test_a_group_is_looked_at(api, mouth, me, wang, office) -> None:
    assert await look_at(mouth.groups, me, str(office.id)) == Group(
        public=False, members=2, inside=True, may_write=True, administrator=False
    )
    office.restricts_bot()
    assert not (await look_at(mouth.groups, me, str(office.id))).may_write
    public = api.group(-1002, [wang], username="open_office")
    public.room.bot = "administrator"
    seen = await look_at(mouth.groups, me, str(public.id))
    assert seen.public
    assert seen.administrator


async def test_members_are_known_for_sure_only_to_an_administrator(
    api, mouth, wang, office
) -> None:
    li = api.user(8, "李")
    assert await is_member(mouth.groups, str(office.id), "7") is True
    assert await is_member(mouth.groups, str(office.id), str(li.id)) is None
    office.room.bot = "administrator"
    assert await is_member(mouth.groups, str(office.id), str(li.id)) is False
    office.loses(wang)
    assert await is_member(mouth.groups, str(office.id), "7") is False


async def test_the_menu_and_the_webhook_are_set(api, mouth, wang) -> None:
    await set_menu(mouth.people, {"start": "开始", "list": "线索"})
    assert [one["command"] for one in api.world.commands] == ["start", "list"]
    wang.says("等着")
    await open_webhook(mouth.people, "https://example.org/hook", "s3cret")
    assert api.pusher.webhook.secret == "s3cret"
    assert api.updates.allowed == set(ASKED_FOR)
    assert len(api.updates.living()) == 1
    with pytest.raises(ValueError, match="without a secret"):
        await open_webhook(mouth.people, "https://example.org/hook", "")
    await close_webhook(mouth.people)
    assert api.pusher.webhook is None
    assert len(api.updates.living()) == 1


async def test_what_cannot_be_asked_fails_with_its_outcome(api, mouth, me, office, wang) -> None:
    with pytest.raises(Failed) as unknown:
        await look_at(mouth.groups, me, "-999")
    assert unknown.value.outcome == Dead(Why.GONE, "Chat not found")
    with pytest.raises(Failed) as unknown:
        await is_member(mouth.groups, "-999", "7")
    assert unknown.value.outcome.reason is Why.GONE
    api.fault("getChatMember", 1, "500")
    with pytest.raises(Failed) as broken:
        await is_member(mouth.groups, str(office.id), "7")
    assert isinstance(broken.value.outcome, Retry)
    api.world.revoked = True
    with pytest.raises(Failed) as revoked:
        await who_am_i(mouth.people)
    assert revoked.value.outcome == Stop(Halt.TOKEN)
