"""The village booklet: small powers and negative lists to print and keep at hand.

Large print, one block an item, a QR code beside each that opens the item in the chat. All fixed
words come from the caller (`handlers/texts/knowledge.yaml`, `booklet`), all facts from the book.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from io import BytesIO
from typing import Any

import segno
from docx import Document as new_document
from docx.document import Document
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import _Cell

from knowledge.book import Book
from knowledge.schema import Entry, Power, Prohibition

Link = Callable[[str], str]
"""From an entry's id to the address its QR code opens."""

_BODY, _SMALL = Pt(13), Pt(10.5)
_FONT = "Microsoft YaHei"
_QR = Cm(2.2)


def booklet(book: Book, labels: Mapping[str, Any], on: date, link: Link | None = None) -> bytes:
    """The booklet as a .docx, with what is in force on a day. Without `link`, without codes."""
    return _Booklet(book, labels, on, link).make()


class _Booklet:
    """One printing."""

    def __init__(self, book: Book, labels: Mapping[str, Any], on: date, link: Link | None) -> None:
        self._book = book
        self._labels = labels
        self._on = on
        self._link = link
        self._paper: Document = new_document()

    def make(self) -> bytes:
        self._set_up()
        self._cover()
        self._chapter("powers", "power", Power, self._power)
        self._chapter("prohibitions", "prohibition", Prohibition, self._prohibition)
        out = BytesIO()
        self._paper.save(out)
        return out.getvalue()

    def _set_up(self) -> None:
        self._paper.core_properties.title = self._labels["title"]
        self._paper.core_properties.author = self._book.manifest.title
        section = self._paper.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(1.8)
        for name in ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3"):
            style: Any = self._paper.styles[name]
            style.font.name = _FONT
            style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)
        normal: Any = self._paper.styles["Normal"]
        normal.font.size = _BODY
        normal.paragraph_format.space_after = Pt(3)

    def _cover(self) -> None:
        self._paper.add_heading(self._labels["title"], level=0)
        self._say("subtitle")
        for pack in self._book.packs:
            said = pack.manifest
            day = said.effective_from.isoformat()
            self._say("version", title=said.title, version=said.version, date=day)
            if said.sample:
                self._say("sample")
        self._say("how" if self._link else "no_links")

    def _chapter(
        self, label: str, kind: str, model: type[Entry], body: Callable[[Any], None]
    ) -> None:
        """One list, by its groups; every chapter begins on a new page."""
        self._paper.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        self._paper.add_heading(self._labels[label], level=1)
        entries = self._book.every(model, self._on)
        groups = self._book.groups(kind)
        for group in dict.fromkeys(entry.group for entry in entries):
            if group:
                self._paper.add_heading(f"{group}　{groups.get(group, '')}", level=2)
            for entry in entries:
                if entry.group == group:
                    self._head(entry)
                    body(entry)
                    self._foot(entry)

    def _head(self, entry: Entry) -> None:
        """Title and first line, with the code beside them."""
        self._paper.add_heading(f"{entry.id}　{entry.title}", level=3)
        if self._link is None:
            self._paper.add_paragraph().add_run(entry.summary).bold = True
            return
        table = self._paper.add_table(rows=1, cols=2)
        table.autofit = False
        left, right = table.rows[0].cells
        left.width, right.width = Cm(14.2), Cm(2.8)
        left.paragraphs[0].add_run(entry.summary).bold = True
        _put_code(right, self._link(entry.id))

    def _power(self, power: Power) -> None:
        self._line("decides", power.decides)
        if power.helps:
            self._line("helps", power.helps)
        if power.village_only_helps:
            self._say("only_helps")
        steps = []
        for step in power.steps:
            proof = self._labels["proof"].format(proof=step.proof) if step.proof else ""
            steps.append(self._labels["step"].format(do=step.do, who=step.who) + proof)
        self._list("steps", steps, numbered=True)
        self._list("limits", [told.say for told in power.limits])
        self._line("publish", power.publish)
        self._line("papers", "　".join(power.papers))
        shown = [
            self._labels["trick"].format(trick=each.trick, look=each.look) for each in power.tricks
        ]
        self._list("tricks", shown)

    def _prohibition(self, prohibition: Prohibition) -> None:
        self._line("means", prohibition.means)
        self._line("look", prohibition.look)
        if prohibition.allowed:
            self._line("allowed", prohibition.allowed)

    def _foot(self, entry: Entry) -> None:
        """What it rests on, in small print; own advice is never taken for law."""
        cites = dict.fromkeys(self._cite(basis.cite) for basis in entry.basis)
        footing = self._labels["footing"][entry.footing]
        said = f"{self._labels['basis']}：{'、'.join(cites)}　{footing}" if cites else footing
        if entry.partly_local:
            said += f"　{self._labels['partly_local']}"
        self._paper.add_paragraph().add_run(said).font.size = _SMALL
        if entry.note:
            self._paper.add_paragraph().add_run(entry.note).font.size = _SMALL

    def _cite(self, cite: str) -> str:
        code, _, article = cite.partition(":")
        instrument = self._book.instruments[code]
        label = self._labels["point" if instrument.points else "cite"]
        return str(label.format(name=instrument.short, article=article))

    def _say(self, label: str, **values: str) -> None:
        self._paper.add_paragraph(self._labels[label].format(**values))

    def _line(self, label: str, said: str) -> None:
        paragraph = self._paper.add_paragraph()
        paragraph.add_run(f"{self._labels[label]}　").bold = True
        paragraph.add_run(said)

    def _list(self, label: str, items: Iterable[str], *, numbered: bool = False) -> None:
        """A titled list; numbers are written out, because Word would count on across items."""
        items = list(items)
        if not items:
            return
        self._paper.add_paragraph().add_run(self._labels[label]).bold = True
        for number, item in enumerate(items, start=1):
            mark = f"{number}. " if numbered else "· "
            self._paper.add_paragraph(mark + item).paragraph_format.left_indent = Cm(0.6)


def _put_code(cell: _Cell, address: str) -> None:
    picture = BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="png", scale=6, border=2)
    picture.seek(0)
    cell.paragraphs[0].add_run().add_picture(picture, width=_QR)
