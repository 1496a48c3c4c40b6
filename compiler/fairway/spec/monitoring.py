"""How a model is watched and trained again: the ``monitoring`` part of a spec."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fairway.spec import base
from fairway.spec.base import SpecModel, field


class Slo(SpecModel):
    """A service level objective: the share of good requests over a window."""

    name: base.Label = field("The objective's name.", "availability")
    objective: base.Percentage = field("The share of requests that must be good.", "99.9%")
    threshold: base.Duration | None = field(
        "For latency: a request is good when it is answered within this time.", "250ms", None
    )
    window: base.Duration = field("The time that the share is taken over.", "30d")


class Alerts(SpecModel):
    """Where alerts go."""

    page: base.Text | None = field("Wakes somebody.", "pagerduty-payments", None)
    ticket: base.Text | None = field("Can wait for the morning.", "jira-payments", None)


class FeatureDrift(SpecModel):
    """How the inputs' distributions are compared with the reference."""

    method: Literal["psi", "ks", "js"] = field("The measure of difference.", "psi")
    max: base.Number = field("The largest difference that is not drift.", 0.2)
    window: base.Duration | None = field("The time that is compared.", "1d", None)
    sample: Annotated[int, Field(ge=100)] | None = field("How many rows.", 5000, None)


class PredictionDrift(SpecModel):
    """How the answers' distribution is compared with the reference."""

    method: Literal["psi", "ks", "js"] = field("The measure of difference.", "ks")
    max: base.Number = field("The largest difference that is not drift.", 0.1)


class Drift(SpecModel):
    """When the world no longer looks like the training data."""

    reference: base.RelativePath = field("The data to compare with.", "evidence/reference.parquet")
    features: FeatureDrift | None = field("Inputs.", {"method": "psi", "max": 0.2}, None)
    prediction: PredictionDrift | None = field("Answers.", {"method": "ks", "max": 0.1}, None)


class Retraining(SpecModel):
    """How the model is trained again, and what that proposes."""

    pipeline: base.Text = field(
        "A Kubeflow pipeline's file, or `builtin` for train, evaluate, gate, register.",
        "pipelines/retrain.py",
    )
    on: list[Literal["drift", "schedule"]] = field("What starts it.", ["drift"])
    schedule: base.Text | None = field("A cron expression.", "0 3 * * 1", None)
    cooldown: base.Duration | None = field("The least time between two runs.", "7d", None)
    proposes: Literal["pull-request"] = field(
        "What a run ends with: a model never ships itself.", "pull-request", "pull-request"
    )


class Monitoring(SpecModel):
    """Objectives, alerts, drift and retraining."""

    slos: list[Slo] = field(
        "Service level objectives.",
        [{"name": "availability", "objective": "99.9%", "window": "30d"}],
        [],
    )
    alerts: Alerts | None = field("Where alerts go.", {"page": "pagerduty-payments"}, None)
    drift: Drift | None = field(
        "Watches for drift.", {"reference": "evidence/reference.parquet"}, None
    )
    retraining: Retraining | None = field(
        "Trains the model again.", {"pipeline": "builtin", "on": ["drift"]}, None
    )
