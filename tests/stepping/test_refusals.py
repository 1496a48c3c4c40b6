"""Evidence that a move is refused for: exactly that, with nothing written."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from stepping.setting import FORCE, GOOD, SPEC, Repository, at, begun, untouched


def readings(name: str, **values: Any) -> dict[str, Any]:
    return {**GOOD, name: {**GOOD[name], **values}}


MEASURED = {
    "an error ratio above its bound": (
        readings("error-ratio-max-1", value=0.0312),
        "gate error-ratio-max-1: error-ratio is 3.12% of 4,210 requests; the bound is max 1%",
    ),
    "a latency above its bound": (
        readings("latency-p95-max-2", value=0.2501),
        "gate latency-p95-max-2: latency-p95 is 250.1ms of 4,210 requests; the bound is max 200ms",
    ),
    "worse than stable": (
        readings("error-ratio-within-3", value=0.009, reference=0.003),
        "gate error-ratio-within-3: error-ratio is 0.9% of 4,210 requests; the bound is within"
        " 0.5pp of stable (0.8%)",
    ),
    "too few requests": (
        readings("latency-p95-max-2", requests=2999),
        "gate latency-p95-max-2 (latency-p95 max 200ms) says nothing: 2999 requests; fewer than"
        " 3000 say nothing",
    ),
    "nothing measured": (
        readings("error-ratio-max-1", value=None),
        "gate error-ratio-max-1 (error-ratio max 1%) says nothing: no error-ratio of the candidate",
    ),
    "requests that nobody counted": (
        readings("error-ratio-max-1", requests=None),
        "gate error-ratio-max-1 (error-ratio max 1%) says nothing: 0 requests; fewer than 3000",
    ),
    "no reference": (
        readings("error-ratio-within-3", reference=None),
        "says nothing: no error-ratio of the stable version",
    ),
    "a gate without a reading": (
        {name: GOOD[name] for name in list(GOOD)[:2]},
        "gate error-ratio-within-3 (error-ratio within 0.5pp of stable) says nothing: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MEASURED)
def test_a_gate_that_does_not_pass(name: str, repository: Repository) -> None:
    given, said = MEASURED[name]
    begun(repository)
    metrics = repository.measured(at(minutes=40), given)
    asked = ("advance", SPEC, "--metrics", metrics)
    refused = repository.move(*asked, time=at(minutes=41))
    assert refused.code == 1
    assert said in refused.out
    assert refused.out.count("refused: ") == 1
    assert untouched(repository)
    # What was measured anyway can be overridden, and the commit says so.
    forced = repository.move(*asked, *FORCE, "--commit", time=at(minutes=41))
    assert forced.code == 0, forced.out
    message = repository.git("log", "-1", "--format=%B")
    assert said in message
    assert "Because: the traffic of the night proves nothing" in message
    assert "Fairway-Forced: the traffic of the night proves nothing" in message


class Late(NamedTuple):
    """When readings end and when they are looked at, after the commit of the step, in minutes."""

    end: float
    now: float
    said: str


@pytest.mark.parametrize(
    "late",
    [
        Late(29, 41, "before the step did"),
        Late(40, 71, "is 31m old, and the gates look back 30m"),
        Late(50, 41, "which is to come"),
        Late(30, 29.5, "step 1 (5%) is held for 30m, and has been for 29m 30s"),
    ],
)
def test_readings_of_another_time(late: Late, repository: Repository) -> None:
    begun(repository)
    metrics = repository.measured(at(minutes=late.end))
    refused = repository.move("advance", SPEC, "--metrics", metrics, time=at(minutes=late.now))
    assert refused.code == 1
    assert late.said in refused.out
    assert refused.out.count("refused: ") == 1
    assert untouched(repository)


def test_a_gate_that_the_file_leaves_out(repository: Repository) -> None:
    begun(repository)
    metrics = repository.measured(at(minutes=40), {name: GOOD[name] for name in list(GOOD)[:2]})
    refused = repository.move("advance", SPEC, "--metrics", metrics, time=at(minutes=41))
    assert refused.code == 1
    assert f"says nothing: {metrics} has no reading of it" in refused.out
    assert "fix: measure it too: --questions prints its queries" in refused.out
    assert "wait for more traffic" not in refused.out


@pytest.mark.parametrize(("minute", "code"), [(10, 0), (11, 0), (12, 1), (39, 1)])
def test_a_measurement_shorter_than_the_window(
    minute: int, code: int, repository: Repository
) -> None:
    """One interval (a minute) may be missing of the window's half hour."""
    begun(repository)
    metrics = repository.measured(at(minutes=40), **{"from": at(minutes=minute)})
    done = repository.move("advance", SPEC, "--metrics", metrics, time=at(minutes=41))
    assert done.code == code, done.out
    said = f"covers {40 - minute}m, and the gates look back 30m"
    assert (said in done.out) == bool(code)


