"""What the bot may do in a chat: send, edit, delete, answer."""

from __future__ import annotations

from typing import Any

from . import limits
from .calls import Call, Upload, method
from .limits import Flood, units
from .world import DELETE_WITHIN, PRESS_LIVES, Json, Post, Refusal, Room, World


def _begin(world: World, flood: Flood, call: Call, messages: int = 1) -> Room:
    room = world.may_post(call.number("chat_id"))
    flood.count(room.id, messages)
    return room


def _extras(call: Call) -> Json:
    extras: Json = {}
    if keyboard := limits.check_keyboard(call.data("reply_markup")):
        extras["reply_markup"] = keyboard
    if call.flag("protect_content"):
        extras["has_protected_content"] = True
    return extras


def _caption(call: Call) -> Json:
    caption = limits.check_caption(limits.parsed(call.text("caption"), call.text("parse_mode")))
    return {"caption": caption} if caption else {}


def _file(world: World, call: Call, name: str, kind: str, value: Any = None) -> Json:
    """The part of a message that shows a file, from an upload or from a known file id."""
    upload = call.upload(name, value)
    if upload is None:
        ref = str(call.given.get(name) if value is None else value)
        known = world.files.get(ref)
        if known is None or known.bot != world.me.id:
            raise Refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
        upload = Upload(known.name, known.body, known.mime)
    if kind == "photo":
        limits.check_photo(upload.body)
    else:
        limits.check_document(upload.body)
    return shown_file(world, kind, upload)


def shown_file(world: World, kind: str, upload: Upload) -> Json:
    """Keep the bytes and show them as a message of that kind does."""
    ref, unique = world.keep(upload.body, upload.name, upload.mime, kind)
    shown: Json = {"file_id": ref, "file_unique_id": unique, "file_size": len(upload.body)}
    if kind == "photo":
        small, small_unique = world.keep(upload.body[:64], upload.name, upload.mime, "thumb")
        thumb = {"file_id": small, "file_unique_id": small_unique, "width": 90, "height": 90}
        return {"photo": [{**thumb, "file_size": 64}, {**shown, "width": 800, "height": 600}]}
    if kind == "document":
        return {"document": {**shown, "file_name": upload.name, "mime_type": upload.mime}}
    if kind == "video":
        return {"video": {**shown, "width": 640, "height": 480, "duration": 3}}
    return {kind: {**shown, "duration": 3, "mime_type": upload.mime}}


@method("sendMessage")
def send_message(world: World, flood: Flood, call: Call) -> Json:
    """A text."""
    text = limits.check_text(limits.parsed(call.text("text"), call.text("parse_mode")))
    extras = _extras(call)
    room = _begin(world, flood, call)
    return world.post(room, world.me, {"text": text}, **extras).body


def _send_file(kind: str) -> None:
    @method("send" + kind.capitalize())
    def send(world: World, flood: Flood, call: Call) -> Json:
        content = {**_file(world, call, kind, kind), **_caption(call), **_extras(call)}
        room = _begin(world, flood, call)
        return world.post(room, world.me, content).body


for one in ("photo", "document", "video", "voice", "audio"):
    _send_file(one)


@method("sendMediaGroup")
def send_media_group(world: World, flood: Flood, call: Call) -> list[Json]:
    """An album of 2 to 10; documents only with documents, audio only with audio."""
    media = call.data("media") or []
    if not 2 <= len(media) <= 10:
        raise Refusal(400, "Bad Request: there must be from 2 to 10 messages in the album")
    kinds = {item["type"] for item in media}
    if len(kinds) > 1 and kinds & {"document", "audio"}:
        raise Refusal(400, "Bad Request: documents and audio can't be mixed with other media")
    contents = []
    for number, item in enumerate(media):
        content = _file(world, call, f"media{number}", item["type"], item["media"])
        caption = limits.check_caption(item.get("caption") or "")
        contents.append({**content, "caption": caption} if caption else content)
    extras = {"media_group_id": str(world.fresh())}
    if call.flag("protect_content"):
        extras["has_protected_content"] = "true"
    room = _begin(world, flood, call, len(contents))
    return [world.post(room, world.me, content, **extras).body for content in contents]


