"""What rules can read of a fleet: its deployments, what is shared, and what they take together."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fairway.policy.subject import LiteralSecret


class Taken(NamedTuple):
    """What pods take."""

    cpu: Annotated[float, "Cores."]
    memory: Annotated[float, "Bytes."]
    gpu: Annotated[int, "GPUs."]


class FleetDeployment(NamedTuple):
    """A deployment as the fleet sees it."""

    name: Annotated[str, "Its name."]
    spec: Annotated[str, "The spec's file, as reports show it."]
    team: Annotated[str, "Its team."]
    owners: Annotated[tuple[str, ...], "Its owners."]
    namespace: Annotated[str, "Its namespace."]
    hosts: Annotated[tuple[str, ...], "Host names of its route."]
    sources: Annotated[tuple[str, ...], "The URIs that its versions name."]
    retired: Annotated[tuple[str, ...], "Those of them that the project has retired."]
    cpu: Annotated[float, "Cores that it may take at most, at the peak of its rollout."]
    memory: Annotated[float, "Bytes that it may take at most, at the peak of its rollout."]
    gpu: Annotated[int, "GPUs that it may take at most, at the peak of its rollout."]
    steady: Annotated[Taken, "What it may take at most without a rollout."]


class Quota(NamedTuple):
    """What an environment has."""

    cpu: Annotated[float | None, "Cores."]
    memory: Annotated[float | None, "Bytes."]
    gpu: Annotated[int | None, "GPUs."]


class Fleet(NamedTuple):
    """All deployments of an environment."""

    environment: Annotated[str, "The environment."]
    deployments: Annotated[tuple[FleetDeployment, ...], "The deployments."]
    quota: Annotated[Quota | None, "What the environment has."]
    teams: Annotated[dict[str, tuple[str, ...]], "The owners of each team, as the project says."]
    secrets: Annotated[tuple[LiteralSecret, ...], "What in fairway.yaml looks like a secret."]
    hosts: Annotated[dict[str, tuple[str, ...]], "The deployments of each host name, in order."]
    sources: Annotated[dict[str, tuple[str, ...]], "The deployments that name each remote URI."]
    namespaces: Annotated[dict[str, tuple[str, ...]], "The teams of each namespace, in order."]
    cpu: Annotated[float, "Cores that all of them may take, when all rollouts overlap."]
    memory: Annotated[float, "Bytes that all of them may take, when all rollouts overlap."]
    gpu: Annotated[int, "GPUs that all of them may take, when all rollouts overlap."]
    steady: Annotated[Taken, "What all of them may take without any rollout."]
    oneAtATime: Annotated[Taken, "What they may take when rollouts never overlap."]  # noqa: N815
