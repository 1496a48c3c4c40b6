"""The labels by which a deployment and its pods are known, whoever makes the pods."""

from __future__ import annotations

from fairway.deployment import Deployment

NAME = "app.kubernetes.io/name"
WORKLOAD = "fairway.dev/workload"
DEPLOYMENT = "fairway.dev/deployment"


def deployment_labels(deployment: Deployment) -> dict[str, str]:
    """Return the labels of every object of a deployment."""
    labels = {
        NAME: deployment.name,
        "app.kubernetes.io/component": "model-server",
        "app.kubernetes.io/part-of": deployment.spec.metadata.team,
        "app.kubernetes.io/managed-by": "fairway",
        "fairway.dev/environment": deployment.environment,
    }
    return {**labels, DEPLOYMENT: deployment.name} if _relabelled(deployment) else labels


def deployment_selector(deployment: Deployment) -> dict[str, str]:
    """Return labels that all pods of a deployment have, and no others.

    Where a controller gives pods another name, they have a label that it leaves alone.
    """
    return {DEPLOYMENT if _relabelled(deployment) else NAME: deployment.name}


def pods_of(deployment: Deployment, workload: str) -> dict[str, str]:
    """Return labels that the pods of a workload have, those too that a controller made of them."""
    return {**deployment_selector(deployment), WORKLOAD: workload}


def _relabelled(deployment: Deployment) -> bool:
    controller = deployment.routing.controller
    return controller is not None and controller.relabels == NAME
