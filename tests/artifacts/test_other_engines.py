"""Conftest and Kyverno work on compiled manifests: with the policies that the guide shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest
import yaml
from artifacts.engines import (
    CONFTEST,
    KYVERNO,
    Engine,
    NotBuiltError,
    build,
    run_conftest,
    run_kyverno,
)
from artifacts.objects import Object
from artifacts.pushed_fleet import compile_to, lock_images
from golden.compile_command import REPOSITORY, SPECS

pytestmark = pytest.mark.slow

GUIDE = REPOSITORY / "docs" / "moving-from-other-policy-engines.md"
# A policy begins with the name of its file.
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(rego|yaml)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENTS = ("staging", "production", "production-us")
Fault: TypeAlias = Callable[[Object], object]


class Fleet(NamedTuple):
    """The compiled fleet before and after its images are pushed, and the specs of the latter."""

    specs: Path
    committed: Path
    pushed: Path


class Pages(NamedTuple):
    """The folders with the guide's policies."""

    rego: Path
    kyverno: Path


def policies() -> dict[str, str]:
    """Return the guide's policies by file name."""
    found = BLOCK.findall(GUIDE.read_text("utf-8"))
    assert len({name for _, name, _ in found}) == len(found)
    return {name: text for _, name, text in found}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    root = tmp_path_factory.mktemp("guide")
    for name, text in policies().items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return Pages(root / "policy", root / "kyverno")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    root = tmp_path_factory.mktemp("fleet")
    made = Fleet(root / "specs", root / "committed", root / "pushed")
    shutil.copytree(SPECS, made.specs)
    compile_to(made.specs, made.committed)
    lock_images(made.specs, made.committed)
    compile_to(made.specs, made.pushed)
    return made


def built(engine: Engine) -> Path:
    try:
        return build(engine)
    except NotBuiltError as error:
        pytest.skip(f"{engine.name} cannot be built: {error}")


@pytest.fixture(scope="module")
def conftest() -> Path:
    return built(CONFTEST)


@pytest.fixture(scope="module")
def kyverno() -> Path:
    return built(KYVERNO)


def manifests(fleet: Path, environment: str) -> list[Path]:
    found = sorted((fleet / environment).glob("*/manifest.yaml"))
    assert found
    return found


def deployments(files: list[Path]) -> int:
    return sum(path.read_text("utf-8").count("\nkind: Deployment\n") for path in files)


# -- the fleet ---------------------------------------------------------------------------------


def test_conftest_passes_the_whole_output(fleet: Fleet, pages: Pages, conftest: Path) -> None:
    assert run_conftest(conftest, pages.rego, fleet.pushed) == Counter()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kyverno_passes_the_fleet(
    fleet: Fleet, pages: Pages, kyverno: Path, environment: str
) -> None:
    files = manifests(fleet.pushed, environment)
    answer = run_kyverno(kyverno, pages.kyverno, files)
    assert answer.failed == Counter()
    # Every policy looked at every Deployment.
    assert answer.passed == deployments(files) * len(list(pages.kyverno.iterdir()))