@method("sendPoll")
def send_poll(world: World, flood: Flood, call: Call) -> Json:
    """A poll or a quiz."""
    options = [
        option if isinstance(option, str) else option["text"] for option in call.data("options")
    ]
    right = call.data("correct_option_ids")
    if right is None and call.text("correct_option_id"):
        right = [call.number("correct_option_id")]
    if not 1 <= units(call.text("question")) <= 300:
        raise Refusal(400, "Bad Request: poll question must be from 1 to 300 characters")
    if not 2 <= len(options) <= 12 or not all(1 <= units(option) <= 100 for option in options):
        raise Refusal(400, "Bad Request: wrong poll options")
    if call.text("type") == "quiz" and (not right or not 0 <= right[0] < len(options)):
        raise Refusal(400, "Bad Request: wrong correct option ID specified")
    if units(call.text("explanation")) > 200:
        raise Refusal(400, "Bad Request: explanation is too long")
    poll: Json = {
        "id": str(world.fresh()),
        "question": call.text("question"),
        "options": [
            {"text": option, "voter_count": 0, "persistent_id": str(number)}
            for number, option in enumerate(options)
        ],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": call.text("is_anonymous").lower() != "false",
        "type": call.text("type") or "regular",
        "allows_multiple_answers": call.flag("allows_multiple_answers"),
        "allows_revoting": False,
        "members_only": False,
        "explanation": call.text("explanation"),
    }
    if right:
        poll["correct_option_ids"] = right
    post = world.post(_begin(world, flood, call), world.me, {"poll": poll})
    world.polls[poll["id"]] = post
    return post.body


def _editable(world: World, call: Call) -> Post:
    failing = "message to edit not found"
    post = world.find(call.number("chat_id"), call.number("message_id"), failing=failing)
    if not post.mine:
        raise Refusal(400, "Bad Request: message can't be edited")
    return post


def _rewrite(world: World, post: Post, changed: Json) -> Json:
    if changed == {key: value for key, value in post.body.items() if key != "edit_date"}:
        raise Refusal(
            400,
            "Bad Request: message is not modified: specified new message content and reply "
            "markup are exactly the same as a current content and reply markup of the message",
        )
    post.body = {**changed, "edit_date": int(world.clock.now())}
    post.versions.append(dict(post.body))
    return post.body


def _without(post: Post, *names: str) -> Json:
    return {name: value for name, value in post.body.items() if name not in (*names, "edit_date")}


@method("editMessageText")
def edit_message_text(world: World, flood: Flood, call: Call) -> Json:
    """Another text and other buttons for one of the bot's own messages."""
    text = limits.check_text(limits.parsed(call.text("text"), call.text("parse_mode")))
    extras = _extras(call)
    post = _editable(world, call)
    if "text" not in post.body:
        raise Refusal(400, "Bad Request: there is no text in the message to edit")
    flood.count(post.chat)
    return _rewrite(world, post, {**_without(post, "reply_markup"), "text": text, **extras})


@method("editMessageReplyMarkup")
def edit_message_reply_markup(world: World, flood: Flood, call: Call) -> Json:
    """Other buttons, or none."""
    extras = _extras(call)
    post = _editable(world, call)
    flood.count(post.chat)
    return _rewrite(world, post, {**_without(post, "reply_markup"), **extras})


@method("deleteMessage")
def delete_message(world: World, flood: Flood, call: Call) -> bool:
    """Delete within 48 hours: its own, and in a private chat also the person's."""
    failing = "message to delete not found"
    post = world.find(call.number("chat_id"), call.number("message_id"), failing=failing)
    room = world.room(post.chat)
    theirs = not post.mine and room.kind != "private" and room.bot != "administrator"
    if theirs or world.clock.now() - post.at > DELETE_WITHIN:
        raise Refusal(400, "Bad Request: message can't be deleted for everyone")
    post.deleted = True
    return True


@method("deleteMessages")
def delete_messages(world: World, flood: Flood, call: Call) -> bool:
    """Delete up to 100; those that cannot be deleted are passed over."""
    wanted = call.data("message_ids") or []
    if not 1 <= len(wanted) <= 100:
        raise Refusal(400, "Bad Request: there must be from 1 to 100 messages to delete")
    for number in wanted:
        try:
            delete_message(world, flood, Call("", {**call.given, "message_id": number}))
        except Refusal:
            continue
    return True


@method("answerCallbackQuery")
def answer_callback_query(world: World, flood: Flood, call: Call) -> bool:
    """A toast to who pressed, within 150 seconds and once."""
    query = call.text("callback_query_id")
    who, at = world.presses.get(query, (0, 0.0))
    if not who or world.clock.now() - at > PRESS_LIVES:
        raise Refusal(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        )
    if units(call.text("text")) > 200:
        raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
    toast = {"press": query, "text": call.text("text"), "alert": call.flag("show_alert")}
    world.accounts[who].toasts.append(toast)
    return True


@method("answerInlineQuery")
def answer_inline_query(world: World, flood: Flood, call: Call) -> bool:
    """Up to 50 results for who typed the query."""
    who = world.queries.pop(call.text("inline_query_id"), 0)
    results = call.data("results") or []
    if not who:
        raise Refusal(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        )
    if len(results) > 50 or any(not 1 <= len(str(one["id"]).encode()) <= 64 for one in results):
        raise Refusal(400, "Bad Request: RESULT_ID_INVALID")
    if len({one["id"] for one in results}) < len(results):
        raise Refusal(400, "Bad Request: RESULT_ID_DUPLICATE")
    world.accounts[who].inline.append(results)
    return True
