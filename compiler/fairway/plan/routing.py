"""Planning routes: how requests reach the versions, through a gateway or a proxy beside them."""

from __future__ import annotations

from collections.abc import Mapping

from fairway.deployment import Deployment
from fairway.plan.model import Backend, Endpoint, Proxy, Route, RouteRule, Workload
from fairway.plan.release import Release, Variant
from fairway.spec.units import Duration

PROXY_PORT = 8000
ADMIN_PORT = 9901
PROXY_ROUTES = "/etc/envoy/routes/routes.json"

_MODEL_PATH: Mapping[str, str] = {"v2": "/v2", "v1": "/v1", "tensorflow": "/v1"}


def plan_routes(deployment: Deployment, release: Release) -> tuple[Route, ...]:
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
            path=_MODEL_PATH[serving.protocol] if serving.runtime == "fairway" else "/",
            timeout=route_timeout(serving.traffic.timeout),
            rules=_rules(deployment, release),
        ),
    )


def plan_proxy(deployment: Deployment, workloads: tuple[Workload, ...]) -> Proxy:
    """Return the proxy of an environment where servers are containers of one network.

    A container's name is its host name there.
    """
    port = deployment.spec.serving.port
    return Proxy(
        host="0.0.0.0",  # noqa: S104 - inside a container, whose port is published on loopback
        port=PROXY_PORT,
        admin_host="127.0.0.1",
        admin_port=ADMIN_PORT,
        routes=PROXY_ROUTES,
        timeout=f"{deployment.spec.serving.traffic.timeout.seconds:g}s",
        endpoints=tuple(Endpoint(each.name, each.version, each.name, port) for each in workloads),
    )


def route_timeout(timeout: Duration) -> str:
    """Return a Gateway API duration (GEP-2257): at most four parts of five digits each."""
    rest, parts = timeout.milliseconds, []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def _rules(deployment: Deployment, release: Release) -> tuple[RouteRule, ...]:
    """Return the rule for the candidate's users, where there are any, and that for all others."""
    if deployment.spec.release.handover is not None or release.form == "rolling":
        return (RouteRule((), (Backend(deployment.name, deployment.spec.release.stable, 1),), ()),)
    everyone = RouteRule((), tuple(map(_backend, release.variants)), release.mirrors)
    if not release.matches:
        return (everyone,)
    stable, candidate = release.variants
    chosen = RouteRule(release.matches, (_whole(candidate, release.total),), ())
    rest = RouteRule((), (_whole(stable, release.total),), ())
    return (chosen, rest)


def _backend(variant: Variant) -> Backend:
    return Backend(variant.service, variant.version, variant.weight)


def _whole(variant: Variant, total: int) -> Backend:
    return Backend(variant.service, variant.version, total)
