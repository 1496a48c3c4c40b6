"""What was measured for a release's gates, when, and what it was measured of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isnan, nan
from typing import NamedTuple

from fairway.deployment import Deployment
from fairway.plan.release import Canary
from fairway.plan.verdict import Reading

NOTHING = Reading(nan, nan, 0.0)
"""The reading of a gate that nothing was measured for."""


class About(NamedTuple):
    """What readings are of; ``release`` is a digest over everything that gives them meaning.

    That is the release as the environment has it, gates and steps included, and the bytes of both
    versions: sha256 of canonical JSON.
    """

    deployment: str
    environment: str
    stable: str
    candidate: str
    step: int
    release: str


class Taken(NamedTuple):
    """Readings by gate, over the time from ``start`` to ``end``; ``source`` says whose they are."""

    readings: Mapping[str, Reading]
    start: datetime
    end: datetime
    source: str


def about(deployment: Deployment, canary: Canary) -> About:
    """Return what readings of a canary are of at its present step."""
    release = deployment.spec.release
    return About(
        deployment.name,
        deployment.environment,
        release.stable,
        release.candidate or "",
        canary.step,
        release_digest(deployment),
    )


def release_digest(deployment: Deployment) -> str:
    """Return the digest of a release in its environment: another one makes evidence stale."""
    release = deployment.spec.release
    named = {name for name in (release.stable, release.candidate) if name}
    content = {
        "deployment": deployment.name,
        "environment": deployment.environment,
        "release": deployment.merged.value["release"],
        "versions": {name: deployment.versions[name].locked.digest for name in sorted(named)},
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def questions(what: About, canary: Canary) -> dict[str, object]:
    """Return what is to be measured, as the beginning of the file that answers it."""
    return {
        "metricsVersion": 1,
        **what._asdict(),
        "window": canary.window_text,
        "queries": {
            gate.name: {
                "value": gate.query,
                **({"reference": gate.reference} if gate.reference else {}),
                "requests": gate.requests,
            }
            for gate in canary.gates
        },
    }


def queries_of(canary: Canary) -> tuple[str, ...]:
    """Return the PromQL of everything that a canary's gates need to know, each once."""
    every = (
        query for gate in canary.gates for query in (gate.query, gate.reference, gate.requests)
    )
    return tuple(dict.fromkeys(query for query in every if query))


def readings_of(canary: Canary, number: Callable[[str], float]) -> dict[str, Reading]:
    """Return each gate's reading from the numbers that its queries give, NaN for no number."""

    def measured(query: str) -> float:
        return number(query) if query else nan

    return {
        gate.name: reading(*map(measured, (gate.query, gate.reference, gate.requests)))
        for gate in canary.gates
    }


def reading(value: float, reference: float, requests: float) -> Reading:
    """Return a reading; requests that nobody counted are none."""
    return Reading(value, reference, 0.0 if isnan(requests) else requests)
