"""One move from the question to the commit: decide, edit, prove, write."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from fairway.deployment import Deployment
from fairway.errors import FairwayError, UsageError
from fairway.evidence.dates import written
from fairway.finding import Finding
from fairway.plan.release import Canary
from fairway.plan.releasing import plan_release
from fairway.source.document import Document
from fairway.stepping.advance import advance
from fairway.stepping.analysis import read_analysis
from fairway.stepping.diff import unified
from fairway.stepping.fallback import fallbacks
from fairway.stepping.git import WorkTree
from fairway.stepping.history import History, read_history
from fairway.stepping.lock_text import with_served
from fairway.stepping.measured import Taken, about
from fairway.stepping.message import message_of
from fairway.stepping.metrics_file import read_metrics
from fairway.stepping.move import Action, Move, Refusal, Situation
from fairway.stepping.prometheus import ask, parse_headers
from fairway.stepping.promote import promote
from fairway.stepping.put import line_of, put
from fairway.stepping.rollback import rollback
from fairway.stepping.served import Record, before, brought_up, ended, recorded
from fairway.stepping.subject import Found, Subject, check, chosen, load
from fairway.stepping.write import Edited, restore, write_all
from fairway.target.meter import meter_of

_MARK = b"\xef\xbb\xbf"


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


def run(request: Request) -> Outcome:
    """Make one move, as far as it may be made. Raises ``UsageError`` and ``FairwayError``."""
    subject, tree = load(request.path), None
    tree = WorkTree(subject.folder)
    if request.commit:
        _refuse_unclean(tree, subject)
    found = check(subject, subject.data, subject.lock, written(request.now))
    situation = _situation(request, subject, tree, found)
    records = _records(subject, situation.history)
    move = _decide(request, subject, situation, records)
    move = _recording(move, situation, subject, records)
    if any(not (refusal.forced and request.forced) for refusal in move.refusals):
        return Outcome(move, situation)
    return _carried_out(request, subject, tree, situation, move, records, found)


def situation_of(request: Request) -> Situation:
    """Return where a release stands, for those who only ask."""
    subject = load(request.path)
    found = check(subject, subject.data, subject.lock, written(request.now))
    return _situation(request, subject, WorkTree(subject.folder), found)


# -- deciding ----------------------------------------------------------------------------------


def _situation(request: Request, subject: Subject, tree: WorkTree, found: Found) -> Situation:
    environment = chosen(subject, request.environment, request.action)
    judged = found.checked.judged
    deployment = next((each for each in judged if each.environment == environment), None)
    if deployment is None:
        count = len(found.errors)
        message = f"{subject.path} has {count} error{'s' if count != 1 else ''}"
        raise UsageError(message, f"run `fairway validate {subject.path}`, and mend them first")
    meter = meter_of(deployment.place, deployment.spec.serving, subject.loaded.targets)
    release = plan_release(deployment, meter)
    return Situation(
        deployment,
        release,
        subject.states[environment],
        read_history(tree, subject.path, subject.loaded.root),
        request.now,
        lambda canary: _measured(request, deployment, canary),
        (read_analysis(Path(request.analysis)),) if request.analysis else (),
    )


def _measured(request: Request, deployment: Deployment, canary: Canary) -> Taken | None:
    if request.metrics is not None:
        return read_metrics(Path(request.metrics), about(deployment, canary), canary)
    if request.prometheus is not None:
        return ask(request.prometheus, canary, request.now, parse_headers(request.headers))
    return None


def _decide(
    request: Request,
    subject: Subject,
    situation: Situation,
    records: Mapping[str, Sequence[Record]],
) -> Move:
    if request.action == "advance":
        return advance(situation)
    if request.action == "promote":
        return promote(situation)
    own = records.get(situation.environment, ())
    past = before(own, situation.state.stable)
    found = fallbacks(situation.deployment, subject.own_folder(), past)
    return rollback(situation, found, request.to)


def _records(subject: Subject, history: History) -> dict[str, tuple[Record, ...]]:
    known = recorded(json.loads(subject.lock).get("served")) if subject.lock is not None else {}
    return brought_up(known, history, subject.states)


def _recording(
    move: Move, situation: Situation, subject: Subject, records: Mapping[str, Sequence[Record]]
) -> Move:
    """Where a promotion finds nothing on trial, let it record what has come to serve by hand."""
    if move.action != "promote" or situation.state.candidate or subject.lock is None:
        return move
    if not _added(subject, records):
        return move
    return Move("promote", f"record that {situation.state.newest} serves")


def _added(
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


# -- carrying out ------------------------------------------------------------------------------


def _carried_out(
    request: Request,
    subject: Subject,
    tree: WorkTree,
    situation: Situation,
    move: Move,
    records: Mapping[str, Sequence[Record]],
    found: Found,
) -> Outcome:
    edited, places = _edited(subject, situation.environment, move)
    mark = _MARK if subject.data.startswith(_MARK) else b""
    spec = mark + edited.text.encode()
    newest = newest_after(edited, subject, situation.environment)
    after = ended(records, situation.environment, newest, request.now)
    lock = subject.lock
    if lock is not None:
        lock = with_served(lock.decode(), after, subject.lock_path).encode()
    then = check(subject, spec, lock, written(request.now))
    wrong = _wrong(request.action, found, then)
    if wrong:
        return Outcome(move, situation, findings=wrong, documents=then.documents)
    files = [Edited(subject.path, subject.data, spec)]
    if lock is not None and subject.lock is not None:
        files.append(Edited(subject.lock_path, subject.lock, lock))
    edits = tuple(each for each in files if each.before != each.after)
    outcome = Outcome(
        move,
        situation,
        places,
        _added(subject, after),
        edits,
        "".join(_diff(tree, each) for each in edits),
        message_of(move, situation, request.reason, request.forced),
    )
    return outcome if request.dry_run else _written(outcome, tree, commit=request.commit)


def _edited(
    subject: Subject, environment: str, move: Move
) -> tuple[Document, tuple[tuple[str, int], ...]]:
    wanted = [change.wanted for change in move.changes]
    done = put(subject.document, subject.loaded.document, environment, wanted)
    shown = subject.document.path
    return done.document, tuple((shown, line_of(done.document, route)) for route in done.routes)


def newest_after(edited: Document, subject: Subject, environment: str) -> str:
    """Return the newest version that answers, by an edited spec."""
    from fairway.stepping.merged import merged_values
    from fairway.stepping.state import state_of

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


def _keys(finding: Finding) -> set[tuple[object, ...]]:
    names = finding.environments or ("",)
    return {(finding.rule, finding.at.file, finding.at.route, name) for name in names}


def _diff(tree: WorkTree, file: Edited) -> str:
    path = tree.path(file.path) or os.path.basename(file.path)
    return unified(path, file.before.decode(), file.after.decode())


def _written(outcome: Outcome, tree: WorkTree, *, commit: bool) -> Outcome:
    write_all(outcome.edits)
    if not commit:
        return outcome
    paths = [path for each in outcome.edits if (path := tree.path(each.path)) is not None]
    try:
        return outcome._replace(hash=tree.commit(paths, outcome.message))
    except FairwayError as error:
        for each in outcome.edits:
            restore(each)
        message = f"{error.message}; the files are as they were"
        raise FairwayError(message, error.fix) from error


def _refuse_unclean(tree: WorkTree, subject: Subject) -> None:
    """Refuse a commit that would take in what somebody else has begun."""
    files = (subject.path, subject.lock_path) if subject.lock is not None else (subject.path,)
    paths = [path for file in files if (path := tree.path(file)) is not None]
    changed = [*tree.changed(paths), *tree.ignored(paths)]
    if changed:
        message = f"--commit: {changed[0]} has changes that are not committed, or is not tracked"
        raise UsageError(message, "commit them first, or undo them")
    staged = tree.staged()
    if staged:
        message = f"--commit: {staged[0]} is staged, and is no part of this"
        raise UsageError(message, "commit it first, or `git restore --staged` it")


def refusals_of(outcome: Outcome) -> tuple[Refusal, ...]:
    """Return what speaks against a move that was not made."""
    return () if outcome.edits else outcome.move.refusals
