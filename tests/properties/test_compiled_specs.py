"""Whatever spec plans renders to objects that Kubernetes takes and that fit together."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from typing import Any, TypeAlias

import pytest
import yaml
from artifacts import custom_resource_schema, kubernetes_schema, relations
from artifacts.objects import Manifest, manifests, pod_template
from artifacts.pod_security import violations
from artifacts.relations import pods_of
from hypothesis import given, settings
from ruamel.yaml import YAML
from specgen import specs
from workspace import PROJECT, GeneratedSpec, Workspace

from fairway.compile import Compiler
from fairway.plan.model import Plan

pytestmark = pytest.mark.slow
examples = settings(max_examples=25)

HAS_DEFINITIONS = custom_resource_schema.CRDS.is_dir()


def rendered(workspace: Workspace, spec: GeneratedSpec) -> list[tuple[Plan, Manifest]]:
    compiled = workspace.compile(spec)
    found = manifests(compiled.artifacts)
    assert len(found) == len(compiled.plans)
    return list(zip(compiled.plans, found, strict=True))


def in_environment(spec: GeneratedSpec, environment: str) -> dict[str, Any]:
    """Return the ``serving`` part of an environment, its image merged field by field."""
    base = spec.document["serving"]
    own = spec.document.get("environments", {}).get(environment, {}).get("serving", {})
    image = {**(base["image"] or {}), **(own.get("image") or {})}
    kept = own.get("image", base["image"]) is not None
    return {**base, **own, "image": image if kept else None}


def runtimes(spec: GeneratedSpec) -> dict[str, str]:
    """Return each environment's runtime."""
    names = spec.document.get("environments") or PROJECT["environments"]
    return {name: in_environment(spec, name)["runtime"] for name in names}


@examples
@given(spec=specs())
def test_kubernetes_takes_it(workspace: Workspace, spec: GeneratedSpec) -> None:
    for _, manifest in rendered(workspace, spec):
        for item in manifest.objects:
            if kubernetes_schema.knows(item, "1.34"):
                assert kubernetes_schema.faults(item, "1.34") == []
            elif HAS_DEFINITIONS:
                assert custom_resource_schema.faults(item) == []


@examples
@given(spec=specs())
def test_its_objects_fit_together(workspace: Workspace, spec: GeneratedSpec) -> None:
    for _, manifest in rendered(workspace, spec):
        assert relations.faults(manifest) == {}


@examples
@given(spec=specs())
def test_its_pods_are_restricted(workspace: Workspace, spec: GeneratedSpec) -> None:
    for _, manifest in rendered(workspace, spec):
        templates = [t for item in manifest.objects if (t := pod_template(item)) is not None]
        assert templates
        assert [violations(template) for template in templates if violations(template)] == []


@examples
@given(spec=specs())
def test_it_compiles_twice_to_the_same_bytes(workspace: Workspace, spec: GeneratedSpec) -> None:
    first = workspace.compile(spec)
    again = Compiler(workspace.loaded).compile(workspace.check(spec).deployments)
    assert first.artifacts == again.artifacts
    assert first.plans == again.plans


@examples
@given(spec=specs())
def test_readers_of_yaml_agree(workspace: Workspace, spec: GeneratedSpec) -> None:
    reader = YAML(typ="safe", pure=True)
    for artifact in workspace.compile(spec).artifacts:
        if artifact.path.endswith(".yaml"):
            old = list(yaml.load_all(artifact.text, yaml.CSafeLoader))
            assert old == list(reader.load_all(io.StringIO(artifact.text)))


Shares: TypeAlias = dict[str, Fraction]


def share_of(written: str) -> Fraction:
    """Return a percentage of a spec as a share."""
    return Fraction(written.removesuffix("%")) / 100


def expected(release: dict[str, Any], plan: Plan) -> list[tuple[Shares, Shares]]:
    """Return what each rule must send to each workload, and copy to it, by the spec's words.

    The rule of the candidate's users comes first, where there are any.
    """
    stable, *others = [each.workload for each in plan.release.variants]
    ((name, strategy),) = release["strategy"].items()
    everyone: tuple[Shares, Shares] = ({stable: Fraction(1)}, {})
    if not others or name == "rolling" or "handover" in release:
        return [({plan.active: Fraction(1)}, {})]
    (candidate,) = others
    if name == "blueGreen":
        return [({stable if strategy["active"] == "stable" else candidate: Fraction(1)}, {})]
    if name == "ab":
        return [({candidate: Fraction(1)}, {}), everyone]
    if name == "shadow":
        return [({stable: Fraction(1)}, {candidate: share_of(strategy["mirror"])})]
    step = strategy["step"]
    share = share_of(strategy["steps"][step - 1]["weight"]) if step else Fraction(0)
    return [({stable: 1 - share, candidate: share}, {})]


def workload_of(manifest: Manifest, service: str) -> str:
    """Return the workload behind a Service."""
    (name,) = pods_of(manifest, manifest.named("Service", service)["spec"]["selector"])
    return name


def sent(manifest: Manifest, rule: dict[str, Any]) -> tuple[Shares, Shares]:
    """Return what a rule of an HTTPRoute sends to each workload, and copies to it."""
    total = sum(backend["weight"] for backend in rule["backendRefs"])
    shares = {
        workload_of(manifest, backend["name"]): Fraction(backend["weight"], total)
        for backend in rule["backendRefs"]
    }
    assert len(shares) == len(rule["backendRefs"])
    mirrors = [each["requestMirror"] for each in rule.get("filters", [])]
    copies = {
        workload_of(manifest, each["backendRef"]["name"]): Fraction(
            each["fraction"]["numerator"], each["fraction"]["denominator"]
        )
        for each in mirrors
    }
    assert len(copies) == len(mirrors)
    return shares, copies


