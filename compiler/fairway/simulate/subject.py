"""What is simulated: the plan of one deployment in one environment, and what watches it."""

from __future__ import annotations

from typing import NamedTuple

from fairway.check import Checked, check_spec
from fairway.compile import Compiler
from fairway.deployment import Deployment, usual_environment
from fairway.errors import UsageError
from fairway.finding import Severity
from fairway.fleet import Fleet
from fairway.plan.model import Plan
from fairway.plan.planner import plan_deployment
from fairway.project import LoadedProject
from fairway.simulate.conditions import Lognormal
from fairway.spec.nearest import listed
from fairway.target.meter import meter_of


class Objective(NamedTuple):
    """A service level objective: ``budget`` is the share of requests that may be bad.

    A request that takes longer than ``threshold`` seconds is bad; where that is 0, an error is.
    ``window`` is in seconds.
    """

    name: str
    budget: float
    threshold: float
    window: float


class Subject(NamedTuple):
    """A plan, and what is known about it beside it.

    ``stable`` and ``candidate`` are versions; a rolling release knows only the one that it rolls
    out, which is its candidate here, and ``stable`` is then empty. ``evidence`` holds the
    measured latency of a version, where there is one. ``paged`` says that somebody gets alerts.
    """

    plan: Plan
    stable: str
    candidate: str
    evidence: tuple[tuple[str, Lognormal], ...]
    objectives: tuple[Objective, ...]
    paged: bool


def find_subject(path: str, environment: str | None) -> Subject:
    """Return what ``path`` runs in ``environment``, by default in its usual one.

    Raises ``UsageError`` for a spec with errors, for an environment that it does not have, and
    for a release without a version to try.
    """
    fleet = Fleet([path])
    if len(fleet.paths) != 1:
        raise UsageError(f"{path} holds {len(fleet.paths)} specs", "name one of them")
    loaded = fleet.project(fleet.paths[0])
    checked = check_spec(fleet.paths[0], loaded)
    return _subject(_deployment(checked, environment), loaded, checked.path)


def _deployment(checked: Checked, environment: str | None) -> Deployment:
    if not checked.judged:
        errors = sum(finding.severity >= Severity.ERROR for finding in checked.findings)
        counted = f"{errors} error{'s' if errors != 1 else ''}"
        raise UsageError(f"{checked.path} has {counted}", f"run `fairway validate {checked.path}`")
    known = {deployment.environment: deployment for deployment in checked.judged}
    if environment is not None and environment not in known:
        raise UsageError(f"--env {environment}: the spec has {listed(known)}")
    return known[environment] if environment else usual_environment(checked.judged)


def _subject(deployment: Deployment, loaded: LoadedProject, path: str) -> Subject:
    meter = meter_of(deployment.place, deployment.spec.serving, loaded.targets)
    plan = plan_deployment(deployment, Compiler(loaded).images(deployment), meter)
    versions = deployment.spec.release
    rolling = plan.strategy == "rolling"
    if versions.candidate is None and not rolling:
        raise UsageError(
            f"{path}: the release in {deployment.environment} has no candidate",
            "simulate a spec with `release.candidate`, such as the next one",
        )
    alerts = deployment.spec.monitoring.alerts if deployment.spec.monitoring else None
    return Subject(
        plan=plan,
        stable="" if rolling else versions.stable,
        candidate=versions.candidate if versions.candidate and not rolling else versions.stable,
        evidence=tuple(
            (name, Lognormal(found.latency[0], max(found.latency[:2])))
            for name, found in deployment.evidence.items()
            if found.latency[0] > 0
        ),
        objectives=_objectives(deployment),
        paged=alerts is not None and alerts.page is not None,
    )


def _objectives(deployment: Deployment) -> tuple[Objective, ...]:
    monitoring = deployment.spec.monitoring
    return tuple(
        Objective(
            name=slo.name,
            budget=float(100 - slo.objective.percent) / 100,
            threshold=slo.threshold.seconds if slo.threshold is not None else 0.0,
            window=slo.window.seconds,
        )
        for slo in (monitoring.slos if monitoring is not None else ())
    )
