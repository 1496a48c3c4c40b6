"""What a move did, or why it was not made, as JSON data."""

from __future__ import annotations

from math import isnan

from fairway.evidence.dates import written
from fairway.finding import Finding
from fairway.location import format_route
from fairway.stepping.measured import release_digest
from fairway.stepping.move import Judged, Move, Wait
from fairway.stepping.request import Outcome

REPORT_VERSION = 1


def data(outcome: Outcome) -> dict[str, object]:
    """Return the outcome; times are RFC 3339 or seconds, null is what nobody measured."""
    move, situation = outcome.move, outcome.situation
    state = situation.state
    return {
        "reportVersion": REPORT_VERSION,
        "action": move.action,
        "deployment": situation.deployment.name,
        "environment": situation.environment,
        "strategy": state.strategy,
        "versions": {"stable": state.stable, "candidate": state.candidate or None},
        "release": release_digest(situation.deployment),
        "verdict": "moved" if outcome.edits else "refused",
        "title": move.title or None,
        **_edited(outcome),
        **_judging(move),
        "findings": [_finding(each) for each in outcome.findings],
        "notes": list(move.notes),
        "diff": outcome.diff,
        "message": outcome.message or None,
        "commit": outcome.hash or None,
        "next": _next(outcome),
    }


def _next(outcome: Outcome) -> dict[str, object] | None:
    move = outcome.move
    if not outcome.edits or not move.then:
        return None
    return {"what": move.then, "action": move.following}


def _edited(outcome: Outcome) -> dict[str, object]:
    pairs = zip(outcome.move.changes, outcome.places, strict=False)
    return {
        "changes": [
            {
                "route": format_route(change.wanted.route),
                "before": change.before,
                "after": change.after,
                "meaning": change.meaning or None,
                "file": file,
                "line": line,
            }
            for change, (file, line) in pairs
        ],
        "records": [
            {"environment": environment, **record.value()}
            for environment, record in outcome.records
        ],
    }


def _judging(move: Move) -> dict[str, object]:
    return {
        "gates": [_judged(each) for each in move.judged],
        "measured": [
            {"from": written(each.start), "to": written(each.end), "source": each.source}
            for each in move.taken
        ],
        "held": [_wait(each) for each in move.wait],
        "refusals": [
            {"why": each.why, "fix": each.fix or None, "canBeForced": each.forced}
            for each in move.refusals
        ],
    }


def _judged(judged: Judged) -> dict[str, object]:
    gate, reading, verdict = judged
    return {
        "gate": gate.name,
        "metric": gate.metric,
        "kind": gate.kind,
        "bound": gate.written,
        "value": _number(reading.value),
        "reference": _number(reading.reference),
        "requests": _number(reading.requests),
        "limit": _number(verdict.limit),
        "says": verdict.word,
        "why": verdict.why,
        "at": gate.at,
    }


def _wait(wait: Wait) -> dict[str, object]:
    return {
        "what": wait.what,
        "commit": wait.commit.hash,
        "since": written(wait.commit.time),
        "seconds": wait.passed,
        "needed": wait.needed,
        "atLeast": wait.least,
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "message": finding.message,
        "file": finding.at.file,
        "route": format_route(finding.at.route),
        "environments": list(finding.environments),
    }


def _number(value: float) -> float | None:
    # JSON has no NaN, and no infinities.
    return None if isnan(value) or value in (float("inf"), float("-inf")) else value
