"""Logs that carry numbers: never what people wrote, who they are, a token or a key.

Our own events name what happened and a few counted facts from a short list of allowed keys.
Whatever a library logs is reduced to its logger's name, its level and the kind of error: some
print tokens at INFO and whole messages at DEBUG.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    [
        "event",
        "level",
        "timestamp",
        "channel",
        "count",
        "error",
        "kind",
        "lane",
        "number",
        "port",
        "row",
        "seconds",
        "state",
        "tries",
        "version",
        "where",
        "wait",
        "at",
        "since",
        "until",
        "queue",
        "age",
    ]
)
"""The only keys that an event of ours may carry."""


def start(level: str = "INFO") -> None:
    """Set up logging for this process, once."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Reduced())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def only_allowed(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop every key that is not on the list, and every value that is not a plain fact."""
    return {
        key: value if isinstance(value, int | float | str | None) else type(value).__name__
        for key, value in event.items()
        if key in ALLOWED
    }


class _Reduced(logging.Formatter):
    """A library's record without its message: logger, level, where, and the kind of error."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "-"
        return f'{{"library": "{record.name}", "level": "{record.levelname}", "error": "{kind}"}}'


def event_log() -> Any:
    """The log of our own events."""
    return structlog.get_logger()
