"""A project's packs judge its specs: findings stand at the line that a person edits."""

import json
import re
from pathlib import Path

import pytest
from policy.rules import SIGNED, about_deployment, change_project, write_rule

from fairway.policy.pack import load_pack
from fairway.rule import POLICY

REPOSITORY = Path(__file__).parents[2]
SPEC = Path("specs/wine-cultivar/deployment.yaml")
NOW = "2027-01-01T00:00:00Z"


@pytest.fixture
def validate(fleet, run):
    """Check one spec; return its findings as the json report has them."""

    def validate(*paths, code=None):
        ran = run("validate", *(paths or [str(SPEC.parent)]), "--now", NOW, "--format", "json")
        assert code is None or ran.code == code, ran
        assert ran.code in (0, 1), ran.err
        return json.loads(ran.out)["findings"]

    return validate


def line_of(text, path=SPEC):
    lines = [i for i, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line]
    assert len(lines) == 1, lines
    return lines[0]


def places(findings):
    return [(f["rule"], f["file"], f["line"]) for f in findings]


def artifact(group, require, **changes):
    return {
        "subject": "artifact", "for": group, "each": None, "as": None, "at": None,
        "require": require, "message": "the object is wrong", **changes,
    }  # fmt: skip


def test_a_finding_has_the_rule_and_the_line(pack, validate):
    write_rule(pack, require="false", message="version {version.name} is of {deployment.name}")
    first, second = validate(code=1)
    assert places([first, second]) == [
        ("house/signed", str(SPEC), line_of('"1.0.0":')),
        ("house/signed", str(SPEC), line_of('"1.1.0":')),
    ]
    assert first["message"] == "version 1.0.0 is of wine-cultivar"
    assert first["severity"] == "error"
    assert first["fix"]["description"] == "sign it"


def test_an_environment_is_named_where_others_keep_the_rule(pack, validate):
    write_rule(pack, **about_deployment("deployment.last", [{}], [{}]))
    write_rule(pack, **about_deployment("false", [{}], [{}]), rule="house/never")
    found = {f["rule"]: f["environments"] for f in validate()}
    assert found == {"house/signed": ["staging"], "house/never": ["staging", "production"]}


def test_an_environment_is_last_when_nothing_is_promoted_from_it(pack, validate):
    write_rule(pack, **about_deployment("deployment.last", [{}], [{}]))
    (first,) = validate("specs/digit-reader")
    assert first["environments"] == ["staging", "production-us"]
    # Both regions of production follow staging alone.
    change_project("production", requires=["staging"])
    (second,) = validate("specs/digit-reader")
    assert second["environments"] == ["staging"]
    change_project("production", requires=["production-us"])
    (third,) = validate("specs/digit-reader")
    assert third["environments"] == ["staging", "production-us"]


def test_severities_are_those_of_the_environment(pack, validate):
    write_rule(pack, **about_deployment("false", [{}], [{}]))
    change_project(severity={"house/signed": "warning"})
    change_project("production", severity={"house/signed": "info"})
    found = {f["severity"]: f["environments"] for f in validate(code=0)}
    assert found == {"warning": ["staging"], "info": ["production"]}
    change_project("production", severity={"house/signed": "off"})
    assert [f["severity"] for f in validate(code=0)] == ["warning"]


def test_a_severity_of_no_rule_is_a_finding(pack, validate):
    write_rule(pack)
    change_project(severity={"house/singed": "warning"})
    found = [f for f in validate() if f["file"] == "specs/fairway.yaml"]
    assert [f["message"] for f in found] == ["there is no rule house/singed"]
    assert found[0]["fix"]["description"] == "if it is meant, write house/signed"


def test_a_rule_of_plans_points_into_the_spec(pack, validate):
    changes = {"subject": "plan", "each": "plan.workloads", "as": "workload"}
    text = {"at": "serving.scaling.min", "message": "{workload.name}: {workload.replicas}"}
    write_rule(pack, **changes, **text, require="workload.replicas > 99")
    found = validate()
    # Two versions run in production, and one in staging, where an override says how many.
    assert [(f["message"], f["environments"]) for f in found] == [
        ("wine-cultivar-1-0-0: 2", ["production"]),
        ("wine-cultivar-1-1-0: 2", ["production"]),
        ("wine-cultivar: 1", ["staging"]),
    ]
    lines = [line_of("{min: 2, max: 4}")] * 2 + [line_of("{min: 1, max: 1}")]
    assert [f["line"] for f in found] == lines


def test_a_rule_of_objects_points_at_what_caused_them(pack, validate):
    at = {"at": "spec.template.spec.containers[0].resources.requests.cpu"}
    write_rule(pack, **artifact(["Deployment"], "false", **at))
    (found,) = validate()
    assert found["file"] == str(SPEC)
    assert "cpu" in SPEC.read_text("utf-8").splitlines()[found["line"] - 1]
    (related,) = found["related"]
    assert related["file"].endswith("targets/kubernetes/manifest.yaml")
    assert "kubernetes" in related["message"]


