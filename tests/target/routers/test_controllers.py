"""What controllers make of the objects fits the objects around it, in names and in labels."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from artifacts.objects import Manifest
from artifacts.relations import selects
from target.routers.release import (
    GATES,
    NAME,
    PROMETHEUS,
    Places,
    ab,
    canary,
    even_canary,
    project,
    spec,
)
from workspace import Document, Workspace

from fairway.target.meter import TargetMeter

FLAGGERS_LABELS = ("app", "name", "app.kubernetes.io/name")
"""The default of Flagger's ``-selector-labels``, in its order (cmd/flagger/main.go, 1.44)."""


@pytest.fixture(params=["canary", "blue/green", "rolling"])
def flagger(request: pytest.FixtureRequest, places: Places) -> Manifest:
    strategies = {
        "canary": spec(even_canary()),
        "blue/green": spec({"blueGreen": {"active": "candidate"}}),
        "rolling": spec({"rolling": {}}, None),
    }
    return places.render("flagger", strategies[request.param]).manifest


def primary(deployment: Document) -> Document:
    """Return what Flagger makes of a Deployment (pkg/canary/deployment_controller.go, 1.44)."""
    made = copy.deepcopy(deployment)
    own = made["metadata"]["name"]
    chosen = next(
        label for label in FLAGGERS_LABELS if label in made["spec"]["selector"]["matchLabels"]
    )
    value = f"{made['spec']['selector']['matchLabels'][chosen]}-primary"
    made["metadata"]["name"] = f"{own}-primary"
    made["spec"]["selector"] = {"matchLabels": {chosen: value}}
    template = made["spec"]["template"]
    template["metadata"]["labels"][chosen] = value
    for constraint in template["spec"]["topologySpreadConstraints"]:
        labels = constraint["labelSelector"]["matchLabels"]
        for key, old in labels.items():
            if key in FLAGGERS_LABELS and old == own:
                labels[key] = f"{old}-primary"
    return made


def test_flaggers_pods_are_closed_kept_and_spread(flagger: Manifest) -> None:
    deployment = flagger.named("Deployment", NAME)
    pods = {
        "candidate": deployment["spec"]["template"],
        "stable": primary(deployment)["spec"]["template"],
    }
    (policy,) = flagger.of("NetworkPolicy")
    (budget,) = flagger.of("PodDisruptionBudget")
    for role, template in pods.items():
        labels = template["metadata"]["labels"]
        assert selects(policy["spec"]["podSelector"]["matchLabels"], labels), role
        assert selects(budget["spec"]["selector"]["matchLabels"], labels), role
        for constraint in template["spec"]["topologySpreadConstraints"]:
            assert selects(constraint["labelSelector"]["matchLabels"], labels), role
    # The two are apart, so that neither Deployment takes the other's pods.
    for selecting, other in (("candidate", "stable"), ("stable", "candidate")):
        made = deployment if selecting == "candidate" else primary(deployment)
        selector = made["spec"]["selector"]["matchLabels"]
        assert selects(selector, pods[selecting]["metadata"]["labels"])
        assert not selects(selector, pods[other]["metadata"]["labels"])


def test_flagger_makes_its_own_services_and_routes(places: Places) -> None:
    rendered = places.render("flagger", spec(even_canary()))
    assert {"Service", "HTTPRoute"} & set(rendered.kinds()) == set()
    services = {each.role: each.service for each in rendered.plan.release.variants}
    assert services == {"stable": f"{NAME}-primary", "candidate": f"{NAME}-canary"}
    canary = rendered.one("Canary")["spec"]
    assert canary["service"]["port"] == 80
    assert canary["service"]["timeout"] == "2s500ms"
    assert canary["service"]["hosts"] == ["scorer.example.com"]
    assert canary["targetRef"]["name"] == NAME
    scaler = rendered.one("HorizontalPodAutoscaler", canary["autoscalerRef"]["name"])
    assert scaler["spec"]["scaleTargetRef"]["kind"] == "Deployment"
    assert "replicas" not in rendered.one("Deployment")["spec"]


def test_flagger_reads_what_is_rendered(places: Places) -> None:
    rendered = places.render("flagger", spec(even_canary()))
    gates = rendered.plan.release.gates
    metrics = rendered.one("Canary")["spec"]["analysis"]["metrics"]
    assert [each["name"] for each in metrics] == [gate.name for gate in gates]
    for metric, gate in zip(metrics, gates, strict=True):
        # Flagger's own metrics have these names, and would be asked instead.
        assert metric["name"] not in ("request-success-rate", "request-duration")
        template = rendered.one("MetricTemplate", metric["templateRef"]["name"])
        assert template["spec"] == {
            "provider": {"type": "prometheus", "address": PROMETHEUS},
            "query": gate.question,
        }
        assert "{{" not in gate.question  # which would be a template's expression
        assert metric["thresholdRange"] == {"min" if gate.kind == "min" else "max": gate.limit}


def test_argos_pods_are_closed_and_kept(places: Places) -> None:
    """Its ReplicaSets have the template's labels, and one more; services get it too."""
    manifest = places.render("argo-rollouts", spec(canary())).manifest
    labels = manifest.named("Deployment", NAME)["spec"]["template"]["metadata"]["labels"]
    pod = {**labels, "rollouts-pod-template-hash": "6cb5d5c9d"}
    (policy,) = manifest.of("NetworkPolicy")
    (budget,) = manifest.of("PodDisruptionBudget")
    assert selects(policy["spec"]["podSelector"]["matchLabels"], pod)
    assert selects(budget["spec"]["selector"]["matchLabels"], pod)
    services = {each["metadata"]["name"]: each for each in manifest.of("Service")}
    assert services.keys() == {NAME, f"{NAME}-canary"}
    for service in services.values():
        assert selects(
            {**service["spec"]["selector"], "rollouts-pod-template-hash": "6cb5d5c9d"}, pod
        )
    scaler = manifest.named("HorizontalPodAutoscaler", NAME)["spec"]["scaleTargetRef"]
    assert (scaler["kind"], scaler["apiVersion"]) == ("Rollout", "argoproj.io/v1alpha1")


