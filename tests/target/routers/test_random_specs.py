"""Random deployments behind every router: their objects are what the definitions say."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from artifacts import custom_resource_schema, kubernetes_schema, relations
from artifacts.objects import manifests
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from specgen import specs
from target.routers import crd_rules
from target.routers.release import PROMETHEUS, ab, canary, even_canary
from workspace import PROJECT, Document, GeneratedSpec, Workspace

needs_definitions = pytest.mark.skipif(
    not custom_resource_schema.CRDS.is_dir(), reason=custom_resource_schema.ABSENT
)
ROUTERS = ("argo-rollouts", "istio", "flagger")
STRATEGIES: list[Document] = [
    canary(),
    even_canary(),
    canary(onFailure="pause", minRequests=0),
    {"canary": {"steps": [{"weight": "100%", "hold": "1500ms"}]}},
    {"shadow": {"mirror": "0.1%"}},
    {"blueGreen": {"active": "candidate", "scaleDownAfter": "1d"}},
    ab("header", "X-Cohort", "a b", '"', "$1"),
    ab("cookie", "__Host-c", "a.b", "(", "é"),
]


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workspace]:
    return {router: _workspace(tmp_path_factory.mktemp(router), router) for router in ROUTERS}


def _workspace(folder: Path, router: str) -> Workspace:
    project = copy.deepcopy(PROJECT)
    for place in project["environments"].values():
        place |= {"router": router, "prometheus": {"address": PROMETHEUS}}
        place["gateway"]["implementation"] = "istio"
    return Workspace(folder / "specs", project)


@needs_definitions
@pytest.mark.parametrize("router", ROUTERS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=specs(), strategy=st.none() | st.sampled_from(STRATEGIES))
def test_every_object(
    router: str, drawn: GeneratedSpec, strategy: Document | None, workspaces: dict[str, Workspace]
) -> None:
    document = copy.deepcopy(drawn.document)
    if strategy is not None:
        versions = list(document["versions"])
        assume(len(versions) > 1)
        document["release"] = {
            "stable": versions[0], "candidate": versions[1], "strategy": strategy,
        }  # fmt: skip
    checked = workspaces[router].check(GeneratedSpec(document, drawn.files))
    if checked.findings:
        rules = {finding.rule for finding in checked.findings}
        # Nobody counts the requests that come through no gateway to an image of one's own.
        assert rules <= {"target/capability", "target/metric"}, checked.findings
        return
    compiled = workspaces[router].compiler.compile(checked.deployments)
    found = manifests(compiled.artifacts)
    assert found
    for manifest in found:
        assert relations.faults(manifest) == {}
        for item in manifest.objects:
            if not kubernetes_schema.knows(item):
                assert custom_resource_schema.faults(item) == []
                assert crd_rules.broken(item) == []
