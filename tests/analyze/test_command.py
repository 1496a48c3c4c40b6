"""``fairway analyze`` as people run it: its reports, its exit codes, and what it refuses."""

from __future__ import annotations

import io
import json
import sys

import pytest
from analyze.conftest import AB, SHADOW
from cli.command import fairway

REPORT = """\
churn in production: A/B test of 1.1.0 against 1.0.0

  version            units  conversion    rate
  stable     1.0.0  31,400       1,570  5.000%
  candidate  1.1.0  31,350       1,724  5.499%

  outcome     difference          95% interval     z        p
  conversion    +0.499pp  +0.150pp to +0.848pp  2.80  0.00505

planned: 31,231 units for stable and 31,231 for the candidate, to find +0.500pp of conversion with a
  power of 80% at alpha 5%
split: 49.960% candidate, 50% planned (p 0.842)

candidate wins: conversion differs by +0.499pp (p 0.00505, alpha 5%)
"""
TABLE = {
    "stable": {"units": 31400, "conversion": 1570},
    "candidate": {"units": 31350, "conversion": 1724},
}
TWO_PLACES = "  staging: {}\n  production: {}\n"


def given(stable: str, candidate: str) -> tuple[str, ...]:
    return ("analyze", "specs", "--stable", stable, "--candidate", candidate)


def test_the_report(ab, run):
    assert run(*given("1570/31400", "1724/31350")) == (REPORT, "", 0)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("counts.json", json.dumps(TABLE)),
        ("counts.csv", "arm,units,conversion\n1.0.0,31400,1570\n1.1.0,31350,1724\n"),
        ("counts.csv", "\ufeffarm,units,conversion\n1.0.0,31400,1570\n1.1.0,31350,1724\n"),
    ],
)
def test_files_of_counts(ab, run, name, text):
    (ab.parents[2] / name).write_text(text, "utf-8")
    assert run("analyze", "specs/churn", "--counts", name) == (REPORT, "", 0)


def test_counts_from_a_pipe(ab, run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(TABLE)))
    assert run("analyze", "specs", "--counts", "-") == (REPORT, "", 0)


@pytest.mark.parametrize(
    ("stable", "candidate", "last"),
    [
        ("1570/31400", "1424/31350", "stable wins: conversion differs by -0.458pp (p 0.00715,"),
        ("1570/31400", "1590/31350",
         "no difference of the size planned for: conversion differs by +0.072pp (p 0.681, alpha"
         " 5%); a difference of +0.500pp would have been found with a power of 80%"),
        ("157/3140", "272/3135",
         "not yet: 6,275 of 62,462 units; 28,091 of stable and 28,096 of candidate are missing,"
         " 94 min at 10 requests/s if each is a new user's"),
        ("1570/31400", "1724/30350",
         "the split is wrong: 49.150% of the units are the candidate's, and 50% were planned"),
        ("0/0", "0/0", "not yet: 0 of 62,462 units;"),
    ],
)  # fmt: skip
def test_everything_else_is_1(ab, run, stable, candidate, last):
    done = run(*given(stable, candidate))
    assert (done.code, done.err) == (1, "")
    words = " ".join(done.out.split("\n\n")[-1].split())
    assert words.startswith(last)


