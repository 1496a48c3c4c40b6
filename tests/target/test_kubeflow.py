"""InferenceServices are what KServe defines, and their pods are those of `kubernetes`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from artifacts import custom_resource_schema, kubernetes_schema
from artifacts.pod_security import violations
from target.released import STRATEGIES, Object, compiled, found, of, project, spec
from target.subject import write_target
from workspace import Workspace, yaml_text

from fairway.fleet import Fleet
from fairway.packs import pack_folder
from fairway.policy.objects import pods_of
from fairway.policy.pack import compile_pack, read_pack
from fairway.policy.rule_file import RuleFile
from fairway.policy.sample import samples_of
from fairway.policy.trial import finds
from fairway.project import load_project

needs_definitions = pytest.mark.skipif(
    not custom_resource_schema.CRDS.is_dir(), reason=custom_resource_schema.ABSENT
)
PREDICTORS = {
    "rolling": ["fraud"],
    "blueGreen": ["fraud-3-1-0", "fraud-3-2-0"],
    "canary": ["fraud-3-1-0", "fraud-3-2-0"],
    "shadow": ["fraud-3-1-0", "fraud-3-2-0"],
    "ab": ["fraud-3-1-0", "fraud-3-2-0"],
}


def kubeflow(root: Path, strategy: str, **parts: Any) -> list[Object]:
    return compiled(root, spec(STRATEGIES[strategy], **parts), workload="kubeflow")[1]


@needs_definitions
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_object_is_what_its_owner_defines(tmp_path: Path, strategy: str) -> None:
    objects = kubeflow(tmp_path, strategy)
    assert list(of(objects, "InferenceService")) == PREDICTORS[strategy]
    for each in objects:
        if kubernetes_schema.knows(each):
            assert kubernetes_schema.faults(each, kubernetes_schema.VERSIONS[-1]) == []
        else:
            assert custom_resource_schema.faults(each) == []


@needs_definitions
def test_a_broken_inference_service_is_found(tmp_path: Path) -> None:
    (service,) = of(kubeflow(tmp_path, "rolling"), "InferenceService").values()
    service["spec"]["predictor"]["minReplica"] = 2
    assert custom_resource_schema.faults(service)
    del service["spec"]["predictor"]["minReplica"]
    service["spec"]["predictor"]["maxReplicas"] = "five"
    assert custom_resource_schema.faults(service)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_pods_are_those_of_the_target_kubernetes(tmp_path: Path, strategy: str) -> None:
    """But for the container's name, and the limit that KServe would set itself."""
    plain = of(compiled(tmp_path / "plain", spec(STRATEGIES[strategy]))[1], "Deployment")
    served = of(kubeflow(tmp_path / "served", strategy), "InferenceService")
    assert list(served) == list(plain)
    for name, item in served.items():
        predictor = item["spec"]["predictor"]
        assert violations({"metadata": item["metadata"], "spec": predictor}) == {}
        pod, template = dict(predictor), plain[name]["spec"]["template"]
        own = {key: pod.pop(key) for key in ("minReplicas", "maxReplicas", "scaleMetric",
                                             "scaleTarget", "deploymentStrategy")}  # fmt: skip
        assert own["deploymentStrategy"] == plain[name]["spec"]["strategy"]
        (container,), (model,) = pod["containers"], template["spec"]["containers"]
        assert container.pop("name") == "kserve-container"
        assert model.pop("name") == "model"
        assert container["resources"].pop("limits") == container["resources"]["requests"]
        assert "cpu" not in model["resources"].pop("limits")
        assert pod == template["spec"]
        # KServe copies labels and annotations to the pods, and adds some of its own.
        labels, annotations = item["metadata"]["labels"], item["metadata"]["annotations"]
        assert labels == {**template["metadata"]["labels"],
                          "networking.kserve.io/visibility": "cluster-local"}  # fmt: skip
        assert template["metadata"]["annotations"].items() <= annotations.items()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_around_the_pods_is_the_same(tmp_path: Path, strategy: str) -> None:
    plan, plain = compiled(tmp_path / "plain", spec(STRATEGIES[strategy]))
    served = kubeflow(tmp_path / "served", strategy)
    for kind in ("ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"):
        assert of(served, kind) == of(plain, kind) != {}
    assert of(served, "Deployment") == of(served, "HorizontalPodAutoscaler") == {}
    # KServe makes the versions' own services.
    assert of(served, "Service") == {"fraud": of(plain, "Service")["fraud"]}
    assert len(plan.services) == (1 if strategy == "rolling" else 3)


