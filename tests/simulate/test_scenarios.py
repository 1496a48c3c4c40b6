"""Scenarios: what is wrong with a file or a flag is said at its place; what is right holds."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest
from simulate.releases import CANARY, OBJECTIVES, write_release

from fairway.errors import UsageError
from fairway.simulate.assume import Given, conditions_of
from fairway.simulate.conditions import Fault, Lognormal, Outage
from fairway.simulate.scenario import (
    empty_scenario,
    parse_faults,
    parse_rate,
    parse_seconds,
    read_scenario,
)
from fairway.simulate.subject import Subject, find_subject

HEAD = "apiVersion: fairway.dev/v1\nkind: Scenario\n"
FULL = (
    HEAD
    + """\
traffic:
  rate: 20/s
  changes: [{at: 1h, rate: 60/s, over: 30m}]
  users: 3600/h
stable: {errors: 0.1%, latency: {p50: 20ms, p95: 60ms}}
candidate:
  errors: 0.2%
  latency: {p50: 25ms, p95: 70ms}
  faults:
    - {errors: 30%, from: 10m, until: 40m, over: 5m}
    - {slower: 200ms}
  disagreement: 3%
  outcomes: {conversion: 5.4%}
outages: [{from: 12m, until: 20m}]
reaction: 10m
podStart: 45s
duration: 6h
"""
)


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    return find_subject(str(write_release(tmp_path, CANARY)), None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("traffic: {rate: 40}", [("3:17", "`traffic.rate`: 40 has no unit")]),
        ("trafic: {rate: 40/s}", [("3:1", "unknown key `trafic`")]),
        (
            "candidate: {faults: [{errors: 30%, form: 10m}]}",
            [("3:36", "unknown key `form` in `candidate.faults[0]`")],
        ),
        (
            "candidate:\n  faults:\n    - {errors: 130%}",
            [("5:16", "`candidate.faults[0].errors`: 130% is more than 100%")],
        ),
        (
            "stable: {latency: {p50: 60ms, p95: 20ms}}",
            [("3:36", "p95 (20ms) is less than p50 (60ms)")],
        ),
        (
            "candidate: {faults: [{errors: 1%, from: 10m, until: 5m}]}",
            [("3:53", "it is over before it begins")],
        ),
        ("candidate: {faults: [{from: 10m}]}", [("3:22", "this fault changes nothing")]),
        ("outages: [{from: 2m, until: 2m}]", [("3:29", "it is over before it begins")]),
        ("outages: [{from: 2m}]", [("3:11", "required key `until` is missing")]),
        (
            "traffic: {changes: [{at: 2h, rate: 1/s}, {at: 1h, rate: 1/s}]}",
            [("3:47", "this change is before the one above it")],
        ),
        (
            "duration: 6\nreaction: 7",
            [("3:11", "`duration`: 6 has no unit"), ("4:11", "`reaction`: 7 has no unit")],
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(tmp_path, text, found):
    file = tmp_path / "scenario.yaml"
    file.write_text(HEAD + text + "\n")
    read = read_scenario(str(file))
    assert read.scenario is None
    said = []
    for finding in read.findings:
        span = read.documents[finding.at.file].span(finding.at)
        said.append((f"{span.line}:{span.column}", finding.message))
    assert len(said) == len(found)
    for (place, message), (wanted, words) in zip(sorted(said), sorted(found), strict=True):
        assert place == wanted
        assert message.startswith(words)


@pytest.mark.parametrize("text", ["", "[]", "- a: b", "a: [", "kind: Scenario"])
def test_what_is_no_scenario_has_findings(tmp_path, text):
    file = tmp_path / "scenario.yaml"
    file.write_text(text)
    read = read_scenario(str(file))
    assert read.scenario is None
    assert read.findings


def test_a_missing_file_is_a_finding(tmp_path):
    (finding,) = read_scenario(str(tmp_path / "none.yaml")).findings
    assert "does not exist" in finding.message


def test_json_is_read_too(tmp_path):
    file = tmp_path / "scenario.json"
    file.write_text('{"apiVersion": "fairway.dev/v1", "kind": "Scenario", "duration": "2h"}')
    scenario = read_scenario(str(file)).scenario
    assert scenario is not None
    assert scenario.duration is not None
    assert scenario.duration.seconds == 7200


def test_everything_that_is_said_is_taken(tmp_path, subject):
    file = tmp_path / "scenario.yaml"
    file.write_text(FULL)
    scenario = read_scenario(str(file)).scenario
    assert scenario is not None
    made = conditions_of(subject, Given(scenario))
    assert made.rate.means(1800, 4) == pytest.approx([20, 20, 40, 60])
    assert made.users[0].pieces[0].first == 1.0
    assert made.stable.latency == (Lognormal(0.02, 0.06),)
    assert made.candidate.latency == (Lognormal(0.025, 0.07),)
    assert made.stable.errors.means(60, 1) == [0.001]
    assert made.candidate.errors.means(60, 1) == [0.002]
    assert made.candidate.faults == (
        Fault(600.0, 2400.0, 300.0, 0.3, 0.0),
        Fault(0.0, inf, 0.0, 0.0, 0.2),
    )
    assert made.outages == (Outage(720.0, 1200.0),)
    assert (made.reaction, made.pod_start, made.duration) == (600.0, 45.0, 21_600.0)
    assert (made.disagreement, made.outcomes) == (0.03, (("conversion", 0.054),))
    assert made.timeout == 2.0


def test_what_is_not_said_is_taken_from_the_plan(subject):
    made = conditions_of(subject, Given(empty_scenario()))
    assert made.rate.means(60, 1) == [40.0]
    assert made.candidate == made.stable
    assert made.stable.errors.means(60, 1) == [0.0]
    peak = conditions_of(subject, Given(empty_scenario(), at_peak=True))
    assert peak.rate.means(60, 1) == [120.0]
    said = conditions_of(subject, Given(empty_scenario(), rate=7.0, reaction=5.0, duration=9.0))
    assert (said.rate.means(60, 1), said.reaction, said.duration) == ([7.0], 5.0, 9.0)


def test_one_versions_latency_is_the_others_where_nobody_knows_it(tmp_path, subject):
    file = tmp_path / "scenario.yaml"
    file.write_text(HEAD + "stable: {latency: {p50: 20ms, p95: 60ms}}\n")
    scenario = read_scenario(str(file)).scenario
    assert scenario is not None
    made = conditions_of(subject, Given(scenario))
    assert made.candidate.latency == made.stable.latency == (Lognormal(0.02, 0.06),)


def test_without_traffic_there_is_nothing_to_simulate(tmp_path):
    spec = write_release(tmp_path, CANARY, traffic="")
    with pytest.raises(UsageError, match="nothing says how much traffic"):
        conditions_of(find_subject(str(spec), None), Given(empty_scenario()))


def test_a_day_swings(tmp_path, subject):
    file = tmp_path / "scenario.yaml"
    file.write_text(HEAD + "traffic: {rate: 100/s, daily: {swing: 50%, peak: 6h}}\n")
    scenario = read_scenario(str(file)).scenario
    assert scenario is not None
    hours = conditions_of(subject, Given(scenario)).rate.means(3600, 48)
    assert max(hours) == pytest.approx(150, rel=0.01)
    assert min(hours) == pytest.approx(50, rel=0.02)
    assert hours[:24] == pytest.approx(hours[24:], rel=0.01)


# -- flags ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("errors=10%", (0.0, None, 0.0, 0.1, None)),
        ("errors=30% from 10m", (600.0, None, 0.0, 0.3, None)),
        ("errors=0.5% until 40m from 10m over 5m", (600.0, 2400.0, 300.0, 0.005, None)),
        ("latency=+200ms", (0.0, None, 0.0, None, 0.2)),
        ("latency=+1s from 1h30m", (5400.0, None, 0.0, None, 1.0)),
        ("planned", (0.0, None, 0.0, 0.25, None)),
        ("planned from 5m", (300.0, None, 0.0, 0.25, None)),
    ],
)
def test_a_fault_in_few_words(text, made):
    (found,) = parse_faults((text,), 0.25)
    until = found.until.seconds if found.until is not None else None
    errors = found.errors.ratio if found.errors is not None else None
    slower = found.slower.seconds if found.slower is not None else None
    assert (found.from_.seconds, until, found.over.seconds, errors, slower) == made


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("errors", "is not a fault"),
        ("errors=10", "10 has no unit|`10`"),
        ("errors=110%", "more than 100%"),
        ("errors=10% from", "is not a fault"),
        ("errors=10% at 10m", "is not a fault"),
        ("errors=10% from soon", "duration|30s"),
        ("errors=10% from 10m until 5m", "over before it begins"),
        ("latency=200ms", "begins with [+]"),
        ("latency=+fast", "30s"),
        ("memory=1Gi", "is not a fault"),
    ],
)
def test_what_is_no_fault_is_refused(text, words):
    with pytest.raises(UsageError, match=words):
        parse_faults((text,), 0.25)


def test_only_canaries_have_a_planned_fault():
    with pytest.raises(UsageError, match="only a canary's plan"):
        parse_faults(("planned",), 0.0)


def test_rates_and_times():
    assert parse_rate("600/m") == 10.0
    assert parse_seconds("1h30m", "--reaction") == 5400.0
    with pytest.raises(UsageError, match="--traffic"):
        parse_rate("600")
    with pytest.raises(UsageError, match="--reaction"):
        parse_seconds("600", "--reaction")


# -- subjects ------------------------------------------------------------------------------------


def test_a_subject_has_its_objectives(subject):
    assert [(o.name, o.budget, o.threshold) for o in subject.objectives] == [
        ("availability", pytest.approx(0.001), 0.0), ("latency", pytest.approx(0.01), 0.25),
    ]  # fmt: skip
    assert subject.paged
    assert (subject.stable, subject.candidate) == ("1.0.0", "1.1.0")


def test_a_rolling_release_tries_its_stable_version(tmp_path):
    strategy = " {rolling: {}}\n"
    spec = write_release(tmp_path, strategy, candidate="", objectives="")
    found = find_subject(str(spec), None)
    assert (found.stable, found.candidate) == ("", "1.0.0")
    assert not found.paged


@pytest.mark.parametrize(
    ("environment", "words"), [("nowhere", "the spec has"), ("production", "has no candidate")]
)
def test_what_cannot_be_simulated(tmp_path, environment, words):
    spec = write_release(tmp_path, "\n    blueGreen: {active: stable}\n", candidate="")
    with pytest.raises(UsageError, match=words):
        find_subject(str(spec), environment)


def test_a_spec_with_errors_is_refused(tmp_path):
    spec = write_release(tmp_path, CANARY, objectives=OBJECTIVES.replace("99.9%", "999%"))
    with pytest.raises(UsageError, match=r"has [0-9]+ error"):
        find_subject(str(spec), None)
