"""JSON over several lines, as ``json.dumps(value, indent=…, ensure_ascii=False)`` writes it.

With ``indent`` the standard library leaves its C encoder for a Python generator, which takes
more time than everything else that is done for a file.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any


def indented_json(value: Any, indent: int) -> str:
    """Return maps, lists and scalars as JSON (RFC 8259), ``indent`` blanks a level."""
    return _text(value, "\n", " " * indent)


def _text(value: Any, newline: str, step: str) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is int:
        return str(value)
    inner = newline + step
    if kind is dict and value:
        entries = [
            # Most values are strings: a call less for each of them.
            f"{encode_basestring(key)}: "
            f"{encode_basestring(child) if type(child) is str else _text(child, inner, step)}"
            for key, child in value.items()
        ]
        return "{" + inner + f",{inner}".join(entries) + newline + "}"
    if (kind is list or kind is tuple) and value:
        items = [_text(item, inner, step) for item in value]
        return "[" + inner + f",{inner}".join(items) + newline + "]"
    return json.dumps(value)
