"""Releases to simulate: a project on disk, and plans and conditions made by hand."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from cases.run_case import BASE, lay_out

from fairway.plan.release import Canary, Gate, Step
from fairway.simulate.conditions import Behaviour, Conditions, Fault, Lognormal, Outage
from fairway.simulate.curve import Curve, constant
from fairway.simulate.engine.canary import CanaryPlan, simulate_canary
from fairway.simulate.result import Ending, Kind, Run
from fairway.simulate.subject import find_subject

FOREVER = float("inf")
TOTAL = 100
CANARY = """
    canary:
      steps: [{weight: 5%, hold: 30m}, {weight: 25%, hold: 30m}, {weight: 50%, hold: 30m}]
      gates:
        - {metric: error-ratio, max: 1%}
        - {metric: latency-p95, max: 200ms}
        - {metric: error-ratio, against: stable, within: 0.5pp}
      minRequests: 1000
"""
OBJECTIVES = """
monitoring:
  slos:
    - {name: availability, objective: 99.9%, window: 30d}
    - {name: latency, objective: 99%, threshold: 250ms, window: 30d}
  alerts: {page: pagerduty}
"""


def write_release(
    folder: Path, strategy: str, *, candidate: str = "1.1.0", objectives: str = OBJECTIVES,
    environments: str = "  production: {}\n", traffic: str = "expected: 40/s, peak: 120/s, ",
) -> Path:  # fmt: skip
    """Lay out a project whose one deployment has a strategy; return the path of its spec."""
    spec = lay_out(BASE, folder) / "deployment.yaml"
    text = spec.read_text("utf-8").replace(
        "  resources:",
        f"  traffic: {{{traffic}timeout: 2s}}\n  callers: [{{gateway: internal}}]\n  resources:",
    )
    if candidate:
        text += f"  candidate: {candidate}\n"
    text += f"  strategy:{strategy}{objectives}environments:\n{environments}"
    spec.write_text(text, "utf-8")
    return spec


@lru_cache(maxsize=1)
def _compiled() -> Canary:
    with tempfile.TemporaryDirectory() as folder:
        subject = find_subject(str(write_release(Path(folder), CANARY)), None)
    return subject.plan.release.canary[0]


def gate(kind: str = "max", bound: float = 0.01, metric: str = "error-ratio") -> Gate:
    """Return a gate as a compiled plan has it, with another bound."""
    known = _compiled().gates[0]
    name = f"{metric}-{kind}-{bound:g}"
    return known._replace(name=name, metric=metric, kind=kind, bound=bound, written=f"{bound:g}")


def canary(
    steps: tuple[tuple[float, float], ...] = ((5, 1800), (25, 1800)),
    gates: tuple[Gate, ...] | None = None,
    *,
    interval: float = 60,
    window: float = 1800,
    min_requests: int = 1000,
    first: int = 1,
) -> CanaryPlan:
    """Return a canary with steps of weight (percent) and hold (seconds)."""
    made, start = [], 0.0
    for number, (weight, hold) in enumerate(steps, 1):
        made.append(
            Step("at", number, round(weight), float(weight), hold, f"{hold}s", int(hold), start)
        )
        start += hold
    changed = _compiled()._replace(
        steps=tuple(made),
        gates=(gate(),) if gates is None else gates,
        interval=interval,
        window=window,
        min_requests=min_requests,
    )
    return CanaryPlan(changed, TOTAL, first)


def conditions(
    rate: float | Curve = 40.0,
    errors: float = 0.0,
    stable_errors: float = 0.0,
    *,
    start: float = 0.0,
    end: float = FOREVER,
    slower: float = 0.0,
    latency: Lognormal | None = None,
    outages: tuple[Outage, ...] = (),
    reaction: float = 0.0,
    duration: float = 0.0,
    timeout: float = 30.0,
    disagreement: float = 0.0,
    outcomes: tuple[tuple[str, float], ...] = (),
) -> Conditions:
    """Return conditions in which the candidate has one fault."""
    laws = (latency,) if latency else ()
    usual = constant(stable_errors)
    return Conditions(
        rate=constant(rate) if isinstance(rate, float | int) else rate,
        users=(),
        stable=Behaviour(usual, laws),
        candidate=Behaviour(usual, laws, (Fault(start, end, 0.0, errors, slower),)),
        outages=outages,
        timeout=timeout,
        reaction=reaction,
        pod_start=30.0,
        duration=duration,
        disagreement=disagreement,
        outcomes=outcomes,
    )


def silent(share: float) -> None:
    """Take note of nothing."""


def simulated(plan: CanaryPlan, given: Conditions, runs: int = 1000, seed: int = 7) -> Run:
    """Simulate a canary without progress."""
    return simulate_canary(plan, given, runs, seed, silent)


def ending(run: Run, kind: Kind) -> Ending:
    """Return the ending of a kind that most runs have."""
    return next(each for each in run.endings if each.kind == kind)


def near(found: float, exact: float, runs: int, sigmas: float = 5.0) -> bool:
    """Whether a share of the runs is what it should be, within so many standard errors."""
    return abs(found - exact) <= sigmas * (exact * (1 - exact) / runs) ** 0.5 + 0.5 / runs
