"""``init`` gives a repository that works; ``new`` gives a spec that only lacks its model."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from onnx import TensorProto, helper
from scan import saved_models

from fairway.cli import cli
from fairway.errors import UsageError
from fairway.spec.meaning import FORMATS, SERVED_BY_FAIRWAY

SPECS = Path(__file__).parents[2] / "specs"


def model_files(form: str) -> dict[str, bytes]:
    """The smallest real model of a format that the contract of a new spec fits."""
    if form == "skops":
        return {
            "model.skops": (SPECS / "diabetes-progression/models/1.0.0/model.skops").read_bytes()
        }
    if form == "savedmodel":
        return saved_models.files(saved_models.served(saved_models.dense()))
    if form == "onnx":
        given = helper.make_tensor_value_info("features", TensorProto.DOUBLE, [None, 2])
        made = helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, [None])
        total = helper.make_node("ReduceSum", ["features", "axis"], ["prediction"], keepdims=0)
        axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
        graph = helper.make_graph([total], "sum", [given], [made], [axis])
        return {"model.onnx": helper.make_model(graph).SerializeToString()}
    return {"weights": b"x"}


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fairway(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def test_a_new_repository_is_clean_and_compiles(empty: Path) -> None:
    assert fairway("init").exit_code == 0
    assert fairway("validate").exit_code == 0
    assert fairway("lock", "--check").exit_code == 0
    assert fairway("compile").exit_code == 0
    assert fairway("compile", "--check").exit_code == 0
    assert (empty / "rendered/production/hello-model/manifest.yaml").is_file()
    assert (empty / ".gitignore").is_file()
    workflow = yaml.safe_load((empty / ".github/workflows/fairway.yml").read_text())
    assert workflow["permissions"] == {}


def test_init_writes_over_nothing(empty: Path) -> None:
    (empty / "specs").mkdir()
    (empty / "specs/fairway.yaml").write_text("mine")
    with pytest.raises(UsageError, match=r"specs/fairway\.yaml: there already"):
        fairway("init")
    assert [path.name for path in empty.rglob("*") if path.is_file()] == ["fairway.yaml"]


def test_init_in_a_folder(empty: Path) -> None:
    assert fairway("init", "there").exit_code == 0
    assert fairway("validate", "there/specs").exit_code == 0


@pytest.mark.parametrize("framework", list(FORMATS))
def test_a_new_spec_lacks_its_model_only(empty: Path, framework: str) -> None:
    fairway("init")
    answers = ["--team", "growth", "--owner", "@growth", "--description", 'Who: "leaves" #1?']
    result = fairway("new", "churn", *answers, "--framework", framework)
    assert result.exit_code == 0, result.output
    spec = yaml.safe_load((empty / "specs/churn/deployment.yaml").read_text())
    assert spec["metadata"]["description"] == 'Who: "leaves" #1?'
    if framework == "python":
        (empty / "specs/churn/model.py").write_text("class Model: ...\n")
    model = empty / "specs/churn/models/1.0.0"
    model.mkdir(parents=True)
    for name, data in model_files(FORMATS[framework][0]).items():
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_bytes(data)
    lock = fairway("lock", "specs/churn")
    assert lock.exit_code == 0, lock.output
    found = fairway("validate", "specs/churn")
    # What our own server cannot serve is said; nothing else is wrong.
    served = FORMATS[framework][0] in SERVED_BY_FAIRWAY
    assert found.exit_code == (0 if served else 1), found.output
    assert ("the fairway runtime serves" in found.output) != served


def test_new_without_a_project_or_an_answer_says_so(empty: Path) -> None:
    with pytest.raises(UsageError, match=r"no fairway\.yaml"):
        fairway("new", "churn")
    fairway("init")
    with pytest.raises(UsageError, match="--team is needed"):
        fairway("new", "churn")
    with pytest.raises(UsageError, match="name: `Churn!` is not a name"):
        fairway("new", "Churn!", "--team", "x", "--owner", "@x", "--description", "x")
    assert not (empty / "specs/churn").exists()
