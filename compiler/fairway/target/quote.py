"""How a value is quoted in each text format that a target may name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_json = json.JSONEncoder(ensure_ascii=False).encode
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def quote_dockerfile(value: Any) -> str:
    """Return a value for a Dockerfile: a list as JSON (exec form), a string in double quotes.

    Dockerfile instructions end at a line end and expand ``$``; neither survives in a value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return _json([_CONTROL.sub(" ", str(item)) for item in value])
    text = _CONTROL.sub(" ", str(value))
    # Before anything but these three a backslash is kept, so a backtick must not have one.
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


QUOTERS: Mapping[str, Callable[[Any], str]] = {"dockerfile": quote_dockerfile}
"""The quoting functions by the name of their format."""
