"""0 clean, 1 findings, 2 usage or configuration, 3 environment or bug; no input is never 0."""

from __future__ import annotations

import pytest

from fairway.cli.commands import validate as validate_command


def test_clean(project, run):
    assert run("validate") == ("1 deployment in 2 files: no findings\n", "", 0)


def test_findings(broken, run):
    done = run("validate")
    assert done.code == 1
    assert done.err == ""
    assert done.out.startswith("error[spec/type]: `metadata.team`")


@pytest.mark.parametrize(
    ("fail_on", "code"), [("error", 1), ("warning", 1), ("info", 1), ("never", 0)]
)
def test_fail_on(broken, run, fail_on, code):
    done = run("validate", "--fail-on", fail_on)
    assert done.code == code
    assert "1 error in 2 files" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["validate", "nowhere"], "nowhere: no such file or folder"),
        (["validate", "empty"], "empty: no deployment.yaml in this folder or below it"),
        (["compile", "empty"], "empty: no deployment.yaml"),
        (["lock", "nowhere"], "nowhere: no such file or folder"),
        (["explain", "nowhere:serving"], "nowhere"),
        (["validate", "--format", "yaml"], "'yaml' is not one of"),
        (["validate", "--fail-on", "no"], "'no' is not one of"),
        (["validate", "--formatt", "json"], "No such option"),
        (["validate", "-f", "text", "-f", "json"], "more than one report would go to stdout"),
        (["validate", "-o", "a", "-o", "b"], "2 --output for 1 --format"),
        (["compile", "--env", "qa"], "--env qa: the project has staging, production"),
        (["compile", "--target", "helm"], "--target helm"),
        (["valdate"], "No such command 'valdate'. Did you mean validate?"),
        (["xyzzy"], "No such command 'xyzzy'."),
        (["--nope"], "No such option"),
    ],
)
def test_usage(project, run, arguments, words):
    (project / "empty").mkdir()
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "Traceback" not in done.err


def test_no_input_where_specs_is_missing(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    done = run("validate")
    assert (done.code, done.out) == (2, "")
    assert "fix: " in done.err


def test_a_project_that_names_a_target_folder_that_is_not_there(project, run):
    with (project / "specs/fairway.yaml").open("a") as stream:
        stream.write("targets: [builtin, ./nowhere]\n")
    done = run("validate")
    assert (done.code, done.out) == (2, "")
    assert "the target folder ./nowhere does not exist" in done.err


def test_a_report_that_cannot_be_written(project, run):
    done = run("validate", "-f", "json", "-o", "specs/churn/deployment.yaml/report.json")
    assert (done.code, done.out) == (3, "")
    assert "cannot be written" in done.err


def test_a_bug(project, run, monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr(validate_command, "Fleet", fail)
    done = run("validate")
    assert (done.code, done.out) == (3, "")
    assert "ZeroDivisionError: by design" in done.err
    assert "this is a bug" in done.err


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["-h"], ["validate", "--help"], ["--version"]]
)
def test_questions_are_answered_on_stdout(run, arguments):
    done = run(*arguments)
    stream, code = (done.err, 2) if not arguments else (done.out, 0)
    assert done.code == code
    assert stream.startswith("fairway " if "--version" in arguments else "Usage: fairway")


def test_a_file_a_folder_and_the_project_file_name_the_same_spec_once(broken, run):
    whole = run("validate")
    given = (
        "specs",
        "specs/churn",
        "specs/churn/deployment.yaml",
        "specs/fairway.yaml",
        "./specs/",
    )
    assert run("validate", *given) == whole
    for path in given:
        assert run("validate", path) == whole
