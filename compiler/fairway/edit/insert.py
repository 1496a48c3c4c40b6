"""Putting a new key into a map, or a new item at the end of a list, in the style of its parent."""

from __future__ import annotations

from fairway.edit.errors import EditRefusedError
from fairway.edit.lines import column, is_blank, line_break, line_end, line_start
from fairway.edit.place import Written, dash_of
from fairway.edit.splice import Splice
from fairway.edit.style import entry_lines, flow_entry, flow_text, item_lines
from fairway.edit.tree import Node, between
from fairway.location import Step


def insert(written: Written, parent: Node, step: Step, value: object) -> Splice:
    """Return the splice that puts ``value`` at ``step`` behind all that ``parent`` holds.

    In a block it comes on the line after the last value's, before comments that follow.
    """
    if parent.bare:
        raise EditRefusedError("a pair in a list without braces cannot take another key")
    if parent.flow:
        return _into_brackets(written, parent, step, value)
    text = written.text
    if isinstance(step, str):
        lines = entry_lines(
            step, value, column(text, parent.keys[0].start), written.step, written.dash
        )
    else:
        indent = column(text, dash_of(written, parent, 0))
        lines = item_lines(value, indent, written.step, written.dash)
    at = line_end(text, parent.end)
    end_of_line = line_break(text, at)
    return Splice(at, at, "".join(end_of_line + line for line in lines))


def _into_brackets(written: Written, parent: Node, step: Step, value: object) -> Splice:
    text, inside, closing = written.text, parent.inner + 1, parent.end - 1
    quoted = _is_json(text, parent)
    entry = (
        flow_entry(step, value, quoted=quoted)
        if isinstance(step, str)
        else flow_text(value, quoted=quoted)
    )
    if not parent.items:
        return Splice(inside, closing if is_blank(text[inside:closing]) else inside, entry)
    first = parent.keys[-1].start if parent.keys else parent.items[-1].start
    if not is_blank(text[line_start(text, first) : first]):
        return Splice(parent.items[-1].end, parent.items[-1].end, f", {entry}")
    return _on_a_line(text, parent, first, entry)


def _on_a_line(text: str, parent: Node, first: int, entry: str) -> Splice:
    """Put an entry on a line of its own below the last one, which begins at ``first``."""
    end, closing = parent.items[-1].end, parent.end - 1
    lead = line_break(text, first) + " " * column(text, first)
    comma = between(text, end)
    trailing = text[comma : comma + 1] == ","
    after = comma + 1 if trailing else end
    if line_start(text, closing) <= after:
        return Splice(end, end, f",{lead}{entry}")
    line = line_end(text, after)
    behind = text[after:line]
    if trailing:
        return Splice(after, line, f"{behind}{lead}{entry},")
    return Splice(end, line, f",{behind}{lead}{entry}")


def _is_json(text: str, parent: Node) -> bool:
    if parent.keys:
        return text[parent.keys[-1].start] == '"'
    return False
