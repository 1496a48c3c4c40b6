"""The result of a shadow release: how often the candidate's answers differ from those served.

The share that differs is known only within its interval (Wilson's, 95 %): the candidate passes
when all of the interval is below the bound, fails when all of it is above, and otherwise more
pairs are needed.
"""

from __future__ import annotations

from math import inf
from typing import Literal, NamedTuple, TypeAlias

from fairway.analyze.agree import Mismatch, mismatch
from fairway.analyze.pairs import Pairs
from fairway.arithmetic.proportions import Count, Interval, pairs_to_decide, wilson
from fairway.errors import UsageError
from fairway.plan.release import Shadow

Word: TypeAlias = Literal["passes", "fails", "undecided"]
ALPHA = 0.05
_SHOWN = 5


class Difference(NamedTuple):
    """One request that was answered differently."""

    id: str
    found: Mismatch


class Result(NamedTuple):
    """What the pairs say, of how many that are ``differing``.

    ``most`` is the bound; ``needed`` says how many more pairs would decide if the share stays,
    None when no number would, and ``seconds`` how long they take to come.
    """

    word: Word
    differing: Count
    interval: Interval
    most: float
    tolerance: float
    needed: int | None
    seconds: float
    examples: tuple[Difference, ...]
    notes: tuple[str, ...]


def judge(shadow: Shadow, pairs: Pairs, rate: float, mirrored: float) -> Result:
    """Hold the pairs against the plan's bound.

    ``rate`` is requests per second, ``mirrored`` the share of them that is copied. Raises
    ``UsageError`` when the plan compares nothing, and without a single pair.
    """
    if not shadow.compared:
        raise UsageError(
            "the release compares nothing", "add `compare: {max: 2%}` to `release.strategy.shadow`"
        )
    if not pairs.pairs:
        raise UsageError(
            "there is no request that both versions answered",
            "give answers of the same time, with the ids of their requests",
        )
    differences = _differences(pairs, shadow.tolerance)
    count = Count(len(differences), len(pairs.pairs))
    interval = wilson(count, ALPHA)
    word: Word = "undecided"
    if interval.high < shadow.most:
        word = "passes"
    elif interval.low > shadow.most:
        word = "fails"
    needed: int | None = 0
    if word == "undecided":
        total = pairs_to_decide(count.rate, shadow.most, ALPHA)
        needed = max(1, total - count.units) if total is not None else None
    per_second = rate * mirrored
    return Result(
        word=word,
        differing=count,
        interval=interval,
        most=shadow.most,
        tolerance=shadow.tolerance,
        needed=needed,
        seconds=inf if needed is None or not per_second else needed / per_second,
        examples=tuple(differences[:_SHOWN]),
        notes=tuple(_notes(pairs, mirrored)),
    )


def _differences(pairs: Pairs, tolerance: float) -> list[Difference]:
    found = []
    for pair in pairs.pairs:
        if not pair.answered:
            found.append(Difference(pair.id, Mismatch("outputs", "given", "none")))
        elif differs := mismatch(pair.stable, pair.candidate, tolerance):
            found.append(Difference(pair.id, differs))
    return found


def _notes(pairs: Pairs, mirrored: float) -> list[str]:
    notes = []
    unanswered = sum(not pair.answered for pair in pairs.pairs)
    if unanswered:
        notes.append(
            f"the candidate gave no answer to {unanswered:,} requests; they count as different"
        )
    if pairs.repeated:
        notes.append(f"{pairs.repeated:,} ids come more than once, and are left out")
    if pairs.candidate_alone:
        notes.append(f"{pairs.candidate_alone:,} requests have no answer of stable")
    if pairs.stable_alone:
        note = f"{pairs.stable_alone:,} requests have no answer of the candidate"
        if mirrored == 1.0:
            note += ", although all are mirrored: were they answered with an error, or not logged?"
        notes.append(note)
    return notes
