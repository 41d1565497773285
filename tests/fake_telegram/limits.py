"""What the server refuses for its size or its pace."""

from __future__ import annotations

import html
import re
from collections import defaultdict, deque

from .world import Clock, Json, Refusal

TEXT = 4096
CAPTION = 1024
PHOTO = 10 * 1024 * 1024
DOCUMENT = 50 * 1024 * 1024
DOWNLOAD = 20 * 1024 * 1024
HTML_TAGS = {"b", "i", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler", "strong", "em"}


def units(text: str) -> int:
    """The length Telegram counts: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parsed(text: str, mode: str) -> str:
    """The text as shown, once its markup is read."""
    if not mode:
        return text
    if mode.lower() != "html":
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    open_tags: list[str] = []
    for closing, tag in re.findall(r"<(/?)([^\s>]*)[^>]*>", text):
        if tag.lower() not in HTML_TAGS or (closing and (not open_tags or open_tags.pop() != tag)):
            raise Refusal(400, f'Bad Request: can\'t parse entities: unsupported tag "{tag}"')
        if not closing:
            open_tags.append(tag)
    if open_tags:
        raise Refusal(400, "Bad Request: can't parse entities: can't find end tag")
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def check_text(text: str) -> str:
    """A message's text, trimmed as the server trims it."""
    text = text.strip()
    if not text:
        raise Refusal(400, "Bad Request: message text is empty")
    if units(text) > TEXT:
        raise Refusal(400, "Bad Request: message is too long")
    return text


def check_caption(text: str) -> str:
    """A caption, trimmed."""
    text = text.strip()
    if units(text) > CAPTION:
        raise Refusal(400, "Bad Request: message caption is too long")
    return text


def check_keyboard(markup: Json | None) -> Json | None:
    """An inline keyboard: labels not empty, data of 1 to 64 bytes. None if there is none."""
    rows = (markup or {}).get("inline_keyboard") or []
    for button in (button for row in rows for button in row):
        if not str(button.get("text", "")).strip():
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: Text is empty")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"inline_keyboard": rows} if rows else None


def check_photo(body: bytes) -> None:
    """A photo: at most 10 MB, and an image by its first bytes."""
    if len(body) > PHOTO:
        raise Refusal(413, "Request Entity Too Large")
    if not body.startswith((b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")):
        raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")


def check_document(body: bytes) -> None:
    """Any other file: at most 50 MB, and not empty."""
    if len(body) > DOCUMENT:
        raise Refusal(413, "Request Entity Too Large")
    if not body:
        raise Refusal(400, "Bad Request: file must be non-empty")


class Flood:
    """30 messages a second in all, 1 a second to a chat, 20 a minute to a group. Off at first."""

    def __init__(self, clock: Clock) -> None:
        self.on = False
        self.refused = 0
        self.clock = clock
        self._sent: dict[object, deque[float]] = defaultdict(deque)

    def count(self, chat: int, messages: int = 1) -> None:
        """Take note of so many messages to `chat`, or refuse with `retry_after`."""
        if not self.on:
            return
        rules: list[tuple[object, int, float]] = [("all", 30, 1.0), (chat, 1, 1.0)]
        if chat < 0:
            rules = [("all", 30, 1.0), (chat, 20, 60.0)]
        now = self.clock.now()
        for key, most, period in rules:
            sent = self._sent[key]
            while sent and sent[0] <= now - period:
                sent.popleft()
            if len(sent) >= most:
                self.refused += 1
                wait = max(1, round(sent[0] + period - now))
                raise Refusal(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
        for key, _, _ in rules:
            self._sent[key].extend([now] * messages)
