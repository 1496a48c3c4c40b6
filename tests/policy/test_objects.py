"""What rules see of rendered objects and Dockerfiles, whatever target rendered them."""

import pytest

from fairway.policy.objects import POD_PATHS, dockerfile_of, instructions_of, pods_of

SPEC = {
    "containers": [{"name": "a", "image": "x:1"}, {"name": "b"}],
    "initContainers": [{"name": "c", "image": "y:1"}],
    "securityContext": {"runAsNonRoot": True},
}


def nested(path, value):
    for step in reversed(path.split(".") if path else []):
        value = {step: value}
    return value


@pytest.mark.parametrize("kind", sorted(POD_PATHS))
def test_the_pods_of_every_kind_are_found(kind):
    template = {"metadata": {"labels": {"app": "a"}}, "spec": SPEC}
    (pod,) = pods_of({"kind": kind, **nested(POD_PATHS[kind], template)})
    path = f"{POD_PATHS[kind]}.spec".lstrip(".")
    assert (pod["kind"], pod["path"], pod["labels"]) == (kind, path, {"app": "a"})
    assert [(each["name"], each["kind"], each["image"]) for each in pod["containers"]] == [
        ("a", "containers", "x:1"),
        ("b", "containers", ""),
        ("c", "initContainers", "y:1"),
    ]
    assert pod["containers"][2]["path"] == f"{path}.initContainers[0]"
    assert pod["securityContext"] == {"runAsNonRoot": True}


def test_components_of_an_inference_service_are_pods():
    predictor = {"minReplicas": 3, "model": {"image": "m:1"}, "containers": [{"name": "side"}]}
    spec = {"predictor": predictor, "transformer": {"containers": [{"name": "t"}]}}
    first, second = pods_of({"kind": "InferenceService", "spec": spec})
    assert (first["path"], first["replicas"], second["path"]) == (
        "spec.predictor", 3, "spec.transformer",
    )  # fmt: skip
    assert [(c["name"], c["path"]) for c in first["containers"]] == [
        ("", "spec.predictor.model"),
        ("side", "spec.predictor.containers[0]"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"kind": "Service", "spec": SPEC},
        {"kind": "Deployment"},
        {"kind": "Deployment", "spec": []},
        {"kind": "Deployment", "spec": {"template": "x"}},
        {"kind": ["Pod"]},
    ],
)
def test_what_makes_no_pods_has_none(value):
    assert pods_of(value) == []


def test_odd_objects_do_no_harm():
    (pod,) = pods_of({"kind": "Pod", "spec": {"containers": ["x", {"name": None}], "volumes": 1}})
    assert [each["name"] for each in pod["containers"]] == [""]


def test_instructions_have_their_line_and_stage():
    text = (
        "# syntax=docker/dockerfile:1\n"
        "ARG BASE=python:3.12\n"
        "FROM ${BASE} AS build\n"
        "RUN pip install \\\n"
        "    # a comment between\n"
        "    a b\n"
        "RUN <<EOF\n"
        "echo FROM nothing\n"
        "EOF\n"
        "FROM scratch\n"
        "user 65532:65532\n"
    )
    found = [(i["name"], i["value"], i["line"], i["stage"]) for i in instructions_of(text)]
    assert found == [
        ("ARG", "BASE=python:3.12", 2, -1),
        ("FROM", "${BASE} AS build", 3, 0),
        ("RUN", "pip install  a b", 4, 0),
        ("RUN", "<<EOF\necho FROM nothing\nEOF", 7, 0),
        ("FROM", "scratch", 10, 1),
        ("USER", "65532:65532", 11, 1),
    ]
    assert dockerfile_of("Dockerfile", text)["user"] == "65532:65532"


def test_the_user_is_that_of_the_last_stage():
    assert dockerfile_of("Dockerfile", "FROM a\nUSER 1\nFROM b\nRUN x\n")["user"] == ""
    assert dockerfile_of("Dockerfile", "")["instructions"] == []
