"""Images by digest: others' pinned in the project's lock, our own recorded after a push."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from locking.conftest import ROOT, Project
from resolve.oci.registry_server import Pusher, RegistryServer

NAME = "digit-reader"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: RegistryServer) -> Project:
    """A deployment with models beside it, whose images go to the registry."""
    shutil.copytree(ROOT / "specs" / NAME, tmp_path / "specs" / NAME)
    text = (ROOT / "specs" / "fairway.yaml").read_text("utf-8")
    text = text.replace("policies: [builtin]", "policies: []")  # what is locked is the matter here
    (tmp_path / "specs" / "fairway.yaml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))
    made = Project(tmp_path)
    made.edit("fairway.yaml", "registry: registry.example.com/ml", f"registry: {registry.host}/ml")
    return made


@pytest.fixture
def scorers(registry: RegistryServer) -> Iterator[Pusher]:
    opened = Pusher(registry.host, "ml/scorer")
    yield opened
    opened.close()


@pytest.fixture
def own(registry: RegistryServer) -> Iterator[Pusher]:
    opened = Pusher(registry.host, f"ml/{NAME}")
    yield opened
    opened.close()


def images(here: Project) -> dict[str, set[str]]:
    """The images of each environment's manifest."""
    assert here.run("compile").exit_code == 0
    return {
        path.parent.parent.name: set(re.findall(r'image: "?([^"\n]*)', path.read_text("utf-8")))
        for path in here.root.glob(f"rendered/*/{NAME}/manifest.yaml")
    }


def served_by(here: Project, registry: RegistryServer) -> None:
    """Let an image of somebody else serve the model, named by its tag."""
    image = f"{{repository: {registry.host}/ml/scorer, tag: 2.4.1}}"
    here.edit(
        f"{NAME}/deployment.yaml", "serving:\n", f"serving:\n  runtime: image\n  image: {image}\n"
    )


def test_a_tag_is_pinned_once_and_then_runs_by_its_digest(
    here: Project, registry: RegistryServer, scorers: Pusher
) -> None:
    digest = scorers.image("2.4.1", [b""])
    served_by(here, registry)
    result = here.run("lock")
    assert result.exit_code == 0, result.output
    assert "specs/fairway.lock.json: 1 image locked" in result.stderr
    (locked,) = json.loads((here.root / "specs/fairway.lock.json").read_text())["images"].values()
    assert (locked["tag"], locked["digest"]) == ("2.4.1", digest)
    assert locked["platforms"] == ["linux/amd64"]
    pinned = f"{registry.host}/ml/scorer:2.4.1@{digest}"
    everywhere = ("staging", "production", "production-us")
    assert images(here) == {name: {pinned} for name in everywhere}
    registry.stop()  # nobody is asked about what is pinned
    assert here.run("lock").exit_code == 0
    assert here.run("lock", "--check").exit_code == 0


def test_a_tag_that_moves_is_found_when_registries_are_asked(
    here: Project, registry: RegistryServer, scorers: Pusher
) -> None:
    first = scorers.image("2.4.1", [b""])
    served_by(here, registry)
    # The base image is on the internet; this one stands for it.
    base = scorers.image("base", [b"base"])
    project = here.root / "specs/fairway.yaml"
    text = re.sub(
        r"python: .*", f"python: {registry.host}/ml/scorer:base@{base}", project.read_text()
    )
    project.write_text(text)
    assert here.run("lock").exit_code == 0
    before = (here.root / "specs/fairway.lock.json").read_bytes()
    second = scorers.image("2.4.1", [b"other"])
    assert here.run("lock").exit_code == 0
    result = here.run("lock", "--upstream", "--check")
    assert result.exit_code == 1
    assert f"the tag 2.4.1 of {registry.host}/ml/scorer:2.4.1 is {second} now" in result.output
    assert f"was {first} when it was locked" in result.output
    assert "error[lock/moved]" in result.output
    assert "deployment.yaml:" in result.output
    assert (here.root / "specs/fairway.lock.json").read_bytes() == before
    scorers.image("base", [b"another base"])
    result = here.run("lock", "--upstream", "--check")
    assert "fairway.yaml:" in result.output
    assert "2 errors" in result.output


def test_a_tag_that_is_not_there_is_a_finding_at_its_line(
    here: Project, registry: RegistryServer
) -> None:
    served_by(here, registry)
    result = here.run("lock")
    assert result.exit_code == 1
    assert "error[lock/source]" in result.output
    assert "ml/scorer:2.4.1" in result.output
    assert not (here.root / "specs/fairway.lock.json").exists()


def test_a_lock_of_the_project_that_is_edited_is_a_finding(here: Project) -> None:
    (here.root / "specs/fairway.lock.json").write_text('{"lockVersion": 1, "images": {"a": {}}}')
    result = here.run("validate")
    assert result.exit_code == 1
    assert "error[lock/format]" in result.output
    assert "specs/fairway.lock.json:1:" in result.output


def tags(here: Project) -> dict[str, str]:
    """The tag of each version's image, as compiled."""
    found = {}
    for path in here.root.glob(f"rendered/images/{NAME}/*/context.json"):
        described = json.loads(path.read_text("utf-8"))
        found[described["version"]] = described["image"].rpartition(":")[2]
    return found


def labels(version: str) -> dict[str, str]:
    title = {"org.opencontainers.image.title": NAME}
    return {**title, "org.opencontainers.image.version": version}


def test_what_was_pushed_runs_by_tag_and_digest(
    here: Project, registry: RegistryServer, own: Pusher
) -> None:
    assert here.run("compile").exit_code == 0
    digests = {
        version: own.image(tag, [b""], labels=labels(version))
        for version, tag in tags(here).items()
    }
    result = here.run("lock", "--image")
    assert result.exit_code == 0, result.output
    assert "2 pushed images recorded" in result.stderr
    locked = json.loads(here.lock_of(NAME))["images"]
    assert {name: image["digest"] for name, image in locked.items()} == digests
    named = set().union(*images(here).values())
    assert named <= {
        f"{registry.host}/ml/{NAME}:{tag}@{digests[version]}" for version, tag in tags(here).items()
    }
    assert named


def test_an_image_of_another_version_is_refused(here: Project, own: Pusher) -> None:
    assert here.run("compile").exit_code == 0
    for tag in tags(here).values():
        own.image(tag, [b""], labels=labels("0.0.1"))
    assert here.run("lock").exit_code == 0
    before = here.lock_of(NAME)
    result = here.run("lock", "--image")
    assert result.exit_code == 1
    assert "error[lock/image]" in result.output
    assert "says '0.0.1'" in result.output
    assert here.lock_of(NAME) == before


def test_an_image_that_was_not_pushed_is_a_finding(here: Project) -> None:
    result = here.run("lock", "--image")
    assert result.exit_code == 1
    assert "its image is not what runs" in result.output
