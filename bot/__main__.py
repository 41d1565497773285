"""`cunjian`: everything a steward does at a terminal, and the server itself."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands import data, knowledge, leads, org, people, procedure
from bot.commands.common import command, settings
from bot.commands.lookup import lookup
from handlers.texts import say

cli = typer.Typer(
    name="cunjian",
    help=say("serve.about"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (data.app, people.app, leads.app):
    cli.registered_commands += group.registered_commands
    cli.registered_groups += group.registered_groups
cli.add_typer(org.app, name="org")
cli.add_typer(knowledge.app, name="knowledge", help=say("serve.help.knowledge"))
cli.add_typer(procedure.app, name="procedure")
cli.command(help=say("serve.help.lookup"))(lookup)


@cli.command(help=say("serve.help.serve"))
@command
async def serve(
    only: Annotated[str, typer.Option(help=say("serve.help.only"))] = "",
    take_over: Annotated[bool, typer.Option(help=say("serve.help.take_over"))] = False,
) -> None:
    """Run the server, or some of its parts."""
    from bot import app, log

    parts = frozenset(filter(None, only.split(","))) or frozenset(app.PARTS)
    if unknown := parts - set(app.PARTS):
        raise typer.BadParameter(" ".join(sorted(unknown)), param_hint="--only")
    given = settings()
    log.start(given.log_level)
    await app.serve(given, parts, take_over=take_over)


@cli.command(help=say("serve.help.demo"))
@command
async def demo(
    port: Annotated[int, typer.Option(help=say("serve.help.port"))] = 8787,
) -> None:
    """Play the whole story in a browser."""
    from bot import demo as stage
    from bot import log

    log.start("WARNING")
    await stage.run(port, lambda url: typer.echo(say("serve.demo_ready", url=url)))


def main() -> None:
    """Run one command; an error is one plain line and exit code 1."""
    cli()


if __name__ == "__main__":
    main()
