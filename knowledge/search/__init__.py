"""From what somebody typed to the entries that answer it; nothing when nothing fits."""

from knowledge.search.search import Hit, Search

__all__ = ["Hit", "Search"]
