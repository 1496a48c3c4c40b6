"""What would render to something that a cluster refuses is refused before."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from workspace import Document, GeneratedSpec, Workspace

BASE: Document = {
    "apiVersion": "fairway.dev/v1",
    "kind": "ModelDeployment",
    "metadata": {"name": "scorer", "team": "payments", "owners": ["@ml"]},
    "model": {"framework": "sklearn", "format": "skops"},
    "versions": {"1.0": "./models/1.0", "2.0": "./models/2.0"},
    "serving": {
        "resources": {"cpu": 1, "memory": "1Gi"},
        "callers": [{"gateway": "public"}],
        "hosts": ["scorer.example.com"],
        "auth": {"none": "a test"},
    },
    "release": {"stable": "1.0", "strategy": {"rolling": {}}},
}
HOSTS = ("serving", "hosts")
ROLLING = ("release", "strategy", "rolling")
REFUSED: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "no room to roll": (ROLLING, {"surge": 0}, "surge and unavailable are both 0"),
    "no room in percent": (ROLLING, {"surge": "0%", "unavailable": "0%"}, "are both 0"),
    "long namespace": (("metadata", "team"), "t" * 63, "no name of at most 63"),
    "many hosts": (HOSTS, [f"h{n}.example.com" for n in range(17)], "at most 16 host names"),
    "address as host": (HOSTS, ["10.0.0.1"], "10.0.0.1 is an address"),
    "long host": (HOSTS, [".".join(["a" * 60] * 5)], "at most 253 characters"),
    "long label of a host": (HOSTS, ["a" * 64 + ".com"], "63 between two dots"),
    "endless timeout": (("serving", "traffic", "timeout"), "4200000d", "at the latest"),
    "long version": (("versions",), {"1.0": "./m", "v" * 31: "./m"}, "at most 30 letters"),
    "same slug": (("versions",), {"1.0": "./m", "1-0": "./m"}, "both become scorer-1-0"),
    "long name": (("metadata", "name"), "n" * 41, "at most 40 lower-case"),
    "privileged port": (("serving", "port"), 80, "1024"),
    "no pods": (("serving", "scaling", "min"), 0, "no pod is left to measure"),
    "no timeout": (("serving", "traffic", "timeout"), "0s", "more than 0"),
}
ACCEPTED: dict[str, tuple[tuple[str, ...], Any]] = {
    "room by surge": (ROLLING, {"surge": "1%", "unavailable": 0}),
    "room by unavailable": (ROLLING, {"surge": 0, "unavailable": 1}),
    "longest namespace": (("metadata", "team"), "t" * 60),
    "most hosts": (HOSTS, [f"h{n}.example.com" for n in range(16)]),
    "wildcard": (HOSTS, ["*.example.com"]),
    "long wildcard": (HOSTS, ["*." + "a" * 63 + ".example.com"]),
    "longest timeout": (("serving", "traffic", "timeout"), "99999h"),
}


def changed(route: tuple[str, ...], value: Any) -> GeneratedSpec:
    document = copy.deepcopy(BASE)
    parent = document
    for step in route[:-1]:
        parent = parent.setdefault(step, {})
    parent[route[-1]] = value
    return GeneratedSpec(document)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refused(workspace: Workspace, case: tuple[tuple[str, ...], Any, str]) -> None:
    route, value, message = case
    checked = workspace.check(changed(route, value))
    assert checked.deployments == ()
    assert message in "\n".join(finding.message for finding in checked.findings)


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(workspace: Workspace, case: tuple[tuple[str, ...], Any]) -> None:
    assert workspace.compile(changed(*case)).plans
