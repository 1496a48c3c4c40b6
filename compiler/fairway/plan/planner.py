"""The planner: a deployment and its images become a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairway.deployment import Deployment, workload_name
from fairway.plan.canary import SERVICE_PORT
from fairway.plan.guarding import plan_auth, sidecar_labels, sidecar_of
from fairway.plan.identity import deployment_labels, deployment_selector
from fairway.plan.measuring import Meter
from fairway.plan.model import (
    AddressPeer,
    ImagePlan,
    Label,
    NamespacePeer,
    Plan,
    Service,
    Traffic,
    Workload,
)
from fairway.plan.pods import plan_probes, plan_workloads
from fairway.plan.proving import prove
from fairway.plan.proxying import plan_proxy
from fairway.plan.release import Release
from fairway.plan.releasing import controlled_service, plan_release
from fairway.plan.routing import plan_routes, plan_rules
from fairway.plan.watching import plan_objectives

if TYPE_CHECKING:
    from fairway.spec.serving import Serving


def plan_deployment(deployment: Deployment, images: Mapping[str, ImagePlan], meter: Meter) -> Plan:
    """Decide everything that runs for ``deployment`` in its environment.

    ``images`` holds the image of each version for the runtime ``fairway``, and ``meter`` knows
    how metrics are measured there. The strategy must be one that the environment's targets
    express; that is checked before.
    """
    spec, place = deployment.spec, deployment.place
    workloads = plan_workloads(deployment, images)
    release = plan_release(deployment, meter)
    rules = plan_rules(deployment, release)
    return Plan(
        name=deployment.name,
        environment=deployment.environment,
        cluster=place.cluster,
        namespace=deployment.namespace,
        team=spec.metadata.team,
        description=spec.metadata.description or "",
        spec=deployment.source,
        spec_digest=f"sha256:{deployment.digest}",
        strategy=release.strategy,
        active=_active(deployment),
        serving=_serving(deployment, release),
        runtime=spec.serving.runtime,
        labels=deployment_labels(deployment),
        selector=deployment_selector(deployment),
        port=spec.serving.port,
        service_port=SERVICE_PORT,
        probes=plan_probes(spec.serving),
        workloads=workloads,
        services=_services(deployment, workloads),
        rules=rules,
        routes=plan_routes(deployment, rules),
        release=release,
        traffic=_traffic(spec.serving),
        proxy=plan_proxy(deployment, release, workloads, _active(deployment)),
        proof=prove(deployment, release),
        prometheus=place.prometheus.address if place.prometheus is not None else "",
        auth=plan_auth(deployment),
        sidecar=tuple(Label(*each) for each in sidecar_labels(deployment).items()),
        objectives=plan_objectives(deployment, release, rules, meter),
        callers=_callers(deployment),
        egress_namespaces=_egress_namespaces(deployment),
        egress_addresses=_egress_addresses(spec.serving),
    )


# -- traffic -----------------------------------------------------------------------------------


def _active(deployment: Deployment) -> str:
    """Return the name of the workload that answers."""
    release = deployment.spec.release
    if release.handover == "rolling":
        return deployment.name
    if release.handover == "perVersion":
        return workload_name(deployment.name, release.stable)
    if deployment.form != "perVersion":
        return deployment.name
    green = release.strategy.blue_green
    candidate = green is not None and green.active == "candidate"
    version = release.candidate if candidate and release.candidate else release.stable
    return workload_name(deployment.name, version)


def _serving(deployment: Deployment, release: Release) -> tuple[str, ...]:
    """Return the workloads that answer callers: the active one, and what shares its traffic."""
    sharing = [v.workload for v in release.variants if v.weight or (release.matches and v.share)]
    split = deployment.spec.release.handover is None and release.form == "perVersion"
    return tuple(dict.fromkeys((_active(deployment), *(sharing if split else ()))))


def _services(deployment: Deployment, workloads: tuple[Workload, ...]) -> tuple[Service, ...]:
    """Return the service that callers use, and those of each version that nobody else makes."""
    active = next(workload for workload in workloads if workload.name == _active(deployment))
    labels = deployment_labels(deployment)
    controller = deployment.routing.controller
    services = [Service(deployment.name, active.selector, labels)]
    if deployment.form == "controlled" and controller is not None:
        services = services if controller.services else []
        if controller.services and deployment.spec.release.handover is None:
            candidate = controlled_service(deployment, "candidate")
            services.append(Service(candidate, active.selector, labels))
    if not deployment.routing.service:
        services += [
            Service(workload.name, workload.selector, workload.labels)
            for workload in workloads
            if workload.name != deployment.name
        ]
    return tuple(services)


def _traffic(serving: Serving) -> Traffic:
    traffic = serving.traffic
    return Traffic(
        expected=float(traffic.expected.per_second) if traffic.expected is not None else 0.0,
        peak=float(traffic.peak.per_second) if traffic.peak is not None else 0.0,
        timeout=traffic.timeout.seconds,
    )


def _callers(deployment: Deployment) -> tuple[NamespacePeer, ...]:
    gateway = deployment.place.gateway
    names: dict[str, None] = {}
    for caller in deployment.spec.serving.callers:
        if caller.namespace is not None:
            names[caller.namespace] = None
        elif gateway is not None:
            names[gateway.namespace] = None
    return tuple(NamespacePeer(name, deployment.spec.serving.port) for name in names)


def _egress_namespaces(deployment: Deployment) -> tuple[NamespacePeer, ...]:
    """Return the namespaces that the pods may connect to, that of their own proxy among them."""
    peers = [
        NamespacePeer(peer.namespace, peer.port)
        for peer in deployment.spec.serving.egress
        if peer.namespace is not None
    ]
    sidecar = sidecar_of(deployment)
    own = [NamespacePeer(sidecar.namespace, sidecar.port)] if sidecar is not None else []
    return tuple(dict.fromkeys((*peers, *own)))


def _egress_addresses(serving: Serving) -> tuple[AddressPeer, ...]:
    return tuple(
        AddressPeer(peer.cidr, peer.port) for peer in serving.egress if peer.cidr is not None
    )
