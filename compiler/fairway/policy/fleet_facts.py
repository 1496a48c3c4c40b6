"""What rules see of a fleet: every deployment of an environment, and what they take together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from fairway.arithmetic.fleet import fleet_need
from fairway.arithmetic.resources import Resources
from fairway.deployment import Deployment
from fairway.plan.capacity import rollout_of

Data: TypeAlias = dict[str, Any]


class FleetFacts:
    """Gathers the deployments of one environment, one spec after the other."""

    def __init__(self, first: Deployment) -> None:
        """Take the environment and the project from any of its deployments."""
        self.environment = first.environment
        self.place = first.place
        self.project = first.project
        self._facts: list[Data] = []

    def add(self, deployment: Deployment) -> None:
        """Add a deployment; where it takes most, everything that may run at once is counted."""
        spec = deployment.spec
        sources = sorted({version.uri for version in spec.versions.values()})
        rollout = rollout_of(deployment)
        self._facts.append(
            {
                "name": deployment.name,
                "spec": deployment.path,
                "team": spec.metadata.team,
                "owners": list(spec.metadata.owners),
                "namespace": deployment.namespace,
                "hosts": list(spec.serving.hosts),
                "sources": sources,
                "retired": [uri for uri in sources if uri in self.project.retired],
                **_taken(rollout.peak_at_most),
                "steady": _taken(rollout.steady),
            }
        )

    def subject(self, secrets: Sequence[Data] = ()) -> Data:
        """Return the fleet as rules see it; ``secrets`` is what ``fairway.yaml`` seems to hold."""
        facts: Data = {
            "environment": self.environment,
            "secrets": list(secrets),
            "deployments": self._facts,
            "teams": {name: list(team.owners) for name, team in self.project.teams.items()},
            **together(self._facts),
        }
        quota = self.place.quota
        if quota is not None:
            said = {
                "cpu": quota.cpu.millicores / 1000 if quota.cpu is not None else None,
                "memory": float(quota.memory.bytes) if quota.memory is not None else None,
                "gpu": quota.gpu,
            }
            facts["quota"] = {key: value for key, value in said.items() if value is not None}
        return facts


def together(deployments: Sequence[Data]) -> Data:
    """Return what the deployments of a fleet take together, and who has what of them.

    A path is each spec's own, so that only other URIs can name one source in two specs.
    """
    hosts: dict[str, list[str]] = {}
    sources: dict[str, list[str]] = {}
    namespaces: dict[str, list[str]] = {}
    for each in deployments:
        for host in each["hosts"]:
            hosts.setdefault(host, []).append(each["name"])
        for uri in each["sources"]:
            if ":/" in uri:
                sources.setdefault(uri, []).append(each["name"])
        teams = namespaces.setdefault(each["namespace"], [])
        if each["team"] not in teams:
            teams.append(each["team"])
    need = fleet_need((_resources(each["steady"]), _resources(each)) for each in deployments)
    return {
        **_taken(need.all_at_once),
        "steady": _taken(need.steady),
        "oneAtATime": _taken(need.one_at_a_time),
        "hosts": hosts,
        "sources": sources,
        "namespaces": namespaces,
    }


def _taken(resources: Resources) -> Data:
    return {
        "cpu": resources.cpu / 1000,
        "memory": float(resources.memory),
        "gpu": resources.gpu,
    }


def _resources(taken: Mapping[str, Any]) -> Resources:
    return Resources(round(taken["cpu"] * 1000), round(taken["memory"]), taken["gpu"])