def test_nothing_that_kserve_makes_has_a_rendered_name(tmp_path: Path) -> None:
    for strategy in STRATEGIES:
        objects = kubeflow(tmp_path / strategy, strategy)
        made = {f"{name}-predictor" for name in of(objects, "InferenceService")}
        rendered = {(each["kind"], each["metadata"]["name"]) for each in objects}
        for kind in ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
            assert not {(kind, name) for name in made} & rendered


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_routes_lead_to_the_services_that_kserve_makes(tmp_path: Path, strategy: str) -> None:
    plan, objects = compiled(tmp_path, spec(STRATEGIES[strategy]), workload="kubeflow")
    (route,) = of(objects, "HTTPRoute").values()
    backends = {ref["name"] for rule in route["spec"]["rules"] for ref in rule["backendRefs"]}
    mirrors = {f["requestMirror"]["backendRef"]["name"] for rule in route["spec"]["rules"]
               for f in rule.get("filters", [])}  # fmt: skip
    own = {f"{name}-predictor" for name in PREDICTORS[strategy]}
    assert backends == ({"fraud"} if strategy == "rolling" else own)
    assert mirrors == ({"fraud-3-2-0-predictor"} if strategy == "shadow" else set())
    assert {v.service for v in plan.release.variants} == backends
    assert {m.service for m in plan.release.mirrors} == mirrors


