"""Samples: the subjects that a rule's examples are about, made by the engine's own ways.

A fragment is merged over one deployment that keeps every built-in rule, and what comes of that is
bound, planned and rendered like any other. Besides the spec's own keys a fragment may have

* ``project``, ``environment``: merged over ``fairway.yaml``, over its environment ``production``;
* ``stable``, ``candidate``: merged over what is known of that version (lock and evidence);
* ``deployment``, ``plan``: merged over the subject itself, for what cannot be said otherwise;
* ``pod``, ``container``, ``object``: merged over the pod's spec, its first container, the object;
  an ``object`` of another ``kind`` stands alone; ``without``: kinds that are not rendered;
* ``others``: merged over the rendered objects, by kind;
* ``dockerfile``, ``file``: their text;
* ``deployments``: each is merged over what the fleet sees of the one; ``fleet``: over the fleet.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from fairway.compile import Compiler
from fairway.deployment import Deployment, ModelVersion, OwnFile
from fairway.errors import UsageError
from fairway.finding import Finding
from fairway.packs import PACKAGE
from fairway.policy.facts import Facts
from fairway.policy.fleet_facts import FleetFacts, together
from fairway.policy.objects import dockerfile_of, pods_of
from fairway.policy.pack import filler_code
from fairway.project import LoadedProject, load_project
from fairway.secrets.find import find_secrets, shown
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import read_file
from fairway.source.layers import Layer, Merged, merge
from fairway.spec.bind import WHOLE, bind, validate

_ENVIRONMENT = "production"
_EVIDENCE = {
    "present": True, "counts": True, "result": "PASSED", "signed": True, "worse": False,
    "examples": 3, "throughput": 60.0, "latency": {"p50": 0.004, "p95": 0.012, "p99": 0.03},
}  # fmt: skip
_OWN = frozenset(
    ("project", "environment", "stable", "candidate", "deployment", "plan", "pod", "container",
     "object", "without", "others", "dockerfile", "file", "deployments", "fleet")
)  # fmt: skip


class SampleError(Exception):
    """A fragment from which no subject can be made."""


class Sample(NamedTuple):
    """A subject of a rule, and the deployment that it was made from."""

    variables: Mapping[str, Any]
    deployment: Deployment


def samples_of(about: str, kinds: tuple[str, ...], fragment: Mapping[str, Any]) -> list[Sample]:
    """Return the subjects that a fragment gives a rule. Raises ``SampleError``."""
    loaded = _project(fragment)
    deployment = _deployment(loaded, fragment)
    facts = _facts(deployment, fragment)
    variables = [
        {**each, "deployment": facts}
        for each in _variables(about, kinds, loaded, deployment, fragment)
    ]
    if about == "fleet":
        variables = [{"fleet": _fleet(deployment, fragment)}]
    return [Sample(each, deployment) for each in variables]


def with_edits(fragment: Mapping[str, Any], edits: Iterable[tuple[str, Any, bool]]) -> Any:
    """Return a fragment whose deployment has a rule's edits: route, value and whether it goes."""
    from fairway.location import parse_route

    edited: dict[Any, Any] = dict(fragment)
    for text, value, remove in edits:
        node: dict[Any, Any] = edited
        route = parse_route(text)
        base: Any = _document("deployment.yaml").value
        for step in route[:-1]:
            base = base.get(step, {}) if isinstance(base, dict) else base[step]
            below = node.get(step)
            if isinstance(base, list) or isinstance(below, list):
                raise SampleError("an edit inside a list is not tried on examples")
            node[step] = dict(below) if isinstance(below, dict) else {}
            node = node[step]
        node[route[-1]] = None if remove else value
    return edited


