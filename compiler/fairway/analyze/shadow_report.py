"""The report on a shadow release: how often it disagrees, and what follows; or the same as data."""

from __future__ import annotations

from math import isinf

from fairway.analyze.shadow import ALPHA, Result
from fairway.analyze.subject import Subject
from fairway.analyze.wording import at_rate, paragraph, plain, share, table

_LONGEST = 60


def text(subject: Subject, result: Result) -> str:
    """Return the report as lines for people; the last says what was decided."""
    low, high = result.interval
    rows = [
        ["pairs", "different", "share", f"{plain(1 - ALPHA)} interval", "most"],
        [
            f"{result.differing.units:,}",
            f"{result.differing.outcomes:,}",
            share(result.differing.rate),
            f"{share(low)} to {share(high)}",
            plain(result.most),
        ],
    ]
    lines = [
        f"{subject.name} in {subject.environment}: shadow of {subject.candidate} behind"
        f" {subject.stable}",
        "",
        *table(rows, left=0),
        *_examples(result),
        *(["", *(paragraph(f"note: {note}") for note in result.notes)] if result.notes else []),
        "",
        paragraph(f"{result.word}: {why(subject, result)}"),
    ]
    return "\n".join(lines) + "\n"


def data(subject: Subject, result: Result) -> dict[str, object]:
    """Return the report as JSON data; shares from 0 to 1, seconds, null for what is infinite."""
    return {
        "reportVersion": 1,
        "deployment": subject.name,
        "environment": subject.environment,
        "strategy": "shadow",
        "versions": {"stable": subject.stable, "candidate": subject.candidate},
        "release": subject.digest,
        "verdict": result.word,
        "why": why(subject, result),
        "pairs": result.differing.units,
        "different": result.differing.outcomes,
        "disagreement": result.differing.rate,
        "interval": {
            "low": result.interval.low,
            "high": result.interval.high,
            "confidence": 1 - ALPHA,
        },
        "max": result.most,
        "tolerance": result.tolerance,
        "missing": result.needed,
        "secondsMissing": None if isinf(result.seconds) else result.seconds,
        "examples": [
            {
                "id": each.id,
                "where": each.found.where,
                "stable": _shown(each.found.stable),
                "candidate": _shown(each.found.candidate),
            }
            for each in result.examples
        ],
        "notes": list(result.notes),
    }


def why(subject: Subject, result: Result) -> str:
    """Return the reason of the decision in one sentence."""
    low, high = result.interval
    most = plain(result.most)
    if result.word == "passes":
        return f"at most {share(high)} of the answers differ, and {most} may"
    if result.word == "fails":
        return f"at least {share(low)} of the answers differ, and {most} may"
    open_ = f"from {share(low)} to {share(high)} of the answers differ, and {most} may"
    if result.needed is None:
        return f"{open_}; {share(result.differing.rate)} is so near that no number of pairs decides"
    time = at_rate(result.seconds, subject.rate, "requests/s")
    return f"{open_}; if the share stays, {result.needed:,} more pairs decide{time}"


def _examples(result: Result) -> list[str]:
    if not result.examples:
        return []
    rows = [["different", "at", "stable", "candidate"]]
    for each in result.examples:
        found = each.found
        rows.append([each.id, found.where, _shown(found.stable), _shown(found.candidate)])
    return ["", *table(rows, left=4)]


def _shown(value: object) -> str:
    shown = str(value)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
