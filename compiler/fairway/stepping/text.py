"""What a move did, or why it was not made, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairway.evidence.dates import written
from fairway.location import format_route
from fairway.plan.saying import amount, bound
from fairway.report.printable import visible
from fairway.stepping.move import Judged, Move, Wait
from fairway.stepping.request import Outcome
from fairway.stepping.words import span


def text(outcome: Outcome, command: str) -> str:
    """Return the outcome as lines; ``command`` is what to call with for the next move."""
    move, situation = outcome.move, outcome.situation
    head = f"{situation.deployment.name} in {situation.environment}"
    blocks = [
        [f"{head}: {move.title}" if outcome.edits else f"{head}: {move.action} refused"],
        list(_changes(outcome)) if outcome.edits else [],
        _table(move.judged),
        [line for wait in move.wait for line in _wait(wait)],
        [f"note: {note}" for note in move.notes],
        list(_refusals(outcome)),
        list(_message(outcome)),
        list(_next(move, command)) if outcome.edits else [],
    ]
    shown = "\n\n".join("\n".join(visible(line) for line in block) for block in blocks if block)
    return f"{shown}\n"


def _changes(outcome: Outcome) -> Iterator[str]:
    for change, (file, line) in zip(outcome.move.changes, outcome.places, strict=True):
        meaning = f" ({change.meaning})" if change.meaning else ""
        route = format_route(change.wanted.route)
        yield f"  {route}: {change.before} → {change.after}{meaning}  {file}:{line}"
    for environment, record in outcome.records:
        until = f", until {record.until}" if record.until else ""
        what = f"{record.version} in {environment} since {record.since}{until}"
        yield f"  the lock records: {what} ({record.commit[:12]})"


def _table(judged: Sequence[Judged]) -> list[str]:
    if not judged:
        return []
    rows = [("gate", "candidate", "stable", "bound", "requests", "says")]
    rows += [
        (
            gate.name,
            amount(gate, reading.value),
            amount(gate, reading.reference) if gate.reference else "",
            bound(gate),
            f"{reading.requests:,.0f}",
            verdict.word,
        )
        for gate, reading, verdict in judged
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _wait(wait: Wait) -> Iterator[str]:
    since = f"since {written(wait.commit.time)} ({wait.commit.short})"
    least = "at least " if wait.least else ""
    needed = f", of {span(wait.needed)}" if wait.needed else ""
    yield f"  {wait.what}: {least}{span(wait.passed)}{needed}, {since}"


def _refusals(outcome: Outcome) -> Iterator[str]:
    forced = bool(outcome.edits)
    for refusal in outcome.move.refusals:
        yield f"{'in spite of' if forced else 'refused'}: {refusal.why}"
        if refusal.fix and not forced:
            yield f"  fix: {refusal.fix}"


def _message(outcome: Outcome) -> Iterator[str]:
    if not outcome.edits:
        return
    yield f"committed as {outcome.hash[:12]}:" if outcome.hash else "commit message:"
    yield ""
    for line in outcome.message.rstrip("\n").split("\n"):
        yield f"    {line}".rstrip()


def _next(move: Move, command: str) -> Iterator[str]:
    if move.then:
        yield f"next: {move.then}"
    if move.following:
        yield f"  {command}"
