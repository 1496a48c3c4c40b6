"""Taking a key or an item out, with its lines and the comments that are its own.

A comment on the value's own line goes with it. The comment lines directly above go too when they
can mean nothing else: they begin at the key's column, no blank line is between, it is not the
first of its parent, and no sibling follows on the next line, for which they may stand as well.
When in doubt a comment stays: one too many is seen in review, one too few is lost.
"""

from __future__ import annotations

from fairway.edit.errors import EditRefusedError
from fairway.edit.lines import column, is_blank, line_end, line_start, next_line
from fairway.edit.place import Slot, Written, dash_of
from fairway.edit.splice import Splice
from fairway.edit.tree import Node, between


def remove(written: Written, slot: Slot) -> Splice:
    """Return the splice that removes what stands in a slot that is not the only one of a block.

    The last of a block is replaced by ``{}`` or ``[]`` instead, since nothing would be null.
    """
    parent = slot.parent
    assert parent is not None  # noqa: S101 - nobody removes the whole document
    if parent.bare:
        raise EditRefusedError("a pair in a list without braces has no other key")
    if parent.flow:
        return _from_brackets(written.text, parent, slot.nth)
    return _from_block(written, parent, slot.nth)


def _from_block(written: Written, parent: Node, index: int) -> Splice:
    text = written.text
    start, end = _begin(written, parent, index), parent.items[index].end
    line = line_start(text, start)
    if is_blank(text[line:start]):
        begin = _with_comments(written, parent, index, line)
        if next_line(text, end) > line_end(text, end):
            return Splice(begin, next_line(text, end), "")
        return Splice(_end_of_line_before(text, begin), len(text), "")
    # The first of a block that begins on the line of a dash: the next one takes its place.
    if index + 1 == len(parent.items):
        raise EditRefusedError("the last of a block is not removed, but emptied")
    following = _begin(written, parent, index + 1)
    if is_blank(text[line_end(text, end) : line_start(text, following)].strip("\r\n")):
        return Splice(start, following, "")
    blanks = len(text[line:start]) - len(text[line:start].rstrip(" "))
    return Splice(start - blanks, line_end(text, end), "")


def _begin(written: Written, parent: Node, index: int) -> int:
    if parent.kind == "map":
        return parent.keys[index].start
    return dash_of(written, parent, index)


def _with_comments(written: Written, parent: Node, index: int, line: int) -> int:
    """Return where the comment lines begin that belong to an entry; ``line`` if there are none."""
    text, own = written.text, column(written.text, _begin(written, parent, index))
    if index == 0:
        return line
    if index + 1 < len(parent.items):
        following = line_start(text, _begin(written, parent, index + 1))
        if following == next_line(text, parent.items[index].end):
            return line
    begin, limit = line, next_line(text, parent.items[index - 1].end)
    while begin > limit:
        above = line_start(text, _end_of_line_before(text, begin))
        written_line = text[above : line_end(text, above)]
        if written_line.lstrip(" ")[:1] != "#" or written_line.find("#") != own:
            break
        begin = above
    return begin


def _end_of_line_before(text: str, start: int) -> int:
    """Return where the line before that which begins at ``start`` ends."""
    before = start - 1 if text[start - 1 : start] in ("\r", "\n") else start
    return before - 1 if text[before - 1 : start] == "\r\n" else before


def _from_brackets(text: str, parent: Node, index: int) -> Splice:
    starts = [key.start for key in parent.keys] or [item.start for item in parent.items]
    start, end = starts[index], parent.items[index].end
    comma = between(text, end)
    trailing = text[comma : comma + 1] == ","
    after = comma + 1 if trailing else end
    line = line_start(text, start)
    rest = text[after : line_end(text, after)].strip(" \t")
    alone = is_blank(text[line:start]) and rest[:1] in ("", "#")
    if len(starts) == 1:
        inside, closing = parent.inner + 1, parent.end - 1
        whole = is_blank(text[inside:start]) and is_blank(text[after:closing])
        return Splice(inside, closing, "") if whole else Splice(start, after, "")
    if index + 1 == len(starts) and not trailing:
        before = between(text, parent.items[index - 1].end)
        begin, end = (line, next_line(text, end)) if alone else (start, end)
        kept = text[before + 1 : begin] if is_blank(text[line:start]) else ""
        return Splice(before, end, kept)
    if alone:
        return Splice(line, next_line(text, after), "")
    if index + 1 < len(starts):
        same_line = line_start(text, starts[index + 1]) == line_start(text, end)
        return Splice(start, starts[index + 1] if same_line else after, "")
    return Splice(start, after, "")