def _variables(
    about: str,
    kinds: tuple[str, ...],
    loaded: LoadedProject,
    deployment: Deployment,
    fragment: Mapping[str, Any],
) -> list[dict[str, Any]]:
    if about in ("deployment", "fleet"):
        return [{}]
    compiler = Compiler(loaded)
    deployment = _pushed(deployment, compiler)
    if about == "dockerfiles":
        text = fragment.get("dockerfile")
        if text is None:
            artifacts = compiler.compile([deployment]).artifacts
            text = next(a.text for a in artifacts if a.path.endswith("Dockerfile"))
        return [{"dockerfile": dockerfile_of("images/fraud-detector/Dockerfile", text)}]
    if about == "files":
        text = str(fragment.get("file", ""))
        secrets = [
            {
                "kind": found.kind,
                "shown": shown(text[found.start : found.end]),
                "place": f"text[{found.start}:{found.end}]",
            }
            for found in find_secrets(text)
        ]
        path = "production/fraud-detector/manifest.yaml"
        return [{"file": {"path": path, "size": len(text), "secrets": secrets}}]
    (plan,) = compiler.compile([deployment]).plans
    if about == "plan":
        filled = Facts(filler_code(), now=lambda: None).plan(plan)
        return [{"plan": merged_with(filled, fragment.get("plan", {}))}]
    dropped = fragment.get("without", ())
    values = [made.value for made in compiler.objects(plan) if made.value["kind"] not in dropped]
    others = fragment.get("others", {})
    objects = [merged_with(value, others.get(value["kind"], {})) for value in values]
    return _objects(about, kinds, objects, fragment)


