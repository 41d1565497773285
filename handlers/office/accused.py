"""Whom a lead speaks of: it never reaches an office whose own people are among them.

Names on the roster are compared in full, whatever stands between their characters and in whichever
script. Half a name ("Jianguo", "Secretary Zhou") counts where the person is not said to serve in
the village: there, somebody else of that name is the more likely.
"""

from storage import leads, people, places
from storage.database import Tx
from storage.leads import Lead
from storage.places import Office

UPWARD = ("leaders", "above")
"""Where the person spoken of works, if the street office may not handle it."""

TELLING = ("who", "post", "what")
"""The answers that say who is spoken of."""


async def among(tx: Tx, office: Office, *, told: str, who: str, level: str) -> bool:
    """Whether somebody of that office is spoken of."""
    called = "" if level == "village" else who
    return await people.roster_match(tx, office.id, told, called=called)


async def may_receive(tx: Tx, lead: Lead, office: Office) -> bool:
    """Whether a lead may be handed to an office: nobody of it is spoken of, also not in what
    was added later, and it is not the office that the report was to be kept from."""
    answers = {one["key"]: one for one in lead.content["answers"]}
    level = str(answers.get("level", {}).get("value", ""))
    own = await places.office_for(tx, lead.place_id)
    if level in UPWARD and own is not None and own.id == office.id:
        return False
    told = [str(answers[key]["text"]) for key in TELLING if key in answers]
    told += [said.text for said in await leads.thread(tx, lead.id) if said.by == lead.reporter_id]
    who = str(answers.get("who", {}).get("text", ""))
    return not await among(tx, office, told=" ".join(told), who=who, level=level)
