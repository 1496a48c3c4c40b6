"""Reports go where they are told to; stdout holds the result and stderr the conversation."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from fairway.report import FORMATS
from fairway.report.json_schema import findings_schema

ESCAPE = "\x1b["


def test_json_keeps_its_contract(broken, run):
    done = run("validate", "--format", "json")
    report = json.loads(done.out)
    jsonschema.Draft7Validator(findings_schema()).validate(report)
    (finding,) = report["findings"]
    assert finding["file"] == "specs/churn/deployment.yaml"
    assert (finding["line"], finding["column"], finding["endLine"], finding["endColumn"]) == (
        5, 9, 5, 10,
    )  # fmt: skip
    assert finding["route"] == "metadata.team"
    assert finding["environments"] == ["staging", "production"]
    assert finding["fix"]["replacement"] == '"7"'


def test_json_of_a_clean_project(project, run):
    report = json.loads(run("validate", "--format", "json").out)
    jsonschema.Draft7Validator(findings_schema()).validate(report)
    assert report["findings"] == []
    assert report["summary"]["deployments"] == 1


def test_formats_and_outputs_belong_together_by_their_place(broken, run):
    arguments = []
    for name in FORMATS[1:]:
        arguments += ["--format", name, "--output", f"out.{name}"]
    done = run("validate", *arguments, "--format", "text")
    assert done.code == 1
    assert done.out == run("validate").out
    for name in FORMATS[1:]:
        assert (broken / f"out.{name}").read_text("utf-8") == run("validate", "-f", name).out


def test_a_dash_is_stdout(broken, run):
    done = run("validate", "-f", "json", "-o", "-", "-f", "text", "-o", "report.txt")
    assert json.loads(done.out)["summary"]["errors"] == 1
    assert "error[spec/type]" in (broken / "report.txt").read_text("utf-8")


@pytest.mark.parametrize("command", ["compile", "lock"])
def test_the_conversation_is_on_stderr(project, run, command):
    done = run(command)
    assert done.code == 0
    assert done.out == "1 deployment in 2 files: no findings\n" or command == "lock"
    assert done.err
    json.loads(run(command, "--format", "json").out)


@pytest.mark.parametrize(
    ("surroundings", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colour(broken, run, monkeypatch, surroundings, coloured):
    plain = run("validate").out
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    out = run("validate").out
    assert (ESCAPE in out) is coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", out) == plain
    assert ESCAPE not in run("validate", "--format", "github").out


def test_a_file_has_no_colour(broken, run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    run("validate", "-f", "text", "-o", "report.txt")
    assert ESCAPE not in (broken / "report.txt").read_text("utf-8")
