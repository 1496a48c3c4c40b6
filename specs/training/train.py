"""Train the models of the fleet, and write each version's file and the held-out data beside it.

    train.py [NAME ...]             write models and holdout.csv under specs/, print metrics
    train.py --out DIR [NAME ...]   the same under DIR
    train.py --check [NAME ...]     train in a temporary directory and compare with specs/

Training is deterministic: the same versions of the libraries give the same bytes. The versions to
use are those of the serving images, since a model is best loaded by what wrote it; others are
reported, and may write other bytes for the same predictions.

What a person decides is not written here but checked: `contract.json` says what a model accepts,
and `--check` holds the real data and every committed version against it.
"""

import argparse
import csv
import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TypedDict, cast

import numpy as np
import onnxruntime
import skops.io
from export import settle, to_onnx, to_skops
from numpy.typing import NDArray
from recipes import RECIPES, Outputs, Recipe, Table

SPECS = Path(__file__).resolve().parent.parent
REQUIREMENTS = SPECS.parent / "targets" / "docker" / "requirements"
PINNED = ("numpy", "scipy", "scikit-learn", "skops")
# Far above what processors differ by, far below what a reader of a prediction would notice.
TOLERANCE = 1e-6


class Column(TypedDict, total=False):
    """One input column of a contract: its name and the values that it accepts."""

    name: str
    min: float
    max: float
    categories: list[int]


class Tensor(TypedDict, total=False):
    """An input or output of a contract."""

    name: str
    datatype: str
    columns: list[Column]
    method: str


class Example(TypedDict):
    """A request and the answer that every version gives."""

    name: str
    inputs: dict[str, list[list[float]]]
    outputs: dict[str, list[float]]
    tolerance: float


class Contract(TypedDict):
    """The parts of contract.json that are held against the data and the models."""

    inputs: list[Tensor]
    outputs: list[Tensor]
    examples: list[Example]


def read_contract(name: str) -> Contract:
    """Read the committed contract of a deployment."""
    return cast(Contract, json.loads((SPECS / name / "contract.json").read_text("utf-8")))


def fit(recipe: Recipe, version: str, rows: Table) -> bytes:
    """Train one version and return the bytes of its file."""
    model = recipe.versions[version].pipeline().fit(rows.features, rows.target)
    settle(model)
    if recipe.versions[version].format == "onnx":
        source = read_contract(recipe.name)["inputs"][0]["name"]
        shape = rows.features.shape[1], len(np.unique(rows.target))
        return to_onnx(model, recipe.name, source, *shape)
    return to_skops(model)


def predict(path: Path, contract: Contract, features: NDArray[np.float64]) -> Outputs:
    """Ask a model file for its answers, by the contract's names of the outputs."""
    outputs = contract["outputs"]
    if path.suffix == ".onnx":
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [output["name"] for output in outputs]
        feed = {contract["inputs"][0]["name"]: features.astype(np.float32)}
        return dict(zip(names, session.run(names, feed), strict=True))
    untrusted = skops.io.get_untrusted_types(file=path)
    if untrusted:
        raise SystemExit(f"{path}: types that are not scikit-learn's own: {', '.join(untrusted)}")
    model = skops.io.load(path)
    return {
        output["name"]: getattr(model, output.get("method", "predict"))(features)
        for output in outputs
    }


def model_path(root: Path, recipe: Recipe, version: str) -> Path:
    """Say where the file of a version is, under the folder of all specs."""
    return root / recipe.name / "models" / version / f"model.{recipe.versions[version].format}"


def holdout_path(root: Path, recipe: Recipe) -> Path:
    """Say where the held-out rows of a deployment are, under the folder of all specs."""
    return root / recipe.name / "data" / "holdout.csv"


