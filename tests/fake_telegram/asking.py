"""What the bot may ask about: itself, chats, members, files."""

from __future__ import annotations

from . import limits
from .calls import Call, method
from .limits import Flood
from .world import Json, Refusal, Room, World

RIGHTS = [
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_be_edited",
]
PERMISSIONS = [
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_edit_tag",
    "can_react_to_messages",
]


def member(world: World, account: int, standing: str) -> Json:
    """A chat member as the API shows one of that standing."""
    who = world.me if account == world.me.id else world.accounts.get(account)
    if who is None:
        raise Refusal(400, "Bad Request: user not found")
    shown: Json = {"user": who.as_user(), "status": standing}
    if standing == "administrator":
        shown |= dict.fromkeys(RIGHTS, False)
    if standing == "restricted":
        shown |= {**dict.fromkeys(PERMISSIONS, False), "is_member": True, "until_date": 0}
    if standing == "kicked":
        shown["until_date"] = 0
    if standing == "creator":
        shown["is_anonymous"] = False
    return shown


@method("getMe")
def get_me(world: World, flood: Flood, call: Call) -> Json:
    """Who the bot is."""
    return {
        **world.me.as_user(),
        "can_join_groups": True,
        "can_read_all_group_messages": world.reads_all,
        "supports_inline_queries": True,
    }


@method("setMyCommands")
def set_my_commands(world: World, flood: Flood, call: Call) -> bool:
    """The menu of commands: at most 100, each 1-32 small letters, digits and `_`."""
    commands = call.data("commands") or []
    for one in commands:
        name = str(one.get("command", ""))
        if not (1 <= len(name) <= 32 and name.isascii() and name.islower()):
            raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(str(one.get("description", ""))) <= 256:
            raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands = commands
    return True


def _group(world: World, call: Call) -> Room:
    return world.room(call.number("chat_id"))


@method("getChat")
def get_chat(world: World, flood: Flood, call: Call) -> Json:
    """All about a chat."""
    room = _group(world, call)
    shown = room.as_chat(world.accounts.get(room.id))
    if room.username:
        shown["active_usernames"] = [room.username]
    gifts = [
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    ]
    return {
        **shown,
        "accent_color_id": 1,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


@method("getChatMemberCount")
def get_chat_member_count(world: World, flood: Flood, call: Call) -> int:
    """How many are in a chat, the bot among them."""
    room = _group(world, call)
    return sum(1 for standing in room.members.values() if standing not in ("left", "kicked")) + 1


@method("getChatMember")
def get_chat_member(world: World, flood: Flood, call: Call) -> Json:
    """One member's standing; of others it is told for sure only to an administrator."""
    room = _group(world, call)
    account = call.number("user_id")
    if account == world.me.id:
        return member(world, account, room.bot)
    if account not in room.members and room.bot != "administrator":
        raise Refusal(400, "Bad Request: member not found")
    return member(world, account, room.members.get(account, "left"))


@method("getChatAdministrators")
def get_chat_administrators(world: World, flood: Flood, call: Call) -> list[Json]:
    """The administrators who are people."""
    room = _group(world, call)
    wanted = ("administrator", "creator")
    return [member(world, who, how) for who, how in room.members.items() if how in wanted]


@method("leaveChat")
def leave_chat(world: World, flood: Flood, call: Call) -> bool:
    """Leave a group."""
    room = _group(world, call)
    if room.kind == "private":
        raise Refusal(400, "Bad Request: chat member status can't be changed in private chats")
    room.bot = "left"
    return True


@method("getFile")
def get_file(world: World, flood: Flood, call: Call) -> Json:
    """Where to fetch a file of at most 20 MB; only the bot that saw it may ask."""
    ref = call.text("file_id")
    found = world.files.get(ref)
    if found is None or found.bot != world.me.id:
        raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    if len(found.body) > limits.DOWNLOAD:
        raise Refusal(400, "Bad Request: file is too big")
    path = f"{ref.partition('-')[0]}s/file_{len(world.paths)}"
    world.paths[path] = ref
    return {
        "file_id": ref,
        "file_unique_id": "u" + ref.rpartition("-")[2],
        "file_size": len(found.body),
        "file_path": path,
    }
