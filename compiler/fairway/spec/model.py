"""The model and its versions: ``metadata``, ``model``, ``versions`` and ``evidence`` of a spec."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from fairway.spec import base
from fairway.spec.base import SpecModel, field
from fairway.spec.choice import expand_version

Framework: TypeAlias = Literal[
    "sklearn", "onnx", "tensorflow", "xgboost", "lightgbm", "pytorch", "python"
]
Format: TypeAlias = Literal[
    "skops", "onnx", "savedmodel", "safetensors", "mlflow", "joblib", "pickle", "python"
]
Risk: TypeAlias = Literal["low", "medium", "high"]


class Metadata(SpecModel):
    """What the deployment is called, who owns it and what it is for."""

    name: base.Name = field(
        "The deployment's name: a DNS label, and the name of the folder that the spec is in.",
        "fraud-detector",
    )
    team: base.Label = field("The team that runs it; it may name the namespace.", "payments")
    owners: Annotated[list[base.Owner], Field(min_length=1)] = field(
        "Who answers for it: @team, @org/team or e-mail addresses.",
        ["@payments-ml", "risk@example.com"],
    )
    description: base.Text | None = field(
        "One sentence that says what the model does.", "Scores card payments for fraud.", None
    )


class Model(SpecModel):
    """What all versions of the model share, unless a version says otherwise."""

    framework: Framework = field("The library that the model was made with.", "sklearn")
    format: Format = field(
        "The format of the model's file. `joblib` and `pickle` run code when they are loaded.",
        "skops",
    )
    contract: base.RelativePath = field(
        "The file that holds the model's inputs and outputs: tensors, columns, limits, examples.",
        "contract.json",
        "contract.json",
    )
    entrypoint: base.Entrypoint | None = field(
        "Framework `python` only: the file and the class with `load` and `predict`.",
        "model.py:Model",
        None,
    )
    requirements: base.RelativePath | None = field(
        "A hashed requirements file; without it the image has the runtime's own locked set.",
        "requirements.txt",
        None,
    )
    risk: Risk = field(
        "How much harm a wrong answer does; policies may ask more of `high`.", "high", "medium"
    )
    side_effects: bool = field(
        "Whether answering does more than answer (writes, sends, books): copies of requests must"
        " not reach it.",
        True,
        False,
    )


class Version(SpecModel):
    """One version of the model: its source and what differs from the model's fields."""

    uri: base.Uri = field(
        "Where the version's files are: ./path, models:/, https://, oci://, s3:// or gs://.",
        "models:/fraud-detector/7",
    )
    framework: Framework | None = field("Overrides `model.framework`.", "onnx", None)
    format: Format | None = field("Overrides `model.format`.", "onnx", None)
    contract: base.RelativePath | None = field(
        "Overrides `model.contract`.", "contract-2.json", None
    )
    entrypoint: base.Entrypoint | None = field(
        "Overrides `model.entrypoint`.", "model.py:Model", None
    )
    requirements: base.RelativePath | None = field(
        "Overrides `model.requirements`.", "requirements-2.txt", None
    )
    side_effects: bool | None = field("Overrides `model.sideEffects`.", True, None)


VersionOrUri: TypeAlias = Annotated[
    Version, BeforeValidator(expand_version, json_schema_input_type=base.Uri | Version)
]
Versions: TypeAlias = Annotated[dict[base.VersionName, VersionOrUri], Field(min_length=1)]


class Slice(SpecModel):
    """A bound on the worst group of rows that share a column's value."""

    by: base.Text = field("The column that makes the groups.", "country")
    worst: base.Bound = field("The bound for the group that does worst.", 0.70)


class EvidenceMetric(SpecModel):
    """A bound that a version's test result must keep."""

    name: base.Text = field(
        "A scikit-learn metric, or a latency percentile such as latency-p95.", "roc_auc"
    )
    min: base.Bound | None = field("The least value that passes.", 0.93, None)
    max: base.Bound | None = field("The largest value that passes.", "50ms", None)
    positive: base.Text | int | None = field(
        "For metrics of two classes: the label that counts as positive.", 0, None
    )
    slice: Slice | None = field(
        "A bound for every group of rows as well.", {"by": "country", "worst": 0.70}, None
    )


class Evidence(SpecModel):
    """What must be true of a version before it may take traffic."""

    dataset: base.RelativePath = field(
        "The held-out data that versions are tested on.", "data/holdout.parquet"
    )
    metrics: Annotated[list[EvidenceMetric], Field(min_length=1)] = field(
        "The bounds that a test result must keep.", [{"name": "roc_auc", "min": 0.93}]
    )
    max_age: base.Duration | None = field("How old a test result may be.", "30d", None)
