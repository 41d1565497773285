"""What must be asked, and set, before the bot begins. Each raises `Failed` if it cannot."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from telegram import ChatFullInfo
from telegram.constants import ChatType
from telegram.error import BadRequest

from bot.channels import Failed
from bot.channels.telegram import ASKED_FOR, Me
from bot.channels.telegram.outcome import outcome, says
from bot.channels.telegram.wire import Bot

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """What a group looks like from outside."""

    public: bool  # it has a public name, or is the open side of a channel
    members: int  # people and bots, ourselves included
    inside: bool  # the bot is in it
    may_write: bool
    administrator: bool  # then it is told for sure who is a member


async def who_am_i(bot: Bot) -> Me:
    """The bot's own id, name and switches."""
    user = await _asked(bot.get_me())
    return Me(
        user.id,
        user.username or "",
        reads_all=bool(user.can_read_all_group_messages),
        inline=bool(user.supports_inline_queries),
    )


async def look_at(bot: Bot, me: Me, chat: str) -> Group:
    """A group before anything is posted there."""
    found: ChatFullInfo = await _asked(bot.get_chat(int(chat)))
    standing = (await _asked(bot.get_chat_member(int(chat), me.id))).status
    members = await _asked(bot.get_chat_member_count(int(chat)))
    opened = bool(found.username or found.active_usernames or found.linked_chat_id)
    return Group(
        public=opened or found.type == ChatType.CHANNEL,
        members=members,
        inside=standing not in ("left", "kicked"),
        may_write=standing in ("member", "administrator", "creator"),
        administrator=standing in ("administrator", "creator"),
    )


async def is_member(bot: Bot, chat: str, account: str) -> bool | None:
    """Whether an account is in a group; None if Telegram does not tell us."""
    try:
        member = await bot.get_chat_member(int(chat), int(account))
    except BadRequest as error:
        if says(error, "not found", "participant_id_invalid") and not says(error, "chat not"):
            return None
        raise Failed(outcome(error)) from None
    except Exception as error:
        raise Failed(outcome(error)) from None
    return member.status not in ("left", "kicked")


async def set_menu(bot: Bot, commands: Mapping[str, str]) -> None:
    """The commands that Telegram shows, each with a line about it."""
    await _asked(bot.set_my_commands(list(commands.items())))


async def open_webhook(bot: Bot, url: str, secret: str) -> None:
    """Have updates pushed to `url`. What waits is kept. An empty secret is refused."""
    if not secret:
        raise ValueError("a webhook without a secret would take updates from anybody")
    await _asked(bot.set_webhook(url, secret_token=secret, allowed_updates=ASKED_FOR))


async def webhook_is_set(bot: Bot) -> bool:
    """Whether updates are pushed somewhere, so that polling would take them from another."""
    return bool((await _asked(bot.get_webhook_info())).url)


async def close_webhook(bot: Bot) -> None:
    """Have updates kept for polling. What waits is kept."""
    await _asked(bot.delete_webhook())


async def _asked(question: Awaitable[T]) -> T:
    try:
        return await question
    except Exception as error:
        raise Failed(outcome(error)) from None