def to_csv(rows: Table, target: str) -> str:
    """Write the rows as CSV, the target last, whole numbers without a fraction."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*rows.columns, target))
    for features, value in zip(rows.features, rows.target, strict=True):
        writer.writerow([f"{number:.12g}" for number in (*features, value)])
    return text.getvalue()


def train(recipe: Recipe, root: Path) -> None:
    """Write every version of a deployment and its held-out rows under `root`, and print metrics."""
    rows, held_out = recipe.split()
    contract = read_contract(recipe.name)
    holdout = holdout_path(root, recipe)
    holdout.parent.mkdir(parents=True, exist_ok=True)
    holdout.write_text(to_csv(held_out, recipe.target), "utf-8")
    for version in recipe.versions:
        path = model_path(root, recipe, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fit(recipe, version, rows))
        scores = recipe.score(held_out.target, predict(path, contract, held_out.features))
        shown = "  ".join(f"{metric} {value:.4f}" for metric, value in scores.items())
        print(f"{recipe.name} {version}  {path.stat().st_size:6d} bytes  {shown}")


def check(recipe: Recipe, fresh: Path) -> Iterator[str]:
    """Compare the committed files of a deployment with freshly trained ones."""
    contract = read_contract(recipe.name)
    yield from check_columns(recipe, contract)
    if holdout_path(SPECS, recipe).read_bytes() != holdout_path(fresh, recipe).read_bytes():
        yield "data/holdout.csv is not the held-out split"
    features = recipe.split()[1].features
    for version in recipe.versions:
        ours, theirs = model_path(SPECS, recipe, version), model_path(fresh, recipe, version)
        retrained = predict(theirs, contract, features)
        for name, committed in predict(ours, contract, features).items():
            if not np.allclose(committed, retrained[name], rtol=TOLERANCE, atol=TOLERANCE):
                distance = np.abs(np.subtract(committed, retrained[name], dtype=float)).max()
                yield f"{version}: retrained {name} differs by up to {distance:.3g}"
        same = ours.read_bytes() == theirs.read_bytes()
        print(f"{recipe.name} {version}  {'same bytes' if same else 'other bytes'} as committed")
        yield from check_examples(contract, version, ours)


def check_columns(recipe: Recipe, contract: Contract) -> Iterator[str]:
    """Find where the contract's columns are not the data's, or refuse a real row."""
    table = recipe.load()
    columns = contract["inputs"][0]["columns"]
    if tuple(column["name"] for column in columns) != table.columns:
        yield "contract.json: the columns are not those of the data, in its order"
        return
    for column, values in zip(columns, table.features.T, strict=True):
        low, high = column.get("min", -np.inf), column.get("max", np.inf)
        allowed = column.get("categories", values)
        if values.min() < low or values.max() > high or not np.isin(values, allowed).all():
            yield f"contract.json: column {column['name']} refuses rows of the data"


def check_examples(contract: Contract, version: str, path: Path) -> Iterator[str]:
    """Find where a model does not answer an example as the contract says."""
    source = contract["inputs"][0]["name"]
    for example in contract["examples"]:
        answers = predict(path, contract, np.array(example["inputs"][source], dtype=float))
        near = example["tolerance"]
        for name, expected in example["outputs"].items():
            if not np.allclose(answers[name], expected, rtol=near, atol=near):
                got = answers[name].tolist()
                yield f"{version}: example {example['name']}: {name} is {got}, not {expected}"


def other_versions() -> Iterator[str]:
    """Find installed libraries that are not of the version that the serving images have."""
    locked = (REQUIREMENTS / "sklearn.txt").read_text("utf-8")
    for name in PINNED:
        pins = re.findall(rf"(?m)^{re.escape(name)}==([^\s;]+)", locked)
        if (found := installed_version(name)) not in pins:
            yield f"{name} {found} is installed, the images have {' and '.join(pins) or 'none'}"


def main() -> int:
    """Train, or check what is committed; 1 when the check finds something."""
    parser = argparse.ArgumentParser(description="Train the models of the fleet.")
    parser.add_argument("names", nargs="*", help="deployments, by default all")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--check", action="store_true", help="compare instead of writing")
    where.add_argument("--out", type=Path, default=SPECS, help="write here, by default specs/")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {recipe.name for recipe in RECIPES}
    if unknown:
        parser.error(f"no such deployment: {', '.join(sorted(unknown))}")
    for other in other_versions():
        print(f"warning: {other}: the bytes of models may differ", file=sys.stderr)
    problems: list[str] = []
    for recipe in RECIPES:
        if arguments.names and recipe.name not in arguments.names:
            continue
        if not arguments.check:
            train(recipe, arguments.out)
            continue
        with tempfile.TemporaryDirectory() as directory:
            train(recipe, Path(directory))
            problems += [f"{recipe.name}: {problem}" for problem in check(recipe, Path(directory))]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
