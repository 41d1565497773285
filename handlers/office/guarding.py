"""Which groups may read content: only a private one, with nobody in it but the office's own.

A group is not trusted until it was looked at; until then, and while somebody outside the roster is
in it, its cards carry numbers only. A public group is unbound.
"""

from datetime import datetime

from handlers.alerting import alert
from handlers.messages import Lane, Outbound
from handlers.texts import say
from storage import instance, people, places
from storage.database import Tx
from storage.places import Office

LOOKED = "guard:"
NOTICE = "notice"
CLEAR = "clear"


async def level(tx: Tx, office: Office) -> str:
    """How much a card may show in the office's group now."""
    if office.channel != "telegram":
        return office.card_level  # a room on the web is read by the roster alone
    state = await instance.get(tx, f"{LOOKED}{office.id}")
    return office.card_level if state == _seen(tx, office, CLEAR) else NOTICE


async def looked(
    tx: Tx,
    office: Office,
    *,
    public: bool,
    members: int,
    now: datetime,
    inside: int | None = None,
) -> list[Outbound]:
    """What a look at a group found; `members` counts everybody in it, the bot included, and
    `inside` the officers that were seen there. Where that is not known, all count as inside."""
    key = f"{LOOKED}{office.id}"
    before = await instance.get(tx, key)
    if public:
        await places.unbind_chat(tx, office.id)
        await instance.drop(tx, key)
        text = say("office.group.bind_public")
        out = [Outbound(office.channel, office.chat, text=text, lane=Lane.NOTICE)]
        return out + await alert(tx, "public", office=office.name)
    if inside is None:
        inside = len(await people.officers(tx, office.id))
    state = CLEAR if members <= inside + 1 else NOTICE
    after = _seen(tx, office, state)
    if before == after:
        return []
    await instance.put(tx, key, after)
    if state == CLEAR:
        return []
    text = say("office.group.bound_notice")
    out = [Outbound(office.channel, office.chat, text=text, lane=Lane.NOTICE)]
    return out + await alert(
        tx, "guarded", office=office.name, once=f"guarded:{office.id}:{now:%Y%m%d}"
    )


async def without_group(tx: Tx, office: Office) -> list[Outbound]:
    """New leads no longer reach an office's group: its officers are told one by one."""
    text = say("office.group.kicked", office=office.name)
    out = []
    for officer in await people.officers(tx, office.id):
        for channel, chat in (await people.addresses(tx, officer.id))[:1]:
            out.append(Outbound(channel, chat, text=text, lane=Lane.NOTICE))
    return out + await alert(tx, "kicked", office=office.name)


def _seen(tx: Tx, office: Office, state: str) -> str:
    """What was found of this very group: a newly bound one is looked at anew."""
    return f"{state}:{tx.sealer.fingerprint(office.chat)}"
