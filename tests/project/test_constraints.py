"""Everything that make installs has one version, the one of the images where they have it too."""

import re
import tomllib

from project.tree import ROOT

LINE = re.compile(r"([a-z0-9][a-z0-9-]*)==([0-9][0-9a-z.]*)(?: ; .+)?")
# The images replace what kserve asks for; see their overrides.in.
APART = {"psutil"}


def versions(path: str) -> dict[str, str]:
    lines = (ROOT / path).read_text("utf-8").splitlines()
    found = (LINE.match(line) for line in lines if not line.startswith(("#", "    ")))
    return {match[1]: match[2] for match in found if match}


CONSTRAINTS = versions(".github/constraints.txt")


def test_only_names_and_versions():
    header, *lines = (ROOT / ".github/constraints.txt").read_text("utf-8").splitlines()
    assert header.startswith("# Made by constraints.sh")
    assert [line for line in lines if not LINE.fullmatch(line)] == []


def test_every_requirement_is_constrained():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = pyproject["project"]
    requirements = [
        *pyproject["build-system"]["requires"],
        *project["dependencies"],
        *(item for extra in project["optional-dependencies"].values() for item in extra),
        *(item for group in pyproject["dependency-groups"].values() for item in group),
    ]
    names = {
        re.split(r"[<>=!~;\[ ]", item)[0].lower().replace("_", "-").replace(".", "-")
        for item in requirements
        if isinstance(item, str)
    }
    # An extra of ours may hold another one of ours.
    assert names - {"fairway"} - set(CONSTRAINTS) == set(), "run `make constraints`"


def test_models_are_tested_with_the_versions_of_their_images():
    for runtime in ("onnx", "python", "sklearn"):
        locked = versions(f"targets/docker/requirements/{runtime}.txt")
        assert locked
        assert {
            name: (version, CONSTRAINTS[name])
            for name, version in locked.items()
            if name in CONSTRAINTS and name not in APART and CONSTRAINTS[name] != version
        } == {}, "run `make constraints`"
