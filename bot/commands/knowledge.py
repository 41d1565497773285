"""`cunjian knowledge …`: check, show, compare, print and exchange the knowledge packs.

Every sentence stands in `handlers/texts/knowledge.yaml`. What is asked for goes to stdout;
what is wrong goes to stderr, one plain line each, with exit 1.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer

from handlers.texts import find, say
from knowledge.book import PACKS, Book
from knowledge.check import check as lint
from knowledge.check import counts
from knowledge.citations import citations as all_citations
from knowledge.diff import Change
from knowledge.diff import diff as compare
from knowledge.dump import dump
from knowledge.findings import Finding, PackError
from knowledge.folder import Document, read_folder
from knowledge.load import build_pack, load_pack
from knowledge.schema import Entry

app = typer.Typer(no_args_is_help=True, help="Knowledge packs: lists, procedures, law, words.")

Packs = Annotated[
    list[Path] | None,
    typer.Option("--packs", help="A pack's folder; repeat, the highest level first."),
]
Json = Annotated[bool, typer.Option("--json", help="Print data instead of sentences.")]


@app.command()
def check(
    packs: Packs = None,
    law: Annotated[
        Path | None, typer.Option("--law", help="Folder of law texts to check against.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Lint the packs: every finding with file, line, entry and remedy; counts per kind."""
    with _plainly():
        book = _book(packs)
        findings = lint(book, law)
    totals = counts(book)
    if as_json:
        data = {
            "version": book.version,
            "counts": totals,
            "findings": [_as_data(each) for each in findings],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        for kind, n in totals.items():
            typer.echo(say("knowledge.check.count", kind=_named("kind", kind), n=n))
        unread = [each for _, each in book.placed() if each.entry.basis]
        unread = [each for each in unread if each.entry.verified is None]
        if unread:
            typer.echo(say("knowledge.check.unverified", n=len(unread)))
        for finding in findings:
            typer.echo(sentence(finding), err=True)
        outcome = "found" if findings else "clean"
        typer.echo(say(f"knowledge.check.{outcome}", n=len(findings), version=book.version))
    if findings:
        raise typer.Exit(1)


@app.command()
def citations(packs: Packs = None, as_json: Json = False) -> None:
    """Every national article that an entry cites, with the instrument's full name."""
    with _plainly():
        book = _book(packs)
    rows: dict[tuple[str, str, str], None] = {}  # one article may carry several parts of an entry
    for each in all_citations(book):
        instrument = book.instruments.get(each.code)
        if instrument and not each.local and not instrument.place:
            rows[each.placed.entry.id, instrument.name, each.article] = None
    if as_json:
        data = [dict(zip(("entry", "instrument", "article"), row, strict=True)) for row in rows]
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    for row in rows:
        typer.echo("  ".join(row))


@app.command()
def show(
    id: str,
    packs: Packs = None,
    as_json: Json = False,
) -> None:
    """One entry, with the level that speaks and what it rests on."""
    with _plainly():
        book = _book(packs)
    measure = book.measure(id)
    entry = measure[1] if measure else book.get(id, _today())
    if entry is None:
        _fail(say("knowledge.show.unknown", id=id))
    if as_json:
        typer.echo(entry.model_dump_json(indent=1))
    else:
        if measure:
            typer.echo(say("knowledge.show.measure", **measure[0].model_dump()))
        for line in _shown(book, entry):
            typer.echo(line)


@app.command()
def diff(before: Path, after: Path, as_json: Json = False) -> None:
    """What changed for people between two versions of a pack."""
    with _plainly():
        changes = compare(Book.load([before]), Book.load([after]))
    if as_json:
        typer.echo(json.dumps([vars(each) for each in changes], ensure_ascii=False, indent=1))
        return
    for change in changes:
        typer.echo(told_of(change))
    if not changes:
        typer.echo(say("knowledge.diff.none"))


@app.command()
def export(
    file: Path,
    packs: Packs = None,
    link: Annotated[
        str, typer.Option("--link", help="Address behind each QR code; {id} is the entry's id.")
    ] = "",
) -> None:
    """The village booklet (.docx), or the lowest pack as a workbook (.xlsx)."""
    # Word and Excel are slow to import and only needed here, not by every command.
    from knowledge.booklet import booklet
    from knowledge.spreadsheet import export as as_workbook

    with _plainly():
        if file.suffix == ".xlsx":
            folder = (packs or [PACKS / "national"])[-1]
            load_pack(folder)
            raw = as_workbook(read_folder(folder), _labels())
        elif file.suffix == ".docx":
            opens = (lambda id: link.replace("{id}", id)) if link else None
            raw = booklet(_book(packs), find("knowledge.booklet"), _today(), opens)
        else:
            _fail(say("knowledge.export.wrong_suffix"))
        file.write_bytes(raw)
    typer.echo(say("knowledge.export.done", file=file))


@app.command(name="import")
def import_(
    file: Path,
    pack: Annotated[Path, typer.Option("--pack", help="The pack's folder to bring up to date.")],
    write: Annotated[bool, typer.Option("--write", help="Write; without it, a dry run.")] = False,
) -> None:
    """Take an edited workbook back into a pack: what would change, and with --write, change it."""
    from knowledge import spreadsheet  # slow to import, see `export`

    with _plainly():
        old = {_within(each): each for each in read_folder(pack)} if pack.is_dir() else {}
        same = (
            spreadsheet.read(spreadsheet.export(old.values(), {})) if old else ()
        )  # without its empty fields
        plain = {_within(each): each.data for each in same}
        new = {_within(each): each for each in spreadsheet.read(file.read_bytes())}
        after = build_pack(new.values())  # refused whole before anything is written
        before = load_pack(pack) if old else None
        for change in compare(Book([before]), Book([after])) if before else ():
            typer.echo(told_of(change))
        changed = {name: each for name, each in new.items() if plain.get(name) != each.data}
        gone = [name for name in old if name not in new]
        if not changed and not gone:
            typer.echo(say("knowledge.import.same"))
        elif not write:
            typer.echo(say("knowledge.import.dry"))
        else:
            _replace(pack, changed, gone, old)
            n = len(changed) + len(gone)
            typer.echo(say("knowledge.import.written", n=n, folder=pack))


def sentence(finding: Finding) -> str:
    """A finding as one line for people: where, which entry, what is wrong and what to do."""
    said = say(f"knowledge.finding.{finding.code}", **finding.values)
    place = say("knowledge.place.pack")
    if finding.file:
        form = "line" if finding.line else "file"
        place = say(f"knowledge.place.{form}", file=finding.file, line=finding.line)
    if finding.entry:
        return say("knowledge.place.entry", place=place, entry=finding.entry, said=said)
    return say("knowledge.place.no_entry", place=place, said=said)


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn a refusal into plain lines on stderr and exit 1."""
    try:
        yield
    except PackError as error:
        for finding in error.findings:
            typer.echo(sentence(finding), err=True)
        raise typer.Exit(1) from None
    except FileNotFoundError as error:
        _fail(say("knowledge.export.exists_not", file=error.filename))


def _fail(said: str) -> NoReturn:
    typer.echo(said, err=True)
    raise typer.Exit(1)


def _book(packs: list[Path] | None) -> Book:
    """The given packs on top of the shipped national one, unless they bring their own."""
    loaded = [load_pack(folder) for folder in packs or ()]
    if not loaded or loaded[0].manifest.level != "national":
        loaded.insert(0, load_pack(PACKS / "national"))
    return Book(loaded)


def _replace(
    folder: Path, changed: dict[str, Document], gone: list[str], old: dict[str, Document]
) -> None:
    """Write each file beside its place and move it in, so that no half file is ever seen."""
    for name, document in changed.items():
        text = old[name].text if name in old else ""
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(dump(Document(document.file, document.data, text)), "utf-8")
        fresh.replace(path)
    for name in gone:
        (folder / name).unlink()


def _within(document: Document) -> str:
    return document.file.partition("/")[2]


def _shown(book: Book, entry: Entry) -> Iterator[str]:
    """An entry's lines: what it says, who says it, and on what it rests."""
    yield f"{entry.id}  {entry.title}"
    yield entry.summary
    if entry.note:
        yield entry.note
    if manifest := book.pack_of(entry.id, _today()):
        level = find(f"knowledge.show.level.{manifest.level}")
        spoken = {"level": level, "title": manifest.title, "version": manifest.version}
        yield say("knowledge.show.spoken", **spoken)
        if manifest.sample:
            yield say("knowledge.show.sample")
    yield find(f"knowledge.show.footing.{entry.footing}")
    for label, bases in (("basis", entry.basis), ("local_basis", entry.local_basis)):
        for basis in bases:
            told = {"cite": _cited(book, basis.cite), "carries": basis.carries}
            yield say(f"knowledge.show.{label}", **told)
    if entry.basis and entry.verified is None:
        yield say("knowledge.show.unverified")


def _cited(book: Book, cite: str) -> str:
    """A citation as people write it, with the instrument's full name."""
    code, _, article = cite.partition(":")
    instrument = book.instruments[code]
    form = "point" if instrument.points else "cite"
    return say(f"knowledge.booklet.{form}", name=instrument.name, article=article)


def told_of(change: Change) -> str:
    """A change as one line for people."""
    nothing = say("knowledge.diff.nothing")
    values = {key: value or nothing for key, value in vars(change).items()}
    values["kind"] = _named("kind", change.kind)
    values["field"] = _named("field", change.field)
    return say(f"knowledge.diff.{change.what}", **values)


def _named(group: str, key: str) -> str:
    """What a kind or field is called; its key if it has no name."""
    return str(find(f"knowledge.{group}").get(key, key))


def _labels() -> dict[str, str]:
    return {**find("knowledge.field"), **find("knowledge.kind")}


def _as_data(finding: Finding) -> dict[str, object]:
    return {**vars(finding), "sentence": sentence(finding)}


def _today() -> date:
    """The day in China, whose calendar the packs are written for."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()
