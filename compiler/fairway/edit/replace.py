"""Putting another value in the place of one, with the comments and the quotes beside it kept."""

from __future__ import annotations

import re

from fairway.edit.errors import EditRefusedError
from fairway.edit.lines import column, is_blank, line_break, line_end, line_start
from fairway.edit.place import Slot, Written, head
from fairway.edit.splice import Splice
from fairway.edit.style import block_lines, flow_text, scalar
from fairway.edit.tree import Node

_HEADER = re.compile(r"[|>][-+0-9]*(?P<comment>[ \t]+#[^\r\n]*)?")


def replace(written: Written, slot: Slot, value: object) -> Splice:
    """Return the splice that puts ``value`` in the place of the slot's."""
    node, parent = slot.node, slot.parent
    if parent is None:
        raise EditRefusedError("the whole document cannot be replaced")
    holds = bool(value) and isinstance(value, dict | list)
    if holds and not parent.flow and not (node.flow and not node.empty):
        return _block(written, slot, parent, value)
    return _inline(written, slot, _line_of(written.text, slot, parent, value))


def _line_of(text: str, slot: Slot, parent: Node, value: object) -> str:
    """Return the value on one line, quoted as the one before it."""
    node = slot.node
    if isinstance(value, dict | list) and value:
        return flow_text(value)
    quote = ""
    if node.kind == "scalar" and not node.tagged:
        quote = node.style if node.style in ("'", '"') else ""
        if not node.style and not node.empty and not parent.flow:
            quote = "plain"
        elif not node.style and not re.search("[,:]", text[node.inner : node.end]):
            quote = "plain" if not node.empty else ""
    return scalar(value, flow=parent.flow, quote=quote)


def _inline(written: Written, slot: Slot, line: str) -> Splice:
    """Put a value that is one line where the old one stood."""
    text, node = written.text, slot.node
    start = node.start if node.tagged else node.inner
    if node.empty and not node.tagged:
        return _into_nothing(written, slot, line)
    if node.style in ("|", ">"):
        found = _HEADER.match(text, node.inner)
        return Splice(start, node.end, line + (found["comment"] or "" if found else ""))
    if not node.block:
        return Splice(start, node.end, line)
    begin = head(written, slot)
    if begin is None:
        raise EditRefusedError("the value is written in a way that cannot be edited safely")
    rest = _rest_of_line(text, node, begin)
    return Splice(begin, line_end(text, node.end), f" {line}{rest}".rstrip(" \t"))


def _into_nothing(written: Written, slot: Slot, line: str) -> Splice:
    text, node = written.text, slot.node
    if node.named > node.start:
        return Splice(node.named, node.named, f" {line}")
    at = head(written, slot)
    if at is None:
        return Splice(node.end, node.end, f": {line}")
    after = text[at : at + 2]
    if after[:1] == " " and after[1:] in ("", "\r", "\n", ",", "}", "]"):
        return Splice(at + 1, at + 1, line)
    return Splice(at, at, f" {line}")


def _block(written: Written, slot: Slot, parent: Node, value: object) -> Splice:
    """Put a map or a list on lines of its own, at the old one's indentation if it had one."""
    text, node = written.text, slot.node
    begin = head(written, slot)
    if begin is None:
        raise EditRefusedError("the value is written in a way that cannot be edited safely")
    own_lines = node.block and line_start(text, node.inner) > begin
    first = dash_column = column(text, begin - 1)
    if parent.kind == "map":
        first = column(text, parent.keys[slot.nth].start)
        indent = first + (written.step if isinstance(value, dict) else written.dash)
    else:
        indent = dash_column + (2 if isinstance(value, dict) else written.step)
    if own_lines and type(value) is (dict if node.kind == "map" else list):
        indent = column(text, node.inner)
    lines = block_lines(value, indent, written.step, written.dash)
    rest = _rest_of_line(text, node, begin)
    end = line_end(text, node.end)
    beside = parent.kind == "list" and isinstance(value, dict) and is_blank(rest)
    if beside and column(text, begin) + 1 == indent:
        lines[0] = " " + lines[0][indent:]
        return Splice(begin, end, line_break(text, begin).join(lines))
    lead = line_break(text, begin)
    return Splice(begin, end, rest.rstrip(" \t") + "".join(lead + line for line in lines))


def _rest_of_line(text: str, node: Node, begin: int) -> str:
    """Return the comment that stays on the line where a value began."""
    line = line_end(text, begin)
    if node.block:
        after = node.named if node.named > node.start else begin
        return text[after:line] if line_start(text, node.inner) > after else ""
    if node.style in ("|", ">"):
        found = _HEADER.match(text, node.inner)
        return found["comment"] or "" if found else ""
    return text[node.end : line_end(text, node.end)]
