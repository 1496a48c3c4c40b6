"""How values are written into a file: in the style of what stands there, or of what is beside it.

A string is quoted where a reader of YAML 1.1 or 1.2 could take it for something else; the rule
for new ones is that of ``fairway.target.emit``.
"""

from __future__ import annotations

import json
import re

from fairway.target.emit import emit_key, emit_value

# What an author wrote without quotes stays so when no reader takes it for anything but a string: a
# version, an amount with a unit, a path, a pattern. The resolvers are those of YAML 1.1 as readers
# have them (PyYAML, SnakeYAML, Go's), and of the core schema of 1.2.
_VERSION = r"[0-9]+(?:\.[0-9]+){2,}(?:-[A-Za-z][A-Za-z0-9.-]*)?"
_AMOUNT = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:ms|[smhdw]|[KMGTP]i?|k|%|pp|/[smhd])"
_PATH = r"\.{1,2}(?:/[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*)+"
_PATTERN = r"[A-Za-z][A-Za-z0-9_.-]*\.\*"
_STAYS_PLAIN = re.compile(rf"(?:{_VERSION}|{_AMOUNT}|{_PATH}|{_PATTERN})\Z")
_ONE_LINE = re.compile("[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*\\Z")


def scalar(value: object, *, flow: bool, quote: str = "") -> str:
    """Return a scalar, or an empty map or list, as it is written on a line.

    ``quote`` is the quotation mark that its predecessor had (``plain`` for a string without);
    inside brackets (``flow``) commas and colons are quoted too.
    """
    if not isinstance(value, str):
        return emit_value(value, "").strip()
    if quote == "'" and _ONE_LINE.match(value):
        return "'" + value.replace("'", "''") + "'"
    written = emit_key(value)
    if quote == "plain" and _STAYS_PLAIN.match(value):
        return value
    if written[:1] != '"' and (quote == '"' or (flow and re.search("[,:]", written))):
        return json.dumps(value, ensure_ascii=False)
    return written


def flow_text(value: object, *, quoted: bool = False) -> str:
    """Return a value on one line, maps in braces and lists in brackets; all quoted as in JSON."""
    quote = '"' if quoted else ""
    if isinstance(value, dict) and value:
        return "{" + ", ".join(flow_entry(k, v, quoted=quoted) for k, v in value.items()) + "}"
    if isinstance(value, list) and value:
        return "[" + ", ".join(flow_text(item, quoted=quoted) for item in value) + "]"
    return scalar(value, flow=True, quote=quote)


def flow_entry(key: str, value: object, *, quoted: bool = False) -> str:
    """Return a key and its value as they stand in braces."""
    name = scalar(key, flow=True, quote='"' if quoted else "")
    return f"{name}: {flow_text(value, quoted=quoted)}"


def block_lines(value: object, indent: int, step: int, dash: int) -> list[str]:
    """Return the lines of a map or a list that is not empty, indented by ``indent``.

    What stands in a map is indented by ``step`` more, the dashes of a list in it by ``dash``.
    """
    if isinstance(value, dict):
        return [line for k, v in value.items() for line in entry_lines(k, v, indent, step, dash)]
    assert isinstance(value, list)  # noqa: S101 - scalars have no lines
    return [line for item in value for line in item_lines(item, indent, step, dash)]


def entry_lines(key: str, value: object, indent: int, step: int, dash: int) -> list[str]:
    """Return the lines of a key and its value in a block map."""
    head = f"{' ' * indent}{emit_key(key)}:"
    if value and isinstance(value, dict | list):
        deeper = indent + (step if isinstance(value, dict) else dash)
        return [head, *block_lines(value, deeper, step, dash)]
    return [f"{head} {scalar(value, flow=False)}"]


def item_lines(value: object, indent: int, step: int, dash: int) -> list[str]:
    """Return the lines of an item of a block list; a map begins on the line of its dash."""
    head = f"{' ' * indent}-"
    if value and isinstance(value, dict):
        first, *rest = block_lines(value, indent + 2, step, dash)
        return [f"{head} {first[indent + 2 :]}", *rest]
    if value and isinstance(value, list):
        return [head, *block_lines(value, indent + step, step, dash)]
    return [f"{head} {scalar(value, flow=False)}"]