def test_argos_objects_are_about_the_candidate_before_there_is_one(places: Places) -> None:
    """What begins with a change of the pods must find gates that are about the new ones."""
    waiting = places.render("argo-rollouts", spec(canary(step=0), None))
    released = places.render("argo-rollouts", spec(canary(step=1)))
    for kind in ("AnalysisTemplate", "HTTPRoute", "Service"):
        assert waiting.manifest.of(kind) == released.manifest.of(kind)
    gate = waiting.plan.release.gates[0]
    assert f"{NAME}-canary" in gate.query
    assert [each.role for each in waiting.plan.release.variants] == ["stable"]


@pytest.mark.parametrize("router", ["argo-rollouts", "flagger"])
def test_controllers_need_to_know_where_prometheus_is(router: str, places: Places) -> None:
    workspace = places.workspace(router, "istio", "")
    (finding,) = workspace.check(spec(even_canary())).findings
    assert finding.at.route == ("release", "strategy", "canary", "gates")
    assert finding.fix is not None
    assert "prometheus: {address: http://…}" in finding.fix.description
    assert not workspace.check(spec(even_canary(gates=[]))).findings


def test_versions_that_only_pods_tell_apart_are_one_to_a_controller(places: Places) -> None:
    installed = places.workspace("argo-rollouts", "istio").loaded.targets
    targets = [installed[name] for name in ("kubernetes", "argo-rollouts")]
    # Triton's series have no version: the pods' names say it.
    free = TargetMeter(targets, "istio", "triton")
    assert free.why_not("server-error-ratio") == ""
    controlled = TargetMeter(targets, "istio", "triton", controlled=True)
    assert "by their workload" in controlled.why_not("server-error-ratio")
    own = TargetMeter(targets, "istio", "fairway", controlled=True)
    assert own.why_not("server-error-ratio") == ""


def test_every_gate_of_a_controller_counts_its_requests(places: Places) -> None:
    for router in ("argo-rollouts", "flagger"):
        plan = places.render(router, spec(even_canary())).plan
        assert len(plan.release.gates) == len(GATES)
        for gate in plan.release.gates:
            assert gate.question.endswith(f"and on () (({gate.requests}) >= 3000)")


def test_a_sidecar_is_asked_for_where_callers_are_checked(places: Places) -> None:
    token = {"jwt": {"issuer": "https://login.example.com", "audiences": ["scorer"]}}
    label = ("sidecar.istio.io/inject", "true")
    for auth, asked in (({"none": "an example"}, False), (token, True)):
        manifest = places.render("istio", spec(canary(), auth=auth)).manifest
        for deployment in manifest.of("Deployment"):
            template = deployment["spec"]["template"]
            assert (label in template["metadata"]["labels"].items()) == asked
            assert label[0] not in deployment["spec"]["selector"]["matchLabels"]
        (policy,) = manifest.of("NetworkPolicy")
        ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
        assert (15012 in ports) == asked
    checked = manifest.named("AuthorizationPolicy", NAME)["spec"]
    assert checked["action"] == "ALLOW"
    assert checked["rules"] == [
        {"from": [{"source": {"requestPrincipals": ["https://login.example.com/*"]}}]}
    ]
    for deployment in manifest.of("Deployment"):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert selects(checked["selector"]["matchLabels"], labels)


def test_kserves_pods_get_the_sidecar_too(tmp_path: Path) -> None:
    """Labels of an InferenceService are those of its pods; without this one nobody would check."""
    document = project("istio", "istio", PROMETHEUS)
    document["environments"]["staging"]["workload"] = "kubeflow"
    auth = {"mtls": ["cluster.local/ns/shop/sa/shop"]}
    compiled = Workspace(tmp_path / "specs", document).compile(spec(canary(), auth=auth))
    (text,) = (a.text for a in compiled.artifacts if a.path.endswith("/manifest.yaml"))
    objects = list(yaml.load_all(text, yaml.CSafeLoader))
    servers = [each for each in objects if each["kind"] == "InferenceService"]
    assert len(servers) == 2
    for server in servers:
        assert server["metadata"]["labels"]["sidecar.istio.io/inject"] == "true"


@pytest.mark.parametrize(
    "strategy",
    [canary(), {"shadow": {"mirror": "10%"}}, ab("header", "x-cohort", "b"), {"rolling": {}}],
    ids=["canary", "shadow", "ab", "rolling"],
)
def test_istios_destinations_are_services(strategy: Document, places: Places) -> None:
    token = {"jwt": {"issuer": "https://login.example.com", "audiences": ["scorer"]}}
    candidate = None if "rolling" in strategy else "2.0"
    manifest = places.render("istio", spec(strategy, candidate, auth=token)).manifest
    services = {each["metadata"]["name"] for each in manifest.of("Service")}
    named = {rule["spec"]["host"] for rule in manifest.of("DestinationRule")}
    for item in manifest.of("VirtualService"):
        for rule in item["spec"]["http"]:
            for each in (*rule["route"], *rule.get("mirrors", [])):
                assert each["destination"]["port"] == {"number": 80}
                assert each["destination"]["host"] in services
                assert each["destination"]["host"] in named
    assert named <= services
