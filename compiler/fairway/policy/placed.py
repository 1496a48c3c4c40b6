"""Parts of a spec that stand in lists, each with its place, so that a rule can point at one."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fairway.spec.model import EvidenceMetric
from fairway.spec.monitoring import Slo
from fairway.spec.release import Gate
from fairway.spec.serving import Caller, Egress, Secret


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
    metadata: Annotated[bool, "Its block, if not every address, holds a cloud's metadata service."]


class PlacedVariable(NamedTuple):
    """An environment variable that is read from a Secret."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    secret: Annotated[Secret, "The variable, and the Secret."]


class PlacedText(NamedTuple):
    """A text of a list."""

    at: Annotated[str, "Where it stands in the spec, for `at`."]
    text: Annotated[str, "The text."]
