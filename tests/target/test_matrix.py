"""The matrix of strategies and routers says what the targets' data say, reasons and all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from target.catalogue import built_in
from target.subject import write_target

from fairway.cli import cli
from fairway.packs import pack_folder
from fairway.target.load import Target, load_target, load_targets
from fairway.target.matrix import ROWS, Cell, markdown, matrix, text
from fairway.target.trait import TRAITS

OWN = """\
target: own
title: A router
role: router
expresses:
  release.strategy.canary: true
  release.strategy.ab.split.by: [header]
cannot:
  release.strategy.shadow: it has no mirror
  release.strategy.ab.split.by=cookie: it eats cookies
cannotWhen:
  unequalHolds: it has one clock
"""
EXPECTED = {
    "rolling": Cell("no"),
    "canary": Cell("yes"),
    "canary: a hold for each step": Cell("no", "it has one clock"),
    "canary: a share that does not rise": Cell("yes"),
    "shadow": Cell("no", "it has no mirror"),
    "shadow: a copy of some requests": Cell("no", "it has no mirror"),
    "A/B by header": Cell("yes"),
    "A/B by cookie": Cell("no", "it eats cookies"),
    "A/B by the hash of a user": Cell("no"),
    "who keeps the step and the stable version": Cell("git"),
}


@pytest.fixture
def own(tmp_path: Path) -> Target:
    write_target(tmp_path, "own", OWN)
    return load_target(str(tmp_path / "own" / "target.yaml"))


def test_a_router(own: Target) -> None:
    found = matrix([own, *built_in("kubernetes", "docker")])
    assert found.routers == ("own",)
    cells = {title: cell for title, (cell,) in found.rows}
    assert {title: cells[title] for title in EXPECTED} == EXPECTED


def test_who_keeps_the_step() -> None:
    found = matrix(load_targets((pack_folder("targets"),)).values())
    kept = dict(zip(found.routers, (cell.answer for cell in found.rows[-1][1]), strict=True))
    assert kept == {
        "argo-rollouts": "the cluster",
        "envoy": "git",
        "flagger": "the cluster",
        "gateway-api": "git",
        "istio": "git",
    }


def test_every_trait_of_a_release_has_a_row() -> None:
    about_more = {"gatesWithoutPrometheus", "shortHolds", "namesOver48"}
    assert {row.trait for row in ROWS if row.trait} == TRAITS.keys() - about_more


def test_every_no_of_a_built_in_router_has_its_reason_in_both_forms() -> None:
    found = matrix(load_targets((pack_folder("targets"),)).values())
    plain, marked = text(found), markdown(found)
    whys = {cell.why for _, cells in found.rows for cell in cells if cell.why}
    for why in whys:
        assert plain.count(f". {why}\n") == marked.count(f". {why}\n") == 1
    unargued = [(t, c) for t, cells in found.rows for c in cells if c == Cell("no")]
    # Compose, which the Envoy target needs, says that one itself.
    assert [title for title, _ in unargued] == ["blue/green: the other pods removed later"]
    header = marked.splitlines()[0]
    assert header == "| | " + " | ".join(found.routers) + " |"


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = matrix(load_targets((pack_folder("targets"),)).values())
    run = CliRunner()
    assert run.invoke(cli, ["targets", "--matrix"]).stdout == text(found)
    assert run.invoke(cli, ["targets", "--markdown"]).stdout == markdown(found)
    rows = json.loads(run.invoke(cli, ["targets", "--matrix", "--json"]).stdout)
    assert [row["row"] for row in rows] == [title for title, _ in found.rows]
    assert rows[0]["istio"] == {"answer": "yes", "why": ""}
    listed = json.loads(run.invoke(cli, ["targets", "--json"]).stdout)
    flagger = next(each for each in listed if each["name"] == "flagger")
    assert "unequalHolds" in flagger["cannotWhen"]
    assert flagger["remarks"]
