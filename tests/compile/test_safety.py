"""What compile never does: remove what it cannot judge, or write over what is not its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fairway.cli import cli
from fairway.errors import UsageError

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(SPECS, tmp_path / "specs", ignore=shutil.ignore_patterns("training", "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fairway(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def without_project(project: Path) -> None:
    (project / "specs/fairway.yaml").unlink()


def misnamed(project: Path) -> None:
    spec = project / "specs/digit-reader/deployment.yaml"
    spec.rename(spec.with_suffix(".yml"))


def folder_renamed_to_something_refused(project: Path) -> None:
    (project / "specs/digit-reader").rename(project / "specs/other")


def broken(project: Path) -> None:
    (project / "specs/digit-reader/deployment.yaml").write_text("a: [")


@pytest.mark.parametrize(
    "fault", [without_project, misnamed, folder_renamed_to_something_refused, broken]
)
def test_a_fault_removes_nothing(project: Path, fault: object) -> None:
    assert fairway("compile").exit_code == 0
    before = tree(project / "rendered")
    fault(project)  # type: ignore[operator]
    assert fairway("compile").exit_code == 1
    after = tree(project / "rendered")
    assert set(after) == set(before)
    assert {k: v for k, v in after.items() if k != "index.json"} == {
        k: v for k, v in before.items() if k != "index.json"
    }


def test_a_removed_spec_is_removed_from_the_output(project: Path) -> None:
    assert fairway("compile").exit_code == 0
    shutil.rmtree(project / "specs/digit-reader")
    assert fairway("compile").exit_code == 0
    assert not [name for name in tree(project / "rendered") if "digit-reader" in name]


def test_a_misnamed_spec_is_told_its_name(project: Path) -> None:
    misnamed(project)
    result = fairway("validate")
    assert result.exit_code == 1
    assert "rename it to deployment.yaml" in result.output


def test_a_file_that_is_not_ours_is_not_replaced(project: Path) -> None:
    assert fairway("compile", "specs/digit-reader").exit_code == 0
    mine = project / "rendered/production/tumour-screening/manifest.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match="the index does not list it"):
        fairway("compile")
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("out", [".", "specs", "specs/digit-reader"])
def test_a_folder_of_other_things_is_refused(project: Path, out: str) -> None:
    before = tree(project)
    with pytest.raises(UsageError, match="holds files, and no index"):
        fairway("compile", "--out", out)
    assert tree(project) == before


def test_a_link_out_of_the_output_is_refused(project: Path) -> None:
    assert fairway("compile", "specs/digit-reader").exit_code == 0
    (project / "elsewhere").mkdir()
    shutil.rmtree(project / "rendered/images")
    (project / "rendered/images").symlink_to(project / "elsewhere")
    with pytest.raises(UsageError, match="is a link"):
        fairway("compile")
    assert not list((project / "elsewhere").iterdir())


def test_no_folder_is_a_usage_error(project: Path) -> None:
    with pytest.raises(UsageError, match="--out names no folder"):
        fairway("compile", "--out", "")


def test_blank_keys_are_found_like_any_other(project: Path) -> None:
    spec = project / "specs/digit-reader/deployment.yaml"
    text = spec.read_text().replace("serving:\n", "serving:\n  scalling:\n", 1)
    spec.write_text(
        text.replace('  "1.0.0": ./models/1.0.0\n', '  "1.0.0": ./models/1.0.0\n  "2.0.0":\n')
    )
    result = fairway("validate")
    assert "unknown key `scalling` in `serving`" in result.output
    assert "version 2.0.0 has no source" in result.output


def test_secrets_cannot_replace_how_the_server_starts(project: Path) -> None:
    spec = project / "specs/digit-reader/deployment.yaml"
    secrets = "serving:\n  secrets: [{name: PYTHONPATH, from: a/b}, {name: TOKEN, from: a/b}]\n"
    spec.write_text(spec.read_text().replace("serving:\n", secrets, 1))
    result = fairway("validate")
    assert "PYTHONPATH decides how the model server itself starts" in result.output
    assert "TOKEN" not in result.output.replace(secrets.splitlines()[1], "")


def test_a_contract_stands_for_the_spec_beside_it(project: Path) -> None:
    result = fairway("validate", "specs/digit-reader/contract.json")
    assert result.output == "1 deployment in 2 files: no findings\n"
