"""``fairway context`` makes a folder of exactly the locked bytes, or nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fairway.cli import cli
from fairway.errors import UsageError

SPECS = Path(__file__).parents[2] / "specs"
NAME = "digit-reader"
IMAGE = f"rendered/images/{NAME}/1.0.0"


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    specs = tmp_path / "specs"
    specs.mkdir()
    shutil.copy(SPECS / "fairway.yaml", specs)
    shutil.copytree(SPECS / NAME, specs / NAME)
    monkeypatch.chdir(tmp_path)
    assert fairway("compile").exit_code == 0
    return tmp_path


def fairway(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def test_the_folder_holds_exactly_what_is_listed_with_its_digests(fleet: Path) -> None:
    result = fairway("context", IMAGE)
    assert result.stdout == f"build/{NAME}-1.0.0\n"
    made = fleet / "build" / f"{NAME}-1.0.0"
    listed = json.loads((fleet / IMAGE / "context.json").read_text())["files"]
    for file in listed:
        data = (made / file["path"]).read_bytes()
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == file["digest"]
        assert len(data) == file["size"]
    there = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    assert there == {file["path"] for file in listed} | {"Dockerfile", "context.json"}
    assert "model/model.onnx" in there
    assert "requirements.txt" in there
    assert "fairway/serve/__main__.py" in there


def test_making_it_again_replaces_it(fleet: Path) -> None:
    fairway("context", IMAGE)
    (fleet / "build" / f"{NAME}-1.0.0" / "left-over").write_text("x")
    assert fairway("context", IMAGE).exit_code == 0
    assert not (fleet / "build" / f"{NAME}-1.0.0" / "left-over").exists()


@pytest.mark.parametrize("file", ["models/1.0.0/model.onnx", "contract.json"])
def test_other_bytes_are_refused_and_nothing_is_made(fleet: Path, file: str) -> None:
    with (fleet / "specs" / NAME / file).open("ab") as stream:
        stream.write(b"\n")
    result = fairway("context", IMAGE)
    assert result.exit_code == 1
    assert "error[lock/content]" in result.output
    assert file.rpartition("/")[2] in result.output
    assert f"{IMAGE}/context.json:" in result.output
    assert not (fleet / "build").exists() or not any((fleet / "build").iterdir())


def test_every_missing_file_is_named(fleet: Path) -> None:
    shutil.rmtree(fleet / "specs" / NAME / "models" / "1.0.0")
    (fleet / "specs" / NAME / "contract.json").unlink()
    result = fairway("context", IMAGE)
    assert result.exit_code == 1
    assert result.output.count("error[lock/content]") == 2


def test_a_swapped_model_digest_is_refused(fleet: Path) -> None:
    path = fleet / IMAGE / "context.json"
    description = json.loads(path.read_text())
    description["model"]["digest"] = "sha256:" + "0" * 64
    path.write_text(json.dumps(description, indent=2))
    result = fairway("context", IMAGE)
    assert result.exit_code == 1
    assert "do not make up its digest" in result.output


def test_a_path_out_of_the_context_is_refused(fleet: Path) -> None:
    path = fleet / IMAGE / "context.json"
    text = path.read_text().replace('"path": "contract.json"', '"path": "../contract.json"')
    path.write_text(text)
    result = fairway("context", IMAGE)
    assert result.exit_code == 1
    assert "leads out of the context" in result.output
    assert not (fleet / "build" / "contract.json").exists()


def test_somebodys_folder_is_not_replaced(fleet: Path) -> None:
    (fleet / "mine").mkdir()
    (fleet / "mine" / "work.txt").write_text("x")
    with pytest.raises(UsageError, match="not a build context"):
        fairway("context", IMAGE, "--out", "mine")
    assert (fleet / "mine" / "work.txt").read_text() == "x"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}', "\x00"])
def test_what_is_no_context_is_a_usage_error(fleet: Path, content: str) -> None:
    (fleet / IMAGE / "context.json").write_text(content)
    with pytest.raises(UsageError, match=r"context\.json"):
        fairway("context", IMAGE)
    with pytest.raises(UsageError, match="no such file"):
        fairway("context", "nowhere")