def test_gates_read_the_services_that_kserve_makes(tmp_path: Path) -> None:
    gateway = {"name": "public", "namespace": "edge", "implementation": "contour"}
    given = spec(STRATEGIES["canary"])
    plan, _ = compiled(tmp_path, given, workload="kubeflow", gateway=gateway)
    (gate,) = plan.release.canary[0].gates
    assert 'envoy_cluster_name="fraud_fraud-3-2-0-predictor_80"' in gate.query


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_kserve_makes_no_ingress_and_no_split_of_its_own(tmp_path: Path, strategy: str) -> None:
    for item in of(kubeflow(tmp_path, strategy), "InferenceService").values():
        assert item["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
        assert item["metadata"]["labels"]["networking.kserve.io/visibility"] == "cluster-local"
        assert list(item["spec"]) == ["predictor"]
        assert "canaryTrafficPercent" not in item["spec"]["predictor"]


def test_an_edit_that_leaves_the_pods_alone_restarts_none(tmp_path: Path) -> None:
    """KServe copies annotations to the pods; a digest of the whole spec there would."""
    before = of(kubeflow(tmp_path / "a", "canary"), "InferenceService")
    parts = {"metadata": {"owners": ["@somebody-else"]}}
    assert of(kubeflow(tmp_path / "b", "canary", **parts), "InferenceService") == before


def test_scaling(tmp_path: Path) -> None:
    scaled = of(kubeflow(tmp_path / "a", "rolling"), "InferenceService")["fraud"]
    predictor = scaled["spec"]["predictor"]
    assert scaled["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "hpa"
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (2, 5)
    assert (predictor["scaleMetric"], predictor["scaleTarget"]) == ("memory", 70)

    parts = {"serving": {"resources": {"cpu": "1", "memory": "1Gi"}, "scaling": {"min": 3}}}
    fixed = of(kubeflow(tmp_path / "b", "rolling", **parts), "InferenceService")["fraud"]
    predictor = fixed["spec"]["predictor"]
    assert fixed["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "none"
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (3, 3)
    assert not {"scaleMetric", "scaleTarget"} & predictor.keys()


@pytest.mark.parametrize("metric", ["concurrency", "rps", "gpu"])
def test_metrics_that_standard_mode_cannot_scale_by(tmp_path: Path, metric: str) -> None:
    scaling = {"min": 2, "max": 5, "metric": metric, "target": 10}
    given = spec(STRATEGIES["rolling"])
    given.document["serving"]["scaling"] = scaling
    findings = found(tmp_path, given, workload="kubeflow")
    assert [f.at.route for f in findings if f.rule == "target/capability"] == [
        ("serving", "scaling", "metric")
    ]


@pytest.mark.parametrize(
    ("name", "version", "strategy", "at"),
    [
        ("n" * 40, "1.0.0-b", "canary", None),
        ("n" * 40, "1.0.0-rc1", "canary", ("versions", "1.0.0-rc1")),
        ("n" * 40, "1.0.0-rc1", "rolling", None),
    ],
)
def test_names_that_kserve_cannot_make_labels_of(
    tmp_path: Path, name: str, version: str, strategy: str, at: tuple[str, ...] | None
) -> None:
    given = spec(STRATEGIES[strategy], name)
    given.document["versions"] = {version: "./models/a", "2": "./models/b"}
    given.document["release"] |= {"stable": version}
    if strategy == "canary":
        given.document["release"]["candidate"] = "2"
    assert found(tmp_path / "plain", given) == ()
    findings = found(tmp_path / "served", given, workload="kubeflow")
    assert [each.at.route for each in findings] == ([at] if at else [])
    assert all("63 characters" in each.message for each in findings)


def test_another_deployment_may_not_have_the_name_of_what_kserve_makes(tmp_path: Path) -> None:
    place = {"workload": "kubeflow", "namespace": "ml"}
    workspace = Workspace(tmp_path, project(**place))
    workspace.check(spec(STRATEGIES["rolling"]))
    workspace.check(spec(STRATEGIES["rolling"], "fraud-predictor"))
    fleet = Fleet([str(tmp_path)])
    findings = [finding for checked, _ in fleet.check() for finding in checked.findings]
    assert [(f.rule, f.at.file.rpartition("/")[0].rpartition("/")[2]) for f in findings] == [
        ("fleet/unique-name", "fraud")
    ]


CONTROLLED = """\
target: rollouts
title: A controller of releases
role: router
controllerOwned: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, services: true}
"""


def test_no_controller_of_releases_over_that_of_kserve(tmp_path: Path) -> None:
    write_target(tmp_path / "targets", "rollouts", CONTROLLED)
    for workload, count in (("kubernetes", 0), ("kubeflow", 1)):
        document = project(workload=workload, router="rollouts")
        document["targets"] = ["builtin", "targets"]
        path = tmp_path / "fairway.yaml"
        path.write_text(yaml_text(document))
        findings = load_project(str(path)).findings
        assert len(findings) == count
        for each in findings:
            assert each.at.route == ("environments", "production", "router")
            assert "belong to the controller that makes them" in each.message


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_policies_see_the_pods(tmp_path: Path, strategy: str) -> None:
    for item in of(kubeflow(tmp_path, strategy), "InferenceService").values():
        (pod,) = pods_of(item)
        assert pod["replicas"] == 2
        assert pod["labels"]["fairway.dev/workload"] == item["metadata"]["name"]
        (container,) = pod["containers"]
        assert container["path"] == "spec.predictor.containers[0]"
        assert container["resources"]["limits"]["memory"] == "1Gi"


POLICIES = pack_folder("policies")
RENDERED = {
    "InferenceService",
    "ServiceAccount",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Service",
    "HTTPRoute",
    "PrometheusRule",
}


def judged(rule: RuleFile) -> list[dict[str, Any]]:
    """The samples of a rule about artifacts: one for each kind of object that it is about."""
    environment = {"workload": "kubeflow", "targets": ["docker", "prometheus"]}
    groups = {"pods": {"InferenceService"}, "objects": RENDERED}
    kinds = RENDERED & set(rule.kinds) if rule.kinds else groups.get(rule.about, set())
    return [{"environment": environment, "object": {"kind": kind}} for kind in sorted(kinds)]


def test_built_in_policies_have_nothing_against_it() -> None:
    rules = [each for each in read_pack(POLICIES) if each.subject == "artifact"]
    programs = compile_pack(POLICIES, rules).programs()
    tried = {
        (rule.id, fragment["object"]["kind"]): finds(
            programs[rule.id], samples_of(rule.about, rule.kinds, fragment)
        )
        for rule in rules
        for fragment in judged(rule)
    }
    assert {kind for _, kind in tried} == RENDERED
    assert len({name for name, kind in tried if kind == "InferenceService"}) > 20
    assert {key: found for key, found in tried.items() if found != ()} == {}
