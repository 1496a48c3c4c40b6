"""The committed models are what the committed script trains, and fit their contracts."""

import csv
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fairway.serve.contract import Contract

ROOT = Path(__file__).resolve().parents[2]
SPECS = ROOT / "specs"
TRAIN = SPECS / "training" / "train.py"
TARGETS = {
    "tumour-screening": "label",
    "diabetes-progression": "progression",
    "digit-reader": "label",
    "fraud-detector": "label",
}
# One of each: skops for two kinds of target, and trees in ONNX.
REPEATED = ("tumour-screening", "diabetes-progression", "fraud-detector")


def train(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TRAIN), *arguments],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )


@pytest.mark.slow
def test_retraining_gives_the_committed_predictions():
    result = train("--check")
    assert result.returncode == 0, result.stderr
    # Two versions of each deployment were really compared.
    assert result.stdout.count("bytes as committed") == 2 * len(TARGETS)


@pytest.mark.slow
def test_bytes_depend_on_neither_hash_seed_nor_threads(tmp_path: Path):
    runs = []
    for seed, threads in (("1", "1"), ("2", "3")):
        out = tmp_path / seed
        result = train(
            *("--out", str(out), *REPEATED),
            PYTHONHASHSEED=seed,
            OMP_NUM_THREADS=threads,
            OPENBLAS_NUM_THREADS=threads,
        )
        assert result.returncode == 0, result.stderr
        files = sorted(path for path in out.rglob("*") if path.is_file())
        runs.append({path.relative_to(out): path.read_bytes() for path in files})
    assert runs[0] == runs[1]
    assert len(runs[0]) == 3 * len(REPEATED)


@pytest.mark.slow
def test_check_finds_a_model_that_was_not_trained_so(tmp_path: Path):
    # A copy of the tree, in which one version is swapped for the other.
    for source in (*SPECS.rglob("*"), ROOT / "targets/docker/requirements/sklearn.txt"):
        if source.is_file():
            copy = tmp_path / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    models = tmp_path / "specs/diabetes-progression/models"
    (models / "1.1.0/model.skops").write_bytes((models / "1.0.0/model.skops").read_bytes())
    result = subprocess.run(
        [sys.executable, "specs/training/train.py", "--check", "diabetes-progression"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert result.returncode == 1
    assert "1.1.0: retrained progression differs by up to" in result.stderr
    assert "1.0.0: retrained" not in result.stderr


@pytest.mark.parametrize("name", TARGETS)
def test_holdout_has_the_columns_of_the_contract(name: str):
    contract = Contract.model_validate_json((SPECS / name / "contract.json").read_bytes())
    columns = contract.inputs[0].columns
    assert columns is not None
    with (SPECS / name / "data/holdout.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [*(column.name for column in columns), TARGETS[name]]
    assert len(rows) > 100
    refused = [
        (number, column.name, reason)
        for number, row in enumerate(rows, start=2)
        for column, value in zip(columns, row[:-1], strict=True)
        if (reason := column.refusal(float(value)))
    ]
    assert refused == []


@pytest.mark.parametrize("path", sorted(SPECS.glob("*/models/*/model.skops")), ids=str)
def test_archives_hold_no_time_and_no_address(path: Path):
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        schema = archive.read("schema.json").decode()
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    names = [member.filename for member in members]
    assert names == [*(f"{number}.npy" for number in range(1, len(names))), "schema.json"]
    # An address has a dozen digits; an ordinal cannot have more than the file has nodes.
    identities = [line for line in schema.splitlines() if '"__id__": ' in line]
    assert identities
    assert all(int(line.split(":")[1].strip(" ,")) <= len(identities) for line in identities)
