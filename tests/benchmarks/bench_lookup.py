"""The search beside others, on the same questions: `python -m tests.benchmarks.bench_lookup`.

The others come from `requirements-bench.txt`; one that is not installed is named and left out.
All get the same texts (titles, summaries and phrasings) and may answer with the entry of their
best text. They have no way to say that nothing fits, so refusals are not compared.
"""

import importlib
import importlib.util
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import yaml

from knowledge.book import shipped
from knowledge.search import Search
from knowledge.search.corpus import FOUND, Corpus, Known, corpus
from tests.benchmarks.eval_lookup import QUESTIONS, Find, evaluate

Texts = Sequence[tuple[str, str]]  # a text and the id of its entry

SYNTHETIC = 100_000


Make = Callable[[], Find]
MANY = f"this search, {SYNTHETIC:,} entries"


def methods() -> dict[str, Make]:
    """What is compared: this search, as it comes and learning anew, and what is installed."""
    known = corpus(shipped())
    texts = [
        (text, known.entries[n].id)
        for n, entry in enumerate(known.entries)
        if entry.kind in FOUND
        for text in (entry.title, *shipped().words(entry.id))
    ]
    found: dict[str, Make] = {
        "this search": lambda: _asked_of(Search.build(shipped())),
        "this search, learning anew": lambda: _asked_of(Search.learn(known)),
        MANY: lambda: _asked_of(Search.learn(synthetic(SYNTHETIC))),
        "SQLite FTS5 trigram": lambda: _fts5(texts),
    }
    for name, module, make in (
        ("rank-bm25 + jieba", "rank_bm25", _rank_bm25),
        ("bm25s + jieba", "bm25s", _bm25s),
        ("RapidFuzz", "rapidfuzz", _rapidfuzz),
    ):
        if importlib.util.find_spec(module):
            found[name] = partial(make, texts)
        else:
            print(f"{name}: not installed, left out (requirements-bench.txt)", file=sys.stderr)
    return found


def _asked_of(search: Search) -> Find:
    return lambda text: [hit.id for hit in search.search(text, 5)]


def _best(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ids))[:5]


def _fts5(texts: Texts) -> Find:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE t USING fts5(text, id UNINDEXED, tokenize='trigram')")
    base.executemany("INSERT INTO t VALUES (?, ?)", texts)

    def find(text: str) -> list[str]:
        parts = {text[n : n + 3] for n in range(len(text) - 2)}
        asked = " OR ".join('"' + part.replace('"', '""') + '"' for part in sorted(parts))
        if not asked:
            return []
        sql = "SELECT id FROM t WHERE t MATCH ? ORDER BY bm25(t) LIMIT 50"
        return _best([row[0] for row in base.execute(sql, (asked,))])

    return find


def _cut(text: str) -> list[str]:
    jieba: Any = importlib.import_module("jieba")
    jieba.setLogLevel(60)
    return [word for word in jieba.lcut_for_search(text) if word.strip()]


def _rank_bm25(texts: Texts) -> Find:
    index = importlib.import_module("rank_bm25").BM25Okapi([_cut(text) for text, _ in texts])

    def find(text: str) -> list[str]:
        scores = index.get_scores(_cut(text))
        order = scores.argsort()[::-1][:50]
        return _best([texts[n][1] for n in order if scores[n] > 0])

    return find


def _bm25s(texts: Texts) -> Find:
    index = importlib.import_module("bm25s").BM25()
    index.index([_cut(text) for text, _ in texts], show_progress=False)

    def find(text: str) -> list[str]:
        scores = index.get_scores(_cut(text) or [""])
        order = scores.argsort()[::-1][:50]
        return _best([texts[n][1] for n in order if scores[n] > 0])

    return find


def _rapidfuzz(texts: Texts) -> Find:
    process: Any = importlib.import_module("rapidfuzz.process")
    fuzz: Any = importlib.import_module("rapidfuzz.fuzz")
    plain = [text for text, _ in texts]

    def find(text: str) -> list[str]:
        found = process.extract(text, plain, scorer=fuzz.partial_ratio, limit=50)
        return _best([texts[n][1] for _, _, n in found])

    return find


def synthetic(size: int, seed: int = 7) -> Corpus:
    """So many entries with made-up titles, from the words of the shipped ones."""
    words = [text for text, _ in corpus(shipped()).texts if 2 <= len(text) <= 12]
    pick = random.Random(seed)
    made = Corpus()
    for n in range(size):
        title = "".join(pick.sample(words, 2))
        made.entries.append(Known(f"X{n}", FOUND[0], title))
        made.texts.append((title, n))
    return made


def timed(find: Find, questions: Sequence[str], rounds: int = 3) -> tuple[float, float]:
    """Milliseconds of processor time for one question: the median and the slowest in a hundred."""
    best: list[float] = []
    for question in questions:
        times = []
        for _ in range(rounds):
            start = time.process_time_ns()
            find(question)
            times.append((time.process_time_ns() - start) / 1e6)
        best.append(min(times))
    best.sort()
    return best[len(best) // 2], best[int(len(best) * 0.99) - 1]


def _memory() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str) -> str:
    """One row of the table. Packs and questions are loaded before: they count for nobody."""
    questions = yaml.safe_load(QUESTIONS.read_text("utf-8"))
    asked = [each["q"] for each in questions["in_scope"] + questions["out_of_scope"]]
    make = methods()[name]
    before, start = _memory(), time.process_time()
    find = make()
    ready = time.process_time() - start
    half, slow = timed(find, asked)
    row = f"{name:28}{ready:8.2f}{half:8.2f}{slow:8.2f}{_memory() - before:8.0f}"
    if name == MANY:
        return row
    tally = evaluate(find, questions).all
    first, three = (100 * part / tally.asked for part in (tally.first, tally.three))
    return f"{row}{first:9.1f}{three:9.1f}"


def main(arguments: Sequence[str]) -> None:
    """Print the table, each row measured by a process of its own."""
    if arguments:
        print(measure(arguments[0]))
        return
    head = f"{'':28}{'ready s':>8}{'p50 ms':>8}{'p99 ms':>8}{'MB':>8}{'first %':>9}{'three %':>9}"
    print(head, flush=True)
    for name in methods():
        subprocess.run([sys.executable, "-m", "tests.benchmarks.bench_lookup", name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
