"""Planning routes: how requests reach the versions through a gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairway.deployment import Deployment
from fairway.plan.model import Backend, Route, RouteRule
from fairway.plan.release import Release, Variant
from fairway.plan.releasing import expected_variants
from fairway.spec.units import Duration

if TYPE_CHECKING:
    from fairway.spec.serving import Serving

_MODEL_PATH: Mapping[str, str] = {"v2": "/v2", "v1": "/v1", "tensorflow": "/v1"}


def plan_routes(deployment: Deployment, rules: tuple[RouteRule, ...]) -> tuple[Route, ...]:
    """Return the route of a deployment that a gateway leads to."""
    serving, gateway = deployment.spec.serving, deployment.place.gateway
    if gateway is None or all(caller.gateway is None for caller in serving.callers):
        return ()
    return (
        Route(
            gateway=gateway.name,
            gateway_namespace=gateway.namespace,
            implementation=gateway.implementation,
            listener=gateway.listener or "",
            hosts=tuple(serving.hosts),
            path=model_path(serving),
            timeout=route_timeout(serving.traffic.timeout),
            rules=rules,
        ),
    )


def model_path(serving: Serving) -> str:
    """Return what the paths of all of a model's requests begin with."""
    return _MODEL_PATH[serving.protocol] if serving.runtime == "fairway" else "/"


def route_timeout(timeout: Duration) -> str:
    """Return a Gateway API duration (GEP-2257): at most four parts of five digits each."""
    rest, parts = timeout.milliseconds, []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def plan_rules(deployment: Deployment, release: Release) -> tuple[RouteRule, ...]:
    """Return the rule for the candidate's users, where there are any, and that for all others."""
    if deployment.spec.release.handover is not None or release.form == "rolling":
        return (RouteRule((), (Backend(deployment.name, deployment.spec.release.stable, 1),), ()),)
    if release.controlled:
        return (RouteRule((), _controlled(deployment, release), ()),)
    everyone = RouteRule((), tuple(map(_backend, release.variants)), release.mirrors)
    if not release.matches:
        return (everyone,)
    stable, candidate = release.variants
    chosen = RouteRule(release.matches, (_whole(candidate, release.total),), ())
    rest = RouteRule((), (_whole(stable, release.total),), ())
    return (chosen, rest)


def _controlled(deployment: Deployment, release: Release) -> tuple[Backend, ...]:
    """Return what a controller moves traffic between: services, or the pods behind one."""
    stable, *others = expected_variants(deployment, release.variants, release.total)
    moved = others if release.strategy == "canary" else ()
    return tuple(map(_backend, (stable, *moved)))


def _backend(variant: Variant) -> Backend:
    return Backend(variant.service, variant.version, variant.weight)


def _whole(variant: Variant, total: int) -> Backend:
    return Backend(variant.service, variant.version, total)
