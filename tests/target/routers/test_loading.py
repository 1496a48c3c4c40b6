"""What ``target.yaml`` says of a router: its controller, its sidecars, its catalogues."""

from __future__ import annotations

from pathlib import Path

import pytest
from target.subject import write_target

from fairway.deployment import Controller, Sidecar
from fairway.errors import UsageError
from fairway.target.load import Target, load_target
from fairway.target.series import exported, why_not

OWN = """\
target: own
title: A router
role: router
controllerOwned:
  apiVersion: example.com/v1
  kind: Release
  services: {stable: "{name}-live", candidate: "next-{name}"}
  relabels: app.kubernetes.io/name
sidecar: {labels: {mesh: "on"}, namespace: mesh, port: 9000}
remarks: [it is an example]
series: [first.yaml, second.yaml]
"""
FIRST = """\
implementations:
  istio:
    title: Istio
    source: its documentation
    labels: [service]
    selectors: {version: 'service="$service"'}
    metrics:
      request-count:
        series: [requests_total]
        kind: counter
        unit: "1"
        gives: "1"
        query: sum(increase(requests_total{$backend}[$window]))
"""
SECOND = """\
implementations:
  istio: {title: Istio here, source: its documentation, nothing: its label is dropped here}
"""


def load(folder: Path, text: str = OWN, second: str = SECOND) -> Target:
    path = write_target(folder, "own", text, first_yaml=FIRST, second_yaml=second)
    return load_target(str(path))


def test_a_router(tmp_path: Path) -> None:
    target = load(tmp_path)
    assert target.controller == Controller(
        "example.com/v1", "Release", "{name}-live", "next-{name}", "app.kubernetes.io/name"
    )
    assert not target.controller.services
    assert target.sidecar == Sidecar({"mesh": "on"}, "mesh", 9000)
    assert target.remarks == ("it is an example",)
    assert [Path(path).name for path in target.series] == ["first.yaml", "second.yaml"]
    rendered = OWN.replace('{stable: "{name}-live", candidate: "next-{name}"}', "true")
    controller = load(tmp_path / "other", rendered).controller
    assert controller is not None
    assert controller.services


REFUSED: dict[str, tuple[str, str, str]] = {
    "no kind": ("  kind: Release\n", "", "5:3: `controllerOwned` has the keys"),
    "unknown key": ("  kind:", "  late: true\n  kind:", "5:3: `controllerOwned` has the keys"),
    "kind": ("kind: Release", "kind: 7", "6:9: `kind` must be a string"),
    "services": ('{stable: "{name}-live", candidate: "next-{name}"}', "false",
                 "7:13: `services` is true, or names those that it makes"),
    "one service": (', candidate: "next-{name}"', "", "7:13: `services` is true, or names"),
    "fixed name": ('"{name}-live"', "live", "7:22: `stable` is a name with {name} in it"),
    "sidecar": (", port: 9000", "", "9:10: `sidecar` has the keys labels, namespace and port"),
    "labels": ('mesh: "on"', "mesh: true", "9:19: `labels` must be a map of strings"),
    "namespace": ("namespace: mesh", "namespace: 1", "`namespace` must be a string"),
    "port": ("port: 9000", 'port: "9000"', "`port` must be a whole number"),
    "remarks": ("[it is an example]", "an example", "10:10: `remarks` must be a list of sentences"),
    "catalogue": ("second.yaml", "third.yaml", "11:22: there is no file third.yaml beside"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refused(tmp_path: Path, case: tuple[str, str, str]) -> None:
    old, new, message = case
    assert old in OWN
    with pytest.raises(UsageError) as refused:
        load(tmp_path, OWN.replace(old, new))
    assert message in refused.value.message


def test_a_later_catalogue_takes_away_what_is_of_no_use_there(tmp_path: Path) -> None:
    target = load(tmp_path)
    assert exported([target], "image", "istio") == {}
    assert "Istio here: its label is dropped here" in why_not(
        [target], "image", "istio", "request-count"
    )
    alone = target._replace(series=target.series[:1])
    assert exported([alone], "image", "istio").keys() == {"request-count"}
    # Nothing is taken from what other implementations export.
    other = load(tmp_path / "other", second=SECOND.replace("istio:", "contour:"))
    assert exported([other], "image", "istio").keys() == {"request-count"}
