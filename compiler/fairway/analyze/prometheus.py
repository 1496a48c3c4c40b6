"""Counts from Prometheus: one instant query for the units, and one for each outcome.

Every query answers with an instant vector that has one series for each version, told apart by a
label whose value is the version (``3.1.0``) or its role (``stable``):

    units       sum by (version) (increase(checkout_users_total[14d]))
    conversion  sum by (version) (increase(checkout_conversions_total[14d]))

Values are rounded to whole units, because ``increase`` extrapolates. Series of other versions
are left out. Answers can be written to a file and read from it again:
``{"units": ANSWER, "conversion": ANSWER}``, each as the API gives it.
Source: Prometheus HTTP API, /api/v1/query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from fairway import prometheus
from fairway.analyze.counts import ROLES, UNITS, Arms, Cell, Counts, counts_of
from fairway.errors import FairwayError, UsageError
from fairway.source.given_json import given_json
from fairway.spec.nearest import listed

_RECORD = "record it with --prometheus URL --record FILE"
LABELS = ("version", "role")
Answers: TypeAlias = Mapping[str, object]


class Read(NamedTuple):
    """Counts, and what Prometheus warned of."""

    counts: Counts
    warnings: tuple[str, ...]


def parse_queries(texts: tuple[str, ...], metrics: tuple[str, ...]) -> dict[str, str]:
    """Return the PromQL of ``units`` and of each metric from ``NAME=PROMQL``."""
    queries: dict[str, str] = {}
    for text in texts:
        name, equals, query = text.partition("=")
        if not equals or not query.strip() or name not in (UNITS, *metrics):
            names = listed((UNITS, *metrics))
            raise UsageError(f"--query {text}: expected NAME=PROMQL with NAME of {names}")
        queries[name] = query.strip()
    missing = [name for name in (UNITS, *metrics) if name not in queries]
    if missing:
        example = f"--query '{missing[0]}=sum by (version) (increase(…_total[14d]))'"
        raise UsageError(f"no --query for {listed(missing)}", f"add {example}")
    return queries


def ask(url: str, queries: Mapping[str, str], at: str | None) -> dict[str, object]:
    """Return what Prometheus at ``url`` answers to each query, at a time or now.

    Raises ``FairwayError`` when it cannot be reached, or is no Prometheus.
    """
    answers = prometheus.ask(url, dict.fromkeys(queries.values()), at)
    return {name: answers[query] for name, query in queries.items()}


def read_recorded(text: str, where: str, metrics: tuple[str, ...]) -> dict[str, object]:
    """Return the answers in a file that was recorded."""
    value = given_json(text, where, _RECORD)
    names = (UNITS, *metrics)
    if not isinstance(value, dict) or any(name not in value for name in names):
        raise UsageError(
            f"{where}: expected a map with an answer of Prometheus for {listed(names)}",
            _RECORD,
        )
    return value


def counts_from(answers: Answers, label: str | None, where: str, arms: Arms) -> Read:
    """Return the counts that the answers hold, told apart by ``label``."""
    table: dict[str, dict[str, Cell]] = {role: {} for role in ROLES}
    warnings: list[str] = []
    for name in (UNITS, *arms.metrics):
        place = f"{where}: the query of {name}"
        answer = answers[name]
        for role, value in _vector(answer, label, place, arms).items():
            table[role][name] = value
        said = answer.get("warnings") if isinstance(answer, dict) else None
        warnings += [f"Prometheus on {name}: {each}" for each in said or ()]
    return Read(counts_of(table, where, arms), tuple(warnings))


def _vector(answer: object, label: str | None, where: str, arms: Arms) -> dict[str, int]:
    """Return each role's value in one answer."""
    found: dict[str, int] = {}
    names = {"stable": "stable", "candidate": "candidate"}
    names |= {arms.stable: "stable", arms.candidate: "candidate"}
    seen = []
    for series in _series(answer, where):
        labels, value = series
        key = next((each for each in ([label] if label else LABELS) if each in labels), None)
        seen.append(labels.get(key, "") if key else "without the label")
        role = names.get(labels.get(key, "")) if key else None
        if role is None:
            continue
        if role in found:
            message = f"{where}: two series for the {role} version"
            raise UsageError(message, f"add them up: sum by ({key}) (…)")
        found[role] = value
    for role, version in zip(ROLES, (arms.stable, arms.candidate), strict=True):
        if role not in found:
            what = f"label {label}" if label else f"label {' or '.join(LABELS)}"
            have = listed(sorted(set(seen))) if seen else "no series at all"
            message = f"{where}: no series whose {what} is {version} or {role}; there is {have}"
            raise UsageError(message, "aggregate by the version: sum by (version) (…)")
    return found


def _series(answer: object, where: str) -> list[tuple[dict[str, str], int]]:
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise _refusal(answer, where)
    kind = data.get("resultType") if isinstance(data, dict) else None
    result = data.get("result") if isinstance(data, dict) else None
    if kind != "vector" or not isinstance(result, list):
        message = f"{where}: the answer is a {kind}, not an instant vector"
        raise UsageError(message, "write a query such as sum by (version) (increase(…[14d]))")
    try:
        return [(dict(series["metric"]), _units(series["value"][1], where)) for series in result]
    except (KeyError, IndexError, TypeError):
        raise UsageError(f"{where}: a series without metric and value") from None


def _refusal(answer: object, where: str) -> FairwayError:
    """Return the error of an answer without success: the query's, Prometheus' own, or a stranger's.

    Source: Prometheus, web/api/v1, errorType ``bad_data`` for what cannot be parsed.
    """
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not error:
        return FairwayError(f"{where}: not an answer of Prometheus", "check the address")
    if answer.get("errorType") == "bad_data":
        return UsageError(f"{where}: Prometheus refuses it: {error}", "correct the query")
    return FairwayError(f"{where}: Prometheus fails: {error}", "try again later")


def _units(text: object, where: str) -> int:
    try:
        value = float(str(text))
    except ValueError:
        value = -1.0
    if not 0.0 <= value < 1e15:
        raise UsageError(f"{where}: {text} is not a number of units")
    return round(value)
