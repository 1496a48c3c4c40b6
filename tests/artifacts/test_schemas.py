"""Every object of the fleet is what Kubernetes and the custom resources' owners define."""

from __future__ import annotations

import copy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from artifacts import custom_resource_schema, kubernetes_schema
from artifacts.objects import Manifest, Object, scalars
from kubernetes_validate import validate

from fairway.artifact import Artifact

needs_definitions = pytest.mark.skipif(
    not custom_resource_schema.CRDS.is_dir(), reason=custom_resource_schema.ABSENT
)


@pytest.fixture(scope="module")
def own_kinds(fleet_manifests: list[Manifest]) -> list[Object]:
    found = [o for m in fleet_manifests for o in m.objects if kubernetes_schema.knows(o)]
    assert {o["kind"] for o in found} >= {
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }
    return found


@pytest.fixture(scope="module")
def custom_kinds(fleet_manifests: list[Manifest]) -> list[Object]:
    found = [o for m in fleet_manifests for o in m.objects if not kubernetes_schema.knows(o)]
    assert {o["kind"] for o in found} >= {"HTTPRoute"}
    return found


@pytest.mark.parametrize("version", kubernetes_schema.VERSIONS)
def test_kubernetes_objects(own_kinds: list[Object], version: str) -> None:
    found = {
        f"{o['kind']}/{o['metadata']['name']}": faults
        for o in own_kinds
        if (faults := kubernetes_schema.faults(o, version))
    }
    assert found == {}


@pytest.mark.parametrize("version", kubernetes_schema.VERSIONS)
def test_the_package_itself_agrees(own_kinds: list[Object], version: str) -> None:
    one_of_each = {o["kind"]: o for o in own_kinds}
    for item in one_of_each.values():
        assert validate(item, version, strict=True) == version


@needs_definitions
def test_custom_resources(custom_kinds: list[Object]) -> None:
    assert [fault for o in custom_kinds for fault in custom_resource_schema.faults(o)] == []


def test_nothing_is_null(fleet_manifests: list[Manifest]) -> None:
    """Kubernetes' schemas admit null anywhere; nothing that is rendered needs it."""
    assert [m.path for m in fleet_manifests for o in m.objects if None in scalars(o)] == []


# -- the checks themselves: each must be able to fail ------------------------------------------

BROKEN: dict[str, tuple[str, tuple[Any, ...], Any]] = {
    "unknown field at the top": ("Deployment", ("specs",), {}),
    "unknown field of a pod": ("Deployment", ("spec", "template", "spec", "hostname2"), "x"),
    "unknown field of a container": (
        "Deployment",
        ("spec", "template", "spec", "containers", 0, "imagePullPolice"),
        "Always",
    ),
    "text for a number": ("HorizontalPodAutoscaler", ("spec", "maxReplicas"), "four"),
    "unknown field of metadata": ("Service", ("metadata", "label"), {}),
    "number for a label": ("Service", ("metadata", "labels", "version"), 1.0),
    "unknown field of a peer": ("NetworkPolicy", ("spec", "podSelector", "matchLabel"), {}),
    "list for a map": ("PodDisruptionBudget", ("spec", "selector"), []),
}


def broken(items: list[Object], kind: str, route: tuple[Any, ...], value: Any) -> Object:
    item = copy.deepcopy(next(o for o in items if o["kind"] == kind))
    parent: Any = item
    for step in route[:-1]:
        parent = parent[step]
    parent[route[-1]] = value
    return item


@pytest.mark.parametrize("version", kubernetes_schema.VERSIONS)
@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_object_is_found(
    own_kinds: list[Object], case: tuple[str, tuple[Any, ...], Any], version: str
) -> None:
    assert kubernetes_schema.faults(broken(own_kinds, *case), version)


BROKEN_ROUTES: dict[str, tuple[tuple[Any, ...], Any]] = {
    "unknown field": (("spec", "hostname"), ["a.example.com"]),
    "unknown field of a backend": (("spec", "rules", 0, "backendRefs", 0, "weights"), 1),
    "weight over the limit": (("spec", "rules", 0, "backendRefs", 0, "weight"), 1_000_001),
    "port out of range": (("spec", "rules", 0, "backendRefs", 0, "port"), 0),
    "not a duration": (("spec", "rules", 0, "timeouts", "request"), "1.5s"),
    "host name in capitals": (("spec", "hostnames"), ["A.example.com"]),
    "unknown field of metadata": (("metadata", "label"), {}),
    "too many hosts": (("spec", "hostnames"), [f"h{n}.example.com" for n in range(17)]),
    "null": (("spec", "rules", 0, "backendRefs", 0, "weight"), None),
}


@needs_definitions
@pytest.mark.parametrize("case", BROKEN_ROUTES.values(), ids=BROKEN_ROUTES.keys())
def test_a_broken_route_is_found(
    custom_kinds: list[Object], case: tuple[tuple[Any, ...], Any]
) -> None:
    assert custom_resource_schema.faults(broken(custom_kinds, "HTTPRoute", *case))


@needs_definitions
def test_an_unknown_kind_is_an_error() -> None:
    document = {"apiVersion": "gateway.networking.k8s.io/v9", "kind": "HTTPRoute", "metadata": {}}
    with pytest.raises(custom_resource_schema.UnknownKindError):
        custom_resource_schema.faults(document)


def test_a_key_of_a_list_map_is_there_once() -> None:
    schema = {
        "properties": {
            "ports": {
                "items": {"properties": {}},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            }
        }
    }
    value = {"ports": [{"name": "a"}, {"name": "b"}, {"name": "a", "port": 1}]}
    found = list(custom_resource_schema._repeated(value, schema, ()))
    assert found == ["ports.2: ['a'] is there twice"]


def test_a_strict_schema_keeps_what_is_open() -> None:
    made = custom_resource_schema.strict(
        {
            "type": "object",
            "properties": {
                "map": {"type": "object", "additionalProperties": {"type": "string"}},
                "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "closed": {"type": "object", "properties": {"default": {"type": "string"}}},
                "port": {"x-kubernetes-int-or-string": True, "default": 1},
            },
        }
    )
    assert made["additionalProperties"] is False
    properties = made["properties"]
    assert properties["map"]["additionalProperties"] == {"type": "string"}
    assert "additionalProperties" not in properties["any"]
    assert properties["closed"]["additionalProperties"] is False
    assert properties["closed"]["properties"] == {"default": {"type": "string"}}
    assert properties["port"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}


# -- tools -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_accepts_every_folder(fleet_artifacts: list[Artifact], tmp_path: Path) -> None:
    folders = set()
    for artifact in fleet_artifacts:
        path = tmp_path / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text, encoding="utf-8")
        if path.name == "kustomization.yaml":
            folders.add(path.parent)
    assert folders
    for folder in sorted(folders):
        done = subprocess.run(
            ["kubectl", "kustomize", folder], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{folder.name}: {done.stderr}"
        assert done.stdout.count("\nkind: ") == (folder / "manifest.yaml").read_text("utf-8").count(
            "\nkind: "
        )
