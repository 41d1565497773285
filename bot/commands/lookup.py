"""`cunjian lookup`: the search that the chat uses, from the command line."""

import json
import sys
from typing import Annotated

import typer

from handlers.texts import say
from knowledge.book import shipped
from knowledge.search import Hit, Search


def lookup(
    text: Annotated[str, typer.Argument(help="What somebody typed.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print data.")] = False,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="At most so many.")] = 5,
    batch: Annotated[
        bool, typer.Option("--batch", help="One question a line on stdin, one list a line out.")
    ] = False,
) -> None:
    """Find the entries that answer a question; nothing when nothing fits."""
    if batch == bool(text):
        raise typer.BadParameter("give either TEXT or --batch")
    search = Search.build(shipped())
    if batch:
        for line in sys.stdin:
            typer.echo(_json(search.search(line, top)))
        return
    hits = search.search(text, top)
    if as_json:
        typer.echo(_json(hits))
    elif not hits:
        typer.echo(say("menu.unknown"))
    for hit in hits if not as_json else ():
        typer.echo(f"{hit.id:8} {hit.title}")


def _json(hits: list[Hit]) -> str:
    data = [
        {"id": hit.id, "kind": hit.kind, "title": hit.title, "score": hit.score} for hit in hits
    ]
    return json.dumps(data, ensure_ascii=False)