def test_conftest_finds_the_images_that_nobody_has_pushed(
    fleet: Fleet, pages: Pages, conftest: Path
) -> None:
    files = [path for name in ENVIRONMENTS for path in manifests(fleet.committed, name)]
    broken = run_conftest(conftest, pages.rego, fleet.committed)
    assert broken == {"image_by_digest": deployments(files)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kyverno_finds_the_images_that_nobody_has_pushed(
    fleet: Fleet, pages: Pages, kyverno: Path, environment: str
) -> None:
    files = manifests(fleet.committed, environment)
    answer = run_kyverno(kyverno, pages.kyverno, files)
    assert answer.failed == {"image-by-digest": deployments(files)}


def test_the_commands_of_the_guide_run(
    fleet: Fleet, pages: Pages, conftest: Path, kyverno: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for command in (conftest, kyverno):
        (programs / command.name).symlink_to(command)
    (programs / "fairway").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fairway "$@"\n')
    (programs / "fairway").chmod(0o755)
    for folder in (fleet.specs, pages.rego, pages.kyverno):
        (tmp_path / folder.name).symlink_to(folder)
    (console,) = CONSOLE.findall(GUIDE.read_text("utf-8"))
    shown = [line.removeprefix("$ ") for line in console.splitlines()]
    assert len(shown) == 3
    done = subprocess.run(
        ["sh", "-ec", "\n".join(shown)], cwd=tmp_path,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "rendered" / "index.json").is_file()


# -- planted faults ----------------------------------------------------------------------------


def container(change: Fault) -> Fault:
    return lambda item: change(item["spec"]["template"]["spec"]["containers"][0])


def image(old: str, new: str) -> Fault:
    def change(value: Object) -> None:
        before = value["image"]
        value["image"] = re.sub(old, new, before)
        assert value["image"] != before

    return container(change)


def put(*route: Any) -> Fault:
    *way, last, new = route

    def change(value: Object) -> None:
        for step in way:
            value = value[step]
        value[last] = new

    return change


def without(*route: str) -> Fault:
    *way, last = route

    def change(value: Object) -> None:
        for step in way:
            value = value[step]
        del value[last]

    return change


def with_an_init_container(item: Object) -> None:
    made = {"name": "init", "image": "docker.io/library/busybox:1.37", "resources": {}}
    item["spec"]["template"]["spec"]["initContainers"] = [made]


ESCALATION = ("securityContext", "allowPrivilegeEscalation")
ANNOTATIONS = ("spec", "template", "metadata", "annotations")
# Each fault with the rules that find it, as Kyverno's policies are called.
FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "a tag": (image("@sha256:.*", ""), {"image-by-digest"}),
    "escalation": (
        container(put(*ESCALATION, True)),
        {"privilege-escalation", "privilege-escalation-cel"},
    ),
    "escalation by default": (
        container(without(*ESCALATION)),
        {"privilege-escalation", "privilege-escalation-cel"},
    ),
    "no memory limit": (container(without("resources", "limits", "memory")), {"resource-limits"}),
    "no cpu request": (container(without("resources", "requests", "cpu")), {"resource-limits"}),
    "no resources": (container(without("resources")), {"resource-limits"}),
    "another registry": (image("^registry.example.com", "docker.io"), {"image-prefix"}),
    "a registry like ours": (image("^registry.example.com/ml", "\\g<0>x"), {"image-prefix"}),
    "no model": (without(*ANNOTATIONS, "fairway.dev/model-digest"), {"model-digest"}),
    "an empty model": (put(*ANNOTATIONS, "fairway.dev/model-digest", "sha256:"), {"model-digest"}),
    "an init container": (
        with_an_init_container,
        {"image-by-digest", "image-prefix", "privilege-escalation", "resource-limits"}
        | {"privilege-escalation-cel"},
    ),
}


@pytest.fixture(params=FAULTS)
def planted(request: pytest.FixtureRequest, fleet: Fleet, tmp_path: Path) -> tuple[Path, set[str]]:
    """A manifest with one fault, in one of its Deployments, and the rules that must find it."""
    change, rules = FAULTS[request.param]
    text = (fleet.pushed / "production" / "wine-cultivar" / "manifest.yaml").read_text("utf-8")
    items = list(yaml.safe_load_all(text))
    change(next(item for item in items if item["kind"] == "Deployment"))
    file = tmp_path / "manifest.yaml"
    file.write_text(yaml.safe_dump_all(items), "utf-8")
    return file, rules


def test_conftest_finds_a_fault(
    planted: tuple[Path, set[str]], pages: Pages, conftest: Path
) -> None:
    file, rules = planted
    expected = {rule.replace("-", "_") for rule in rules if not rule.endswith("-cel")}
    assert set(run_conftest(conftest, pages.rego, file)) == expected


def test_kyverno_finds_a_fault(planted: tuple[Path, set[str]], pages: Pages, kyverno: Path) -> None:
    file, rules = planted
    assert run_kyverno(kyverno, pages.kyverno, [file]).failed == dict.fromkeys(rules, 1)


def test_every_policy_of_the_guide_has_a_fault() -> None:
    names = {Path(name).stem for name in policies()} - {"pods"}
    found = set().union(*(rules for _, rules in FAULTS.values()))
    assert names == found | {rule.replace("-", "_") for rule in found if not rule.endswith("-cel")}


def test_the_guide_shows_each_rule_three_times() -> None:
    sections = GUIDE.read_text("utf-8").split("\n## ")
    shown = [section for section in sections if "](../policies/" in section]
    assert len(shown) >= 5
    for section in shown:
        languages = [language for language, _, _ in BLOCK.findall(section)]
        assert {"rego", "yaml"} <= set(languages), section.splitlines()[0]


def test_the_links_of_the_guide_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", GUIDE.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (GUIDE.parent / link).exists()]
    assert missing == []
