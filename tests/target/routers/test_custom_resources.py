"""Every object of every router and strategy is what its definition says, rules and all."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from artifacts import custom_resource_schema, kubernetes_schema, relations
from target.routers import crd_rules
from target.routers.release import Places, Rendered, ab, canary, even_canary, spec
from workspace import Document, GeneratedSpec

needs_definitions = pytest.mark.skipif(
    not custom_resource_schema.CRDS.is_dir(), reason=custom_resource_schema.ABSENT
)
BLUE: Document = {"blueGreen": {"active": "stable"}}
GREEN: Document = {"blueGreen": {"active": "candidate"}}
ROLLING = spec({"rolling": {}}, None)
WITHOUT_GATES = {"canary": {"steps": [{"weight": "5%", "hold": "30m"}]}}
JWT = {"jwt": {"issuer": "https://login.example.com", "audiences": ["scorer"]}}
MTLS = {"mtls": ["cluster.local/ns/shop/sa/shop", "cluster.local/ns/gateways/sa/public"]}
INSIDE: Document = {"callers": [{"namespace": "shop"}], "hosts": []}

CASES: list[tuple[str, str, GeneratedSpec, set[str]]] = [
    ("gateway-api", "canary", spec(canary()), {"HTTPRoute"}),
    ("gateway-api", "shadow", spec({"shadow": {"mirror": "12.5%"}}), {"HTTPRoute"}),
    ("gateway-api", "header", spec(ab("header", "x-cohort", "a", "it's")), {"HTTPRoute"}),
    ("gateway-api", "cookie", spec(ab("cookie", "cohort", "b")), {"HTTPRoute"}),
    ("argo-rollouts", "rolling", ROLLING, {"HTTPRoute"}),
    ("argo-rollouts", "canary", spec(canary()), {"Rollout", "AnalysisTemplate", "HTTPRoute"}),
    ("argo-rollouts", "pause", spec(canary(onFailure="pause")), {"Rollout", "AnalysisTemplate"}),
    ("argo-rollouts", "no gates", spec(WITHOUT_GATES), {"Rollout"}),
    ("argo-rollouts", "no candidate", spec(canary(step=0), None), {"Rollout", "AnalysisTemplate"}),
    ("argo-rollouts", "fixed", spec(canary(), scaling={"min": 3}), {"Rollout"}),
    ("argo-rollouts", "blue", spec(BLUE), {"Rollout"}),
    ("argo-rollouts", "green", spec(GREEN), {"Rollout"}),
    ("argo-rollouts", "blue inside", spec(BLUE, **INSIDE), {"Rollout"}),
    ("istio", "rolling", ROLLING, {"VirtualService"}),
    ("istio", "canary", spec(canary()), {"VirtualService"}),
    ("istio", "canary inside", spec(canary(), **INSIDE), {"VirtualService"}),
    ("istio", "blue", spec(BLUE), {"VirtualService"}),
    ("istio", "green", spec(GREEN), {"VirtualService"}),
    ("istio", "shadow", spec({"shadow": {"mirror": "12.5%"}}), {"VirtualService"}),
    ("istio", "header", spec(ab("header", "x-cohort", "a", "it's")), {"VirtualService"}),
    ("istio", "cookie", spec(ab("cookie", "cohort", "b")), {"VirtualService"}),
    ("istio", "no hosts", spec(canary(), hosts=[]), {"VirtualService"}),
    (
        "istio",
        "token",
        spec(canary(), auth=JWT),
        {"RequestAuthentication", "AuthorizationPolicy", "DestinationRule"},
    ),
    (
        "istio",
        "certificate",
        spec(canary(), auth=MTLS),
        {"PeerAuthentication", "AuthorizationPolicy", "DestinationRule"},
    ),
    ("flagger", "rolling", ROLLING, {"HTTPRoute"}),
    ("flagger", "canary", spec(even_canary()), {"Canary", "MetricTemplate"}),
    ("flagger", "no gates", spec(WITHOUT_GATES), {"Canary"}),
    ("flagger", "no candidate", spec(even_canary(step=0), None), {"Canary", "MetricTemplate"}),
    ("flagger", "green", spec(GREEN), {"Canary"}),
    ("flagger", "green inside", spec(GREEN, **INSIDE), {"Canary"}),
]  # fmt: skip


@pytest.fixture(params=CASES, ids=[f"{router}: {what}" for router, what, _, _ in CASES])
def case(request: pytest.FixtureRequest, places: Places) -> tuple[Rendered, set[str]]:
    router, _, made, kinds = request.param
    return places.render(router, made), kinds


@needs_definitions
def test_every_object(case: tuple[Rendered, set[str]]) -> None:
    rendered, kinds = case
    assert kinds <= set(rendered.kinds())
    found = {}
    for item in rendered.manifest.objects:
        if kubernetes_schema.knows(item):
            faults = [
                f for v in kubernetes_schema.VERSIONS for f in kubernetes_schema.faults(item, v)
            ]
        else:
            faults = [*custom_resource_schema.faults(item), *crd_rules.broken(item)]
        found[f"{item['kind']}/{item['metadata']['name']}"] = faults
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert relations.faults(rendered.manifest) == {}


# -- the rules of definitions can fail -------------------------------------------------------------

BROKEN: list[tuple[str, str, str, str, tuple[Any, ...], Any]] = [
    ("gateway-api", "canary", "HTTPRoute", "scorer", ("spec", "rules", 0, "matches", 0, "path",
     "value"), "no-slash"),
    ("istio", "canary", "VirtualService", "scorer", ("spec", "http", 0, "timeout"), "0s"),
    ("istio", "token", "AuthorizationPolicy", "scorer", ("spec", "targetRefs"), [{"name": "a"}]),
    ("istio", "token", "RequestAuthentication", "scorer", ("spec", "selector", "matchLabels",
     "a*"), "b"),
]  # fmt: skip


@needs_definitions
@pytest.mark.parametrize("broken", BROKEN, ids=[each[2] for each in BROKEN])
def test_a_broken_rule_is_found(
    broken: tuple[str, str, str, str, tuple[Any, ...], Any], places: Places
) -> None:
    router, what, kind, name, route, value = broken
    made = next(spec for r, w, spec, _ in CASES if (r, w) == (router, what))
    item = copy.deepcopy(places.render(router, made).one(kind, name))
    assert crd_rules.asked(item) > 0
    assert crd_rules.broken(item) == []
    parent: Any = item
    for step in route[:-1]:
        parent = parent[step]
    parent[route[-1]] = value
    assert crd_rules.broken(item)
