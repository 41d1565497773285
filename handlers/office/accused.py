"""Whom a lead speaks of: it never reaches an office whose own people are among them.

Names on the roster are compared in full, whatever stands between their characters and in whichever
script. Half a name ("Jianguo", "Secretary Zhou") counts where the person is not said to serve in
the village: there, somebody else of that name is the more likely. Who or what office is meant may
also be told by the office's name alone.
"""

from handlers.texts import words
from storage import leads, people, places
from storage.database import Tx
from storage.leads import Lead
from storage.places import Office

UPWARD = ("leaders", "above")
"""Where the person spoken of works, if the street office may not handle it."""

TELLING = ("who", "post", "what")
"""The answers that say who is spoken of."""


async def among(
    tx: Tx, office: Office, *, told: str, who: str, level: str, post: str = ""
) -> bool:
    """Whether somebody of that office is spoken of: by name, by half a name in `who`, or by the
    office itself in `who` or `post`."""
    if any(name in who + post for name in _names_of(office)):
        return True
    called = "" if level == "village" else who
    return await people.roster_match(tx, office.id, told, called=called)


def _names_of(office: Office) -> list[str]:
    """What an office is called: its name, and what people call offices of its kind."""
    kinds = [names.split() for names in words("office.names.offices")]
    alike = [names for names in kinds if any(name in office.name for name in names)]
    return [office.name, *(name for names in alike for name in names)]


async def may_receive(tx: Tx, lead: Lead, office: Office) -> bool:
    """Whether a lead may be handed to an office: nobody of it is spoken of, also not in what
    was added later, and it is not the office that the report was to be kept from."""
    answers = {one["key"]: one for one in lead.content["answers"]}
    level = str(answers.get("level", {}).get("value", ""))
    own = await places.office_for(tx, lead.place_id)
    if level in UPWARD and own is not None and own.id == office.id:
        return False
    told = [str(answers[key]["text"]) for key in TELLING if key in answers]
    added = [said.text for said in await leads.thread(tx, lead.id) if said.by == lead.reporter_id]
    who, post = (str(answers.get(key, {}).get("text", "")) for key in ("who", "post"))
    if await among(tx, office, told=" ".join(told), who=who, post=post, level=level):
        return False
    return not await mentioned(tx, lead, office, "\n".join(added))


async def mentioned(tx: Tx, lead: Lead, office: Office, text: str) -> bool:
    """Whether somebody of an office is spoken of in what was added to a lead. An office that is
    only called by its name may as well be the one that she was asked by."""
    level = next((a.get("value", "") for a in lead.content["answers"] if a["key"] == "level"), "")
    begins = str.maketrans(dict.fromkeys(words("office.names.after"), " "))
    called = "" if level == "village" else text.translate(begins)
    return await people.roster_match(tx, office.id, text, called=called)
