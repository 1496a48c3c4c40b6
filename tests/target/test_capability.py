"""A field that no chosen target expresses is an error, with the target that can."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from compile.repository import SCORER, Document, Repository
from target.subject import write_target

MESH = """\
target: mesh
title: A mesh
role: router
expresses:
  serving.egress.host: true
  serving.auth.jwt: true
  serving.auth.mtls: true
  release.strategy.canary: true
  release.strategy.ab: true
  release.candidate: true
"""
SCALER = """\
target: scaler
title: Scales by requests
role: addon
expresses:
  serving.mode: [online, batch]
  serving.scaling.metric: [concurrency, rps]
"""
STEPS = [{"weight": "5%", "hold": "30m"}]
CANARY = {"canary": {"step": 0, "steps": STEPS, "sticky": {"header": "x-user"}}}
HASH = {
    "ab": {"split": {"by": "user-hash", "name": "x-user"}, "weight": "50%", "metric": "conversion",
           "baseline": "5%", "effect": "0.5pp", "duration": "14d"}
}  # fmt: skip
JWT = {"jwt": {"issuer": "https://login.example.com", "audiences": ["scorer"]}}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    write_target(tmp_path / "targets", "mesh", MESH)
    write_target(tmp_path / "targets", "scaler", SCALER)
    made.project(lambda document: document.update(targets=["builtin", "../targets"]))
    return made


def spec(route: str, value: Any) -> Document:
    document = copy.deepcopy(SCORER)
    parent = document
    *path, last = route.split(".")
    for step in path:
        parent = parent.setdefault(step, {})
    parent[last] = value
    return document


CASES: dict[str, tuple[str, Any, list[str]]] = {
    "a canary that keeps users on one side": (
        "release",
        {"stable": "1.0", "candidate": "2.0", "strategy": CANARY},
        ["`release.strategy.canary.sticky`", "gateway-api cannot", "`mesh` can", "`router`"],
    ),
    "token with a router that has none": (
        "serving.auth",
        JWT,
        ["`serving.auth.jwt`", "gateway-api cannot", "has no authentication", "`mesh` can"],
    ),
    "certificate with a router that has none": (
        "serving.auth",
        {"mtls": ["cluster.local/ns/a/sa/b"]},
        ["`serving.auth.mtls`", "gateway-api cannot", "client certificates", "`mesh` can"],
    ),
    # The router `mesh` could, and the workload target would still refuse it.
    "egress to a host": (
        "serving.egress",
        [{"host": "api.example.com", "port": 443}],
        ["`serving.egress[0].host`", "kubernetes cannot", "not host names",
         "no installed target can express it"],
    ),
    "users by their hash": (
        "release",
        {"stable": "1.0", "candidate": "2.0", "strategy": HASH},
        ["gateway-api cannot express `release.strategy.ab.split.by: user-hash`",
         "no hash of a header's value", "`mesh` can"],
    ),
    "scaling by concurrency": (
        "serving.scaling",
        {"min": 1, "max": 2, "metric": "concurrency", "target": 20},
        ["`serving.scaling.metric: concurrency`", "kubernetes, gateway-api, docker",
         "`scaler` can", "add it to the environment's `targets`"],
    ),
    "batch": ("serving.mode", "batch", ["`serving.mode: batch`", "`scaler` can"]),
    "objectives": (
        "monitoring.slos",
        [{"name": "availability", "objective": "99.9%", "window": "30d"}],
        ["`monitoring`", "kubernetes, gateway-api, docker", "the target `prometheus` can"],
    ),
    "scaling down later": (
        "release.strategy",
        {"blueGreen": {"active": "stable", "scaleDownAfter": "1h"}},
        ["`release.strategy.blueGreen.scaleDownAfter`", "gateway-api cannot", "scales down later",
         "`argo-rollouts` can"],
    ),
    "another runtime": ("serving.runtime", "triton", ["`serving.runtime: triton`", "fairway"]),
    "another protocol": ("serving.protocol", "v1", ["`serving.protocol: v1`", "v2"]),
}  # fmt: skip


def flat(text: str) -> str:
    """Return a report without its line breaks, so that wrapping does not matter."""
    return " ".join(text.split())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_cannot_be_expressed(repository: Repository, case: tuple[str, Any, list[str]]) -> None:
    route, value, words = case
    repository.write(**spec(route, value))
    done = repository.run("validate", "specs")
    assert done.code == 1
    report = flat(done.report)
    assert "error[target/capability]" in report
    assert [word for word in words if word not in report] == []
    assert "staging, production" in report


def test_another_target_lifts_the_refusal(repository: Repository) -> None:
    def use(document: Document) -> None:
        document["targets"] = ["builtin", "../targets"]
        for place in document["environments"].values():
            place["targets"] = ["docker", "scaler"]

    repository.project(use)
    repository.write(**spec("serving.mode", "batch"))
    done = repository.run("validate", "specs")
    assert "serving.mode" not in done.report


def test_the_other_environment_may_be_able(repository: Repository) -> None:
    def use(document: Document) -> None:
        document["targets"] = ["builtin", "../targets"]
        document["environments"]["production"]["targets"] = ["docker", "scaler"]

    repository.project(use)
    repository.write(**spec("serving.mode", "batch"))
    report = flat(repository.run("validate", "specs").report)
    assert "`serving.mode: batch`" in report
    assert "= in: staging" in report
    assert "production" not in report


def test_every_refusal_of_a_built_in_target_is_of_a_known_field() -> None:
    from fairway.packs import pack_folder
    from fairway.spec.deployment import DeploymentSpec
    from fairway.spec.walk import field_at
    from fairway.target.load import load_targets

    for target in load_targets((pack_folder("targets"),)).values():
        for name in (*target.expresses, *target.cannot):
            route: tuple[str | int, ...] = ()
            for step in name.partition("=")[0].split("."):
                route = (*route, step)
                found = field_at(DeploymentSpec, route)
                if found is None:  # a list's fields are those of its items
                    route = (*route[:-1], 0, step)
                    found = field_at(DeploymentSpec, route)
                assert found is not None, f"{target.name}: {name}"
