"""Parts of a spec that stand in lists, each with its place, so that a rule can point at one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, TypeAlias

from fairway.spec.model import EvidenceMetric
from fairway.spec.monitoring import Slo
from fairway.spec.release import Gate
from fairway.spec.serving import Caller, Egress, Secret

Data: TypeAlias = dict[str, Any]


class Step(NamedTuple):
    """A step of a canary, and the share before it."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    number: Annotated[int, "The step, counted from 1."]
    weight: Annotated[float, "The candidate's share, in percent."]
    before: Annotated[float, "The share of the step before, in percent; 0 for the first."]
    hold: Annotated[float, "How long it lasts at least, in seconds."]


class PlacedGate(NamedTuple):
    """A gate of a canary."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    gate: Annotated[Gate, "The gate."]


class PlacedSlo(NamedTuple):
    """A service level objective."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    slo: Annotated[Slo, "The objective."]


class PlacedMetric(NamedTuple):
    """A metric of the evidence, with its bounds."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    metric: Annotated[EvidenceMetric, "The metric."]


class PlacedCaller(NamedTuple):
    """A source of requests."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    caller: Annotated[Caller, "The caller."]


class PlacedEgress(NamedTuple):
    """A destination."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    egress: Annotated[Egress, "The destination."]


class PlacedVariable(NamedTuple):
    """An environment variable that is read from a Secret."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    secret: Annotated[Secret, "The variable, and the Secret."]


class PlacedText(NamedTuple):
    """A text of a list."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    text: Annotated[str, "The text."]


def placed_parts(facts: Mapping[str, Any]) -> Data:
    """Return the lists of a deployment's facts, each element with its place."""
    canary = facts["release"]["strategy"].get("canary", {})
    steps, before = [], 0.0
    for number, step in enumerate(canary.get("steps", ()), 1):
        at = f"release.strategy.canary.steps[{number - 1}]"
        steps.append({"at": at, "number": number, "before": before, **step})
        before = step["weight"]
    slos = facts.get("monitoring", {}).get("slos", ())
    serving = facts["serving"]
    auth = serving.get("auth", {})
    jwt = auth.get("jwt", {})
    bounds = facts.get("evidence", {}).get("metrics", ())
    return {
        "steps": steps,
        "gates": _placed("gate", "release.strategy.canary.gates", canary.get("gates", ())),
        "slos": _placed("slo", "monitoring.slos", slos),
        "bounds": _placed("metric", "evidence.metrics", bounds),
        "callers": _placed("caller", "serving.callers", serving["callers"]),
        "egress": _placed("egress", "serving.egress", serving["egress"]),
        "variables": _placed("secret", "serving.secrets", serving["secrets"]),
        "hosts": _placed("text", "serving.hosts", serving["hosts"]),
        "principals": _placed("text", "serving.auth.mtls", auth.get("mtls", ())),
        "audiences": _placed("text", "serving.auth.jwt.audiences", jwt.get("audiences", ())),
    }


def _placed(name: str, route: str, values: Any) -> list[Data]:
    return [{"at": f"{route}[{index}]", name: value} for index, value in enumerate(values)]
