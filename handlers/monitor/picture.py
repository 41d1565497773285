"""Cards and timelines as pictures, for village groups, for printing, and to see it at a glance.

Drawn with whatever Chinese font the machine has. Where there is none, nothing is drawn, and
whoever asked sends the text alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "SourceHanSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "NotoSerifCJK-Regular.ttc",
)
"""Font files by name, the plainest first; Pillow knows where systems keep their fonts."""

SIMPLIFIED = 5
"""Faces that one file may hold, among which the one for simplified characters is sought."""

WIDTH, MARGIN = 1080, 64
TITLE, BODY, SMALL = 52, 38, 30
PAPER, INK, FAINT, LINE = "#FFFFFF", "#1F2328", "#6B7280", "#D9DDE3"
COLOURS = {"wrong": "#B42318", "unsure": "#B45309", "fine": "#1B7F3B", "": "#9AA0A6"}
MOST = 12000
"""A picture is never higher than this; what does not fit is left out."""


@dataclass(frozen=True)
class Row:
    """One step on a timeline: what it is called, how it stands, when it was."""

    title: str
    standing: str  # the word for it: colour alone says nothing to many eyes
    colour: str = ""  # a key of COLOURS
    when: str = ""
    first: date | None = None
    last: date | None = None
    rough: bool = False


@cache
def _face() -> tuple[str, int] | None:
    """A font file with Chinese letters, and the face in it for simplified ones."""
    for name in FONTS:
        try:
            ImageFont.truetype(name, BODY)
        except OSError:
            continue
        return name, _simplified(name)
    return None


def _simplified(name: str) -> int:
    for index in range(SIMPLIFIED):
        try:
            family = str(ImageFont.truetype(name, BODY, index=index).getname()[0])
        except OSError:
            break
        if family.endswith(" SC"):
            return index
    return 0


@cache
def _font(size: int) -> FreeTypeFont | None:
    face = _face()
    return ImageFont.truetype(face[0], size, index=face[1]) if face else None


def possible() -> bool:
    """Whether this machine has a font to draw with."""
    return _face() is not None


def card(title: str, lines: Sequence[str]) -> bytes:
    """A card as a PNG; empty if it can't be drawn."""
    big, body = _font(TITLE), _font(BODY)
    if big is None or body is None:
        return b""
    width = WIDTH - 2 * MARGIN
    heads, texts = _wrap(title, big, width), [_wrap(line, body, width) for line in lines]
    height = 2 * MARGIN + len(heads) * _step(TITLE) + 40
    height += sum(len(text) * _step(BODY) + 14 for text in texts)
    image, pen = _sheet(height)
    y = MARGIN
    for head in heads:
        pen.text((MARGIN, y), head, INK, big)
        y += _step(TITLE)
    pen.line((MARGIN, y + 10, WIDTH - MARGIN, y + 10), LINE, 3)
    y += 40
    for text in texts:
        for piece in text:
            pen.text((MARGIN, y), piece, INK, body)
            y += _step(BODY)
        y += 14
    return _png(image)


def timeline(title: str, rows: Sequence[Row]) -> bytes:
    """Steps under each other over one axis of days, as a PNG; empty if it can't be drawn."""
    big, body, small = _font(TITLE), _font(BODY), _font(SMALL)
    if big is None or body is None or small is None or not rows:
        return b""
    heads = _wrap(title, big, WIDTH - 2 * MARGIN)
    names = [_wrap(row.title, body, WIDTH - 2 * MARGIN - 230) for row in rows]
    height = 2 * MARGIN + len(heads) * _step(TITLE) + 30
    height += sum(len(name) * _step(BODY) + 100 for name in names)
    image, pen = _sheet(height)
    y = MARGIN
    for head in heads:
        pen.text((MARGIN, y), head, INK, big)
        y += _step(TITLE)
    y += 30
    axis = _Axis.over(rows)
    for row, name in zip(rows, names, strict=True):
        colour = COLOURS[row.colour]
        pen.text((WIDTH - MARGIN, y + 6), row.standing, colour, small, anchor="ra")
        for piece in name:
            pen.text((MARGIN, y), piece, INK, body)
            y += _step(BODY)
        _bar(pen, axis, row, y + 18, colour, small)
        y += 100
    return _png(image)


@dataclass(frozen=True)
class _Axis:
    """Where a day lies between the left and the right edge."""

    first: date
    days: int

    @classmethod
    def over(cls, rows: Sequence[Row]) -> "_Axis":
        days = [day for row in rows for day in (row.first, row.last) if day]
        if not days:
            return cls(date.min, 1)
        return cls(min(days), max((max(days) - min(days)).days, 1))

    def at(self, day: date) -> float:
        share = (day - self.first).days / self.days
        return MARGIN + 12 + share * (WIDTH - 2 * MARGIN - 24)


def _bar(
    pen: ImageDraw.ImageDraw, axis: _Axis, row: Row, y: int, colour: str, font: FreeTypeFont
) -> None:
    """A dot for a day, a bar for days; only its outline where the day is rough."""
    pen.line((MARGIN, y, WIDTH - MARGIN, y), LINE, 4)
    if row.first is None or row.last is None:
        return
    left, right = axis.at(row.first) - 12, axis.at(row.last) + 12
    fill = PAPER if row.rough else colour
    pen.rounded_rectangle((left, y - 12, right, y + 12), 12, fill, colour, 4)
    wide = font.getlength(row.when)
    x = min(max(left, MARGIN), WIDTH - MARGIN - wide)
    pen.text((x, y + 20), row.when, FAINT, font)


def _sheet(height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH, min(height, MOST)), PAPER)
    return image, ImageDraw.Draw(image)


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _step(size: int) -> int:
    return round(size * 1.5)


def _wrap(text: str, font: FreeTypeFont, width: int) -> list[str]:
    """Lines that fit; Chinese may be broken anywhere but before its closing marks."""
    lines, line = [], ""
    for letter in text:
        if letter != "\n" and (letter in _CLOSING or font.getlength(line + letter) <= width):
            line += letter
            continue
        lines.append(line)
        line = letter.strip()
    return [*lines, line]


_CLOSING = "\u3002\uff0c\u3001\uff1b\uff1a\uff09\u300b\u300d\uff1f\uff01"
