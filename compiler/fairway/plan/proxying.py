"""Planning the proxy of an environment where servers are containers of one network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fairway.deployment import Deployment
from fairway.plan.proxy import Copies, Endpoint, Portion, Proxy, ProxyRule
from fairway.plan.routing import model_path

if TYPE_CHECKING:
    from fairway.plan.model import Workload
    from fairway.plan.release import Match, Mirror, Release, Variant
    from fairway.spec.units import Duration

PORT = 8000
METRICS_PORT = 9902
ADMIN_PORT = 9901
FOLDER = "/etc/envoy"


def plan_proxy(
    deployment: Deployment, release: Release, workloads: Iterable[Workload], active: str
) -> Proxy:
    """Return the proxy; a container's name is its host name there.

    ``active`` names the workload that answers while nothing is split.
    """
    serving = deployment.spec.serving
    copied = {mirror.workload for mirror in release.mirrors}
    return Proxy(
        image=deployment.project.images.get("envoy", ""),
        host="0.0.0.0",  # noqa: S104 - inside a container, whose ports are published on loopback
        port=PORT,
        metrics_port=METRICS_PORT,
        admin_host="127.0.0.1",
        admin_port=ADMIN_PORT,
        clusters=f"{FOLDER}/clusters.yaml",
        routes=f"{FOLDER}/routes.yaml",
        path=model_path(serving),
        timeout=_protobuf(serving.traffic.timeout),
        rules=tuple(_rules(deployment, release, active)),
        endpoints=tuple(
            Endpoint(each.name, each.version, each.name, serving.port, each.name in copied)
            for each in workloads
        ),
    )


def _protobuf(timeout: Duration) -> str:
    """Return a duration as protobuf's JSON has it (google/protobuf/duration.proto)."""
    seconds, rest = divmod(timeout.milliseconds, 1000)
    return f"{seconds}.{rest:03d}s" if rest else f"{seconds}s"


def _rules(deployment: Deployment, release: Release, active: str) -> Iterable[ProxyRule]:
    if deployment.spec.release.handover is not None or release.form == "rolling":
        portion = Portion(active, deployment.spec.release.stable, 1)
        yield ProxyRule((), (portion,), ())
        return
    if not release.matches:
        yield ProxyRule((), portions(release.variants), tuple(map(_copies, release.mirrors)))
        return
    stable, candidate = release.variants
    for match in release.matches:
        yield _whole(candidate, release.total, (match,))
    yield _whole(stable, release.total, ())


def portions(variants: Iterable[Variant]) -> tuple[Portion, ...]:
    """Return what each version gets, the candidate first."""
    ordered = sorted(variants, key=lambda each: each.role != "candidate")
    return tuple(Portion(each.workload, each.version, each.weight) for each in ordered)


def _copies(mirror: Mirror) -> Copies:
    """Return how many copies there are, to a millionth, and no fewer than that."""
    millionths = max(1, round(mirror.numerator * 1_000_000 / mirror.denominator))
    return Copies(mirror.workload, mirror.version, millionths)


def _whole(variant: Variant, total: int, matches: tuple[Match, ...]) -> ProxyRule:
    return ProxyRule(matches, (Portion(variant.workload, variant.version, total),), ())
