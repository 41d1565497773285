"""The printed booklet holds every item in force, its source and its code, and opens."""

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document

from handlers.texts import find
from knowledge.book import Book, shipped
from knowledge.booklet import booklet
from knowledge.schema import Power, Prohibition
from tests.knowledge.small_pack import FILES, lower, write

DAY = date(2026, 11, 22)
LABELS = find("knowledge.booklet")


def pages(raw: bytes) -> tuple[Any, str]:
    """The document, and all its text."""
    document = Document(BytesIO(raw))
    lines = [paragraph.text for paragraph in document.paragraphs]
    for table in document.tables:
        lines += [cell.text for row in table.rows for cell in row.cells]
    return document, "\n".join(lines)


def link(id: str) -> str:
    return f"https://t.me/some_bot?start=i_{id}"


def test_every_item_is_printed_with_its_code() -> None:
    book = shipped()
    document, text = pages(booklet(book, LABELS, DAY, link))
    items = [*book.every(Power, DAY), *book.every(Prohibition, DAY)]
    assert len(items) == 77
    for item in items:
        assert f"{item.id}　{item.title}" in text
        assert item.summary in text
    assert len(document.inline_shapes) == len(items)


def test_a_power_says_who_how_long_and_on_what_it_rests(tmp_path: Path) -> None:
    book = Book.load([write(tmp_path / "national")])
    _, text = pages(booklet(book, LABELS, DAY))
    for line in (
        "账要贴够15天。",
        "谁决定　村委会",
        "1. 把账贴出来（村委会）　可以看：照片",
        "· 贴够15天",
        "· 只贴一晚 → 第15天再看一次",
        "依据：《村组法》第35条、《公开意见》第2.4点　法律规定",
        "在村里是什么样　公开栏半年是空的",
    ):
        assert line in text


def test_own_advice_is_not_printed_as_law(tmp_path: Path) -> None:
    cited = '    basis:\n      - {cite: "VCOL:36", carries: 不贴可以反映}\n'
    own = FILES["prohibitions.yaml"].replace(cited, "    footing: own\n")
    book = Book.load([write(tmp_path / "national", prohibitions=own)])
    _, text = pages(booklet(book, LABELS, DAY))
    assert "经验做法，没有条文" in text


def test_without_a_link_there_are_no_codes(tmp_path: Path) -> None:
    document, text = pages(booklet(Book.load([write(tmp_path / "national")]), LABELS, DAY))
    assert len(document.inline_shapes) == 0
    assert "拿不准时问街道" in text


def test_what_has_ended_is_not_printed_and_a_sample_says_so(tmp_path: Path) -> None:
    ended = FILES["prohibitions.yaml"].replace("    means:", "    until: 2026-02-01\n    means:")
    national = write(tmp_path / "national", prohibitions=ended)
    sample = write(tmp_path / "s", {}, manifest=lower("district") + "sample: true\n")
    _, text = pages(booklet(Book.load([national, sample]), LABELS, DAY))
    assert "NL1.01" not in text
    assert "样例，只为演示，不能当真" in text
