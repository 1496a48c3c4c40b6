"""A commit's name in a lock; it becomes an argument of git, so nothing else may stand there."""

from __future__ import annotations

import re

from fairway.source.scalar import kind_of
from fairway.spec.core import PydanticCustomError

PATTERN = r"^([0-9a-f]{40}|[0-9a-f]{64})$"
_FORM = re.compile(PATTERN)


def parse_commit(value: object) -> str:
    """Return the whole hash of a commit: 40 hexadecimal digits, or 64 of a sha256 repository."""
    if type(value) is str:
        if _FORM.match(value) and value[-1:] != "\n":
            return value
        context = {"shown": value[:80]}
        raise PydanticCustomError("value", "`{shown}` is not the whole hash of a commit", context)
    context = {"kind": kind_of(value)}
    raise PydanticCustomError("string", "expected the hash of a commit, got {kind}", context)
