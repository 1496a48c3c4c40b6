"""The planner: a deployment and its images become a plan."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING

from fairway.deployment import Deployment, workload_name
from fairway.plan.image import IMAGE_PORT
from fairway.plan.model import (
    AddressPeer,
    Backend,
    EnvironmentVariable,
    ImagePlan,
    IntOrString,
    NamespacePeer,
    Plan,
    Probes,
    Route,
    Service,
    StrategyName,
    Workload,
)
from fairway.spec.units import Duration, Percentage

if TYPE_CHECKING:
    from fairway.spec.serving import Serving

SERVICE_PORT = 80
DRAIN_SECONDS = 5
"""How long a pod still serves after it was told to stop, so that every proxy has noticed."""

SERVER_GRACE_SECONDS = 25
"""The default of ``fairway.serve --grace``."""

_MODEL_PATH: Mapping[str, str] = {"v2": "/v2", "v1": "/v1", "tensorflow": "/v1"}


def plan_deployment(deployment: Deployment, images: Mapping[str, ImagePlan]) -> Plan:
    """Decide everything that runs for ``deployment`` in its environment.

    ``images`` holds the image of each version for the runtime ``fairway``. The strategy must be
    one that the environment's targets express; that is checked before.
    """
    spec, place = deployment.spec, deployment.place
    name = deployment.name
    labels = _labels(deployment)
    selector = {"app.kubernetes.io/name": name}
    workloads = _workloads(deployment, images)
    return Plan(
        name=name,
        environment=deployment.environment,
        cluster=place.cluster,
        namespace=deployment.namespace,
        team=spec.metadata.team,
        description=spec.metadata.description or "",
        spec=deployment.source,
        spec_digest=f"sha256:{deployment.digest}",
        strategy=_strategy(deployment),
        active=_active(deployment),
        labels=labels,
        selector=selector,
        port=spec.serving.port,
        service_port=SERVICE_PORT,
        probes=_probes(spec.serving),
        workloads=workloads,
        services=_services(deployment, workloads),
        routes=_routes(deployment),
        callers=_callers(deployment),
        egress_namespaces=tuple(
            NamespacePeer(peer.namespace, peer.port)
            for peer in spec.serving.egress
            if peer.namespace is not None
        ),
        egress_addresses=tuple(
            AddressPeer(peer.cidr, peer.port)
            for peer in spec.serving.egress
            if peer.cidr is not None
        ),
    )


def _strategy(deployment: Deployment) -> StrategyName:
    return "blueGreen" if deployment.spec.release.strategy.blue_green is not None else "rolling"


def _labels(deployment: Deployment) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": deployment.name,
        "app.kubernetes.io/component": "model-server",
        "app.kubernetes.io/part-of": deployment.spec.metadata.team,
        "app.kubernetes.io/managed-by": "fairway",
        "fairway.dev/environment": deployment.environment,
    }


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
    selector = {"app.kubernetes.io/name": deployment.name, "fairway.dev/workload": name}
    rolling = deployment.spec.release.strategy.rolling
    own = serving.runtime == "fairway"
    gpu: dict[str, IntOrString] = (
        {"nvidia.com/gpu": serving.resources.gpu} if serving.resources.gpu else {}
    )
    memory = str(serving.resources.memory)
    most = serving.scaling.max if serving.scaling.max is not None else serving.scaling.min
    return Workload(
        name=name,
        version=version,
        labels={
            **_labels(deployment),
            "app.kubernetes.io/version": version,
            "fairway.dev/workload": name,
        },
        selector=selector,
        image=_own_image(deployment, images[version]) if own else _ready_made(deployment),
        arguments=_arguments(serving) if own else (),
        model_digest=deployment.versions[version].locked.digest,
        requests={"cpu": str(serving.resources.cpu), "memory": memory, **gpu},
        limits={"memory": memory, **gpu},
        variables=tuple(
            EnvironmentVariable(secret.name, *secret.from_.split("/", 1))
            for secret in serving.secrets
        ),
        replicas=serving.scaling.min,
        replicas_at_most=most,
        autoscaled=most > serving.scaling.min,
        scaling_resource=serving.scaling.metric,
        scaling_utilization=_utilization(serving),
        surge=rolling.surge.value if rolling is not None else 1,
        unavailable=rolling.unavailable.value if rolling is not None else 0,
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
    green = release.strategy.blue_green
    if green is None:
        return deployment.name
    candidate = green.active == "candidate" and release.candidate is not None
    version = release.candidate if candidate and release.candidate else release.stable
    return workload_name(deployment.name, version)


def _services(deployment: Deployment, workloads: tuple[Workload, ...]) -> tuple[Service, ...]:
    """Return the service that callers use, and one for each version's own pods."""
    active = next(workload for workload in workloads if workload.name == _active(deployment))
    labels = _labels(deployment)
    services = [Service(deployment.name, active.selector, labels)]
    services += [
        Service(workload.name, workload.selector, workload.labels)
        for workload in workloads
        if workload.name != deployment.name
    ]
    return tuple(services)


def _routes(deployment: Deployment) -> tuple[Route, ...]:
    serving, gateway = deployment.spec.serving, deployment.place.gateway
    if gateway is None or all(caller.gateway is None for caller in serving.callers):
        return ()
    return (
        Route(
            gateway=gateway.name,
            gateway_namespace=gateway.namespace,
            listener=gateway.listener or "",
            hosts=tuple(serving.hosts),
            path=_MODEL_PATH[serving.protocol] if serving.runtime == "fairway" else "/",
            timeout=route_timeout(serving.traffic.timeout),
            backends=_backends(deployment),
        ),
    )


def route_timeout(timeout: Duration) -> str:
    """Return a Gateway API duration (GEP-2257): at most four parts of five digits each."""
    rest, parts = timeout.milliseconds, []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def _backends(deployment: Deployment) -> tuple[Backend, ...]:
    """Return the route's weights; both versions are named, so that the switch is one number."""
    release = deployment.spec.release
    if release.handover is not None or release.strategy.rolling is not None:
        return (Backend(deployment.name, 1),)
    active = _active(deployment)
    versions = [release.stable, *([release.candidate] if release.candidate else [])]
    names = [workload_name(deployment.name, version) for version in versions]
    return tuple(Backend(name, 100 if name == active else 0) for name in names)


def _callers(deployment: Deployment) -> tuple[NamespacePeer, ...]:
    gateway = deployment.place.gateway
    names: dict[str, None] = {}
    for caller in deployment.spec.serving.callers:
        if caller.namespace is not None:
            names[caller.namespace] = None
        elif gateway is not None:
            names[gateway.namespace] = None
    return tuple(NamespacePeer(name, deployment.spec.serving.port) for name in names)
