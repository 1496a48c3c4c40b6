"""Planning pods: what runs in them, how many there are, how each is asked whether it is well."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING

from fairway.deployment import Deployment
from fairway.plan.guarding import sidecar_labels
from fairway.plan.identity import NAME, WORKLOAD, deployment_labels, pods_of
from fairway.plan.image import IMAGE_PORT
from fairway.plan.model import (
    CountedBy,
    EnvironmentVariable,
    ImagePlan,
    IntOrString,
    Probes,
    ScaledObject,
    Workload,
)
from fairway.spec.units import Percentage

if TYPE_CHECKING:
    from fairway.spec.serving import Serving

DRAIN_SECONDS = 5
"""How long a pod still serves after it was told to stop, so that every proxy has noticed."""

SERVER_GRACE_SECONDS = 25
"""The default of ``fairway.serve --grace``."""


def plan_workloads(deployment: Deployment, images: Mapping[str, ImagePlan]) -> tuple[Workload, ...]:
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
    least, most = serving.scaling.min, most_pods(serving)
    counted_by, scaled = _counted(deployment, name)
    return Workload(
        name=name,
        version=version,
        labels=_labels(deployment, name, version),
        selector={NAME: deployment.name, WORKLOAD: name},
        pods=pods_of(deployment, name),
        image=_own_image(deployment, images[version]) if own else _ready_made(deployment),
        arguments=_arguments(serving) if own else (),
        model_digest=deployment.versions[version].locked.digest,
        requests={"cpu": str(serving.resources.cpu), "memory": memory, **gpu},
        limits={"memory": memory, **gpu},
        cores=serving.resources.cpu.millicores / 1000,
        memory=serving.resources.memory.bytes,
        variables=_variables(serving),
        replicas=least,
        replicas_at_most=most,
        autoscaled=most > least,
        scaling_resource=serving.scaling.metric,
        scaling_utilization=_utilization(serving),
        surge=rolling.surge.value if rolling is not None else 1,
        unavailable=rolling.unavailable.value if rolling is not None else 0,
        counted_by=counted_by,
        scaled=scaled,
    )


def most_pods(serving: Serving) -> int:
    """Return how many pods a version has at most; as many as at least when nothing scales it."""
    return serving.scaling.max if serving.scaling.max is not None else serving.scaling.min


def _counted(deployment: Deployment, name: str) -> tuple[CountedBy, ScaledObject]:
    """Return who decides how many pods there are, and of which object."""
    serving, controller = deployment.spec.serving, deployment.routing.controller
    if controller is not None and deployment.form == "controlled" and name == deployment.name:
        return "controller", ScaledObject(controller.api_version, controller.kind)
    scaled = most_pods(serving) > serving.scaling.min
    return "autoscaler" if scaled else "git", ScaledObject("apps/v1", "Deployment")


def _labels(deployment: Deployment, name: str, version: str) -> dict[str, str]:
    return {
        **deployment_labels(deployment),
        "app.kubernetes.io/version": version,
        WORKLOAD: name,
        **sidecar_labels(deployment),
    }


def _variables(serving: Serving) -> tuple[EnvironmentVariable, ...]:
    return tuple(
        EnvironmentVariable(secret.name, *secret.from_.split("/", 1)) for secret in serving.secrets
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


def plan_probes(serving: Serving) -> Probes:
    """Return how the cluster asks whether a server is well, and how it is told to stop."""
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
