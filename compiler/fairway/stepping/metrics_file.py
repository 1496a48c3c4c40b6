"""The file of readings: what was measured, of which release, at which step, over which time.

``readings`` holds numbers by the gate's name; ``answers`` what Prometheus answered, by the query.
One of them is enough. The head is what ``--questions`` prints, with ``from`` and ``to`` added:

    {"metricsVersion": 1, "deployment": "fraud-detector", "environment": "production",
     "stable": "3.1.0", "candidate": "3.2.0", "step": 1, "release": "sha256:…",
     "from": "2026-11-01T09:00:00Z", "to": "2026-11-01T09:30:00Z",
     "readings": {"error-ratio-max-1": {"value": 0.002, "requests": 4210}},
     "answers": {"sum(rate(…))": {"status": "success", "data": {…}}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import nan
from pathlib import Path

from fairway.errors import FairwayError, UsageError
from fairway.evidence.dates import parse_time
from fairway.plan.release import Canary
from fairway.plan.verdict import Reading
from fairway.source.given_json import given_json
from fairway.spec.nearest import listed, nearest
from fairway.stepping.answer import QUERY, sample_of
from fairway.stepping.measured import About, Taken, reading, readings_of
from fairway.stepping.possible import EXTRAPOLATED, impossible

_HEAD = ("metricsVersion", *About._fields, "from", "to")
_KEYS = (*_HEAD, "readings", "answers", "queries", "window", "source")
_SLACK = 60.0
_FIX = "begin with what --questions prints, and measure again"
_POSSIBLE = "write ratios from 0 to 1, times in seconds, and null for what was not measured"


def read_metrics(path: Path, what: About, canary: Canary) -> Taken:
    """Return the readings in a file. Raises ``UsageError`` for one that is of something else."""
    value = _load(path)
    for key in value:
        if key not in _KEYS:
            close = nearest(key, _KEYS)
            raise UsageError(
                f"{path}: unknown key {key!r}", f"did you mean {close}?" if close else ""
            )
    for key in _HEAD:
        if key not in value:
            raise UsageError(f"{path}: {key!r} is missing", _FIX)
    if value["metricsVersion"] != 1 or type(value["metricsVersion"]) is not int:
        raise UsageError(f"{path}: metricsVersion {value['metricsVersion']!r} is not 1", _FIX)
    _check_subject(path, value, what)
    start, end = _time(path, value, "from"), _time(path, value, "to")
    if start >= end:
        raise UsageError(f"{path}: `from` is not before `to`", _FIX)
    readings = {**_answered(path, value, canary, end), **_given(path, value, canary)}
    if not readings:
        raise UsageError(f"{path}: neither `readings` nor `answers`", _FIX)
    return Taken(readings, start, end, str(value.get("source") or path))


def _load(path: Path) -> dict[str, object]:
    try:
        value = given_json(path.read_bytes(), str(path), _FIX)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    if not isinstance(value, dict):
        raise UsageError(f"{path}: expected a JSON object", _FIX)
    return value


def _check_subject(path: Path, value: Mapping[str, object], what: About) -> None:
    for key, expected in what._asdict().items():
        found = value[key]
        if found == expected and type(found) is type(expected):
            continue
        if key == "release":
            message = f"{path}: measured for another release: its gates, steps or versions changed"
            raise UsageError(f"{message} since ({found}, now {expected})", _FIX)
        raise UsageError(f"{path}: measured for {key} {found}, and this is {expected}", _FIX)


def _time(path: Path, value: Mapping[str, object], key: str) -> datetime:
    found = parse_time(value[key])
    if found is None:
        message = f"{path}: `{key}` is not a time with a zone: {str(value[key])[:60]!r}"
        raise UsageError(message, "write RFC 3339, such as 2026-11-01T09:00:00Z")
    return found


def _given(path: Path, value: Mapping[str, object], canary: Canary) -> dict[str, Reading]:
    given = value.get("readings", {})
    if not isinstance(given, dict):
        raise UsageError(f"{path}: `readings` is not a map of gates", _FIX)
    gates = {gate.name: gate for gate in canary.gates}
    found = {}
    for name, each in given.items():
        at = f"{path}: readings.{name}"
        if name not in gates:
            raise UsageError(f"{at}: there is no such gate; there are {listed(gates)}", _FIX)
        if not isinstance(each, dict) or "value" not in each or "requests" not in each:
            raise UsageError(f"{at}: expected `value` and `requests`", _FIX)
        for key in each:
            if key not in Reading._fields:
                raise UsageError(f"{at}: unknown key {key!r}", f"write {listed(Reading._fields)}")
        numbers = [_number(each.get(key), f"{at}.{key}") for key in Reading._fields]
        found[name] = reading(*numbers)
        wrong = impossible(gates[name], found[name])
        if wrong:
            raise UsageError(f"{at}: {wrong}", _POSSIBLE)
        if not found[name].requests.is_integer():
            raise UsageError(f"{at}: requests {each['requests']} is no whole number", "round it")
    return found


def _number(value: object, at: str) -> float:
    if value is None:
        return nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise UsageError(f"{at}: expected a number, or null where nothing was measured", _FIX)


def _answered(
    path: Path, value: Mapping[str, object], canary: Canary, end: datetime
) -> dict[str, Reading]:
    answers = value.get("answers")
    if answers is None:
        return {}
    if not isinstance(answers, dict):
        raise UsageError(f"{path}: `answers` is not a map of queries", _FIX)

    def number(query: str) -> float:
        if query not in answers:
            raise UsageError(f"{path}: no answer for the query {query}", _FIX)
        try:
            sample = sample_of(answers[query], f"{path}: {query}")
        except FairwayError as error:
            raise UsageError(error.message, error.fix) from None
        if sample.time is not None and abs(sample.time - end.timestamp()) > _SLACK:
            message = f"{path}: {query}: answered for another time than `to`"
            raise UsageError(message, "ask with `time` set to `to`")
        return sample.value

    found = readings_of(canary, number)
    for gate in canary.gates:
        wrong = impossible(gate, found[gate.name], EXTRAPOLATED)
        if wrong:
            raise UsageError(f"{path}: the answers for {gate.name}: {wrong}", QUERY)
    return found
