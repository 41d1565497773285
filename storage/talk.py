"""What was said about a lead after it was submitted: questions, answers, supplements, messages.

Each is also a row of the history, which carries a mark of its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select

from storage import history
from storage.database import Tx
from storage.tables import said
from storage.text import clean

if TYPE_CHECKING:
    from storage.leads import Lead


@dataclass(frozen=True)
class Said:
    """One thing somebody said about a lead."""

    id: int
    lead_id: str
    by: str | None
    kind: str  # question | answer | supplement | message | note | feedback
    text: str
    files: tuple[str, ...]
    at: datetime


_THREAD = select(said).where(said.c.lead_id == bindparam("lead")).order_by(said.c.id)


def words_mark(tx: Tx, text: str) -> str:
    """What the history says of a text, so that a later change of it shows."""
    return tx.sealer.fingerprint("said", text)


async def say(
    tx: Tx,
    lead: Lead,
    *,
    by: str | None,
    kind: str,
    text: str,
    files: Sequence[str] = (),
    now: datetime,
) -> int:
    """Adds to the thread of a lead; nothing said is ever changed."""
    text = clean(text)
    detail = {"words": words_mark(tx, text), "files": list(files)}
    id = await history.append(
        tx, lead_id=lead.id, event=f"said_{kind}", by=by, now=now, detail=detail
    )
    sealed = tx.sealer.seal_json([text, list(files)], f"said.words:{id}")
    values = {"id": id, "lead_id": lead.id, "by": by, "kind": kind, "words": sealed, "at": now}
    await tx.run(insert(said), values)
    return id


async def thread(tx: Tx, lead_id: str) -> list[Said]:
    """All that was said about a lead, in order."""
    result = []
    for row in await tx.all(_THREAD, {"lead": lead_id}):
        text, files = tx.sealer.open_json(row.words, f"said.words:{row.id}")
        result.append(Said(row.id, row.lead_id, row.by, row.kind, text, tuple(files), row.at))
    return result
