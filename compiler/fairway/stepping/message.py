"""The commit message of a move: what changed, by which evidence, in a form that audits can read.

The subject is at most 72 characters; the trailers are git's own (git-interpret-trailers(1)).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from fairway.evidence.dates import written
from fairway.location import format_route
from fairway.stepping.measured import release_digest
from fairway.stepping.move import Move, Situation
from fairway.stepping.words import span

_SUBJECT = 72
_WIDTH = 72


def message_of(move: Move, situation: Situation, reason: str, forced: str) -> str:
    """Return the message; ``reason`` is why, and ``forced`` why it was done against evidence."""
    state, name = situation.state, situation.deployment.name
    blocks = [
        subject_of(move, situation),
        "\n".join(_facts(move, situation)),
        _wrapped("Reason", reason),
        "\n".join(_gates(move)),
        "\n".join(_against(move, forced)),
        "\n".join(
            [
                f"Fairway-Action: {move.action}",
                f"Fairway-Deployment: {name}",
                f"Fairway-Environment: {situation.environment}",
                f"Fairway-Stable: {state.stable}",
                *([f"Fairway-Candidate: {state.candidate}"] if state.candidate else ()),
                f"Fairway-Release: {release_digest(situation.deployment)}",
                *([f"Fairway-Forced: {_line(forced)}"] if forced else ()),
            ]
        ),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def subject_of(move: Move, situation: Situation) -> str:
    """Return the first line; what does not fit is left out from its end on, a word at a time."""
    name, environment = situation.deployment.name, situation.environment
    head = f"{move.action}({name}): "
    for text in (
        f"{head}{move.title} in {environment}",
        f"{head}{move.title}",
        f"{move.action}: {move.title} in {environment}",
    ):
        if len(text) <= _SUBJECT:
            return text
    return textwrap.shorten(f"{head}{move.title}", _SUBJECT, placeholder=" …")


def _facts(move: Move, situation: Situation) -> Iterator[str]:
    for change in move.changes:
        meaning = f" ({change.meaning})" if change.meaning else ""
        route = format_route(change.wanted.route)
        yield f"{route}: {change.before} → {change.after}{meaning}"
    for wait in move.wait:
        at_least = "at least " if wait.least else ""
        yield (
            f"{wait.what} began {written(wait.commit.time)} with {wait.commit.short}, and was held"
            f" {at_least}{span(wait.passed)} of {span(wait.needed)}"
        )
    yield from move.notes
    for report in situation.analysis:
        yield f"analysis: {report.get('verdict')}: {report.get('why')}"


def _gates(move: Move) -> Iterator[str]:
    for taken in move.taken:
        yield f"Gates, from {written(taken.start)} to {written(taken.end)}, by {taken.source}:"
    for gate, _, verdict in move.judged:
        yield f"  {gate.name}: {verdict.word}: {verdict.why}"


def _against(move: Move, forced: str) -> Iterator[str]:
    if not forced or not move.refusals:
        return
    yield "Done although:"
    for refusal in move.refusals:
        yield f"  {refusal.why}"
    yield _wrapped("Because", forced)


def _wrapped(head: str, text: str) -> str:
    return textwrap.fill(f"{head}: {_line(text)}", _WIDTH) if text else ""


def _line(text: str) -> str:
    return " ".join(text.split())
