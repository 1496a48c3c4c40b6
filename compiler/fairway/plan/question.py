"""A gate as one PromQL query, for controllers that ask Prometheus themselves.

Its result is held against one number. It is empty, or NaN, exactly where ``verdict.judge`` says
that the reading is unknown, and beyond the number exactly where that says ``fail``; the tests
hold the two against each other. Whoever uses it must take an empty result and NaN for neither.

A gate that compares asks how far the candidate is over its limit, and is held against 0: the
difference of two doubles is positive exactly when the first is the larger one (IEEE 754 has
numbers below the normal ones for that). ``and on ()`` keeps the left side where the right side
has anything at all (Prometheus, querying/operators).
"""

from __future__ import annotations

from typing import NamedTuple

from fairway.plan.release import GateKind


class Question(NamedTuple):
    """The query, the number that its result is held against, and that number as text."""

    query: str
    limit: float
    limit_text: str


def question(
    kind: GateKind, bound: float, query: str, reference: str, requests: str, min_requests: int
) -> Question:
    """Return the question of a gate whose parts are measured by these queries.

    The query is empty where one of its parts cannot be measured.
    """
    compares = kind in ("within", "withinRelative")
    if not query or not requests or (compares and not reference):
        return Question("", bound, _number(bound))
    value, limit = query, bound
    if kind == "within":
        value, limit = f"({query}) - (({reference}) + {_number(bound)})", 0.0
    elif kind == "withinRelative":
        value, limit = f"({query}) - (({reference}) * {_number(1 + bound)})", 0.0
    return Question(f"({value}) and on () (({requests}) >= {min_requests})", limit, _number(limit))


def _number(value: float) -> str:
    """Return a number as text that PromQL, Go and YAML read as the same double."""
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
