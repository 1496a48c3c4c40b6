"""Writing the lock: its text, and the file whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fairway.spec.lock import Lock


def lock_text(lock: Lock) -> str:
    """Return the lock as it is written: JSON of two blanks, nothing that is not known.

    Schemas, examples and lists of names are a line each: people read that they changed, and
    what they say in the contract.
    """
    value = lock.model_dump(mode="json", by_alias=True, exclude_none=True)
    for version in value["versions"].values():
        _without_empty(version, "evidence")
        _without_empty(version.get("scan", {}), "types", "operators")
        _without_empty(version.get("signature", {}), "examples")
    return _text(value, "\n") + "\n"


def part_text(value: Any, depth: int) -> str:
    """Return a part of the lock as it is written ``depth`` levels below the outermost."""
    return _text(value, "\n" + "  " * depth)


_ON_A_LINE = frozenset({"inputs", "outputs", "examples", "types", "operators"})


def _text(value: Any, newline: str) -> str:
    inner = newline + "  "
    if isinstance(value, dict) and value:
        entries = [
            f"{json.dumps(key, ensure_ascii=False)}: "
            + (_line(child) if key in _ON_A_LINE else _text(child, inner))
            for key, child in value.items()
        ]
        return "{" + inner + f",{inner}".join(entries) + newline + "}"
    if isinstance(value, list) and value:
        items = [_text(item, inner) for item in value]
        return "[" + inner + f",{inner}".join(items) + newline + "]"
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def write_beside(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one or the new one, never a part of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _without_empty(value: dict[str, Any], *names: str) -> None:
    for name in names:
        if not value.get(name):
            value.pop(name, None)
