"""Applying several edits to one file: those that do not touch each other, each proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fairway.edit.errors import EditRefusedError
from fairway.edit.intent import same, with_value, without
from fairway.edit.splice import Splice, difference
from fairway.edit.value import read_edited, remove_in, set_in
from fairway.finding import Change
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import SourceFile


class Edit(NamedTuple):
    """What mends one fault: changes of the data, all or none, or a text for a range of the text."""

    changes: tuple[Change, ...] = ()
    replacement: Splice | None = None


class Applied(NamedTuple):
    """A file's new text and what became of each edit, by its index.

    ``done`` are in the text. ``refused`` cannot be made, for the reason given. The others
    (``left``) touch one that was done: they can be tried on the new text.
    """

    text: str
    done: tuple[int, ...]
    left: tuple[int, ...]
    refused: tuple[tuple[int, str], ...]


def apply(document: Document, edits: Sequence[Edit]) -> Applied:
    """Apply edits to a document's text, an earlier one first where two touch each other."""
    accepted: list[tuple[int, Splice]] = []
    left: list[int] = []
    refused: list[tuple[int, str]] = []
    for index, edit in enumerate(edits):
        try:
            splice = _splice(document, edit)
        except EditRefusedError as error:
            refused.append((index, str(error)))
            continue
        if any(splice.near(other) for _, other in accepted):
            left.append(index)
        else:
            accepted.append((index, splice))
    # From the end of the text to its start, so that a splice's place and the indices of list
    # items are still those of the document that it was made for.
    accepted.sort(key=lambda each: each[1].start, reverse=True)
    done: list[int] = []
    for index, splice in accepted:
        edited = _read(document, splice, edits[index])
        if edited is None:
            refused.append((index, "the file would say something else afterwards"))
        else:
            document = edited
            done.append(index)
    return Applied(document.text, tuple(sorted(done)), tuple(left), tuple(sorted(refused)))


def _splice(document: Document, edit: Edit) -> Splice:
    """Return what an edit does to the text; ``EditRefusedError`` when it cannot be made."""
    if edit.replacement is not None:
        return edit.replacement
    edited = document
    for change in edit.changes:
        if change.remove:
            edited = remove_in(edited, change.route)
        else:
            edited = set_in(edited, change.route, change.value)
    if edited.text == document.text:
        raise EditRefusedError("the file says so already")
    return difference(document.text, edited.text)


def _read(document: Document, splice: Splice, edit: Edit) -> Document | None:
    """Return the document after a splice; None when it does not say what the edit intends.

    What a replacement means is its author's; it may not break the file, or give a key twice.
    """
    edited = read_edited(document.path, splice.apply(document.text))
    if edited is None:
        return None
    if edit.replacement is not None:
        return edited if _faults(edited) <= _faults(document) else None
    intended: object = document.value
    try:
        for change in edit.changes:
            if change.remove:
                intended = without(intended, change.route)
            else:
                intended = with_value(intended, change.route, change.value)
    except EditRefusedError:
        return None
    return edited if same(edited.value, intended) else None


def _faults(document: Document) -> int:
    _, findings = parse(SourceFile(document.path, document.text, document.digest))
    return len(findings)
