"""The objects of the fleet fit together, and every check of that can fail."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from artifacts.objects import Manifest, Object
from artifacts.relations import CHECKS, faults
from artifacts.units import canonical_quantity, seconds
from target.routers.release import NAME, Places, spec


def test_the_fleet(fleet_manifests: list[Manifest]) -> None:
    assert {m.path: found for m in fleet_manifests if (found := faults(m))} == {}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """A manifest with everything in it: two workloads, autoscalers and a route."""
    places = Places(tmp_path_factory.mktemp("place"))
    made = spec({"blueGreen": {"active": "stable"}})
    found = places.render("gateway-api", made, "envoy-gateway").manifest
    assert {"HTTPRoute", "HorizontalPodAutoscaler"} <= {o["kind"] for o in found.objects}
    assert len(found.of("Deployment")) == 2
    return found


@pytest.fixture
def manifest(whole: Manifest) -> Manifest:
    return Manifest(whole.path, tuple(copy.deepcopy(whole.objects)))


def put(kind: str, *route: Any) -> Callable[[Manifest], None]:
    """Set the value at the end of ``route`` in every object of a kind."""
    *path, value = route

    def change(manifest: Manifest) -> None:
        for item in manifest.of(kind):
            parent: Any = item
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = value

    return change


def renamed(kind: str) -> Callable[[Manifest], None]:
    return put(kind, "metadata", "name", "somewhere-else")


def container(**values: Any) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        for item in manifest.of("Deployment"):
            item["spec"]["template"]["spec"]["containers"][0].update(values)

    return change


def add_replicas(manifest: Manifest) -> None:
    manifest.of("Deployment")[0]["spec"]["replicas"] = 2


def same_selector(manifest: Manifest) -> None:
    first, second = manifest.of("Deployment")
    second["spec"]["selector"] = first["spec"]["selector"]


def same_pods(manifest: Manifest) -> None:
    first, second = manifest.of("Deployment")
    labels = first["spec"]["template"]["metadata"]["labels"]
    second["spec"]["template"]["metadata"]["labels"] = labels


def first_backend(**values: Any) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        rule: Object = manifest.of("HTTPRoute")[0]["spec"]["rules"][0]
        rule["backendRefs"][0].update(values)

    return change


def counted_by_a_rollout(manifest: Manifest) -> None:
    """The first item becomes a Rollout that refers to a Deployment with a number of its own."""
    first, *_ = manifest.of("Deployment")
    first["spec"]["replicas"] = 2
    reference = {"kind": "Deployment", "name": first["metadata"]["name"]}
    metadata = copy.deepcopy(first["metadata"])
    manifest.objects[0].clear()
    manifest.objects[0].update(
        {"kind": "Rollout", "metadata": metadata, "spec": {"workloadRef": reference}}
    )


RULES = ("spec", "rules")
WITHOUT_TRAFFIC = [{"name": NAME, "port": 80, "weight": 0}]
MUTATIONS: list[tuple[str, str, Callable[[Manifest], None]]] = [
    ("names", "too long", put("Service", "metadata", "name", "x" * 64)),
    ("names", "service", put("Service", "metadata", "name", "1st")),
    ("names", "dot", put("Deployment", "metadata", "name", "a.b")),
    ("names", "twice", renamed("Deployment")),
    ("names", "namespace", put("NetworkPolicy", "metadata", "namespace", "other")),
    ("labels", "value", put("Service", "metadata", "labels", "team", "a b")),
    ("labels", "length", put("Service", "metadata", "labels", "team", "a" * 64)),
    ("labels", "key", put("Deployment", "metadata", "annotations", "a//b", "x")),
    ("selectors", "of another", same_selector),
    ("selectors", "of both", same_pods),
    ("selectors", "service", put("Service", "spec", "selector", {})),
    (
        "selectors",
        "budget",
        put("PodDisruptionBudget", "spec", "selector", "matchLabels", {"a": "b"}),
    ),
    (
        "selectors",
        "policy",
        put("NetworkPolicy", "spec", "podSelector", "matchLabels", {"a": "b"}),
    ),
    ("references", "account", renamed("ServiceAccount")),
    ("references", "volume", container(volumeMounts=[{"name": "cache", "mountPath": "/c"}])),
    ("references", "scaled", put("HorizontalPodAutoscaler", "spec", "scaleTargetRef", "name", "x")),
    (
        "references",
        "budget",
        put("PodDisruptionBudget", "spec", "selector", "matchLabels", {"a": "b"}),
    ),
    ("ports", "target", put("Service", "spec", "ports", 0, "targetPort", "grpc")),
    ("ports", "policy", put("NetworkPolicy", "spec", "ingress", 0, "ports", 0, "port", 1)),
    ("ports", "open", put("NetworkPolicy", "spec", "egress", [{}])),
    ("ports", "direction", put("NetworkPolicy", "spec", "policyTypes", ["Ingress"])),
    ("replicas", "both", add_replicas),
    ("replicas", "range", put("HorizontalPodAutoscaler", "spec", "maxReplicas", 1)),
    ("rollout", "stuck", put("Deployment", "spec", "strategy", "rollingUpdate", "maxSurge", "0%")),
    ("replicas", "a Rollout's", counted_by_a_rollout),
    ("drain", "budget", put("PodDisruptionBudget", "spec", "maxUnavailable", 0)),
    ("drain", "least", put("PodDisruptionBudget", "spec", "minAvailable", 1)),
    ("shutdown", "grace", put("HTTPRoute", *RULES, 0, "timeouts", "request", "10m")),
    (
        "resources",
        "form",
        container(resources={"requests": {"cpu": "1000m", "memory": "1Gi"}, "limits": {}}),
    ),
    (
        "resources",
        "limit",
        container(
            resources={
                "requests": {"cpu": "1", "memory": "1Gi"},
                "limits": {"memory": "2Gi"},
            }
        ),
    ),
    ("routes", "backend", first_backend(name="nobody")),
    ("routes", "port", first_backend(port=8080)),
    ("routes", "weight", put("HTTPRoute", *RULES, 0, "backendRefs", WITHOUT_TRAFFIC)),
    ("routes", "twice", first_backend(name=f"{NAME}-2-0")),
    ("routes", "timeout", put("HTTPRoute", *RULES, 0, "timeouts", "request", "0s")),
    ("routes", "digits", put("HTTPRoute", *RULES, 0, "timeouts", "request", "100000h")),
    ("routes", "longer", put("HTTPRoute", *RULES, 0, "timeouts", "backendRequest", "1h")),
    ("routes", "address", put("HTTPRoute", "spec", "hostnames", ["10.0.0.1"])),
    ("routes", "path", put("HTTPRoute", *RULES, 0, "matches", 0, "path", "value", "/a//b")),
]


@pytest.mark.parametrize(
    ("check", "change"),
    [(check, change) for check, _, change in MUTATIONS],
    ids=[f"{check}: {what}" for check, what, _ in MUTATIONS],
)
def test_a_fault_is_found(
    manifest: Manifest, check: str, change: Callable[[Manifest], None]
) -> None:
    change(manifest)
    assert list(CHECKS[check](manifest))


def test_every_check_is_broken_once() -> None:
    assert {check for check, _, _ in MUTATIONS} == set(CHECKS)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("500m", "500m"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("1000", "1k"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1000M", "1G"),
        ("1024M", "1024M"),
        ("100", "100"),
        ("1", "1"),
        ("0.5", "500m"),
    ],
)
def test_canonical_quantities(written: str, canonical: str) -> None:
    assert canonical_quantity(written) == canonical


@pytest.mark.parametrize(
    ("written", "expected"), [("1h", 3600), ("1m30s", 90), ("2s", 2), ("250ms", 0.25)]
)
def test_durations(written: str, expected: float) -> None:
    assert float(seconds(written)) == expected
