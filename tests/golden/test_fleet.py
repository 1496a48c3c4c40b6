"""The fleet compiles to the committed bytes, whatever surrounds the compiler."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from golden.compile_command import GOLDEN, REPOSITORY, SPECS, compile_command
from golden.tree import differences, read_tree

SURROUNDINGS = {
    "plain": {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    "far east, other hashes": {
        "PYTHONHASHSEED": "4294967295",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C.UTF-8",
    },
    "no UTF-8 in the locale": {
        "PYTHONHASHSEED": "17",
        "TZ": "America/St_Johns",
        "LC_ALL": "POSIX",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    },
}
UPDATE = "run `pytest tests/golden --update-golden` and review the change"


def assert_golden(out: Path) -> None:
    found = differences(read_tree(GOLDEN), read_tree(out))
    assert not found, f"{found}\n{UPDATE}"


@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_in_place(surroundings: dict[str, str], tmp_path: Path) -> None:
    done = compile_command("specs", "--out", tmp_path, folder=REPOSITORY, surroundings=surroundings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_golden(tmp_path)


@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_in_another_folder(surroundings: dict[str, str], tmp_path: Path) -> None:
    elsewhere = tmp_path / "Straße 1" / "fleet"
    shutil.copytree(SPECS, elsewhere)
    done = compile_command("--out", "../out", folder=elsewhere, surroundings=surroundings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_golden(elsewhere.parent / "out")


def test_through_a_link_and_spec_by_spec(tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(SPECS, target_is_directory=True)
    for spec in sorted(SPECS.glob("*/deployment.yaml"), reverse=True):
        path = Path("linked", spec.parent.name)
        done = compile_command(path, "--out", "out", folder=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    assert_golden(tmp_path / "out")


def test_check_finds_the_golden_files_current() -> None:
    done = compile_command("specs", "--check", "--out", GOLDEN, folder=REPOSITORY)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{UPDATE}"


@pytest.mark.parametrize("path", ["production", "staging", "images", "index.json"])
def test_golden_files_are_there(path: str) -> None:
    assert (GOLDEN / path).exists(), UPDATE


def test_no_machine_path_or_time_in_the_output() -> None:
    texts = {path: data.decode() for path, data in read_tree(GOLDEN).items()}
    machine = (str(REPOSITORY), f"{Path.home()}/")
    assert [path for path, text in texts.items() if any(word in text for word in machine)] == []
    generated = [p for p, text in texts.items() if "generated at" in text.lower()]
    assert generated == []


def test_every_spec_of_the_fleet_is_in_the_index() -> None:
    index = json.loads((GOLDEN / "index.json").read_text("utf-8"))
    listed = {entry["spec"] for entry in index["deployments"]}
    assert listed == {p.relative_to(SPECS).as_posix() for p in SPECS.glob("*/deployment.yaml")}


def test_a_difference_is_shown_line_by_line() -> None:
    text = b"".join(f"line {n}\n".encode() for n in range(9))
    golden = {"a.yaml": text, "gone.yaml": b""}
    shown = differences(golden, {"a.yaml": text.replace(b"line 4", b"line four"), "b": b""})
    assert shown.splitlines()[0] == "3 files differ"
    assert "-line 4" in shown
    assert "+line four" in shown
    assert "gone.yaml is missing" in shown
    assert "b is new" in shown
    assert "line 8" not in shown