def _objects(
    about: str, kinds: tuple[str, ...], objects: list[Any], fragment: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the variables of the one object that an example is about."""
    given = fragment.get("object", {})
    kind = given.get("kind") or (kinds[0] if kinds else "Deployment")
    own = next((index for index, value in enumerate(objects) if value["kind"] == kind), None)
    if own is None and "kind" not in given:
        raise SampleError(f"no {kind} is rendered; give the whole `object`")
    value = merged_with(objects[own] if own is not None else {}, given)
    for pod in pods_of(value)[:1]:
        changed = merged_with(pod["spec"], fragment.get("pod", {}))
        if "container" in fragment:
            first = merged_with(changed["containers"][0], fragment["container"])
            changed = {**changed, "containers": [first, *changed["containers"][1:]]}
        value = _replaced(value, pod["path"].split("."), changed)
    everything = [value if index == own else each for index, each in enumerate(objects)]
    if own is None:
        everything.append(value)
    made = {"object": value, "objects": everything}
    return [{**made, "pod": pod} for pod in pods_of(value)] if about == "pods" else [made]


def _replaced(value: Any, path: list[str], new: Any) -> Any:
    if not path:
        return new
    return {**value, path[0]: _replaced(value[path[0]], path[1:], new)}


def _fleet(deployment: Deployment, fragment: Mapping[str, Any]) -> Any:
    facts = FleetFacts(deployment)
    facts.add(deployment)
    own = facts.subject()
    (base,) = own["deployments"]
    listed = [merged_with(base, each) for each in fragment.get("deployments", [{}])]
    fleet = {**own, "deployments": listed, **together(listed)}
    return merged_with(fleet, fragment.get("fleet", {}))


def merged_with(value: Any, fragment: Any) -> Any:
    """Return data with a fragment merged over it: maps merge, null removes, the rest replaces."""
    if not isinstance(fragment, Mapping) or not isinstance(value, Mapping):
        return fragment
    result = dict(value)
    for key, each in fragment.items():
        if each is None:
            result.pop(key, None)
        else:
            result[key] = merged_with(result.get(key, {}), each)
    return result


@cache
def _document(name: str) -> Document:
    path = os.path.join(PACKAGE, "policy", "example", name)
    source, _ = read_file(path, name)
    if source is None:
        raise UsageError(f"{path} cannot be read", "install Fairway again")
    return parse(source)[0]


@cache
def _base_project() -> LoadedProject:
    return load_project(os.path.join(PACKAGE, "policy", "example", "fairway.yaml"))


def _project(fragment: Mapping[str, Any]) -> LoadedProject:
    over = dict(fragment.get("project", {}))
    if "environment" in fragment:
        own = {_ENVIRONMENT: fragment["environment"]}
        over["environments"] = {**over.get("environments", {}), **own}
    base = _base_project()
    if not over:
        return base
    project, findings = bind("project", _over(over, "fairway.yaml", frozenset()))
    if project is None:
        raise SampleError(_reason(findings))
    return base._replace(project=project)


def _over(fragment: Mapping[str, Any], name: str, whole: Any) -> Merged:
    document = Document("example", "", "", dict(fragment), (0, 0))
    return merge([Layer("override", document), Layer("spec", _document(name))], whole)


def _deployment(loaded: LoadedProject, fragment: Mapping[str, Any]) -> Deployment:
    own = {key: value for key, value in fragment.items() if key not in _OWN}
    merged = _over(own, "deployment.yaml", WHOLE)
    spec, findings = bind("deployment", merged)
    if spec is None or loaded.project is None:
        raise SampleError(_reason(findings))
    release = spec.release
    for name in (release.stable, release.candidate):
        if name is not None and name not in spec.versions:
            raise SampleError(f"there is no version {name}")
    lock = validate("lock", _lock(spec, {name: f"{name}-0123456789ab" for name in spec.versions}))
    versions = {
        name: ModelVersion(
            name=name,
            uri=version.uri,
            framework=version.framework or spec.model.framework,
            format=version.format or spec.model.format,
            locked=lock.versions[name],
            contract=OwnFile("contract.json", 512, _digest("contract")),
            entrypoint=((OwnFile("model.py", 256, _digest("model.py")), "Model"),)
            if spec.model.entrypoint
            else (),
            requirements=(),
        )
        for name, version in spec.versions.items()
    }
    return Deployment(
        spec, _ENVIRONMENT, loaded.project.environments[_ENVIRONMENT], loaded.project, merged,
        "fraud-detector", "deployment.yaml", "deployment.yaml", "0" * 64, lock, versions, {},
    )  # fmt: skip


def _pushed(deployment: Deployment, compiler: Compiler) -> Deployment:
    """Return the deployment with its images in the registry, under the tags of their content."""
    tags = {name: image.tag for name, image in compiler.images(deployment).items()}
    return deployment._replace(lock=validate("lock", _lock(deployment.spec, tags)))


def _lock(spec: Any, tags: Mapping[str, str]) -> Any:
    versions = {
        name: {
            "uri": version.uri,
            "digest": _digest(name),
            "files": [{"path": "model.skops", "size": 20480, "digest": _digest(f"{name} file")}],
            "contract": {"path": "contract.json", "digest": _digest("contract")},
            "signer": {"name": "risk@example.com", "keyId": _digest("key")},
            "scan": {"result": "clean", "scanner": "fairway 1", "types": ["sklearn.svm.SVC"]},
        }
        for name, version in spec.versions.items()
    }
    images = {name: {"tag": tag, "digest": _digest(name)} for name, tag in tags.items()}
    return {"lockVersion": 1, "versions": versions, "images": images}


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _facts(deployment: Deployment, fragment: Mapping[str, Any]) -> Any:
    facts = Facts(filler_code(), now=lambda: None).deployment(deployment)
    release = deployment.spec.release
    named = {release.stable: "stable", release.candidate: "candidate"}
    versions = [
        merged_with(
            {**each, "evidence": _EVIDENCE}, fragment.get(named.get(each["name"], ""), {})
        )
        for each in facts["versions"]
    ]  # fmt: skip
    facts["versions"] = versions
    for version in versions:
        if version["name"] in named:
            facts[named[version["name"]]] = version
    facts["metrics"] = ["error-ratio", "slow-ratio", "latency-p50", "latency-p95", "latency-p99"]
    return merged_with(facts, fragment.get("deployment", {}))


def _reason(findings: Iterable[Finding]) -> str:
    return "; ".join(finding.message for finding in findings) or "it does not bind"
