"""A deployment: one spec bound for one environment, with its lock and its files' digests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from fairway.source.layers import Merged
from fairway.spec.slug import filled, slug

if TYPE_CHECKING:
    from datetime import datetime

    from fairway.compatibility.change import Change
    from fairway.spec.deployment import DeploymentSpec
    from fairway.spec.lock import Lock, LockedVersion
    from fairway.spec.project import Environment, Project


class OwnFile(NamedTuple):
    """A file of the deployment's folder: its path there, its size in bytes, its digest."""

    path: str
    size: int
    digest: str


class ModelVersion(NamedTuple):
    """A version with the model's fields and its own overrides joined, and its locked bytes.

    ``entrypoint`` and ``requirements`` hold one element or none.
    """

    name: str
    uri: str
    framework: str
    format: str
    locked: LockedVersion
    contract: OwnFile
    entrypoint: tuple[tuple[OwnFile, str], ...]
    requirements: tuple[OwnFile, ...]


class VersionEvidence(NamedTuple):
    """The evidence of one version: ``counts`` when nothing speaks against it.

    ``result`` is PASSED, WARNED or FAILED and ``time`` when it was made, as far as they could be
    read; ``key_id`` is the trusted key that signed it. WARNED says that the version is worse than
    stable by more than chance explains. ``examples`` is how many of the contract's were tried;
    ``latency`` (p50, p95, p99 in seconds) and ``throughput`` (requests per second) are what one
    server measured, 0 where they are not known.
    """

    present: bool = False
    counts: bool = False
    result: str = ""
    time: datetime | None = None
    key_id: str = ""
    examples: int = 0
    latency: tuple[float, float, float] = (0.0, 0.0, 0.0)
    throughput: float = 0.0


class Controller(NamedTuple):
    """A controller of releases, which keeps the stable version and the step in the cluster.

    It replaces the pods of one object, whose number is scaled as that of ``api_version`` and
    ``kind``. ``stable`` and ``candidate`` are the patterns of the services that it makes for the
    two versions, such as ``{name}-primary``; they are empty when both are rendered for it. It
    gives stable's pods another value of the label ``relabels``, if that is not empty.
    """

    api_version: str
    kind: str
    stable: str = ""
    candidate: str = ""
    relabels: str = ""

    @property
    def services(self) -> bool:
        """Whether the services of both versions are to be rendered."""
        return not self.stable


class Sidecar(NamedTuple):
    """A proxy that a mesh puts beside the pods with these labels.

    It takes its configuration from ``port`` of the pods of ``namespace``.
    """

    labels: Mapping[str, str]
    namespace: str
    port: int


class Routing(NamedTuple):
    """What is particular to an environment's router, and to how its workloads are reached.

    ``mesh`` says that it splits calls inside the cluster too, not only those of a gateway.
    ``sidecar`` is the proxy by which it authenticates callers, where it needs one.
    ``service`` is the pattern of the services that the workloads' objects make in the cluster, such
    as ``{workload}-predictor``; empty when a service of each workload's name is rendered.
    """

    controller: Controller | None = None
    mesh: bool = False
    service: str = ""
    sidecar: Sidecar | None = None

    def service_of(self, workload: str) -> str:
        """Return the name of a workload's own service."""
        return self.service.replace("{workload}", workload) or workload


class Deployment(NamedTuple):
    """The user's words for one environment, complete and consistent.

    ``folder`` is the spec's folder relative to the project's, with forward slashes; ``path`` is
    the spec's file as people see it and ``digest`` the sha256 (hex) of its bytes.
    """

    spec: DeploymentSpec
    environment: str
    place: Environment
    project: Project
    merged: Merged
    folder: str
    file: str
    path: str
    digest: str
    lock: Lock
    versions: Mapping[str, ModelVersion]
    images: Mapping[str, str]  # digests of others' images, by the reference that a spec names
    evidence: Mapping[str, VersionEvidence] = {}  # of the versions that have any
    changes: tuple[Change, ...] = ()  # from stable's contract to the candidate's
    routing: Routing = Routing()

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.spec.metadata.name

    @property
    def namespace(self) -> str:
        """The namespace that it runs in."""
        return filled(self.place.namespace, self.spec.metadata.team, self.name)

    @property
    def form(self) -> Literal["rolling", "perVersion", "controlled"]:
        """One set of pods that rolls, one a version, or one that a controller replaces."""
        if self.spec.release.strategy.rolling is not None:
            return "rolling"
        return "perVersion" if self.routing.controller is None else "controlled"

    @property
    def workloads(self) -> tuple[tuple[str, str], ...]:
        """The name and version of each set of pods.

        There is one for rolling, otherwise one a version, and both in a handover. A controller
        gets the version that is to be released, and keeps the other one itself.
        """
        release = self.spec.release
        rolling = ((self.name, release.stable),)
        if self.form == "controlled":
            rolling = ((self.name, release.candidate or release.stable),)
        versions = (release.stable, release.candidate) if release.candidate else (release.stable,)
        separate = tuple((workload_name(self.name, version), version) for version in versions)
        if release.handover == "rolling" and self.form == "perVersion":
            return (*rolling, *separate)
        if release.handover == "perVersion":
            return (*rolling, *separate[:1])
        return separate if self.form == "perVersion" else rolling

    @property
    def claims(self) -> tuple[str, ...]:
        """The names that its Kubernetes objects have, those included that others make for it."""
        workloads = tuple(dict(self.workloads))
        made = (self.routing.service_of(workload) for workload in workloads)
        return tuple(dict.fromkeys((self.name, *workloads, *made)))

    @property
    def source(self) -> str:
        """The spec's file relative to the project's folder."""
        return f"{self.folder}/{self.file}" if self.folder else self.file


def usual_environment(deployments: Sequence[Deployment]) -> Deployment:
    """Return the deployment that is meant when no environment is named.

    It is the only one with a candidate; of several, the last in the order of promotion. Where
    none has one it is the last of ``deployments``, which are those of one spec, in its order.
    """
    order = list(deployments[-1].project.environments)
    moving = [each for each in deployments if each.spec.release.candidate]
    return max(moving, key=lambda each: order.index(each.environment), default=deployments[-1])


def workload_name(deployment: str, version: str) -> str:
    """Return the name of a version's own set of pods: ``fraud-detector-3-1-0``."""
    return f"{deployment}-{slug(version)}"
