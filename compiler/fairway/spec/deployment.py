"""The whole of ``deployment.yaml``: one deployed model."""

from __future__ import annotations

from typing import Literal

from fairway.spec.base import SpecModel, field
from fairway.spec.model import Evidence, Metadata, Model, Versions
from fairway.spec.monitoring import Monitoring
from fairway.spec.release import Release
from fairway.spec.serving import Serving


class DeploymentSpec(SpecModel):
    """A deployment's words for one environment, defaults and overrides merged."""

    api_version: Literal["fairway.dev/v1"] = field("The language's version.", "fairway.dev/v1")
    kind: Literal["ModelDeployment"] = field("What the file is.", "ModelDeployment")
    metadata: Metadata = field(
        "Name, team, owners.", {"name": "fraud-detector", "team": "payments", "owners": ["@ml"]}
    )
    model: Model = field("What all versions share.", {"framework": "sklearn", "format": "skops"})
    versions: Versions = field(
        "Everything that may run, by version; the bytes' digests are in the lock.",
        {"3.1.0": "./models/3.1.0"},
    )
    serving: Serving = field(
        "How the model is served.", {"resources": {"cpu": "500m", "memory": "1Gi"}}
    )
    release: Release = field("Which versions serve.", {"stable": "3.1.0"})
    monitoring: Monitoring | None = field(
        "How it is watched.", {"alerts": {"ticket": "jira-payments"}}, None
    )
    evidence: Evidence | None = field(
        "What must be true of a version before it may take traffic.",
        {"dataset": "data/holdout.csv", "metrics": [{"name": "roc_auc", "min": 0.93}]},
        None,
    )