def some(shares: Shares) -> Shares:
    """Return the shares that are any."""
    return {name: share for name, share in shares.items() if share}


@examples
@given(spec=specs())
def test_requests_go_where_the_spec_says(workspace: Workspace, spec: GeneratedSpec) -> None:
    release = spec.document["release"]
    for plan, manifest in rendered(workspace, spec):
        service = manifest.named("Service", plan.name)
        assert pods_of(manifest, service["spec"]["selector"]) == [plan.active]
        wanted = expected(release, plan)
        for route in manifest.of("HTTPRoute"):
            rules = [sent(manifest, rule) for rule in route["spec"]["rules"]]
            assert [(some(a), some(b)) for a, b in rules] == [(some(a), some(b)) for a, b in wanted]
            matches = [rule["matches"] for rule in route["spec"]["rules"]]
            assert ["headers" in match for match in matches[-1]] == [False]
            assert all("headers" in match for each in matches[:-1] for match in each)


@examples
@given(spec=specs())
def test_the_plan_has_the_shares_of_its_routes(workspace: Workspace, spec: GeneratedSpec) -> None:
    """Variants and mirrors, which the arithmetic and the simulator go by, say the same."""
    for plan, manifest in rendered(workspace, spec):
        release = plan.release
        weights = {each.workload: Fraction(each.weight, release.total) for each in release.variants}
        assert sum(weights.values()) == 1
        moved = {plan.active: Fraction(1)} if "handover" in spec.document["release"] else weights
        candidates = {each.workload for each in release.variants if each.role == "candidate"}
        assert {each.workload for each in release.mirrors} <= candidates
        copies = {e.workload: Fraction(e.numerator, e.denominator) for e in release.mirrors}
        for route in manifest.of("HTTPRoute"):
            everyone = sent(manifest, route["spec"]["rules"][-1])
            assert some(everyone[0]) == some(moved)
            assert some(everyone[1]) == some(copies)


@examples
@given(spec=specs())
def test_the_strategy_decides_the_workloads(workspace: Workspace, spec: GeneratedSpec) -> None:
    release = spec.document["release"]
    versions = [v for v in (release["stable"], release.get("candidate")) if v]
    for plan, manifest in rendered(workspace, spec):
        workloads = manifest.of("Deployment")
        runs = {
            (item["metadata"]["name"] == plan.name,
             item["metadata"]["labels"]["app.kubernetes.io/version"])
            for item in workloads
        }  # fmt: skip
        one, each = (True, release["stable"]), {(False, version) for version in versions}
        stable_only = (False, release["stable"])
        expected = {
            (True, None): {one},
            (False, None): each,
            (True, "perVersion"): {one, stable_only},
            (False, "rolling"): {one, *each},
        }[("rolling" in release["strategy"], release.get("handover"))]
        assert runs == expected
        assert len(workloads) == len(expected)


@examples
@given(spec=specs())
def test_a_rolling_selector_outlives_the_version(workspace: Workspace, spec: GeneratedSpec) -> None:
    for plan, manifest in rendered(workspace, spec):
        for item in manifest.of("Deployment"):
            selector = item["spec"]["selector"]["matchLabels"]
            assert "app.kubernetes.io/version" not in selector
            if item["metadata"]["name"] == plan.name:
                assert plan.name in selector.values()


@examples
@given(spec=specs())
def test_images_are_named_by_their_content(workspace: Workspace, spec: GeneratedSpec) -> None:
    compiled = workspace.compile(spec)
    contexts = [json.loads(a.text) for a in compiled.artifacts if a.path.endswith("/context.json")]
    ours = [runtime == "fairway" for runtime in runtimes(spec).values()]
    assert len(contexts) == (len(spec.document["versions"]) if any(ours) else 0)
    for context in contexts:
        assert context["image"].endswith(f":{context['version']}-{context['content'][:12]}")
        assert [file["path"] for file in context["files"]] == sorted(
            {file["path"] for file in context["files"]}
        )
    assert len({context["image"] for context in contexts}) == len(contexts)


@examples
@given(spec=specs())
def test_each_environment_runs_its_own_image(workspace: Workspace, spec: GeneratedSpec) -> None:
    compiled = workspace.compile(spec)
    contexts = [json.loads(a.text) for a in compiled.artifacts if a.path.endswith("/context.json")]
    built = {context["version"]: context["image"] for context in contexts}
    for plan in compiled.plans:
        ready_made = in_environment(spec, plan.environment).get("image")
        for workload in plan.workloads:
            if ready_made is None:
                assert workload.image == built[workload.version]
            else:
                assert workload.image.startswith(ready_made["repository"])
                assert workload.image.endswith(ready_made.get("digest") or ready_made["tag"])


@examples
@given(spec=specs())
def test_every_artifact_says_where_it_came_from(workspace: Workspace, spec: GeneratedSpec) -> None:
    compiled = workspace.compile(spec)
    paths = [artifact.path for artifact in compiled.artifacts]
    assert len(set(paths)) == len(paths)
    for artifact in compiled.artifacts:
        assert artifact.targets
        assert artifact.spec == f"{spec.name}/deployment.yaml"
        folder = artifact.environment or "images"
        assert artifact.path.startswith(f"{folder}/{spec.name}/")
