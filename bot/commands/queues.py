"""`cunjian outbox …` and `inbox …`: what did not get through, for a human to decide.

Shown are numbers and times; never what a letter says or whom it is for.
"""

from datetime import datetime
from typing import Annotated

import typer

from bot.commands.common import Json, beijing, command, fail, now, opened, tell, tell_data
from handlers.texts import find, say

outbox_app = typer.Typer(no_args_is_help=True, help=say("cli.help.outbox"))
inbox_app = typer.Typer(no_args_is_help=True, help=say("cli.help.inbox"))


@outbox_app.command(name="list", help=say("cli.help.outbox_list"))
@command
async def list_(as_json: Json = False) -> None:
    """Letters that were given up or are held; never what they say or to whom."""
    from storage import leads, outbox

    async with opened() as database, database.read() as tx:
        rows = []
        for letter in await outbox.undelivered(tx):
            lead = await leads.get(tx, letter.lead_id) if letter.lead_id else None
            rows.append(
                {
                    "id": letter.id,
                    "state": letter.state,
                    "lane": letter.lane,
                    "channel": letter.channel,
                    "at": letter.created_at.isoformat(),
                    "number": lead.number if lead else "",
                    "error": letter.error,
                }
            )
    if as_json:
        tell_data(rows)
        return
    if not rows:
        tell("outbox.none")
    for row in rows:
        state, lane = (find(f"cli.outbox.{k}").get(row[k], row[k]) for k in ("state", "lane"))
        shown = row | {
            "state": state,
            "lane": lane,
            "at": beijing(datetime.fromisoformat(str(row["at"]))),
        }
        tell("outbox.line", **shown)


@outbox_app.command(help=say("cli.help.outbox_release"))
@command
async def release(
    send: Annotated[bool, typer.Option("--send/--drop", help=say("cli.help.release"))],
) -> None:
    """The human yes or no to the letters held after a restore."""
    from storage import history, outbox

    async with opened() as database, database.write() as tx:
        n = await outbox.release(tx, now(), send=send)
        detail = {"sent": send, "letters": n}
        await history.append(
            tx, lead_id=None, event="letters_released", by=None, now=now(), detail=detail
        )
    tell("outbox.sent" if send else "outbox.dropped", n=n)


@inbox_app.command(help=say("cli.help.inbox_parked"))
@command
async def parked(as_json: Json = False) -> None:
    """What could not be handled and was put aside; never what it says."""
    from storage import inbox

    async with opened() as database, database.read() as tx:
        rows = [
            {
                "id": one.id,
                "channel": one.channel,
                "at": one.received_at.isoformat(),
                "tries": one.tries,
                "error": one.error,
            }
            for one in await inbox.parked(tx)
        ]
    if as_json:
        tell_data(rows)
        return
    if not rows:
        tell("inbox.none")
    for row in rows:
        tell("inbox.line", **(row | {"at": beijing(datetime.fromisoformat(str(row["at"])))}))


@inbox_app.command(help=say("cli.help.inbox_retry"))
@command
async def retry(row: int) -> None:
    """Give something put aside another round of tries."""
    from storage import inbox

    async with opened() as database, database.write() as tx:
        again = await inbox.unpark(tx, row, now())
    if not again:
        fail("inbox.not_parked", id=row)
    tell("inbox.retried", id=row)
