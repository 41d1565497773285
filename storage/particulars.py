"""Particulars that may change while everything else stays: names, titles, telephones.

What authority hangs on (role, place, office, an office's code) is never changed: it is ended and
begun anew.
"""

from __future__ import annotations

from sqlalchemy import update

from storage import places
from storage.database import Tx
from storage.tables import offices, people


async def change_office(
    tx: Tx,
    office_id: str,
    *,
    name: str = "",
    card_level: str = "",
    phone: str = "",
    upper_channel: str = "",
) -> None:
    """Changes what is given of an office; what is empty stays. ValueError: no such card level."""
    values: dict[str, object] = {"upper_channel": upper_channel}
    values["name"] = tx.sealer.seal_text(name, f"offices.name:{office_id}") if name else None
    values["phone"] = tx.sealer.seal_text(phone, f"offices.phone:{office_id}") if phone else None
    if given := {column: value for column, value in values.items() if value}:
        await tx.run(update(offices).where(offices.c.id == office_id).values(**given))
    if card_level:
        await places.set_card_level(tx, office_id, card_level)


async def change_person(tx: Tx, person_id: str, *, title: str = "", phone: str = "") -> None:
    """Changes what is given of somebody on the roster; what is empty stays."""
    values: dict[str, object] = {"title": title}
    values["phone"] = tx.sealer.seal_text(phone, f"people.phone:{person_id}") if phone else None
    if given := {column: value for column, value in values.items() if value}:
        await tx.run(update(people).where(people.c.id == person_id).values(**given))
