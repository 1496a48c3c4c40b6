"""The compiled fleet keeps checkov's rules, but for those that a decision record argues against."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from artifacts.checkov import NotInstalledError, Report, make, scan
from artifacts.pushed_fleet import compile_to, lock_images
from golden.compile_command import REPOSITORY, SPECS

pytestmark = pytest.mark.slow

RECORD = REPOSITORY / "docs" / "decisions" / "0014-checks-of-others.md"

# The checks that fail in each tree, with the section of the record that says why. `committed` is
# the fleet as it is; in `pushed` the lock holds the images' digests; in `secrets` a spec has a
# secret; `expanded` has the Dockerfiles with their build argument in place.
ARGUED = {
    "committed": {"CKV_K8S_11": 1, "CKV_K8S_15": 2, "CKV_K8S_43": 2, "CKV_DOCKER_7": 3,
                  "CKV_K8S_35": 4},
    "pushed": {"CKV_K8S_11": 1, "CKV_DOCKER_7": 3, "CKV_K8S_35": 4},
    "secrets": {"CKV_K8S_11": 1, "CKV_K8S_35": 4, "CKV_DOCKER_7": 3},
    "expanded": {},
}  # fmt: skip
PLANTED = {
    "        securityContext:\n": ("        securityContext:\n          privileged: true\n",
                                   "CKV_K8S_16"),
    "enableServiceLinks: false\n": ("enableServiceLinks: false\n      hostNetwork: true\n",
                                    "CKV_K8S_19"),
    "readOnlyRootFilesystem: true": ("readOnlyRootFilesystem: false", "CKV_K8S_22"),
    "USER 65532:65532": ("USER root", "CKV_DOCKER_8"),
    "pip --python": ("pip --trusted-" "host x --python", "CKV2_DOCKER_4"),
}  # fmt: skip


def with_a_secret(specs: Path) -> None:
    file = specs / "wine-cultivar" / "deployment.yaml"
    text = file.read_text("utf-8")
    more = "serving:\n  secrets: [{name: CELLAR_TOKEN, from: cellar/token}]\n"
    file.write_text(text.replace("serving:\n", more, 1), "utf-8")


def expanded(built: Path, out: Path) -> None:
    for file in sorted(built.glob("images/*/*/Dockerfile")):
        text = file.read_text("utf-8")
        (base,) = re.findall(r'^ARG BASE_IMAGE="(.+)"$', text, re.MULTILINE)
        place = out / file.relative_to(built)
        place.parent.mkdir(parents=True)
        place.write_text(text.replace("FROM ${BASE_IMAGE}", f"FROM {base}"), "utf-8")


def planted(built: Path, out: Path) -> Iterator[str]:
    """Write one file for each planted fault and yield folder and check."""
    for number, (sound, (fault, check)) in enumerate(PLANTED.items()):
        pattern = "images/*/*/Dockerfile" if "DOCKER" in check else "production/*/manifest.yaml"
        file = min(built.glob(pattern))
        text = file.read_text("utf-8")
        assert sound in text
        (out / str(number)).mkdir(parents=True)
        (out / str(number) / file.name).write_text(text.replace(sound, fault, 1), "utf-8")
        yield f"{number} {check}"


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trees")
    specs = tmp_path_factory.mktemp("fleet") / "specs"
    shutil.copytree(SPECS, specs)
    compile_to(specs, root / "committed")
    expanded(root / "committed", root / "expanded")
    lock_images(specs, root / "committed")
    compile_to(specs, root / "pushed")
    with_a_secret(specs)
    compile_to(specs, root / "secrets")
    return root


@pytest.fixture(scope="module")
def faults(trees: Path) -> list[str]:
    return list(planted(trees / "pushed", trees / "planted"))


@pytest.fixture(scope="module")
def report(trees: Path, faults: list[str], tmp_path_factory: pytest.TempPathFactory) -> Report:
    try:
        make()
    except NotInstalledError as error:
        pytest.skip(f"checkov cannot be installed: {error}")
    assert faults
    return scan(trees, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("tree", ARGUED)
def test_what_fails_is_what_the_record_argues(report: Report, tree: str) -> None:
    failed = report.failed_in(tree)
    argued = set(ARGUED[tree])
    assert not failed - argued, "mend the target, or argue the check in the record and list it"
    assert not argued - failed, "checks that pass by now: take them off the list and the record"


def test_every_object_and_image_was_checked(report: Report, trees: Path) -> None:
    wanted = {
        path.relative_to(trees).as_posix()
        for name in ("manifest.yaml", "Dockerfile")
        for path in trees.rglob(name)
    }
    assert len([path for path in wanted if path.startswith("committed/")]) >= 16
    assert wanted - report.files == set()
    assert (report.skipped, report.unread) == (0, 0)


def test_planted_faults_are_found(report: Report, faults: list[str]) -> None:
    unseen = [
        fault
        for fault in faults
        if fault.split()[1] not in report.failed_in(f"planted/{fault.split()[0]}")
    ]
    assert unseen == []


def test_the_record_argues_what_is_listed_and_nothing_else() -> None:
    sections = re.split(r"^(\d+)\. ", RECORD.read_text("utf-8"), flags=re.MULTILINE)[1:]
    in_record = {
        (check, int(number))
        for number, text in zip(sections[::2], sections[1::2], strict=True)
        for check in re.findall(r"`(CKV\d?_\w+)`", text)
    }
    assert in_record == {pair for tree in ARGUED.values() for pair in tree.items()}
