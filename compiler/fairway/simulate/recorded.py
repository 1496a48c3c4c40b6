"""Recorded traffic: range queries of Prometheus, as its HTTP API answers them.

A file holds the answer of ``/api/v1/query_range``: ``{"status": "success", "data": {"resultType":
"matrix", "result": [{"metric": {LABELS}, "values": [[TIME, "VALUE"], …]}]}}``. Its first moment
is the release's begin. A series is of one version when its label ``role`` is ``stable`` or
``candidate``, or its label ``version`` names one; otherwise it is of both. Rates are added up.
Source: Prometheus HTTP API, range queries and range vectors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeAlias

from fairway.errors import FairwayError, UsageError
from fairway.simulate.conditions import Lognormal
from fairway.simulate.curve import Curve, repeated
from fairway.spec.nearest import listed

RATE, ERRORS, P50, P95 = "request-rate", "error-ratio", "latency-p50", "latency-p95"
NAMES = (RATE, ERRORS, P50, P95)
_MOST_BYTES = 64 << 20
_ROLES = ("stable", "candidate")
_BOTH = ""

Points: TypeAlias = tuple[tuple[float, float], ...]


class Series(NamedTuple):
    """What one version did, or both (``role`` is empty); points of time and value, by time."""

    role: str
    points: Points


class Recording(NamedTuple):
    """What was recorded: of each kind what there is; that of one version is before that of both.

    ``notes`` say how it was read.
    """

    rate: tuple[Curve, ...] = ()
    errors: tuple[tuple[str, Curve], ...] = ()
    latency: tuple[tuple[str, Lognormal], ...] = ()
    notes: tuple[str, ...] = ()


def read_recording(texts: tuple[str, ...], versions: tuple[str, str], until: float) -> Recording:
    """Read the files of ``--recorded``, each ``NAME=FILE``, or a rate's ``FILE``.

    ``versions`` are the stable one and the candidate; what is shorter than ``until`` seconds is
    repeated. Raises ``UsageError`` for what is no answer to a range query.
    """
    found: dict[str, tuple[Series, ...]] = {}
    notes = []
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or name not in NAMES:
            name, path = RATE, text
        if name in found:
            raise UsageError(f"--recorded: {name} is given twice", "add the series up in one query")
        found[name] = _read(path, versions)
        _check_single(name, found[name], path)
        length = max(series.points[-1][0] for series in found[name])
        notes.append(f"{name} of {path}: {length / 60:.0f} min, then again from the start")
    return Recording(
        rate=_added(found[RATE], until) if RATE in found else (),
        errors=tuple(_curves(found.get(ERRORS, ()), until)),
        latency=_laws(found.get(P50, ()), found.get(P95, ())),
        notes=tuple(notes),
    )


def _added(series: tuple[Series, ...], until: float) -> tuple[Curve, ...]:
    total: dict[float, float] = {}
    for each in series:
        for time, value in each.points:
            total[time] = total.get(time, 0.0) + value
    return (repeated(tuple(sorted(total.items())), until),)


def _curves(series: Iterable[Series], until: float) -> Iterable[tuple[str, Curve]]:
    for each in series:
        if any(value > 1.0 for _, value in each.points):
            message = f"--recorded {ERRORS}: a ratio is from 0 to 1"
            raise UsageError(message, "divide the errors by all requests in the query")
        yield each.role, repeated(each.points, until)


def _laws(medians: Iterable[Series], highs: Iterable[Series]) -> tuple[tuple[str, Lognormal], ...]:
    p50s = {each.role: median(value for _, value in each.points) for each in medians}
    p95s = {each.role: median(value for _, value in each.points) for each in highs}
    if set(p50s) != set(p95s):
        raise UsageError(f"--recorded: {P50} and {P95} belong together, for the same versions")
    return tuple(
        (role, Lognormal(p50, max(p50, p95s[role]))) for role, p50 in p50s.items() if p50 > 0
    )


# -- one file --------------------------------------------------------------------------------


def _read(path: str, versions: tuple[str, str]) -> tuple[Series, ...]:
    answer = _json(path)
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or answer.get("status") != "success":
        error = answer.get("error") if isinstance(answer, dict) else None
        reason = f"Prometheus refused the query: {error}" if error else "not Prometheus' answer"
        raise UsageError(f"{path}: {reason}", "save the answer of /api/v1/query_range")
    kind = data.get("resultType") if isinstance(data, dict) else None
    result = data.get("result") if isinstance(data, dict) else None
    if kind != "matrix" or not isinstance(result, list):
        message = f"{path}: the answer is a {kind}, not a matrix"
        raise UsageError(message, "ask /api/v1/query_range with start, end and step")
    try:
        series = [_series(each, versions) for each in result]
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        raise UsageError(f"{path}: a series without metric and values") from None
    there = [each for each in series if each.points]
    if not there:
        raise UsageError(f"{path}: no series has a value", "check the query's times and labels")
    return _from_start(there)


def _json(path: str) -> object:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise FairwayError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{path}: larger than 64 MiB", "ask with a longer step")
    try:
        answer: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not JSON: {error}") from None
    return answer


def _series(each: dict[str, object], versions: tuple[str, str]) -> Series:
    labels, values = each["metric"], each["values"]
    if not isinstance(labels, dict) or not isinstance(values, list):
        raise TypeError
    role = str(labels.get("role", _BOTH))
    if role not in _ROLES:
        named = dict(zip(versions, _ROLES, strict=True))
        role = named.get(str(labels.get("version", "")), _BOTH)
    points = ((float(time), float(value)) for time, value in values)
    # Where a division had nothing to divide by, Prometheus says NaN.
    return Series(role, tuple(sorted((t, v) for t, v in points if isfinite(v) and v >= 0)))


def _from_start(series: list[Series]) -> tuple[Series, ...]:
    start = min(each.points[0][0] for each in series)
    moved = [
        Series(each.role, tuple((time - start, value) for time, value in each.points))
        for each in series
    ]
    return tuple(sorted(moved, key=lambda each: (each.role == _BOTH, each.role)))


def _check_single(name: str, series: tuple[Series, ...], path: str) -> None:
    """Raise ``UsageError`` when a version has two series of something that cannot be added."""
    roles = [each.role for each in series]
    twice = sorted({role or "both versions" for role in roles if roles.count(role) > 1})
    if name != RATE and twice:
        message = f"{path}: more than one series of {name} for {listed(twice)}"
        raise UsageError(message, "aggregate in the query: sum by (version) (…)")
