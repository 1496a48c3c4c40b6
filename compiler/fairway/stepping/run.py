"""One move from the question to the commit: decide, edit, prove, write."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from fairway.deployment import Deployment
from fairway.errors import UsageError
from fairway.evidence.dates import written
from fairway.plan.release import Canary
from fairway.plan.releasing import plan_release
from fairway.stepping.advance import advance
from fairway.stepping.analysis import read_analysis
from fairway.stepping.carry import carry_out, difference, refuse_unclean
from fairway.stepping.fallback import fallbacks
from fairway.stepping.git import WorkTree
from fairway.stepping.history import History, read_history
from fairway.stepping.measured import Taken, about
from fairway.stepping.message import message_of
from fairway.stepping.metrics_file import read_metrics
from fairway.stepping.move import Move, Situation
from fairway.stepping.prometheus import ask, parse_headers
from fairway.stepping.promote import promote
from fairway.stepping.proof import added, prove
from fairway.stepping.request import Outcome, Request
from fairway.stepping.rollback import rollback
from fairway.stepping.served import Record, before, brought_up, recorded
from fairway.stepping.subject import Found, Subject, check, chosen, load
from fairway.target.meter import meter_of


def run(request: Request) -> Outcome:
    """Make one move, as far as it may be made. Raises ``UsageError`` and ``FairwayError``."""
    subject = load(request.path)
    tree = WorkTree(subject.folder)
    if request.commit:
        refuse_unclean(tree, subject)
    found = check(subject, subject.data, subject.lock, written(request.now))
    situation = _situation(request, subject, tree, found)
    records = _records(subject, situation.history)
    move = _decide(request, subject, situation, records)
    move = _recording(move, situation, subject, records)
    if any(not (refusal.forced and request.forced) for refusal in move.refusals):
        return Outcome(move, situation)
    proof = prove(subject, situation, move, records, found)
    if proof.wrong:
        return Outcome(move, situation, findings=proof.wrong, documents=proof.documents)
    move = move._replace(notes=(*move.notes, *proof.notes))
    outcome = Outcome(
        move,
        situation,
        proof.places,
        proof.records,
        proof.edits,
        "".join(difference(tree, each) for each in proof.edits),
        message_of(move, situation, request.reason, request.forced),
    )
    return outcome if request.dry_run else carry_out(outcome, tree, commit=request.commit)


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
    if not added(subject, records):
        return move
    return Move("promote", f"record that {situation.state.newest} serves")
