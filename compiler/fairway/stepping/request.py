"""What a move was asked with, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from fairway.finding import Finding
from fairway.source.document import Document
from fairway.stepping.move import Action, Move, Situation
from fairway.stepping.served import Record
from fairway.stepping.write import Edited


class Request(NamedTuple):
    """What a command was asked for; ``forced`` is why it is done against the evidence."""

    action: Action
    path: str
    now: datetime
    environment: str | None = None
    metrics: str | None = None
    prometheus: str | None = None
    headers: Sequence[str] = ()
    analysis: str | None = None
    to: str | None = None
    reason: str = ""
    forced: str = ""
    commit: bool = False
    dry_run: bool = False


class Outcome(NamedTuple):
    """What came of a move.

    ``places`` are the file and line of each change; ``records`` what the lock has more than
    before, by environment. Without ``edits`` nothing was changed: ``move.refusals`` or
    ``findings`` (located in ``documents``) say why. ``hash`` is the commit's, when one was made.
    """

    move: Move
    situation: Situation
    places: tuple[tuple[str, int], ...] = ()
    records: tuple[tuple[str, Record], ...] = ()
    edits: tuple[Edited, ...] = ()
    diff: str = ""
    message: str = ""
    hash: str = ""
    findings: tuple[Finding, ...] = ()
    documents: Mapping[str, Document] = {}