def test_a_window_longer_than_the_hold(repository: Repository) -> None:
    text = repository.step(1)
    repository.commit(text.replace("minRequests", "window: 2h\n      minRequests"))
    metrics = repository.measured(at(hours=1))
    refused = repository.move("advance", SPEC, "--metrics", metrics, time=at(hours=1))
    said = "is held for 2h (hold 30m, and the gates' window is 2h), and has been for 1h"
    assert said in refused.out
    taken = {"from": at(), "to": at(hours=2)}
    metrics = repository.measured(at(hours=2), **taken)
    done = repository.move("advance", SPEC, "--metrics", metrics, time=at(hours=2))
    assert done.code == 0, done.out
    assert "next: fairway compile, and apply what it renders; hold it for 2h, then" in done.out


def test_readings_at_the_ends_of_what_counts(repository: Repository) -> None:
    begun(repository)
    metrics = repository.measured(at(minutes=30))
    for now in (30, 60):
        done = repository.move("advance", SPEC, "--metrics", metrics, time=at(minutes=now))
        assert done.code == 0, done.out
        repository.git("checkout", "-q", ".")


HEADS = {
    "another step": ({"step": 2}, "measured for step 2, and this is 1"),
    "another environment": (
        {"environment": "staging"},
        "measured for environment staging, and this is production",
    ),
    "another version": ({"candidate": "1.2.0"}, "measured for candidate 1.2.0, and this is 1.1.0"),
    "another deployment": ({"deployment": "fraud"}, "measured for deployment fraud"),
    "a step that is no number": ({"step": True}, "measured for step True"),
    "another release": ({"release": f"sha256:{'0' * 64}"}, "measured for another release"),
    "a newer form": ({"metricsVersion": 2}, "metricsVersion 2 is not 1"),
    "a time without a zone": ({"to": "2026-11-01T09:40:00"}, "`to` is not a time with a zone"),
    "a time that runs back": ({"from": at(minutes=41)}, "`from` is not before `to`"),
    "a key that is misspelt": ({"reading": {}}, "unknown key 'reading'"),
    "a gate that is not there": ({"readings": {"errors": {}}}, "there is no such gate"),
    "a reading without requests": (
        {"readings": {"latency-p95-max-2": {"value": 1}}},
        "expected `value` and `requests`",
    ),
    "a number that is none": (
        {"readings": readings("latency-p95-max-2", value="0.1")},
        "readings.latency-p95-max-2.value: expected a number",
    ),
    "a negative ratio": (
        {"readings": readings("error-ratio-max-1", value=-1)},
        "metrics.json: readings.error-ratio-max-1: value -1 cannot be: error-ratio is a ratio",
    ),
    "a ratio in percent": (
        {"readings": readings("error-ratio-within-3", reference=1.5)},
        "readings.error-ratio-within-3: reference 1.5 cannot be: error-ratio is a ratio",
    ),
    "a negative latency": (
        {"readings": readings("latency-p95-max-2", value=-0.1)},
        "value -0.1 cannot be: latency-p95 is a time in seconds, from 0 on",
    ),
    "an infinite latency": (
        {"readings": readings("latency-p95-max-2", value=1e999)},
        "value inf cannot be: latency-p95 is a time in seconds, from 0 on",
    ),
    "a negative count": (
        {"readings": readings("latency-p95-max-2", requests=-5000)},
        "requests -5000 is no count, which is from 0 on",
    ),
    "half a request": (
        {"readings": readings("latency-p95-max-2", requests=4210.5)},
        "requests 4210.5 is no whole number",
    ),
    "nothing": ({"readings": {}}, "neither `readings` nor `answers`"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_a_file_that_is_of_something_else(name: str, repository: Repository) -> None:
    change, said = HEADS[name]
    begun(repository)
    metrics = repository.measured(at(minutes=40), **change)
    refused = repository.move("advance", SPEC, "--metrics", metrics, *FORCE, time=at(minutes=41))
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert untouched(repository)


TEXTS = {
    "a comma too many": (b'{\n "a": 1,\n}', ":3:1: not JSON: a key in double quotes is"),
    "a key twice": (b'{"a": 1, "a": 2}', ": not JSON: a key is given twice"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), ": not UTF-8 text"),
}  # fmt: skip


@pytest.mark.parametrize("option", ["--metrics", "--analysis"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_file_that_is_no_json(name: str, option: str, repository: Repository) -> None:
    given, said = TEXTS[name]
    begun(repository, step=3)
    path = repository.root.parent / "given.json"
    path.write_bytes(given)
    refused = repository.move("promote", SPEC, option, str(path), time=at(hours=2))
    assert (refused.code, refused.out) == (2, "")
    assert f"error: {path}{said}" in refused.err
    assert "\n  fix: " in refused.err


def test_a_gate_that_changed_makes_readings_those_of_another_release(
    repository: Repository,
) -> None:
    begun(repository)
    metrics = repository.measured(at(minutes=40))
    text = repository.spec.read_text("utf-8")
    repository.commit(text.replace("max: 1%", "max: 2%"), at(minutes=41))
    refused = repository.move("advance", SPEC, "--metrics", metrics, time=at(minutes=42))
    assert refused.code == 2
    assert "measured for another release: its gates, steps or versions changed" in refused.err
