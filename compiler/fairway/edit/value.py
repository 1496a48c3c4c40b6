"""Setting and removing values in a file's text; each result is proved before it is returned."""

from __future__ import annotations

from fairway.edit.errors import EditRefusedError
from fairway.edit.insert import insert
from fairway.edit.intent import plain, same, with_value, without
from fairway.edit.place import Slot, Written, find, read_written, refuse_lost_anchors
from fairway.edit.remove import remove
from fairway.edit.replace import replace
from fairway.edit.splice import Splice
from fairway.location import Route, format_route
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import MAX_BYTES, decode

MOST_EDITS = 64
"""A map is replaced by another key by key, so that comments stay, if it takes no more edits."""


def set_value(document: Document, route: Route, value: object) -> str:
    """Return the document's text with ``value`` (plain data) at ``route``.

    What stands there is replaced in its own style; a missing key is put behind the last of its
    parent, in the parent's style, and missing parents are made; the index after a list's last
    item appends. Maps that are there already are made into ``value`` key by key. Raises
    ``EditRefusedError``, and then nothing was edited, when the route does not fit the document,
    when an alias would change a second place, and when the text cannot be edited exactly.
    """
    return set_in(document, route, value).text


def remove_value(document: Document, route: Route) -> str:
    """Return the document's text without the key or the item at ``route``.

    Its lines go, with the comments that are its own; the parent of the last one is ``{}`` or
    ``[]`` afterwards. Raises ``EditRefusedError`` as ``set_value`` does, and when nothing is there.
    """
    return remove_in(document, route).text


def set_in(document: Document, route: Route, value: object) -> Document:
    """Return the document that ``set_value`` makes."""
    value = plain(value)
    intended = with_value(document.value, route, value)
    if document.holds(route) and same(document.value, intended):
        return document
    written = _written(document)
    slot = find(written, route)
    old = _at(document.value, slot.route)
    if not slot.rest and isinstance(old, dict) and isinstance(value, dict):
        merged = _key_by_key(document, route, old, value)
        if merged is not None:
            return merged
    return _proved(document, _set(written, slot, value, old), intended, route)


def remove_in(document: Document, route: Route) -> Document:
    """Return the document that ``remove_value`` makes."""
    intended = without(document.value, route)
    written = _written(document)
    slot = find(written, route)
    if slot.rest:
        raise EditRefusedError(f"`{format_route(route)}` cannot be found in the text")
    refuse_lost_anchors(slot.node, slot.route)
    parent = slot.parent
    if parent is not None and not parent.flow and len(parent.items) == 1:
        holder = find(written, route[:-1])
        empty: object = {} if parent.kind == "map" else []
        splice = _emptied(written, holder, empty)
    else:
        splice = remove(written, slot)
    return _proved(document, splice, intended, route)


def _emptied(written: Written, holder: Slot, empty: object) -> Splice:
    if holder.parent is not None:
        return replace(written, holder, empty)
    return Splice(holder.node.inner, holder.node.end, "{}" if isinstance(empty, dict) else "[]")


def _set(written: Written, slot: Slot, value: object, old: object) -> Splice:
    if not slot.rest:
        refuse_lost_anchors(slot.node, slot.route)
        return replace(written, slot, value)
    step, below = slot.rest[0], slot.rest[1:]
    if old is None:
        return replace(written, slot, with_value(None, slot.rest, value))
    return insert(written, slot.node, step, with_value(None, below, value))


def _key_by_key(
    document: Document, route: Route, old: dict[str, object], value: dict[str, object]
) -> Document | None:
    """Make a map of a map that shares keys with it, so that what stays keeps its comments."""
    keys = dict.fromkeys((*old, *value))
    shared = old.keys() & value.keys()
    if not shared or len(keys) > MOST_EDITS:
        return None
    try:
        for key in keys:
            if key not in value:
                document = remove_in(document, (*route, key))
            elif key not in old or not same(old[key], value[key]):
                document = set_in(document, (*route, key), value[key])
    except EditRefusedError:
        return None
    return document


def _written(document: Document) -> Written:
    if not document.complete:
        raise EditRefusedError("the file cannot be read to its end, so its data cannot be edited")
    return read_written(document.text)


def _proved(document: Document, splice: Splice, intended: object, route: Route) -> Document:
    edited = read_edited(document.path, splice.apply(document.text))
    if edited is None or not same(edited.value, intended):
        raise EditRefusedError(
            f"`{format_route(route)}` cannot be edited without changing what else the file says;"
            " edit it by hand"
        )
    return edited


def read_edited(path: str, text: str) -> Document | None:
    """Return an edited text as the engine reads it; None when it would not read all of it."""
    data = text.encode()
    source, found = decode(path, data)
    if source is None or found or len(data) > MAX_BYTES:
        return None
    edited, _ = parse(source)
    return edited if edited.complete and edited.text == text else None


def _at(value: object, route: Route) -> object:
    for step in route:
        value = value[step] if isinstance(value, dict | list) else None  # type: ignore[index]
    return value
