"""How often the search is right: `python -m tests.benchmarks.eval_lookup [FILE]`.

FILE has the form of `lookup_dev.yaml`. Without one, `lookup_dev.yaml` is asked, with the misses,
then `lookup_blind.yaml`, by whose authors neither the phrasings nor `lookup_dev.yaml` were seen,
and `lookup_free.yaml`, written in the manner of `lookup_dev.yaml`. With `--held-out`, a fifth of
the phrasings of each entry is kept back, the search learns from the rest and is asked for these.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from knowledge.book import Book, shipped
from knowledge.search import Search
from knowledge.search.corpus import corpus

QUESTIONS = Path(__file__).parent / "lookup_dev.yaml"
BLIND = Path(__file__).parent / "lookup_blind.yaml"

FREE = Path(__file__).parent / "lookup_free.yaml"

Find = Callable[[str], Sequence[str]]
"""A way to search: from a question to ids, best first."""


@dataclass
class Tally:
    """Right answers of one style."""

    asked: int = 0
    first: int = 0
    three: int = 0


@dataclass
class Score:
    """What came out."""

    styles: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    refused: int = 0
    outside: int = 0
    both: int = 0
    mixed: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def all(self) -> Tally:
        """All styles together."""
        each = self.styles.values()
        return Tally(
            sum(t.asked for t in each), sum(t.first for t in each), sum(t.three for t in each)
        )


def evaluate(find: Find, questions: Mapping[str, Any]) -> Score:
    """Ask every question and compare with what is accepted."""
    score = Score()
    for asked in questions["in_scope"]:
        found, accept = list(find(asked["q"]))[:5], set(asked["accept"])
        tally = score.styles[asked["style"]]
        tally.asked += 1
        tally.first += (right := bool(found) and found[0] in accept)
        tally.three += (near := not accept.isdisjoint(found[:3]))
        if not right:
            mark = " " if near else "!"
            score.misses.append(f"{mark} {asked['id']} {asked['q'][:40]} → {' '.join(found)}")
        if topics := asked.get("topics"):
            score.mixed += 1
            score.both += all(not set(topic).isdisjoint(found) for topic in topics)
    for asked in questions["out_of_scope"]:
        found = list(find(asked["q"]))
        score.outside += 1
        score.refused += not found
        if found:
            score.misses.append(f"x {asked['id']} {asked['q'][:40]} → {' '.join(found)}")
    return score


def held_out(book: Book, part: int = 0, parts: int = 5) -> tuple[Tally, Tally]:
    """First and first three right on phrasings kept back: strictly, and with what is near."""
    made = corpus(book)
    kept_back: list[tuple[str, int]] = []
    for own, entry in enumerate(made.entries):
        phrases = sorted(set(book.words(entry.id)))
        kept_back += [(p, own) for p in phrases[part::parts] if entry.kind in _SOUGHT]
    gone = {text for text, _ in kept_back}
    made.texts = [(text, own) for text, own in made.texts if text not in gone]
    search = Search.learn(made)
    strict, near = Tally(), Tally()
    number = {entry.id: n for n, entry in enumerate(made.entries)}
    for text, own in kept_back:
        found = [number[hit.id] for hit in search.search(text, 3)]
        fits = [n == own for n in found]
        kin = [n == own or (own, n) in made.friends for n in found]
        for tally, right in ((strict, fits), (near, kin)):
            tally.asked += 1
            tally.first += bool(right and right[0])
            tally.three += any(right)
    return strict, near


_SOUGHT = frozenset(
    ("power", "prohibition", "procedure", "limit", "category", "behaviour", "risk", "business")
)


def line(name: str, tally: Tally) -> str:
    """One row: how many were asked, how many per cent were right."""
    first, three = (100 * part / (tally.asked or 1) for part in (tally.first, tally.three))
    return f"{name:22} {tally.asked:5} {first:6.1f} {three:6.1f}"


def show(search: Search, file: Path, *, misses: bool) -> None:
    """The table of one file of questions, by style."""
    score = evaluate(
        lambda text: [hit.id for hit in search.search(text, 5)],
        yaml.safe_load(file.read_text("utf-8")),
    )
    print(f"{file.stem:22} {'asked':>5} {'first':>6} {'three':>6}")
    for style, tally in sorted(score.styles.items()):
        print(line(style, tally))
    print(line("all", score.all))
    if score.outside:
        print(f"out of scope refused {score.refused}/{score.outside}")
    if score.mixed:
        print(f"both topics of mixed {score.both}/{score.mixed}")
    if misses:
        print(*score.misses, sep="\n")


def main(arguments: Sequence[str]) -> None:
    """Print the tables and the misses."""
    if "--held-out" in arguments:
        strict, near = held_out(shipped())
        print(f"{'':22} {'asked':>5} {'first':>6} {'three':>6}")
        print(line("held out", strict), line("held out, or near", near), sep="\n")
        return
    search = Search.build(shipped())
    show(search, Path(arguments[0]) if arguments else QUESTIONS, misses=True)
    if not arguments:
        show(search, BLIND, misses=False)
        show(search, FREE, misses=False)


if __name__ == "__main__":
    main(sys.argv[1:])
