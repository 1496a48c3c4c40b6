"""Readings of gates: usual ones, none at all, and those that lie on the edge of a bound."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import inf, nan, nextafter
from random import Random
from typing import NamedTuple, get_args

from fairway.plan.question import question
from fairway.plan.release import Gate, GateKind
from fairway.plan.verdict import Reading, Word, judge, limit_of

MIN_REQUESTS = 3000


class Case(NamedTuple):
    """A gate, what is read, and what that says."""

    gate: Gate
    reading: Reading
    word: Word


def gate(kind: GateKind, bound: float, query: str = "v", reference: str = "r") -> Gate:
    """Return a gate whose parts are measured by these queries, and its requests by ``n``."""
    compares = kind in ("within", "withinRelative")
    asked = question(kind, bound, query, reference if compares else "", "n", MIN_REQUESTS)
    return Gate(
        at="", name="g", metric="error-ratio", kind=kind, bound=bound, written=str(bound),
        query=query, reference=reference if compares else "", requests="n",
        question=asked.query, limit=asked.limit, limit_text=asked.limit_text,
    )  # fmt: skip


def cases(seed: int = 1) -> Iterator[Case]:
    """Yield cases of every kind of gate, a few hundred."""
    random = Random(seed)  # noqa: S311 - cases, not secrets
    for kind in get_args(GateKind):
        for bound in (0.01, 0.1, 0.2, 1e-05, 3.0, random.random()):
            tried = gate(kind, bound)
            for reference in (0.001, 0.3, random.random(), nan):
                for reading in _readings(tried, reference, random):
                    yield Case(tried, reading, judge(tried, reading, MIN_REQUESTS).word)


def _readings(tried: Gate, reference: float, random: Random) -> Iterator[Reading]:
    limit = limit_of(tried, Reading(nan, reference, 0))
    values = [0.0, limit, nextafter(limit, inf), nextafter(limit, -inf), random.random(), nan]
    for value, requests in product(values, (0, MIN_REQUESTS - 1, MIN_REQUESTS, 10**6)):
        if requests >= MIN_REQUESTS or value == limit:
            yield Reading(value, reference, requests)
