"""Learn from the shipped packs and keep it beside them: `python -m knowledge.search.keep`."""

from knowledge.book import shipped
from knowledge.search import cache
from knowledge.search.corpus import corpus
from knowledge.search.search import Search


def keep() -> None:
    """Write `tables/learned.npz` anew."""
    made = corpus(shipped())
    cache.save(cache.SHIPPED, cache.mark(made), Search.learn(made).learned)


if __name__ == "__main__":
    keep()
