"""What is said to whoever runs the installation: numbers and what to do, never content."""

from handlers.messages import Lane, Outbound
from handlers.texts import say
from storage import people
from storage.database import Tx
from storage.people import Role


async def alert(tx: Tx, key: str, *, once: str = "", **values: object) -> list[Outbound]:
    """A word to every steward on the roster; with `once`, the same trouble is told only once."""
    text = say(f"alert.{key}", **values)
    out = []
    for person in await people.everyone(tx):
        if person.role is Role.STEWARD and person.revoked_at is None:
            for channel, chat in (await people.addresses(tx, person.id))[:1]:
                mark = f"alert:{once}:{person.id}" if once else ""
                out.append(Outbound(channel, chat, text=text, lane=Lane.NOTICE, key=mark))
    return out
