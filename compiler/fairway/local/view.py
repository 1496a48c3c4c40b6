"""What there is to see of a local run at a moment, made from what was counted and decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from fairway.local.controller import State
from fairway.local.history import History
from fairway.local.stats import NOTHING, error_ratio, quantile
from fairway.plan.model import Plan, Workload
from fairway.plan.release import Variant

_STRATEGIES: Final[Mapping[str, str]] = {
    "rolling": "rolling",
    "blueGreen": "blue/green",
    "canary": "canary",
    "shadow": "shadow",
    "ab": "A/B",
}


class Row(NamedTuple):
    """A version, and what was counted of it over the last while.

    ``share`` is what it is to get, ``got`` what it got, from 0 to 1; times are in seconds, and
    everything that was not counted is NaN. ``requests`` are those since the run began.
    """

    version: str
    role: str
    share: str
    got: float
    requests: int
    p50: float
    p95: float
    errors: float


class Judged(NamedTuple):
    """What a gate said last."""

    gate: str
    word: str
    why: str


class View(NamedTuple):
    """A headline, a row for each set of servers, and a line for each gate."""

    title: str
    rows: tuple[Row, ...]
    gates: tuple[Judged, ...]


def view_of(plan: Plan, state: State | None, history: History, since: float, at: float) -> View:
    """Return what is to be seen; rows are of the time since ``since``, in seconds here.

    ``state`` is the canary's, None for other strategies; ``at`` is the time of the plan.
    """
    title = f"{plan.name} in {plan.environment}: {_STRATEGIES[plan.strategy]}"
    if state is not None:
        title += f", {_progress(plan, state, at)}"
    total = sum(history.span(each.name, since).counters.completed for each in plan.workloads)
    rows = tuple(_row(plan, each, history, since, total) for each in plan.workloads)
    verdicts = dict(state.verdicts) if state is not None else {}
    gates = (gate for canary in plan.release.canary for gate in canary.gates)
    return View(
        title,
        rows,
        tuple(
            Judged(f"{each.metric} {_KINDS[each.kind]} {each.written}", found.word, found.why)
            for each in gates
            if (found := verdicts.get(each.name)) is not None
        ),
    )


_KINDS: Final[Mapping[str, str]] = {
    "max": "≤",
    "min": "≥",
    "within": "of stable, within",
    "withinRelative": "of stable, within",
}


def _progress(plan: Plan, state: State, at: float) -> str:
    (canary,) = plan.release.canary
    if state.phase == "rolled-back":
        return f"rolled back from step {state.step}"
    if state.step == 0:
        return f"before the first of {len(canary.steps)} steps"
    step = canary.steps[state.step - 1]
    where = f"step {state.step} of {len(canary.steps)}, {step.percent:g}%"
    if state.phase == "paused":
        return f"{where}, paused"
    if state.phase in ("passed", "done"):
        return f"{where}, passed"
    return f"{where} for {step.hold_text}, {lasted(at - state.began)} of it over"


def _row(plan: Plan, workload: Workload, history: History, since: float, total: float) -> Row:
    copies = {each.workload: each.millionths for rule in plan.proxy.rules for each in rule.copies}
    known = {each.workload: each for each in plan.release.variants}.get(workload.name)
    name = workload.name
    share = _share(plan, known)
    if name in copies:
        name, share = f"{name}/mirror", f"{copies[name] / 10_000:g}% copied"
    counted = history.span(name, since).counters
    latest = history.samples[-1].counters if history.samples else {}
    return Row(
        version=workload.version,
        role=known.role if known is not None else "handover",
        share=share,
        got=counted.completed / total if total and name == workload.name else float("nan"),
        requests=round(latest.get(name, NOTHING).completed),
        # The proxy's times are up to a second behind its counts.
        p50=quantile(counted, 0.5) if counted.completed else float("nan"),
        p95=quantile(counted, 0.95) if counted.completed else float("nan"),
        errors=error_ratio(counted),
    )


def _share(plan: Plan, variant: Variant | None) -> str:
    if variant is None:
        return ""
    if plan.release.matches:
        match = plan.release.matches[0]
        return f"by {match.by} {match.name}" if variant.role == "candidate" else "the others"
    return f"{variant.share * 100:.4f}".rstrip("0").rstrip(".") + "%"


def lasted(seconds: float) -> str:
    """Return a length of time for people: ``8.2 s``, ``12m30s``, ``3h05m``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s"
