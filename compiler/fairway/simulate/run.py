"""Running a simulation: the strategy's own runs, with what they are about."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from fairway.errors import UsageError
from fairway.simulate.conditions import Conditions, Fault
from fairway.simulate.curve import Curve
from fairway.simulate.result import Run, Simulation, Span
from fairway.simulate.subject import Subject
from fairway.simulate.wording import duration, per_second, percent
from fairway.spec.nearest import listed

Progress = Callable[[float], None]
_SOME = 1e-5  # a share of answers that is worth a word


class Options(NamedTuple):
    """How often, with which seed, and from which step of a canary on."""

    runs: int
    seed: int
    first: int


def simulate(
    subject: Subject, conditions: Conditions, options: Options, progress: Progress
) -> Simulation:
    """Simulate a release.

    Raises ``UsageError`` when numpy or scipy is not installed, and for a step that a canary does
    not have.
    """
    _require_arrays()
    release = subject.plan.release
    return Simulation(
        name=subject.plan.name,
        environment=subject.plan.environment,
        strategy=release.strategy,
        stable=subject.stable,
        candidate=subject.candidate,
        runs=options.runs,
        seed=options.seed,
        scenario=tuple(_words(conditions)),
        faults=tuple(
            Span(each.start, each.end, _fault(each)) for each in conditions.candidate.faults
        ),
        outages=tuple(Span(each.start, each.end, "no metrics") for each in conditions.outages),
        run=_noted(_run(subject, conditions, options, progress), release.aside),
    )


def _noted(run: Run, aside: tuple[str, ...]) -> Run:
    """Return a run with a note on the callers whose requests pass no router."""
    if not aside:
        return run
    note = f"calls from {listed(aside)} pass no router and only reach stable"
    note += ": traffic is without them"
    return run._replace(notes=(*run.notes, note))


def _run(subject: Subject, conditions: Conditions, options: Options, progress: Progress) -> Run:
    strategy = subject.plan.release.strategy
    if strategy == "canary":
        return _canary(subject, conditions, options, progress)
    if options.first != 1:
        raise UsageError(f"--step {options.first}: only a canary has steps")
    if strategy == "shadow":
        return _shadow(subject, conditions, options, progress)
    if strategy == "ab":
        return _experiment(subject, conditions, options, progress)
    return _switch(subject, conditions, options, progress)


def _canary(subject: Subject, conditions: Conditions, options: Options, progress: Progress) -> Run:
    from fairway.simulate.engine.canary import CanaryPlan, simulate_canary

    release = subject.plan.release
    (canary,) = release.canary
    if options.first > len(canary.steps):
        message = f"--step {options.first}: the canary has {len(canary.steps)} steps"
        raise UsageError(message, "count them from 1")
    plan = CanaryPlan(canary, release.total, options.first)
    return simulate_canary(plan, conditions, options.runs, options.seed, progress)


def _switch(subject: Subject, conditions: Conditions, options: Options, progress: Progress) -> Run:
    from fairway.arithmetic.pods import resolve
    from fairway.simulate.engine.paged import DAY, SwitchPlan, simulate_switch

    release, workload = subject.plan.release, subject.plan.workloads[0]
    pods, wave, ready = 1, 1, 0.0
    kept = release.blue_green[0].scale_down_after if release.blue_green else 0.0
    if release.strategy == "rolling":
        pods = max(1, workload.replicas)
        posts = resolve(workload.surge, workload.unavailable, pods)
        wave, ready = min(pods, posts.surge + posts.unavailable), conditions.pod_start
    plan = SwitchPlan(
        pods=pods,
        wave=wave,
        ready=ready,
        seconds=conditions.duration or kept or DAY,
        objectives=subject.objectives,
        paged=subject.paged,
    )
    return simulate_switch(plan, conditions, options.runs, options.seed, progress)


def _shadow(subject: Subject, conditions: Conditions, options: Options, progress: Progress) -> Run:
    from fairway.simulate.engine.shadow import ShadowPlan, simulate_shadow

    release = subject.plan.release
    (shadow,) = release.shadow
    if not shadow.compared:
        raise UsageError(
            "the release compares nothing", "add `compare: {max: 2%}` to `release.strategy.shadow`"
        )
    mirrored = release.mirrors[0].percent / 100 if release.mirrors else 0.0
    plan = ShadowPlan(shadow, mirrored)
    return simulate_shadow(plan, conditions, options.runs, options.seed, progress)


def _experiment(
    subject: Subject, conditions: Conditions, options: Options, progress: Progress
) -> Run:
    from fairway.simulate.engine.experiment import simulate_experiment

    (experiment,) = subject.plan.release.experiment
    known = [outcome.metric for outcome in experiment.outcomes]
    for name, _ in conditions.outcomes:
        if name not in known:
            raise UsageError(
                f"candidate.outcomes: {name} is no outcome of the experiment",
                f"it has {listed(known)}",
            )
    return simulate_experiment(experiment, conditions, options.runs, options.seed, progress)


def _require_arrays() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("numpy", "scipy") if find_spec(name) is None]
    if missing:
        raise UsageError(f"simulating needs {listed(missing)}", "pip install 'fairway[models]'")


# -- the scenario in words -----------------------------------------------------------------------


def _words(conditions: Conditions) -> list[str]:
    words = [f"traffic {_levels(conditions.rate, per_second)}", *conditions.recorded]
    for role, behaviour in (("stable", conditions.stable), ("candidate", conditions.candidate)):
        parts = [f"{_levels(behaviour.errors, percent)} errors"]
        for law in behaviour.latency:
            parts.append(f"p50 {duration(law.p50)} and p95 {duration(law.p95)}")
            late = 1.0 - law.below(conditions.timeout)
            if late >= _SOME:
                parts.append(f"{percent(late)} come after the timeout")
        words.append(f"{role}: {', '.join(parts)}")
    if conditions.disagreement:
        words.append(f"{percent(conditions.disagreement)} of the candidate's answers differ")
    words += [f"{name} of the candidate: {percent(rate)}" for name, rate in conditions.outcomes]
    words += [f"fault: {_fault(each)}" for each in conditions.candidate.faults]
    words += [
        f"no metrics from {duration(each.start)} to {duration(each.end)}"
        for each in conditions.outages
    ]
    if conditions.reaction:
        words.append(f"{duration(conditions.reaction)} from a decision until traffic has moved")
    return words


def _levels(curve: Curve, shown: Callable[[float], str]) -> str:
    values = [value for piece in curve.pieces for value in (piece.first, piece.last)]
    low, high = shown(min(values)), shown(max(values))
    return low if low == high else f"{low} to {high}"


def _fault(each: Fault) -> str:
    sizes = [f"{percent(each.errors)} errors"] if each.errors else []
    sizes += [f"{duration(each.slower)} slower"] if each.slower else []
    words = f"{' and '.join(sizes) or 'nothing'} from {duration(each.start)}"
    words += f" until {duration(each.end)}" if each.end < inf else ""
    return words + (f", reached over {duration(each.over)}" if each.over else "")
