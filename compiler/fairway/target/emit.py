"""The one YAML serialiser: block style, stable order, every doubtful string quoted.

Readers of YAML 1.1 (Kubernetes' tools among them) and 1.2 must read the same values, so a
string that either would take for something else is quoted.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@%+=,;()^-]*(?:[ :][A-Za-z0-9_./@%+=,;()^-]+)*\Z")
_QUANTITY = re.compile(r"[1-9][0-9]*(?:m|Ki|Mi|Gi|Ti|%|s|h|ms)\Z|0%\Z")
# JSON leaves these as they are, YAML does not print them (or breaks lines at them).
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def emit_documents(documents: list[Any]) -> str:
    """Return documents as one YAML text, separated by ``---``."""
    return "---\n".join(emit(document) for document in documents)


def emit(document: Any) -> str:
    """Return a map or a list as YAML text that ends with a line end."""
    lines: list[str] = []
    if not document:
        lines.append(_scalar(document))
    elif isinstance(document, Mapping):
        _map(document, "", lines, "")
    else:
        _list(document, "", lines)
    return "\n".join(lines) + "\n"


def emit_key(key: str) -> str:
    """Return a map's key."""
    return _string(key)


def emit_value(value: Any, indent: str) -> str:
    """Return what stands after a key and its colon, where the key is indented by ``indent``."""
    kind = type(value)
    if kind is str:
        return f" {_string(value)}\n"
    if kind is int:
        return f" {value}\n"
    lines = [""]
    if value and _is_map(value, kind):
        _map(value, indent + "  ", lines, "")
    elif value and (kind is list or isinstance(value, list | tuple)):
        _list(value, indent, lines)
    else:
        return f" {_scalar(value)}\n"
    return "\n".join(lines) + "\n"


def emit_item(value: Any, indent: str) -> str:
    """Return an item of a list whose dash is indented by ``indent``."""
    if type(value) is str:
        return f"{indent}- {_string(value)}\n"
    lines: list[str] = []
    _list([value], indent, lines)
    return "\n".join(lines) + "\n"


def _map(value: Mapping[str, Any], indent: str, lines: list[str], first: str) -> None:
    lead = first or indent
    for key, child in value.items():
        kind = type(child)
        if kind is str:
            lines.append(f"{lead}{_string(key)}: {_string(child)}")
        elif kind is int:
            lines.append(f"{lead}{_string(key)}: {child}")
        elif kind is bool:
            lines.append(f"{lead}{_string(key)}: {'true' if child else 'false'}")
        elif child and _is_map(child, kind):
            lines.append(f"{lead}{_string(key)}:")
            _map(child, indent + "  ", lines, "")
        elif child and (kind is list or isinstance(child, list | tuple)):
            lines.append(f"{lead}{_string(key)}:")
            _list(child, indent, lines)
        else:
            lines.append(f"{lead}{_string(key)}: {_scalar(child)}")
        lead = indent


def _list(value: list[Any] | tuple[Any, ...], indent: str, lines: list[str]) -> None:
    for item in value:
        kind = type(item)
        if kind is str:
            lines.append(f"{indent}- {_string(item)}")
        elif item and _is_map(item, kind):
            _map(item, indent + "  ", lines, f"{indent}- ")
        elif item and (kind is list or isinstance(item, list | tuple)):
            lines.append(f"{indent}-")
            _list(item, indent + "  ", lines)
        else:
            lines.append(f"{indent}- {_scalar(item)}")


def _is_map(value: Any, kind: type) -> bool:
    # Asking an abstract class takes as long as writing a line, so the usual types come first.
    return kind is dict or (kind is not list and kind is not tuple and isinstance(value, Mapping))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, list | tuple) else _other(value)


def _other(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, float):
        return _float(value)
    raise TypeError(f"{type(value).__name__} cannot be written as YAML")


def _float(value: float) -> str:
    """Return a number that YAML 1.1 takes for one as well: it needs a point, also before ``e``."""
    if value in (math.inf, -math.inf):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    if text == "nan":
        return ".nan"
    return text if "." in text else text.replace("e", ".0e")


@lru_cache(maxsize=8192)
def _string(value: str) -> str:
    if (_PLAIN.match(value) and value.lower() not in _WORDS) or _QUANTITY.match(value):
        return value
    return _ESCAPED.sub(_escape, json.dumps(value, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
