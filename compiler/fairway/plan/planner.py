"""The planner: a deployment and its images become a plan."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING

from fairway.deployment import Deployment, workload_name
from fairway.plan.canary import SERVICE_PORT
from fairway.plan.guarding import plan_auth, sidecar_labels, sidecar_of
from fairway.plan.identity import (
    NAME,
    WORKLOAD,
    deployment_labels,
    deployment_selector,
    pods_of,
)
from fairway.plan.image import IMAGE_PORT
from fairway.plan.measuring import Meter
from fairway.plan.model import (
    AddressPeer,
    EnvironmentVariable,
    ImagePlan,
    IntOrString,
    Label,
    NamespacePeer,
    Plan,
    Probes,
    ScaledObject,
    Service,
    Traffic,
    Workload,
)
from fairway.plan.proving import prove
from fairway.plan.proxying import plan_proxy
from fairway.plan.release import Release
from fairway.plan.releasing import controlled_service, plan_release
from fairway.plan.routing import plan_routes, plan_rules
from fairway.plan.watching import plan_objectives
from fairway.spec.units import Percentage

if TYPE_CHECKING:
    from fairway.spec.serving import Serving

DRAIN_SECONDS = 5
"""How long a pod still serves after it was told to stop, so that every proxy has noticed."""

SERVER_GRACE_SECONDS = 25
"""The default of ``fairway.serve --grace``."""


def plan_deployment(deployment: Deployment, images: Mapping[str, ImagePlan], meter: Meter) -> Plan:
    """Decide everything that runs for ``deployment`` in its environment.

    ``images`` holds the image of each version for the runtime ``fairway``, and ``meter`` knows
    how metrics are measured there. The strategy must be one that the environment's targets
    express; that is checked before.
    """
    spec, place = deployment.spec, deployment.place
    name = deployment.name
    labels = deployment_labels(deployment)
    workloads = _workloads(deployment, images)
    release = plan_release(deployment, meter)
    rules = plan_rules(deployment, release)
    return Plan(
        name=name,
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
        labels=labels,
        selector=deployment_selector(deployment),
        port=spec.serving.port,
        service_port=SERVICE_PORT,
        probes=_probes(spec.serving),
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
        egress_addresses=tuple(
            AddressPeer(peer.cidr, peer.port)
            for peer in spec.serving.egress
            if peer.cidr is not None
        ),
    )


# -- workloads ---------------------------------------------------------------------------------


def _workloads(deployment: Deployment, images: Mapping[str, ImagePlan]) -> tuple[Workload, ...]:
    """Return the sets of pods."""
    return tuple(
        _workload(deployment, name, version, images) for name, version in deployment.workloads
    )


def _workload(
    deployment: Deployment, name: str, version: str, images: Mapping[str, ImagePlan]
) -> Workload:
    serving = deployment.spec.serving
    rolling = deployment.spec.release.strategy.rolling
    own = serving.runtime == "fairway"
    gpu: dict[str, IntOrString] = (
        {"nvidia.com/gpu": serving.resources.gpu} if serving.resources.gpu else {}
    )
    memory = str(serving.resources.memory)
    most = serving.scaling.max if serving.scaling.max is not None else serving.scaling.min
    controller = deployment.routing.controller if name == deployment.name else None
    controlled = controller is not None and deployment.form == "controlled"
    autoscaled = most > serving.scaling.min
    return Workload(
        name=name,
        version=version,
        labels={
            **deployment_labels(deployment),
            "app.kubernetes.io/version": version,
            WORKLOAD: name,
            **sidecar_labels(deployment),
        },
        selector={NAME: deployment.name, WORKLOAD: name},
        pods=pods_of(deployment, name),
        image=_own_image(deployment, images[version]) if own else _ready_made(deployment),
        arguments=_arguments(serving) if own else (),
        model_digest=deployment.versions[version].locked.digest,
        requests={"cpu": str(serving.resources.cpu), "memory": memory, **gpu},
        limits={"memory": memory, **gpu},
        cores=serving.resources.cpu.millicores / 1000,
        memory=serving.resources.memory.bytes,
        variables=tuple(
            EnvironmentVariable(secret.name, *secret.from_.split("/", 1))
            for secret in serving.secrets
        ),
        replicas=serving.scaling.min,
        replicas_at_most=most,
        autoscaled=autoscaled,
        scaling_resource=serving.scaling.metric,
        scaling_utilization=_utilization(serving),
        surge=rolling.surge.value if rolling is not None else 1,
        unavailable=rolling.unavailable.value if rolling is not None else 0,
        counted_by="controller" if controlled else "autoscaler" if autoscaled else "git",
        scaled=ScaledObject(controller.api_version, controller.kind)
        if controller is not None and controlled
        else ScaledObject("apps/v1", "Deployment"),
    )


def _own_image(deployment: Deployment, image: ImagePlan) -> str:
    """Return the image by its tag, and by its digest once the lock holds what was pushed."""
    pushed = deployment.lock.images.get(image.version)
    same = pushed is not None and pushed.tag == image.tag
    return f"{image.reference}@{pushed.digest}" if same and pushed else image.reference


def _ready_made(deployment: Deployment) -> str:
    """Return the image of a server that is not ours, by the digest that is said or locked."""
    image = deployment.spec.serving.image
    if image is None:
        raise ValueError("runtime image without an image")
    name = f"{image.repository}:{image.tag}" if image.tag else image.repository
    digest = image.digest or deployment.images.get(name)
    return f"{name}@{digest}" if digest else name


def _utilization(serving: Serving) -> int:
    target = serving.scaling.target
    return int(target.percent) if isinstance(target, Percentage) else 0


def _arguments(serving: Serving) -> tuple[str, ...]:
    """Return what our own server is told beyond its image's defaults."""
    port = ("--port", str(serving.port)) if serving.port != IMAGE_PORT else ()
    grace = _server_grace(serving)
    return (*port, *(("--grace", str(grace)) if grace != SERVER_GRACE_SECONDS else ()))


def _server_grace(serving: Serving) -> int:
    """Return how long a server that was told to stop may answer what it has begun, in seconds."""
    return max(SERVER_GRACE_SECONDS, ceil(serving.traffic.timeout.seconds) + 5)


def _probes(serving: Serving) -> Probes:
    paths = serving.image.paths if serving.image is not None else None
    return Probes(
        ready=paths.ready if paths is not None else "/v2/health/ready",
        live=paths.live if paths is not None else "/v2/health/live",
        startup_period=2,
        startup_failures=90,
        drain=DRAIN_SECONDS,
        # The pod's drain, the server's own grace, and time to end.
        grace=DRAIN_SECONDS + _server_grace(serving) + 5,
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