def test_a_place_that_nothing_in_the_spec_caused_is_the_deployment(pack, validate):
    at = {"at": "spec.template.spec.automountServiceAccountToken"}
    write_rule(pack, **artifact("pods", "has(pod.spec.nobody)", **at))
    (found,) = validate()
    assert found["route"] == "metadata.name"
    (related,) = found["related"]
    assert related["file"].endswith("targets/kubernetes/manifest.yaml")
    template = (REPOSITORY / "targets/kubernetes/manifest.yaml").read_text("utf-8")
    assert "automountServiceAccountToken" in template.splitlines()[related["line"] - 1]


def test_files_and_dockerfiles_are_judged(pack, validate):
    write_rule(pack, **artifact("dockerfiles", 'dockerfile.user == ""'))
    changes = artifact("files", "file.size < 1", message="{file.path} is wrong")
    write_rule(pack, **changes, rule="house/files")
    found = validate()
    assert {f["rule"] for f in found} == {"house/signed", "house/files"}
    assert {f["route"] for f in found} == {"metadata.name"}
    written = {f["message"].removesuffix(" is wrong") for f in found if f["rule"] == "house/files"}
    assert "staging/wine-cultivar/manifest.yaml" in written


def test_a_rule_that_fails_is_a_finding_that_names_it(pack, validate):
    require = "deployment.monitoring.slos.size() > 99"
    write_rule(pack, **about_deployment(require, [{}], [{}]))
    text = SPEC.read_text("utf-8")
    SPEC.write_text(re.sub(r"(?ms)^monitoring:\n(?:[ #].*\n|\n)*", "", text), "utf-8")
    found = validate()
    assert found
    assert {f["rule"] for f in found} == {POLICY.id}
    assert all("the rule house/signed reads `monitoring`" in f["message"] for f in found)


def test_a_rule_of_the_fleet_points_into_the_deployment_that_breaks_it(pack, validate):
    write_rule(
        pack, subject="fleet", each="fleet.deployments", require='deployed.name != "wine-cultivar"',
        at="metadata.name", message="{deployed.name} of {fleet.environment}", **{"as": "deployed"},
    )  # fmt: skip
    found = validate("specs")
    assert {(f["rule"], f["file"]) for f in found} == {("house/signed", str(SPEC))}


def test_a_rule_of_the_fleet_as_a_whole_points_into_the_project(pack, validate):
    whole = {"each": None, "as": None, "subject": "fleet", "require": "fleet.cpu < 0.001"}
    write_rule(pack, **whole, at="environments", message="{fleet.environment}: {fleet.cpu} cores")
    found = validate("specs")
    assert {f["file"] for f in found} == {"specs/fairway.yaml"}
    environments = sorted(f["environments"][0] for f in found)
    assert environments == ["production", "production-us", "staging"]


def test_two_packs_with_one_rule_are_refused(pack, fleet, run):
    write_rule(pack)
    write_rule(Path("other"))
    change_project(policies=[f"../{pack}", "../other"])
    ran = run("validate", "specs", "--now", NOW)
    assert ran.code == 2
    assert "two packs have a rule house/signed" in ran.err
    assert "Traceback" not in ran.err


def test_a_pack_that_is_wrong_is_said_with_its_line(pack, fleet, run):
    write_rule(pack, require="version.sgner")
    ran = run("validate", "specs", "--now", NOW)
    assert (ran.code, ran.out) == (2, "")
    line = list(SIGNED).index("require") + 1
    assert f"house/signed.yaml:{line}:10: undefined field 'sgner'" in ran.err
    assert ran.err.count("\n") <= 2


def test_evidence_that_is_waived_does_not_spare_what_is_rendered(pack, validate, run):
    """Without the waivers nothing is compiled; with them everything is judged all the same."""
    write_rule(pack, **artifact("pods", "false"))
    SPEC.write_text(SPEC.read_text("utf-8").replace("min: 0.85", "min: 0.9999"), "utf-8")
    bound = [f for f in validate(code=1) if f["rule"] == "evidence/bound"]
    assert bound
    for found in bound:
        waived = run(
            "waive", "evidence/bound", str(SPEC), "--until", "2027-01-31", "--owner", "@wine",
            "--reason", "The bound is met after the next training.", "--route", found["route"],
            "--now", NOW,
        )  # fmt: skip
        assert waived.code == 0, waived.err
    counted = {f["rule"] for f in validate(code=1) if not f["suppressed"]}
    assert counted == {"house/signed"}
    assert run("compile", str(SPEC.parent), "--now", NOW).code == 1


def test_a_rule_in_the_wrong_place_is_noticed_in_a_pack_that_is_kept(pack, validate, run):
    write_rule(pack, **about_deployment("true", [{}], [{}]))
    assert validate(code=0) == []
    (pack / "loose.yaml").write_text("rule: x\n", "utf-8")
    load_pack.cache_clear()  # as in another process
    done = run("validate", str(SPEC.parent), "--now", NOW)
    assert done.code == 2
    assert "loose.yaml" in done.err
