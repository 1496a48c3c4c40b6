"""The subjects of examples are made by the engine's own ways from fragments."""

import pytest
import yaml

from fairway.location import parse_route
from fairway.policy.sample import SampleError, merged_with, samples_of, with_edits


def variables(about, kinds=(), **fragment):
    (sample,) = samples_of(about, kinds, fragment)
    return sample.variables


def test_the_base_is_a_deployment_of_two_versions():
    facts = variables("deployment")["deployment"]
    assert [version["name"] for version in facts["versions"]] == ["1.0.0", "2.0.0"]
    assert (facts["environment"], facts["last"]) == ("production", True)
    assert facts["stable"] is facts["versions"][0]
    assert facts["candidate"] is facts["versions"][1]
    assert facts["serving"]["traffic"] == {"expected": 40.0, "peak": 120.0, "timeout": 2.0}


@pytest.mark.parametrize(
    ("fragment", "route", "value"),
    [
        ({"serving": {"scaling": {"min": 7}}}, "serving.scaling.min", 7),
        ({"serving": {"traffic": {"timeout": "90s"}}}, "serving.traffic.timeout", 90.0),
        ({"environment": {"namespace": "ml"}}, "namespace", "ml"),
        ({"environment": {"requires": ["staging"], "soak": "2d"}}, "soakHours", 48.0),
        ({"project": {"trust": {"signedEvidence": True}}}, "trust.signedEvidence", True),
        ({"stable": {"signer": ""}}, "stable.signer", ""),
        ({"stable": {"signer": ""}}, "versions[0].signer", ""),
        ({"candidate": {"evidence": {"counts": False}}}, "candidate.evidence.counts", False),
        ({"deployment": {"last": False}}, "last", False),
    ],
)
def test_a_fragment_changes_what_it_names(fragment, route, value):
    found = variables("deployment", **fragment)["deployment"]
    for step in parse_route(route):
        found = found[step]
    assert found == value


def test_null_takes_a_field_away():
    assert "monitoring" not in variables("deployment", monitoring=None)["deployment"]
    without = variables("deployment", stable={"evidence": {"latency": None}})["deployment"]
    assert "latency" not in without["stable"]["evidence"]


@pytest.mark.parametrize(
    "fragment",
    [
        {"serving": {"scaling": {"min": "many"}}},
        {"project": {"trust": {"nobody": True}}},
        {"environment": {"soak": 24}},
        {"release": {"candidate": "9.9.9"}},
    ],
)
def test_what_does_not_bind_is_no_sample(fragment):
    with pytest.raises(SampleError):
        samples_of("deployment", (), fragment)


def test_a_plan_is_decided_from_the_deployment():
    found = variables("plan", serving={"scaling": {"min": 3}})
    assert {each["replicas"] for each in found["plan"]["workloads"]} == {3}
    assert found["deployment"]["name"] == "fraud-detector"
    assert variables("plan", plan={"port": 9})["plan"]["port"] == 9


def test_pods_are_those_that_are_rendered():
    made = variables("pods", pod={"hostPID": True}, container={"image": "x:1"})
    assert made["pod"]["spec"]["hostPID"] is True
    assert made["pod"]["containers"][0]["image"] == "x:1"
    assert made["object"]["spec"]["template"]["spec"] == made["pod"]["spec"]
    assert made["object"] in made["objects"]


def test_an_object_of_another_kind_stands_alone():
    role = {"kind": "Role", "metadata": {"name": "all"}, "rules": []}
    made = variables("objects", ("Role",), object=role)
    assert made["object"] == role
    assert made["objects"][-1] == role
    with pytest.raises(SampleError, match="no Role is rendered"):
        samples_of("objects", ("Role",), {})


def test_kinds_can_be_left_out():
    made = variables("objects", ("Service",), without=["NetworkPolicy"])
    kinds = {each["kind"] for each in made["objects"]}
    assert "Service" in kinds
    assert "NetworkPolicy" not in kinds


def test_files_and_dockerfiles_are_text():
    made = variables("dockerfiles", dockerfile="FROM a:1\nUSER 7\n")["dockerfile"]
    assert ([each["name"] for each in made["instructions"]], made["user"]) == (
        ["FROM", "USER"],
        "7",
    )
    assert variables("dockerfiles")["dockerfile"]["user"]
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    made = variables("files", file=f"token: {token}\n")["file"]
    assert made["size"] == len(token) + 8
    assert len(made["secrets"]) == 1


def test_a_fleet_is_what_deployments_take_together():
    one = variables("fleet")["fleet"]
    two = variables("fleet", deployments=[{}, {"name": "churn", "gpu": 3}])["fleet"]
    assert [each["name"] for each in two["deployments"]] == ["fraud-detector", "churn"]
    assert (two["cpu"], two["gpu"]) == (2 * one["cpu"], one["gpu"] + 3)
    assert variables("fleet", environment={"quota": {"gpu": 8}})["fleet"]["quota"] == {"gpu": 8}


def test_fragments_merge_into_maps_only():
    base = {"a": {"b": 1, "c": 2}, "d": [1, 2]}
    assert merged_with(base, {"a": {"b": 3}, "d": [4]}) == {"a": {"b": 3, "c": 2}, "d": [4]}
    assert merged_with(base, {"a": None, "e": {"f": None, "g": 1}}) == {"d": [1, 2], "e": {"g": 1}}
    assert base == {"a": {"b": 1, "c": 2}, "d": [1, 2]}


def test_edits_become_part_of_a_fragment():
    fragment = yaml.safe_load("serving: {scaling: {min: 1}}")
    edited = with_edits(fragment, [("serving.scaling.min", 2, False), ("model.risk", None, True)])
    assert edited == {"serving": {"scaling": {"min": 2}}, "model": {"risk": None}}
    assert fragment == {"serving": {"scaling": {"min": 1}}}
    with pytest.raises(SampleError, match="inside a list"):
        with_edits({}, [("serving.callers[0].timeout", "1s", False)])
