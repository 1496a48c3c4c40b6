"""Proving a move before anything is written: the edited files, and what is found of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fairway.evidence.dates import written
from fairway.finding import Finding
from fairway.location import format_route
from fairway.source.document import Document
from fairway.spec.nearest import listed
from fairway.stepping.lock_text import with_served
from fairway.stepping.merged import merged_values
from fairway.stepping.move import Action, Move, Situation
from fairway.stepping.put import line_of, put, shared_with
from fairway.stepping.served import Record, ended, recorded
from fairway.stepping.state import state_of
from fairway.stepping.subject import Found, Subject, check
from fairway.stepping.write import Edited

_MARK = b"\xef\xbb\xbf"


class Proof(NamedTuple):
    """The files as they would be: ``places`` of the changes, ``records`` that the lock gets.

    With ``wrong``, which ``documents`` locate, they may not be written. ``notes`` are what else
    to know.
    """

    edits: tuple[Edited, ...]
    places: tuple[tuple[str, int], ...]
    records: tuple[tuple[str, Record], ...]
    wrong: tuple[Finding, ...]
    documents: Mapping[str, Document]
    notes: tuple[str, ...]


def prove(
    subject: Subject,
    situation: Situation,
    move: Move,
    records: Mapping[str, Sequence[Record]],
    found: Found,
) -> Proof:
    """Edit both files in memory and check them; ``found`` is what is found of them now."""
    edited, places, notes = _edited(subject, situation.environment, move)
    spec = (_MARK if subject.data.startswith(_MARK) else b"") + edited.text.encode()
    newest = _newest(edited, subject, situation.environment)
    after = ended(records, situation.environment, newest, situation.now)
    lock = subject.lock
    if lock is not None:
        lock = with_served(lock.decode(), after, subject.lock_path).encode()
    then = check(subject, spec, lock, written(situation.now))
    files = [Edited(subject.path, subject.data, spec)]
    if lock is not None and subject.lock is not None:
        files.append(Edited(subject.lock_path, subject.lock, lock))
    return Proof(
        tuple(each for each in files if each.before != each.after),
        places,
        added(subject, after),
        _wrong(move.action, found, then),
        then.documents,
        (*notes, *_left(then)),
    )


def added(
    subject: Subject, records: Mapping[str, Sequence[Record]]
) -> tuple[tuple[str, Record], ...]:
    """Return the records that the lock does not have, and those that a move ends."""
    known = recorded(json.loads(subject.lock or b"{}").get("served"))
    have = {(name, each._replace(until="")) for name, every in known.items() for each in every}
    return tuple(
        (name, record)
        for name, every in records.items()
        for record in every
        if record.until or (name, record) not in have
    )


def _edited(
    subject: Subject, environment: str, move: Move
) -> tuple[Document, tuple[tuple[str, int], ...], tuple[str, ...]]:
    """Return the edited spec, the place of each change in it, and what else to know."""
    before, project = subject.document, subject.loaded.document
    done = put(before, project, environment, [change.wanted for change in move.changes])
    places = tuple((before.path, line_of(done.document, route)) for route in done.routes)
    notes: list[str] = []
    for change, route in zip(move.changes, done.routes, strict=True):
        others = shared_with(before, project, environment, change.wanted.route)
        if others and route[:2] == ("environments", environment):
            what = format_route(route[2:])
            notes.append(
                f"{what} is that of {listed(others)} too, so {environment} has its own now"
            )
    return done.document, places, tuple(dict.fromkeys(notes))


def _newest(edited: Document, subject: Subject, environment: str) -> str:
    state = state_of(merged_values(edited, subject.loaded.document)[environment])
    return state.newest if state is not None else ""


def _wrong(action: Action, found: Found, then: Found) -> tuple[Finding, ...]:
    """Return the errors that forbid a move: all of them, for a way back only those that are new.

    A spec with errors does not compile, so no version gets more traffic by it; and a way back
    must not wait until something else is mended.
    """
    if action != "rollback":
        return then.errors
    old = {key for each in found.errors for key in _keys(each)}
    return tuple(each for each in then.errors if not old.issuperset(_keys(each)))


def _left(then: Found) -> tuple[str, ...]:
    count = len(then.errors)
    if not count:
        return ()
    errors = f"{count} error{'s' if count > 1 else ''}"
    return (f"the spec had {errors} before, and does not compile until they are mended",)


def _keys(finding: Finding) -> set[tuple[object, ...]]:
    names = finding.environments or ("",)
    return {(finding.rule, finding.at.file, finding.at.route, name) for name in names}
