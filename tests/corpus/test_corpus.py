"""A hundred deployments: sound ones draw no finding, and every planted fault is found, once."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from corpus.disk import NOW, Organisation, organisations, write_corpus
from corpus.expectations import EXPECTED, found_places, page
from corpus.fault import ENGINE_RULES
from corpus.planting import FAULTS, Planted, Wanted, plant_all
from corpus.values import STRATEGIES

from fairway.compile import Compiled
from fairway.finding import Diagnostic
from fairway.fleet import Fleet
from fairway.packs import pack_folder
from fairway.policy.pack import rule_paths

UNREACHABLE = {"security/model-is-pinned"}
"""Rules whose facts the engine guards already: no lock without a digest is read."""

ROUTES = {
    "gateway-api": ("HTTPRoute", "name: SERVICE"),
    "edge": ("HTTPRoute", "name: SERVICE"),
    "argo-rollouts": ("HTTPRoute", "name: SERVICE"),
    "istio": ("VirtualService", "host: SERVICE"),
    "flagger": ("Canary", "- WEIGHT"),  # Flagger makes the routes of the weights
}
"""The routers of the fleets: their kind of object, and what it says of the candidate."""


class Validated(NamedTuple):
    """A corpus on disk, what was planted in it, and what is found of it."""

    root: Path
    fleets: list[Organisation]
    planted: list[Planted]
    diagnostics: list[Diagnostic]
    compiled: dict[str, Compiled]  # by folder, where nothing is planted


def _validated(root: Path, *, faulty: bool) -> Iterator[Validated]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        fleets = organisations()
        planted = plant_all(fleets) if faulty else []
        write_corpus(root, fleets)
        checked = Fleet(["."], NOW)
        compiled: dict[str, Compiled] = {}
        for each, loaded in checked.check():
            made = Compiled((), ()) if faulty else checked.compiler(loaded).compile(each.judged)
            compiled[each.path.removesuffix("/deployment.yaml")] = made
        assert len(compiled) == 100
        yield Validated(root, fleets, planted, checked.diagnostics(), compiled)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validated]:
    yield from _validated(tmp_path_factory.mktemp("sound"), faulty=False)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validated]:
    yield from _validated(tmp_path_factory.mktemp("faulty"), faulty=True)


def test_sound_deployments_draw_no_finding(sound: Validated) -> None:
    found = [f"{d.file}:{d.span and d.span.line} {d.rule}: {d.message}" for d in sound.diagnostics]
    assert found == []


def test_every_strategy_is_planned_for_what_moves_its_traffic(sound: Validated) -> None:
    """No target refuses anything, and what is rendered leads to the candidate of each trial."""
    tried: Counter[str] = Counter()
    for case in (case for fleet in sound.fleets for case in fleet.cases):
        plans, artifacts = sound.compiled[case.sound.folder]
        assert tuple(plan.environment for plan in plans) == case.all
        release = plans[-1].release
        assert (release.strategy, release.router) == (case.strategy, case.sound.fleet.router)
        tried[f"{case.strategy} by {release.router}"] += 1
        if case.splits:
            path = f"{case.last[0]}/{case.sound.name}/manifest.yaml"
            text = next(each.text for each in artifacts if each.path == path)
            kind, words = ROUTES[release.router]
            route = text[text.index(f"kind: {kind}\n") :]
            service = next(each.service for each in release.variants if each.role == "candidate")
            last = release.canary[0].steps[-1].weight if release.canary else 0
            wanted = words.replace("SERVICE", service).replace("WEIGHT", str(last))
            assert f"{wanted}\n" in route, case.sound.folder
    strategies: Counter[str] = Counter()
    for name, count in tried.items():
        strategies[name.partition(" ")[0]] += count
    assert set(strategies) == set(STRATEGIES)
    assert min(strategies.values()) >= 8
    assert {f"canary by {router}" for router in ROUTES} <= set(tried)


def test_faults_are_planted_in_every_deployment_and_several_in_many(faulty: Validated) -> None:
    assert len(faulty.planted) * 5 == 100
    files = {place.file for place in _wanted(faulty)}
    for case in (case for fleet in faulty.fleets for case in fleet.cases):
        assert f"{case.sound.folder}/deployment.yaml" in files
    several = sum(len(case.planted) > 1 for fleet in faulty.fleets for case in fleet.cases)
    assert 25 <= several <= 40
    cases = [case for fleet in faulty.fleets for case in fleet.cases]
    kinds = {found.what for case in cases for found in case.planted}
    assert kinds == {fault.what for fault in FAULTS}


def _wanted(corpus: Validated) -> dict[Wanted, str]:
    return {place: what for each in corpus.planted for place, what in each.wanted.items()}


def test_every_rule_is_broken_by_a_fault(faulty: Validated) -> None:
    paths = [Path(path).with_suffix("") for path in rule_paths(pack_folder("policies"))]
    rules = {f"{path.parent.name}/{path.name}" for path in paths}
    assert {place.rule for place in _wanted(faulty)} == (rules - UNREACHABLE) | ENGINE_RULES


@pytest.mark.parametrize("fleet", [made.fleet.name for made in organisations()])
def test_what_was_planted_is_found_and_nothing_else(faulty: Validated, fleet: str) -> None:
    own = f"{fleet}/"
    wanted = {place[:4]: what for place, what in _wanted(faulty).items()}
    places = found_places(each for each in faulty.diagnostics if each.file.startswith(own))
    found = {place[:4]: each[0].message for place, each in places.items()}
    missed = {k: w for k, w in wanted.items() if k not in found and k[1].startswith(own)}
    added = {k: message for k, message in found.items() if k not in wanted}
    assert (missed, added) == ({}, {})


def test_findings_on_artifacts_name_the_line_of_the_teams_template(faulty: Validated) -> None:
    wanted = set(_wanted(faulty))
    found = set(found_places(faulty.diagnostics))
    assert sorted(found - wanted, key=str) == []
    assert sorted(wanted - found, key=str) == []


def test_the_findings_are_those_that_were_checked_by_eye(faulty: Validated) -> None:
    written = page(faulty.root, faulty.planted, faulty.diagnostics)
    if os.environ.get("UPDATE_CORPUS"):
        EXPECTED.write_text(written, "utf-8")
        sys.stderr.write(f"{EXPECTED} is written: read what changed\n")
    assert written == EXPECTED.read_text("utf-8")
