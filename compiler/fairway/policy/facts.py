"""Facts: the data that rules see, made from deployments once they are bound and locked.

The shapes are those of ``subject``; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from fairway.deployment import Deployment, ModelVersion
from fairway.evidence.dates import parse_time
from fairway.plan.model import Plan
from fairway.policy.places import placed_parts
from fairway.secrets.find import Secret, shown

if TYPE_CHECKING:
    from fairway.deployment import VersionEvidence

Data: TypeAlias = dict[str, Any]

_NO_EVIDENCE: Mapping[str, Any] = {
    "present": False,
    "counts": False,
    "result": "",
    "signed": False,
    "worse": False,
    "examples": 0,
    "throughput": 0.0,
}


class Facts:
    """Makes the subjects of one spec; what its environments share is made once."""

    def __init__(
        self,
        fillers: object,
        *,
        now: Callable[[], datetime | None],
        metrics: Callable[[Deployment], Sequence[str]] = lambda _: (),
    ) -> None:
        """Take what fills the spec's own parts; ``now`` is asked only where time counts."""
        self._fill: dict[str, Any] = {}
        exec(fillers, self._fill)  # type: ignore[arg-type]  # noqa: S102 - our own, from the models
        self._now = now
        self._metrics = metrics
        self._memo: dict[tuple[str, int], tuple[Any, Data]] = {}

    def forget(self) -> None:
        """Forget what was made for the spec before."""
        self._memo.clear()

    def plan(self, plan: Plan) -> Data:
        """Return a plan as rules see it."""
        filled: Data = self._fill["fill_Plan"](plan)
        return filled

    def deployment(self, deployment: Deployment, secrets: Sequence[Data] = ()) -> Data:
        """Return a deployment as rules see it; ``secrets`` is what its text seems to hold."""
        spec, place, project = deployment.spec, deployment.place, deployment.project
        environments = list(project.environments)
        release = spec.release
        versions = [self._version(deployment, v) for v in deployment.versions.values()]
        by_name = {version["name"]: version for version in versions}
        facts: Data = {
            "name": deployment.name,
            "environment": deployment.environment,
            "environments": environments,
            "last": is_last(deployment),
            "requires": list(place.requires),
            "soakHours": place.soak.seconds / 3600 if place.soak is not None else 0.0,
            "cluster": place.cluster,
            "namespace": deployment.namespace,
            "workload": place.workload,
            "router": place.router,
            "metadata": self._part("Metadata", spec.metadata),
            "model": self._part("Model", spec.model),
            "versions": versions,
            "stable": by_name[release.stable],
            "serving": self._part("Serving", spec.serving),
            "release": self._part("Release", release),
            "strategy": strategy_name(deployment),
            "metrics": list(self._metrics(deployment)),
            "secrets": list(secrets),
            "trust": _trust(project.trust),
        }
        if release.candidate is not None:
            facts["candidate"] = by_name[release.candidate]
        if place.gateway is not None:
            facts["gateway"] = _gateway(place.gateway)
        if spec.monitoring is not None:
            facts["monitoring"] = self._part("Monitoring", spec.monitoring)
        if spec.evidence is not None:
            facts["evidence"] = self._part("Evidence", spec.evidence)
        facts.update(placed_parts(facts))
        return facts

    def _part(self, message: str, value: Any) -> Data:
        """Return a part of the spec; environments that do not override it share its data."""
        key = (message, id(value))
        known = self._memo.get(key)
        if known is None:
            # The value is kept as well: its identity is the key.
            known = self._memo[key] = (value, self._fill[f"fill_{message}"](value))
        return known[1]

    def _version(self, deployment: Deployment, version: ModelVersion) -> Data:
        locked, release = version.locked, deployment.spec.release
        scan, evidence = locked.scan, deployment.evidence.get(version.name)
        return {
            "name": version.name,
            "uri": version.uri,
            "framework": version.framework,
            "format": version.format,
            "digest": locked.digest,
            "size": sum(file.size for file in locked.files),
            "signer": locked.signer.name if locked.signer is not None else "",
            "scanned": scan is not None,
            "types": list(scan.types) if scan is not None else [],
            "operators": list(scan.operators) if scan is not None else [],
            "contract": version.contract.digest,
            "customCode": bool(version.entrypoint),
            "pushed": version.name in deployment.lock.images,
            "serves": version.name in (release.stable, release.candidate),
            "answers": answers(deployment, version.name),
            "retired": deployment.project.retired.get(version.uri, ""),
            "served": self._served(deployment, version.name) if deployment.lock.served else [],
            "evidence": _evidence(evidence),
        }

    def _served(self, deployment: Deployment, version: str) -> list[Data]:
        """Return where a version has served, and its longest stay; 0 hours where that is unknown.

        A stay ends when the next version of the environment's history begins; the last one at the
        time that the move which ends it said, else now.
        """
        found: list[Data] = []
        for environment, history in deployment.lock.served.items():
            if not history:
                continue
            begun = [parse_time(each.since) for each in history]
            last = history[-1]
            ended = last.until is not None
            end_of_last = parse_time(last.until) if ended else self._now()
            stays = [
                (end - start).total_seconds() / 3600 if start and end else 0.0
                for each, start, end in zip(history, begun, [*begun[1:], end_of_last], strict=False)
                if each.version == version
            ]
            if stays:
                current = last.version == version and not ended
                hours = max(0.0, *stays)
                found.append({"environment": environment, "hours": hours, "current": current})
        return found


