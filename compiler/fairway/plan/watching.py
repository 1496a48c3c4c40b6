"""Planning how a deployment is watched: its SLOs as queries, and burn-rate alerts on them.

Multi-window, multi-burn-rate alerts: Beyer et al., The Site Reliability Workbook (2018), ch. 5;
the table of windows and factors is ``fairway.arithmetic.burn``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, cast

from fairway.arithmetic.burn import BurnAlert, burn_alerts
from fairway.deployment import Deployment
from fairway.plan.canary import measured
from fairway.plan.measuring import Meter, Whole
from fairway.plan.objective import BurnRule, Objective, Recording, Severity
from fairway.spec.units import Percentage

if TYPE_CHECKING:
    from fairway.plan.model import RouteRule
    from fairway.plan.release import Release
    from fairway.spec.monitoring import Alerts, Slo

RATIO = "fairway:slo_error_ratio:rate"
REQUESTS = "fairway:slo_requests:rate5m"
ERRORS = "fairway:slo_errors:rate5m"
PERIOD_RATIO = "fairway:slo_period_error_ratio:rate"
BUDGET_LEFT = "fairway:slo_error_budget_remaining:ratio"

_BASE = "5m"
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def plan_objectives(
    deployment: Deployment, release: Release, rules: tuple[RouteRule, ...], meter: Meter
) -> tuple[Objective, ...]:
    """Decide how the SLOs of ``deployment`` are measured, where ``rules`` say who answers.

    One that cannot be measured is left out; that it can is checked before.
    """
    monitoring = deployment.spec.monitoring
    if monitoring is None:
        return ()
    about = _whole(deployment, release, rules)
    return tuple(
        _objective(deployment, slo, monitoring.alerts, index, metric, about, meter)
        for index, slo in enumerate(monitoring.slos)
        if (metric := meter.indicator(slo.name, copied=about.copied))
    )


def _whole(deployment: Deployment, release: Release, rules: tuple[RouteRule, ...]) -> Whole:
    """Return all requests that somebody waits for: those that no version answers are copies."""
    copies = {mirror.service for mirror in release.mirrors}
    backends = [backend for rule in rules for backend in rule.backends]
    answering = [b.service for b in backends if b.weight or b.service not in copies]
    stable = release.variants[0]
    place = measured(deployment, stable, release.variants, rule=0, position=0)
    return Whole(
        place._replace(
            services="|".join(dict.fromkeys(answering)),
            rules="|".join(str(number) for number in range(len(rules))),
        ),
        copied=bool(copies),
    )


def _objective(
    deployment: Deployment,
    slo: Slo,
    alerts: Alerts | None,
    index: int,
    metric: str,
    about: Whole,
    meter: Meter,
) -> Objective:
    threshold = slo.threshold.seconds if slo.threshold is not None else 0.0
    matchers = _matchers(deployment, slo.name)
    burns = burn_alerts(slo.window.seconds)
    windows = dict.fromkeys((_BASE, *(window_text(w) for b in burns for w in (b.short, b.long))))
    ratios = (
        Recording(f"{RATIO}{w}", w, meter.whole(metric, about, w, threshold)) for w in windows
    )
    bad = f"({RATIO}{_BASE}{matchers} * {REQUESTS}{matchers}) >= 0"  # no traffic: NaN, left out
    window = window_text(slo.window.seconds)
    return Objective(
        at=f"monitoring.slos[{index}]",
        name=slo.name,
        metric=metric,
        side="runtime" if metric.startswith("server-") else "router",
        objective=slo.objective.ratio,
        objective_text=str(slo.objective),
        budget=_budget(slo.objective),
        window=slo.window.seconds,
        window_text=window,
        threshold=threshold,
        recordings=(
            *ratios,
            Recording(REQUESTS, _BASE, meter.whole(_rate(metric), about, _BASE)),
            Recording(ERRORS, _BASE, bad),
        ),
        period=tuple(_period(matchers, window, _budget(slo.objective))),
        alerts=tuple(_alerts(burns, slo, alerts, matchers)),
    )


def _rate(metric: str) -> str:
    """Return the metric that counts the requests behind another one."""
    return "server-request-rate" if metric.startswith("server-") else "request-rate"


def _period(matchers: str, window: str, budget: float) -> Iterable[Recording]:
    """Yield the SLO over its own window, from counts: a quiet night weighs less than a busy day."""
    bad, all_ = f"sum_over_time({ERRORS}{matchers}", f"sum_over_time({REQUESTS}{matchers}"
    record = f"{PERIOD_RATIO}{window}"
    yield Recording(record, window, f"{bad}[{window}]) / {all_}[{window}])")
    if budget:
        yield Recording(BUDGET_LEFT, window, f"1 - {record}{matchers} / {_number(budget)}")


def _alerts(
    burns: Iterable[BurnAlert], slo: Slo, alerts: Alerts | None, matchers: str
) -> Iterable[BurnRule]:
    """Yield the alerts that somebody is named for."""
    receivers = {"page": alerts.page, "ticket": alerts.ticket} if alerts is not None else {}
    for burn in burns:
        receiver = receivers.get(burn.severity)
        if receiver is None:
            continue
        threshold = burn.factor * _budget(slo.objective)
        long, short = window_text(burn.long), window_text(burn.short)
        over = (f"{RATIO}{window}{matchers} > {_number(threshold)}" for window in (long, short))
        yield BurnRule(
            severity=cast(Severity, burn.severity),
            receiver=receiver,
            factor=burn.factor,
            factor_text=f"{burn.factor:.3g}",
            long=long,
            short=short,
            threshold=threshold,
            expression=" and ".join(f"({each})" for each in over),
        )


def _matchers(deployment: Deployment, slo: str) -> str:
    """Return what singles out an SLO's recordings: the labels that they are given."""
    labels: dict[Literal["deployment", "environment", "namespace", "slo"], str] = {
        "deployment": deployment.name,
        "environment": deployment.environment,
        "namespace": deployment.namespace,
        "slo": slo,
    }
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def _budget(objective: Percentage) -> float:
    """Return 1 - objective, exact before it becomes a float."""
    return float((100 - objective.percent) / 100)


def _number(value: float) -> str:
    """Return a number for PromQL, without the digits that only rounding made."""
    return f"{value:.12g}"


def window_text(seconds: float) -> str:
    """Return a Prometheus duration in the largest unit that is whole: ``5m``, ``3d``."""
    for unit, size in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{max(1, round(seconds * 1000))}ms"