def test_json(ab, run):
    done = run(*given("1570/31400", "1724/31350"), "--format", "json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["verdict"] == "candidate wins"
    assert found["why"] in REPORT
    assert found["counts"] == TABLE
    assert found["plan"]["sample"] == {"stable": 31231, "candidate": 31231}
    (outcome,) = found["outcomes"]
    assert outcome["p"] == pytest.approx(0.00505, abs=1e-5)
    early = json.loads(run(*given("1/10", "1/10"), "-f", "json").out)
    assert early["verdict"] == "not yet"
    assert early["missing"] == {"stable": 31221, "candidate": 31221}
    assert early["secondsMissing"] == pytest.approx(31221 / 5)


def test_users_that_are_new(release, run):
    release(AB.replace("weight: 50%", "weight: 50%\n      users: 600/h"))
    done = run(*given("157/3140", "172/3135"))
    assert "3.9 d at 0.167 new users/s" in " ".join(done.out.split())


LOOKS = AB.replace(
    "duration: 14d",
    "duration: 14d\n      looks: 4\n"
    "      secondary: [{metric: refunds, baseline: 2%, effect: 0.4pp}]",
)


def test_looks_are_recorded_and_taken_once(release, run):
    spec = release(LOOKS)
    counts = spec.parents[2] / "counts.json"
    command = ("analyze", "specs", "--counts", "counts.json", "--record-looks", "looks.json")

    def look(units: int, rate: float) -> str:
        arm = {"units": units, "conversion": units // 20, "refunds": units // 50}
        candidate = {**arm, "conversion": round(units * rate)}
        counts.write_text(json.dumps({"stable": arm, "candidate": candidate}))
        done = run(*command)
        assert done.code == int("candidate wins" not in done.out)
        assert "z  boundary" in done.out
        return " ".join(done.out.split("\n\n")[-1].split())

    assert "are missing for look 1" in look(5000, 0.07)
    assert "conversion crosses no boundary at look 1 of 4; " in look(10_000, 0.052)
    assert "and look 1 of 4 was taken; " in look(12_000, 0.08)
    ended = look(20_000, 0.065)
    assert ended.startswith("candidate wins: conversion differs by +1.500pp at look 2 of 4 (p ")
    assert look(40_000, 0.05) == ended
    assert "note: the test ended at look 2; looks.json holds its counts" in run(*command).out


def test_several_outcomes_need_a_file(release, run):
    release(LOOKS)
    done = run(*given("1/2", "1/2"))
    assert done.code == 2
    assert "the plan has 2 outcomes: conversion, refunds" in done.err


def answer(value: float) -> dict[str, object]:
    tensor = {"name": "p", "datatype": "FP64", "shape": [1], "data": [value]}
    return {"model_name": "churn", "outputs": [tensor]}


def write_logs(folder, total: int, different: int) -> None:
    """The answers of both versions to the same requests, as pairs and as two logs."""
    pairs, stable, candidate = [], [], []
    for number in range(total):
        one, two = answer(number / 7), answer(number / 7 + (number < different) * 0.01 + 1e-8)
        pairs.append({"id": f"r{number}", "stable": one["outputs"], "candidate": two["outputs"]})
        stable.append({**one, "id": f"r{number}"})
        candidate.append({**two, "id": f"r{number}"})
    for name, rows in (("pairs", pairs), ("stable", stable), ("candidate", reversed(candidate))):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text)


@pytest.mark.parametrize(
    ("total", "different", "last"),
    [
        (600, 3, "passes: at most 1.460% of the answers differ, and 2% may"),
        (600, 40, "fails: at least 4.934% of the answers differ, and 2% may"),
        (150, 1, "undecided: from 0.118% to 3.679% of the answers differ, and 2% may; if the share"
                 " stays, 274 more pairs decide, 27 s at 10 requests/s"),
        (100, 2, "undecided: from 0.550% to 7.001% of the answers differ, and 2% may; 2.000% is so"
                 " near that no number of pairs decides"),
    ],
)  # fmt: skip
def test_shadows(shadow, run, total, different, last):
    write_logs(shadow.parents[2], total, different)
    done = run("analyze", "specs", "--pairs", "pairs.jsonl")
    assert (done.code, done.err) == (int(not last.startswith("passes")), "")
    assert " ".join(done.out.split("\n\n")[-1].split()) == last
    assert " r0 p[0] 0.0 0.01000001 " in " ".join(done.out.split())
    logs = ("--stable-log", "stable.jsonl", "--candidate-log", "candidate.jsonl")
    assert run("analyze", "specs", *logs) == done
    found = json.loads(run("analyze", "specs", *logs, "-f", "json").out)
    assert (found["pairs"], found["different"]) == (total, different)
    assert found["why"] == last.partition(": ")[2]


def test_the_report_on_a_shadow(shadow, run):
    write_logs(shadow.parents[2], 600, 1)
    assert (
        run("analyze", "specs", "--pairs", "pairs.jsonl").out
        == """\
churn in production: shadow of 1.1.0 behind 1.0.0

  pairs  different   share      95% interval  most
    600          1  0.167%  0.029% to 0.938%    2%

  different  at    stable  candidate
  r0         p[0]  0.0     0.01000001

passes: at most 0.938% of the answers differ, and 2% may
"""
    )


@pytest.mark.parametrize(
    ("strategy", "arguments", "words"),
    [
        (AB, [], "no result is given\n  fix: give one of --counts; --stable and --candidate;"),
        (AB, ["--stable", "1/2"], "--stable and --candidate go together"),
        (AB, ["--counts", "a", "--pairs", "b"], "--counts; --pairs: a result is given twice"),
        (AB, ["--counts", "nowhere.json"], "nowhere.json: cannot be read: No such file"),
        (AB, ["--counts", "specs"], "specs: cannot be read: Is a directory"),
        (AB, ["--counts", "specs/churn/models/1.0.0/model.onnx"], "model.onnx: not UTF-8 text"),
        (AB, ["--counts", "specs/fairway.yaml"], "neither JSON nor CSV"),
        (AB, ["--stable", "1/2", "--candidate", "1/2", "--query", "units=x"],
         "--query has no meaning with --stable"),
        (AB, ["--recorded", "specs/fairway.yaml"], "specs/fairway.yaml:1:1: not JSON: a value"),
        (AB, ["--prometheus", "http://127.0.0.1:9"], "no --query for units, conversion"),
        (AB, ["--pairs", "x"], "has no release in production that is a shadow release"),
        (AB, ["--env", "qa", "--counts", "x"], "--env qa: the spec has production"),
        (AB, ["--env", "staging", "--counts", "x"], "--env staging: the spec has production"),
        (SHADOW, ["--counts", "x"], "has no release in production that is an A/B test"),
        (SHADOW, ["--pairs", "x", "--record-looks", "y"], "--record-looks has no meaning with"),
        (SHADOW, ["--pairs", "specs/fairway.yaml"], "specs/fairway.yaml:1:1: not a JSON object"),
        (SHADOW.replace(", compare: {max: 2%, tolerance: 1e-6}", ""), ["--pairs", "p.jsonl"],
         "the release compares nothing"),
    ],
)  # fmt: skip
def test_usage(release, run, strategy, arguments, words):
    root = release(strategy).parents[2]
    (root / "p.jsonl").write_text('{"stable": [1], "candidate": [1]}\n')
    done = run("analyze", "specs", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_a_release_on_trial_in_two_places(release, run):
    release(AB, TWO_PLACES)
    done = run(*given("1570/31400", "1724/31350"))
    assert done.code == 2
    assert "is on trial in staging, production\n  fix: name one with --env" in done.err
    assert run(*given("1570/31400", "1724/31350"), "--env", "production") == (REPORT, "", 0)


def test_one_of_two_places_is_on_trial(release, run):
    strategy = (
        "{ab: {split: {by: header, name: x-cohort, candidate: [beta]}, weight: 50%,"
        " metric: conversion, baseline: 5.0%, effect: 0.5pp, duration: 14d}}"
    )
    production = f"  production: {{release: {{strategy: {strategy}}}}}\n"
    spec = release("\n    blueGreen: {active: candidate}\n", f"  staging: {{}}\n{production}")
    assert run("analyze", str(spec), *given("1570/31400", "1724/31350")[2:]) == (REPORT, "", 0)


def test_a_spec_with_errors(ab, run):
    ab.write_text(ab.read_text("utf-8").replace("team: growth", "team: 7"), "utf-8")
    done = run(*given("1/2", "1/2"))
    assert done.code == 2
    assert "has 1 error\n  fix: run `fairway validate " in done.err


@pytest.mark.slow
def test_it_needs_no_extra(ab):
    """Neither numpy nor httpx: counts are analysed by a fresh installation."""
    done = fairway(*given("1570/31400", "1724/31350"), folder=ab.parents[2])
    assert done == (REPORT, "", 0)
