"""Structured logs: one JSON object a line on stderr, for our own records and the libraries'."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Final

Field = str | int | float | None
logger: Final = logging.getLogger("fairway.serve")
_ADOPTED: Final = ("uvicorn", "uvicorn.error", "uvicorn.access", "kserve", "kserve.trace")


class JsonFormatter(logging.Formatter):
    """Formats a record as one line: time (RFC 3339, UTC), level, logger, message, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback goes into the field ``exception``."""
        when = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Field] = {
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields: Mapping[str, Field] | None = getattr(record, "fields", None)
        if fields is not None:
            line.update(fields)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log(level: int, message: str, **fields: Field) -> None:
    """Write one record with fields of its own."""
    if logger.isEnabledFor(level):
        logger.log(level, message, extra={"fields": fields})


def log_to_stderr(level: str) -> None:
    """Send every logger, Python warning and uncaught exception through one formatter.

    Called again after libraries were imported, it takes back the handlers they installed.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries from INFO are chatter in a server's log; ours keep the level that was asked for.
    root.setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    logger.setLevel(level.upper())
    for name in _ADOPTED:
        adopted = logging.getLogger(name)
        adopted.handlers.clear()
        adopted.propagate = True
        adopted.setLevel(logging.NOTSET)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught


def _uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    logger.critical("uncaught exception", exc_info=(kind, error, traceback))
