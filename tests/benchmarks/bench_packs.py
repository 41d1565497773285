"""How long the shipped packs take to load and check: `python -m tests.benchmarks.bench_packs`.

Beside it, in the same run, PyYAML alone reads the same files, with nothing checked.
"""

from time import process_time

import yaml

from knowledge.book import PACKS, Book
from knowledge.check import check

FOLDERS = [PACKS / "national", PACKS / "sample-district"]


def main() -> None:
    """Print seconds of processor time and the ratio."""
    started = process_time()
    book = Book.load(FOLDERS)
    loaded = process_time()
    findings = check(book)
    checked = process_time()
    for folder in FOLDERS:
        for file in sorted(folder.rglob("*.yaml")):
            yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
    read = process_time() - checked
    took = checked - started
    print(f"packs: loaded in {loaded - started:.2f} s, checked in {checked - loaded:.2f} s")
    print(f"{took / read:.1f} times what PyYAML takes to read them; {len(findings)} findings")


if __name__ == "__main__":
    main()
