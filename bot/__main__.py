"""`cunjian`: everything a steward does at a terminal, and the server itself."""

import asyncio
import sys
from typing import Annotated

import typer

from handlers.texts import say

cli = typer.Typer(
    name="cunjian",
    help=say("serve.about"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@cli.command(help=say("serve.help.serve"))
def serve(
    only: Annotated[str, typer.Option(help=say("serve.help.only"))] = "",
    take_over: Annotated[bool, typer.Option(help=say("serve.help.take_over"))] = False,
) -> None:
    """Run the server, or some of its parts."""
    from bot import app, log
    from bot.joined import Unfit
    from bot.settings import Settings

    parts = frozenset(filter(None, only.split(","))) or frozenset(app.PARTS)
    if unknown := parts - set(app.PARTS):
        raise typer.BadParameter(" ".join(sorted(unknown)), param_hint="--only")
    settings = Settings()
    log.start(settings.log_level)
    try:
        asyncio.run(app.serve(settings, parts, take_over=take_over))
    except Unfit as unfit:
        _fail(say(unfit.key, **unfit.values))


@cli.command(help=say("serve.help.demo"))
def demo(
    port: Annotated[int, typer.Option(help=say("serve.help.port"))] = 8787,
) -> None:
    """Play the whole story in a browser."""
    from bot import demo as stage
    from bot import log
    from bot.joined import Unfit

    log.start("WARNING")
    try:
        asyncio.run(
            stage.run(port, lambda url: print(say("serve.demo_ready", url=url), flush=True))
        )
    except Unfit as unfit:
        _fail(say(unfit.key, **unfit.values))


def _fail(text: str) -> None:
    print(text, file=sys.stderr)
    raise SystemExit(1)


def main() -> None:
    """Run one command; an error is one plain line and exit code 1."""
    cli()


if __name__ == "__main__":
    main()
