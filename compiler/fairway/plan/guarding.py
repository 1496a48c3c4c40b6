"""Planning who may call: how callers prove who they are, and what the proof needs."""

from __future__ import annotations

from collections.abc import Mapping

from fairway.deployment import Deployment, Sidecar
from fairway.plan.model import Auth


def plan_auth(deployment: Deployment) -> tuple[Auth, ...]:
    """Return how callers are authenticated; nothing where nobody is checked."""
    auth = deployment.spec.serving.auth
    if auth is None or auth.none is not None:
        return ()
    if auth.jwt is not None:
        return (Auth(auth.jwt.issuer, tuple(auth.jwt.audiences), ()),)
    return (Auth("", (), tuple(auth.mtls or ())),)


def sidecar_of(deployment: Deployment) -> Sidecar | None:
    """Return the proxy beside the pods that checks callers, where the router checks them so."""
    return deployment.routing.sidecar if plan_auth(deployment) else None


def sidecar_labels(deployment: Deployment) -> Mapping[str, str]:
    """Return the labels of pods that get such a proxy."""
    sidecar = sidecar_of(deployment)
    return sidecar.labels if sidecar is not None else {}
