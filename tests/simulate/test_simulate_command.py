"""``fairway simulate``: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli.command import python
from simulate.releases import CANARY, write_release

FAULT = ("--fault", "errors=10%")


def test_the_verdict_is_the_first_line(run, project):
    done = run("simulate", str(project), *FAULT)
    assert done.code == 0
    first, blank, about, *_ = done.out.splitlines()
    assert re.fullmatch(
        r"abort in 100 % of 1,000 runs, after [0-9]+ min \(median\), [0-9]+ bad answers"
        r" \(p90 [0-9]+\)",
        first,
    )
    assert blank == ""
    assert about == "churn in production: canary of 1.1.0 beside 1.0.0"
    assert done.err == ""


def test_the_same_seed_prints_the_same_bytes(run, project):
    arguments = ("simulate", str(project), *FAULT, "--runs", "200", "--format", "json")
    one, same = run(*arguments), run(*arguments)
    other = run(*arguments, "--seed", "1")
    assert one.out == same.out != other.out
    found, changed = json.loads(one.out), json.loads(other.out)
    assert found["seed"] == 20_260_101
    assert changed["seed"] == 1


def test_json_has_every_number(run, project):
    done = run("simulate", str(project), *FAULT, "--format", "json", "--runs", "100")
    found = json.loads(done.out)
    assert found["simulationVersion"] == 1
    assert found["verdict"].startswith("abort in 100 % of 100 runs")
    assert {"name": "churn", "environment": "production", "strategy": "canary"}.items() <= (
        found.items()
    )
    assert found["endings"][0]["outcome"] == "abort"
    assert sum(each["probability"] for each in found["endings"]) == pytest.approx(1)
    # The median of no runs is not a number, and JSON has none.
    promote = next(each for each in found["endings"] if each["outcome"] == "promote")
    assert promote["seconds"]["median"] is None
    assert found["faults"][0]["end"] is None
    assert found["minutes"][0]["watches"][0]["unknown"] == 1.0
    assert "Infinity" not in done.out
    assert "NaN" not in done.out


def test_text_and_json_agree(run, project):
    arguments = ("simulate", str(project), *FAULT, "--runs", "100")
    text = run(*arguments).out
    found = json.loads(run(*arguments, "--format", "json").out)
    assert found["verdict"] == text.splitlines()[0]
    abort = found["endings"][0]
    row = next(line for line in text.splitlines() if line.startswith("abort  "))
    assert f"{abort['bad']['median']:,.0f}" in row
    for minute in found["minutes"][:2]:
        assert f"{minute['requests']:,.0f}" in text


@pytest.mark.parametrize(
    ("fault", "expect", "code"),
    [
        ("errors=10%", "abort", 0), ("errors=10%", "promote", 1), ("planned", "abort", 0),
        ("errors=0%", "promote", 0), ("errors=0.2%", "abort", 1),
    ],
)  # fmt: skip
def test_what_is_expected_decides_the_exit_code(run, project, fault, expect, code):
    done = run("simulate", str(project), "--fault", fault, "--expect", expect, "--at-least", "99%")
    assert done.code == code
    if code:
        assert re.fullmatch(
            rf"expected: {expect} in at least 99 % of the runs; it is [0-9.]+ %\n", done.err
        )


def test_the_page_is_written_whole_and_said(run, project):
    done = run("simulate", str(project), *FAULT, "--runs", "50", "--html", "out/page.html")
    assert done.code == 0
    assert done.err == "written: out/page.html\n"
    assert Path("out/page.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in Path("out").iterdir()] == ["page.html"]


def test_a_scenario_is_read(run, project):
    Path("s.yaml").write_text(
        "apiVersion: fairway.dev/v1\nkind: Scenario\n"
        "traffic: {rate: 80/s}\ncandidate: {faults: [{errors: 30%, from: 10m}]}\n"
        "outages: [{from: 10m, until: 20m}]\n"
    )
    done = run("simulate", str(project), "--scenario", "s.yaml", "--runs", "50")
    assert done.code == 0
    assert "  fault: 30 % errors from 10 min\n" in done.out
    assert "  no metrics from 10 min to 20 min\n" in done.out
    assert "after 20 min (median)" in done.out


def test_a_fault_in_a_scenario_is_shown_with_its_line(run, project):
    Path("s.yaml").write_text("apiVersion: fairway.dev/v1\nkind: Scenario\ntraffic: {rate: 80}\n")
    done = run("simulate", str(project), "--scenario", "s.yaml")
    assert done.code == 2
    assert done.out == ""
    assert "s.yaml:3:17" in done.err
    assert "80 has no unit" in done.err
    assert "error: s.yaml is no scenario" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--fault", "errors=10"), '--fault "errors=10"'),
        (("--traffic", "many"), "--traffic"),
        (("--traffic", "4/s", "--at-peak"), "exclude each other"),
        (("--at-peak", "--recorded", "rate.json"), "exclude each other"),
        (("--env", "moon"), "--env moon: the spec has"),
        (("--step", "4"), "the canary has 3 steps"),
        (("--at-least", "half", "--expect", "abort"), "--at-least"),
        (("--at-least", "99%"), "--at-least: of what is not said"),
        (("--runs", "1"), "--runs"),
        (("--reaction", "5"), "--reaction"),
        (("--recorded", "none.json"), "none.json: cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(run, project, arguments, words):
    done = run("simulate", str(project), *arguments)
    assert done.code in (2, 3)
    assert done.out == ""
    assert words in done.err


def test_recorded_traffic_is_the_traffic(run, project):
    values = [[1_700_000_000 + 60 * n, "80"] for n in range(30)]
    answer = {
        "status": "success",
        "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]},
    }
    Path("rate.json").write_text(json.dumps(answer))
    done = run("simulate", str(project), "--recorded", "rate.json", "--runs", "50")
    assert done.code == 0
    assert "  traffic 80/s\n" in done.out
    assert "  request-rate of rate.json: 29 min, then again from the start\n" in done.out


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("\n    blueGreen: {active: stable}\n", "blue/green switch from 1.0.0 to 1.1.0"),
        ("\n    shadow: {mirror: 10%, compare: {max: 2%}}\n", "mirror of 1.0.0's traffic to 1.1.0"),
        (
            "\n    ab: {split: {by: header, name: x, candidate: [b]}, weight: 50%, metric: m,"
            " baseline: 5%, effect: 0.5pp, duration: 1d}\n",
            "A/B test of 1.1.0 against 1.0.0",
        ),
    ],
)
def test_every_strategy(run, tmp_path, monkeypatch, strategy, words):
    monkeypatch.chdir(tmp_path)
    spec = write_release(tmp_path, strategy)
    done = run(
        "simulate", str(spec), *FAULT, "--runs", "20", "--duration", "8h", "--html", "page.html"
    )
    assert done.code == 0, done.err
    assert words in done.out
    assert words.replace("'", "&#39;") in Path("page.html").read_text("utf-8")
    assert json.loads(run("simulate", str(spec), "--runs", "20", "-f", "json").out)["minutes"]


def test_calls_that_pass_no_router_are_named(run, project):
    text = project.read_text("utf-8")
    project.write_text(text.replace("{gateway: internal}", "{gateway: internal}, {namespace: web}"))
    done = run("simulate", str(project), "--runs", "10")
    assert "note: calls from web pass no router and only reach stable" in done.out


def test_a_rolling_release(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = write_release(tmp_path, " {rolling: {}}\n", candidate="")
    done = run("simulate", str(spec), *FAULT, "--runs", "20")
    assert done.code == 0, done.err
    assert "rolling update to 1.0.0" in done.out
    refused = run("simulate", str(spec), "--fault", "planned")
    assert "only a canary's plan says which fault it must find" in refused.err
    refused = run("simulate", str(spec), "--step", "2")
    assert "only a canary has steps" in refused.err


def test_a_mirror_that_compares_nothing_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = write_release(tmp_path, "\n    shadow: {mirror: 10%}\n")
    done = run("simulate", str(spec))
    assert done.code == 2
    assert "the release compares nothing" in done.err


@pytest.mark.parametrize("turned", [False, True])
def test_the_last_environment_with_a_candidate_is_taken_by_default(
    run, tmp_path, monkeypatch, turned
):
    monkeypatch.chdir(tmp_path)
    lines = ["  staging: {}\n", "  production: {serving: {traffic: {expected: 7/s}}}\n"]
    spec = write_release(tmp_path, CANARY, environments="".join(lines[::-1] if turned else lines))
    assert "traffic 7/s" in run("simulate", str(spec), "--runs", "10").out
    assert "traffic 40/s" in run("simulate", str(spec), "--runs", "10", "--env", "staging").out


def test_an_environment_without_a_candidate_is_passed_over(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rolling = "  production: {release: {candidate: null, strategy: {rolling: {}}}}\n"
    spec = write_release(tmp_path, CANARY, environments=f"  staging: {{}}\n{rolling}")
    assert "churn in staging: canary" in run("simulate", str(spec), "--runs", "10").out
    spec.write_text(spec.read_text("utf-8").replace("staging: {}", rolling.strip().replace(
        "production", "staging")))  # fmt: skip
    assert "churn in production: rolling" in run("simulate", str(spec), "--runs", "10").out


def test_arrays_are_not_imported_by_other_commands(tmp_path):
    code = (
        "import sys\nfrom fairway.cli import cli\n"
        "cli.get_command(None, 'simulate').get_help(__import__('click').Context(cli))\n"
        "print([name for name in ('numpy', 'scipy') if name in sys.modules])"
    )
    assert python(code, folder=tmp_path).out == "[]\n"


def test_the_course_says_which_runs_it_is_of(run, project):
    note = "share, promoted and aborted are of all runs; everything else of those still going\n"
    assert note in run("simulate", str(project), "--runs", "10").out


def test_a_field_of_another_strategy_is_refused_at_its_place(run, project):
    head = "apiVersion: fairway.dev/v1\nkind: Scenario\n"
    for line, place in {
        "candidate: {disagreement: 3%}": "3:27",
        "candidate: {outcomes: {conversion: 5%}}": "3:23",
        "traffic: {users: 3600/h}": "3:18",
        "podStart: 45s": "3:11",
    }.items():
        Path("s.yaml").write_text(f"{head}{line}\n", "utf-8")
        done = run("simulate", str(project), "--scenario", "s.yaml", "--runs", "10")
        assert done.code == 2, line
        assert f"s.yaml:{place}" in done.err
        assert "and the strategy is canary" in done.err
        assert "error: s.yaml is no scenario for this release" in done.err
