"""A hundred deployments: sound ones draw no finding, and every planted fault is found, once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from corpus.disk import NOW, Organisation, organisations, write_corpus
from corpus.expectations import EXPECTED, found_places, page
from corpus.planting import FAULTS, Planted, Wanted, plant_all

from fairway.finding import Diagnostic
from fairway.fleet import Fleet
from fairway.packs import pack_folder
from fairway.policy.pack import rule_paths

UNREACHABLE = {"security/model-is-pinned"}
"""Rules whose facts the engine guards already: no lock without a digest is read."""


class Validated(NamedTuple):
    """A corpus on disk, what was planted in it, and what is found of it."""

    root: Path
    fleets: list[Organisation]
    planted: list[Planted]
    diagnostics: list[Diagnostic]
    capabilities: list[Diagnostic]


def _validated(root: Path, *, faulty: bool) -> Iterator[Validated]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        fleets = organisations()
        planted = plant_all(fleets) if faulty else []
        write_corpus(root, fleets)
        checked = Fleet(["."], NOW)
        assert sum(1 for _ in checked.check()) == 100
        # No target can express these strategies yet; policies judge the specs all the same.
        found = checked.diagnostics()
        missing = [each for each in found if each.rule == "target/capability"]
        rest = [each for each in found if each.rule != "target/capability"]
        yield Validated(root, fleets, planted, rest, missing)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validated]:
    yield from _validated(tmp_path_factory.mktemp("sound"), faulty=False)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validated]:
    yield from _validated(tmp_path_factory.mktemp("faulty"), faulty=True)


def test_sound_deployments_draw_no_finding(sound: Validated) -> None:
    found = [f"{d.file}:{d.span and d.span.line} {d.rule}: {d.message}" for d in sound.diagnostics]
    assert found == []


def test_only_strategies_without_a_target_are_refused(sound: Validated, faulty: Validated) -> None:
    for corpus in (sound, faulty):
        expected = {
            f"{case.sound.folder}/deployment.yaml"
            for fleet in corpus.fleets
            for case in fleet.cases
            if case.strategy in ("canary", "shadow", "ab")
        }
        assert {each.file for each in corpus.capabilities} == expected
        assert all("strategy" in each.route for each in corpus.capabilities)


def test_faults_are_planted_in_every_deployment_and_several_in_many(faulty: Validated) -> None:
    assert len(faulty.planted) * 5 == 100
    for fleet in faulty.fleets:
        assert all(case.planted for case in fleet.cases), fleet.fleet.name
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
    assert {place.rule for place in _wanted(faulty)} == rules - UNREACHABLE


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