def _evidence(evidence: VersionEvidence | None) -> Data:
    if evidence is None:
        return dict(_NO_EVIDENCE)
    facts: Data = {
        "present": evidence.present,
        "counts": evidence.counts,
        "result": evidence.result,
        "signed": bool(evidence.key_id),
        # Nothing else makes a test warn.
        "worse": evidence.result == "WARNED",
        "examples": evidence.examples,
        "throughput": evidence.throughput,
    }
    if any(evidence.latency):
        facts["latency"] = dict(zip(("p50", "p95", "p99"), evidence.latency, strict=True))
    return facts


def is_last(deployment: Deployment) -> bool:
    """Return whether nothing is promoted from here: no later environment of the spec follows.

    One that says what it `requires` follows those only, so that two regions can both be last.
    """
    environments, here = deployment.project.environments, deployment.environment
    document = deployment.merged.document(deployment.path)
    said = document.value.get("environments") if document is not None else None
    own = said if isinstance(said, dict) and said else environments
    names = list(environments)
    later = [name for name in names[names.index(here) + 1 :] if name in own]
    return all(
        environments[name].requires and here not in environments[name].requires for name in later
    )


def answers(deployment: Deployment, version: str) -> bool:
    """Whether callers get answers of a version.

    While a form of workloads is handed over, what served before serves on: the stable version.
    """
    release = deployment.spec.release
    green, canary = release.strategy.blue_green, release.strategy.canary
    switched = green is not None and green.active == "candidate" and release.handover is None
    if version == release.candidate:
        begun = canary is not None and canary.step > 0
        return switched or (release.handover is None and (begun or release.strategy.ab is not None))
    return version == release.stable and not switched


def secret_facts(text: str, secrets: Iterable[Secret]) -> list[Data]:
    """Return the secrets of a text as rules see them."""
    return [
        {
            "kind": found.kind,
            "shown": shown(text[found.start : found.end]),
            "place": f"text[{found.start}:{found.end}]",
        }
        for found in secrets
    ]


def strategy_name(deployment: Deployment) -> str:
    """Return the name of the release's strategy, as the spec writes it."""
    strategy = deployment.spec.release.strategy
    for name, value in (
        ("blueGreen", strategy.blue_green),
        ("canary", strategy.canary),
        ("shadow", strategy.shadow),
        ("ab", strategy.ab),
    ):
        if value is not None:
            return name
    return "rolling"


def _trust(trust: Any) -> Data:
    return {
        "signers": bool(trust.model_keys or trust.model_identities),
        "keys": bool(trust.model_keys),
        "signedEvidence": trust.signed_evidence,
        "imagePrefixes": list(trust.image_prefixes),
    }


def _gateway(gateway: Any) -> Mapping[str, str]:
    return {
        "name": gateway.name,
        "namespace": gateway.namespace,
        "implementation": gateway.implementation,
        "listener": gateway.listener or "",
    }
