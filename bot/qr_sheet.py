"""The printable sheet of an invitation: QR codes, the place, and until when it is good.

SVG and PDF leave the letters to the viewer, so they need no font here: in the PDF, STSong-Light is
one of the fonts that every reader brings for Chinese. A PNG is drawn with a font of this machine.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 420, 595
"""Points; A5 upright."""

SUFFIXES = (".png", ".svg", ".pdf")
_SCALE = 3  # pixels a point
_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "SourceHanSansSC-Regular.otf",
    "simhei.ttf",
    "msyh.ttc",
    "PingFang.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
)


@dataclass(frozen=True)
class Code:
    """One QR code and what stands under it."""

    link: str
    label: str


@dataclass(frozen=True)
class Words:
    """One line, in the middle, its foot so many points from the top."""

    text: str
    size: int
    top: int
    middle: float = WIDTH / 2


@dataclass(frozen=True)
class Square:
    """One dark square of a code: from the left, from the top, its side; points."""

    x: float
    y: float
    side: float


def draw(suffix: str, above: Sequence[str], codes: Sequence[Code], below: Sequence[str]) -> bytes:
    """The sheet as .png, .svg or .pdf: lines above the codes, the first large, and below them."""
    words, squares = _layout(above, codes, below)
    return {".png": _png, ".svg": _svg, ".pdf": _pdf}[suffix](words, squares)


def has_font() -> bool:
    """Whether this machine can write Chinese into a PNG."""
    return _font(10) is not None


def _layout(
    above: Sequence[str], codes: Sequence[Code], below: Sequence[str]
) -> tuple[list[Words], list[Square]]:
    import segno

    words, squares, top = [], [], 30
    for number, line in enumerate(above):
        size = _fit(line, 26 if number == 0 else 18)
        top += size + 12
        words.append(Words(line, size, top))
    top += 20
    each = WIDTH / len(codes)
    side = min(each - 40, 230)
    for number, code in enumerate(codes):
        left = each * number + (each - side) / 2
        matrix = segno.make(code.link, error="m", micro=False).matrix
        dot = side / len(matrix)
        squares += [
            Square(left + x * dot, top + y * dot, dot)
            for y, row in enumerate(matrix)
            for x, dark in enumerate(row)
            if dark
        ]
        words.append(Words(code.label, 14, int(top + side + 24), left + side / 2))
    top = int(top + side + 50)
    for line in below:
        size = _fit(line, 14)
        words.append(Words(line, size, top))
        top += size + 12
    return words, squares


def _fit(line: str, size: int) -> int:
    """The size at which a line fits the sheet."""
    return max(7, min(size, int((WIDTH - 40) / max(1, len(line)))))


def _svg(words: Sequence[Words], squares: Sequence[Square]) -> bytes:
    dots = "".join(
        f"M{s.x:.2f} {s.y:.2f}h{s.side:.2f}v{s.side:.2f}h-{s.side:.2f}z" for s in squares
    )
    lines = "".join(
        f'<text x="{w.middle:.1f}" y="{w.top}" font-size="{w.size}" text-anchor="middle" '
        f'font-family="sans-serif">{escape(w.text)}</text>'
        for w in words
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}pt" height="{HEIGHT}pt" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><rect width="100%" height="100%" fill="#fff"/>'
        f'{lines}<path shape-rendering="crispEdges" d="{dots}"/></svg>'
    ).encode()


def _png(words: Sequence[Words], squares: Sequence[Square]) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("L", (WIDTH * _SCALE, HEIGHT * _SCALE), 255)
    pen = ImageDraw.Draw(image)
    for s in squares:
        left, top = round(s.x * _SCALE), round(s.y * _SCALE)
        right, foot = round((s.x + s.side) * _SCALE), round((s.y + s.side) * _SCALE)
        pen.rectangle((left, top, right - 1, foot - 1), fill=0)
    for w in words:
        font = _font(w.size * _SCALE)
        if font is not None:
            pen.text((w.middle * _SCALE, w.top * _SCALE), w.text, 0, font, anchor="ms")
    out = BytesIO()
    image.save(out, "PNG", dpi=(72 * _SCALE, 72 * _SCALE))
    return out.getvalue()


def _font(size: int) -> "FreeTypeFont | None":
    from PIL import ImageFont

    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None


def _pdf(words: Sequence[Words], squares: Sequence[Square]) -> bytes:
    drawn = [
        f"{s.x:.2f} {HEIGHT - s.y - s.side:.2f} {s.side:.2f} {s.side:.2f} re" for s in squares
    ]
    drawn.append("f")
    for w in words:
        # A Han character is as wide as it is high in this font, a Latin one about half.
        width = sum(w.size if ord(c) > 255 else w.size / 2 for c in w.text)
        text = w.text.encode("utf-16-be", "replace").hex()
        drawn.append(
            f"BT /F {w.size} Tf {w.middle - width / 2:.1f} {HEIGHT - w.top} Td <{text}> Tj ET"
        )
    content = zlib.compress("\n".join(drawn).encode())
    objects: list[Any] = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(content), content),
        "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light-UniGB-UCS2-H"
        "/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/FontDescriptor 7 0 R/DW 1000"
        "/W[1 95 500]/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>>>",
        "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]"
        "/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
    ]
    out, starts = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, start=1):
        starts.append(len(out))
        body = each if isinstance(each, bytes) else each.encode()
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count, at = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, at)
    return bytes(out)


def suffix_of(file: Path) -> str:
    """The kind of sheet that a file's name asks for; empty if it is none of ours."""
    suffix = file.suffix.lower()
    return suffix if suffix in SUFFIXES else ""
