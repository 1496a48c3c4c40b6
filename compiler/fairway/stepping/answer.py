"""One number from Prometheus' answer to an instant query.

Source: Prometheus HTTP API, "Instant queries" and "Expression query result formats",
https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

from math import nan
from typing import NamedTuple

from fairway.errors import FairwayError

QUERY = "correct the metric's query in the target's series.yaml, or the file that holds the answer"
"""The fix of an answer that cannot be a gate's."""


class Sample(NamedTuple):
    """A number (NaN where there is no series) and the time of the question, in Unix seconds."""

    value: float
    time: float | None


def sample_of(answer: object, where: str) -> Sample:
    """Return the number that an answer holds; an empty vector says that nothing was measured.

    Raises ``FairwayError`` for a query that Prometheus refused, for one that has several series,
    and for an answer that may not be whole.
    """
    if not isinstance(answer, dict) or answer.get("status") not in ("success", "error"):
        raise FairwayError(f"{where}: not an answer of Prometheus", QUERY)
    if answer["status"] == "error":
        said = f"{answer.get('errorType', 'error')}: {answer.get('error', 'no reason')}"
        raise FairwayError(f"{where}: Prometheus refuses it: {said}", QUERY)
    warnings = answer.get("warnings")
    if warnings:
        first = warnings[0] if isinstance(warnings, list) else warnings
        message = f"{where}: Prometheus warns that the answer may not be whole: {first}"
        raise FairwayError(message, "mend what it warns of, and ask again")
    data = answer.get("data")
    kind = data.get("resultType") if isinstance(data, dict) else None
    result = data.get("result") if isinstance(data, dict) else None
    if kind == "scalar":
        return _sample(result, where)
    if kind != "vector" or not isinstance(result, list):
        raise FairwayError(f"{where}: the answer is a {kind}, not an instant vector", QUERY)
    if len(result) > 1:
        raise FairwayError(f"{where}: {len(result)} series, and a gate takes one number", QUERY)
    if not result:
        return Sample(nan, None)
    return _sample(result[0].get("value") if isinstance(result[0], dict) else None, where)


def _sample(pair: object, where: str) -> Sample:
    # [<unix time>, "<value>"]; NaN and infinities are words that Python reads too.
    try:
        if isinstance(pair, list) and len(pair) == 2:
            return Sample(float(pair[1]), float(pair[0]))
    except (TypeError, ValueError):
        pass
    raise FairwayError(f"{where}: a series without time and value", QUERY)
