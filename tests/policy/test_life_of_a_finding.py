"""A policy's finding from its first report to its end: mended, waived, moved, and due again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cases.run_case import BASE, CASES, lay_out
from cli.streams import Streams

SPEC = Path("specs/churn/deployment.yaml")
RULE = "team/memory-is-bounded"
NOW = ("--now", "2026-11-01T00:00:00Z")


@pytest.fixture(autouse=True)
def churn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay_out(BASE, tmp_path)
    lay_out(CASES / "policy-of-the-team", tmp_path)
    project = Path("specs/fairway.yaml")
    text = project.read_text("utf-8").replace(", team/nothing: error", "")
    project.write_text(text.replace("severity: {team/replicas: error}\n", ""), "utf-8")


def findings(run: Callable[..., Streams], *options: str) -> list[dict[str, Any]]:
    done = run("validate", "--format", "json", *NOW, *options)
    listed: list[dict[str, Any]] = json.loads(done.out)["findings"]
    return [each for each in listed if not each["rule"].startswith("team/replicas")]


def test_fix_edits_the_value_and_nothing_else(run: Callable[..., Streams]) -> None:
    before = SPEC.read_bytes()
    assert {each["rule"] for each in findings(run)} == {RULE}
    assert findings(run, "--fix") == []
    assert SPEC.read_bytes() == before.replace(b"memory: 256Mi", b"memory: 128Mi")


def waive(run: Callable[..., Streams]) -> None:
    reason = "The nodes are replaced by larger ones in January."
    done = run("waive", RULE, str(SPEC), "--until", "2027-01-31", "--owner", "@growth",
               "--reason", reason, *NOW)  # fmt: skip
    assert done.code == 0, done.err


def test_a_waived_finding_is_shown_and_does_not_count(run: Callable[..., Streams]) -> None:
    waive(run)
    done = run("validate", *NOW)
    assert done.code == 0
    assert "0 errors" not in done.out
    assert "waived" in done.out
    assert "91 days" in done.out
    assert {each["suppressed"]["until"] for each in findings(run)} == {"2027-01-31"}


def test_a_waived_finding_is_not_fixed(run: Callable[..., Streams]) -> None:
    waive(run)
    before = SPEC.read_bytes()
    findings(run, "--fix")
    assert SPEC.read_bytes() == before


def test_another_value_ends_the_waiver(run: Callable[..., Streams]) -> None:
    waive(run)
    text = SPEC.read_text("utf-8")
    SPEC.write_text("# moved down\n\n" + text, "utf-8")
    assert all(each["suppressed"] for each in findings(run))
    SPEC.write_text(text.replace("256Mi", "512Mi"), "utf-8")
    assert {each["rule"] for each in findings(run) if not each["suppressed"]} == {
        RULE,
        "waiver/moved",
    }


def test_a_mended_finding_leaves_a_waiver_without_use(run: Callable[..., Streams]) -> None:
    waive(run)
    SPEC.write_text(SPEC.read_text("utf-8").replace("256Mi", "64Mi"), "utf-8")
    assert [each["rule"] for each in findings(run)] == ["waiver/unused"]


def test_the_day_after_it_counts_again(run: Callable[..., Streams]) -> None:
    waive(run)
    done = run("validate", "--format", "json", "--now", "2027-02-01T00:00:00Z")
    rules = {each["rule"] for each in json.loads(done.out)["findings"] if not each["suppressed"]}
    assert done.code == 1
    assert {RULE, "waiver/expired"} <= rules


def test_what_is_broken_is_not_compiled(run: Callable[..., Streams]) -> None:
    """In staging the rule is an error; what one environment refuses is rendered for none."""
    assert run("compile", *NOW).code == 1
    assert not Path("rendered/staging").exists()
    waive(run)
    assert run("compile", *NOW).code == 0
    assert Path("rendered/staging/churn/manifest.yaml").is_file()


def test_a_report_does_not_repeat_the_secret(run: Callable[..., Streams]) -> None:
    token = "ghp_" + "a8Kd93JfLqPz71VbXw52RtYcN0mGhU4eSiTo"
    project = Path("specs/fairway.yaml")
    text = project.read_text("utf-8").replace("[./churn/policies]", "[builtin]")
    project.write_text(text, "utf-8")
    SPEC.write_text(SPEC.read_text("utf-8") + f"# the token is {token}\n", "utf-8")
    for form in ("text", "json", "sarif", "junit", "github", "markdown"):
        done = run("validate", "--format", form, *NOW)
        assert "security/no-literal-secrets" in done.out
        assert token not in done.out, form
        assert token[8:30] not in done.out, form


def test_one_pod_becomes_two_also_where_one_is_the_most(run: Callable[..., Streams]) -> None:
    project = Path("specs/fairway.yaml")
    text = project.read_text("utf-8").replace("[./churn/policies]", "[builtin]")
    project.write_text(text, "utf-8")
    text = SPEC.read_text("utf-8")
    scaling = "  scaling: {min: 1, max: 1}\nrelease:"
    SPEC.write_text(text.replace("release:", scaling, 1), "utf-8")
    run("validate", "--fix", *NOW)
    assert "  scaling: {min: 2, max: 2}\n" in SPEC.read_text("utf-8")


def test_rules_in_the_wrong_place_are_not_passed_over(run: Callable[..., Streams]) -> None:
    pack = Path("specs/churn/policies")
    for name in ("loose.yaml", "team/other.yml", "team/deeper/rule.yaml"):
        path = pack / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("rule: x\n", "utf-8")
        done = run("validate", *NOW)
        assert done.code == 2
        assert name in done.err
        assert "<pack>/<family>/<name>.yaml" in done.err
        path.unlink()


def test_a_condition_that_does_not_end_is_stopped(run: Callable[..., Streams]) -> None:
    rule = Path("specs/churn/policies/team/replicas.yaml")
    listed = str(list(range(20)))
    loops = "true"
    for name in "abcdef":
        loops = f"{listed}.all({name}, {loops})"
    text = rule.read_text("utf-8")
    old = next(line for line in text.splitlines() if line.startswith("require:"))
    rule.write_text(text.replace(old, f'require: "{loops}"'), "utf-8")
    done = run("validate", "--format", "json", *NOW)
    assert "policy/failed" in {each["rule"] for each in json.loads(done.out)["findings"]}
