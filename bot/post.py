"""Between what a dialogue answers and the outbox: an `Outbound` as a row, and a row as one."""

import base64
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from handlers.messages import Button, Lane, Outbound, Quiz
from storage import outbox
from storage.database import Tx
from storage.outbox import Letter

_ELSEWHERE = {
    "channel",
    "chat",
    "lane",
    "key",
    "expires_at",
    "not_before",
    "buttons",
    "quiz",
    "picture",
}
_PLAIN = tuple(one for one in fields(Outbound) if one.name not in _ELSEWHERE)


async def lay_in_outbox(tx: Tx, out: list[Outbound], now: datetime) -> list[Letter]:
    """Every answer as a row of the outbox, in this transaction; those that are new."""
    letters = []
    for one in out:
        payload = to_payload(one)
        id = await outbox.put(
            tx,
            channel=one.channel,
            chat=one.chat,
            lane=one.lane,
            payload=payload,
            now=now,
            lead_id=one.card or None,
            key=one.key,
            expires_at=one.expires_at,
            not_before=one.not_before,
        )
        if id is not None and one.not_before is None:
            letters.append(
                Letter(
                    id,
                    one.channel,
                    one.chat,
                    one.lane,
                    payload,
                    one.card or None,
                    0,
                    now,
                    now,
                    one.key,
                    one.expires_at,
                )
            )
    return letters


def to_payload(one: Outbound) -> dict[str, Any]:
    """Only what differs from an empty answer: most are a text and a few buttons."""
    payload = {
        field.name: value
        for field in _PLAIN
        if (value := getattr(one, field.name)) != field.default
    }
    if one.buttons:
        payload["buttons"] = [[[b.label, b.data] for b in row] for row in one.buttons]
    if one.quiz:
        payload["quiz"] = asdict(one.quiz)
    if one.picture:
        payload["picture"] = base64.b64encode(one.picture).decode()
    return payload


def from_letter(letter: Letter) -> Outbound:
    """The answer that a row holds."""
    payload = dict(letter.payload)
    buttons = payload.pop("buttons", [])
    quiz = payload.pop("quiz", None)
    picture = payload.pop("picture", "")
    for name in ("files", "delete"):
        if name in payload:
            payload[name] = tuple(payload[name])
    return Outbound(
        letter.channel,
        letter.chat,
        lane=Lane(letter.lane),
        key=letter.key,
        expires_at=letter.expires_at,
        buttons=tuple(tuple(Button(*b) for b in row) for row in buttons),
        quiz=Quiz(**{**quiz, "choices": tuple(quiz["choices"])}) if quiz else None,
        picture=base64.b64decode(picture),
        **payload,
    )
