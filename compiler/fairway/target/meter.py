"""How metrics are measured in one environment: its targets' catalogues asked for a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from string import Template
from typing import TYPE_CHECKING

from fairway.plan.measuring import Measured, Whole
from fairway.target.series import (
    SLO_METRICS,
    Scope,
    Series,
    exported,
    expression,
    selector,
    why_not,
)

if TYPE_CHECKING:
    from fairway.spec.project import Environment
    from fairway.spec.serving import Serving
    from fairway.target.load import Target


class TargetMeter:
    """Answers from the catalogues of an environment's targets, for one runtime."""

    def __init__(
        self,
        targets: Iterable[Target],
        implementation: str | None,
        runtime: str,
        *,
        controlled: bool = False,
    ) -> None:
        """Take the targets, what runs the router (None when nothing does), and the runtime.

        ``controlled`` says that a controller asks, of versions whose pods have one workload.
        """
        self._targets = tuple(targets)
        self._implementation = implementation
        self._runtime = runtime
        self._controlled = controlled

    def query(self, metric: str, about: Measured, window: str) -> str:
        """Return the PromQL of ``metric`` for a version; empty when it cannot be measured."""
        series = self._series().get(metric)
        if series is None or "version" not in series.selectors:
            return ""
        if "$threshold" in series.query:
            return ""
        return expression(series, selector(series, "version", _values(about)), window)

    def requests(self, metric: str, about: Measured, window: str) -> str:
        """Return the PromQL that counts the requests behind ``metric``; empty when nothing does."""
        series = self._series().get(metric)
        if series is None:
            return ""
        return self.query(self._count(series), about, window)

    def indicator(self, objective: str, *, copied: bool) -> str:
        """Return the metric that is the error ratio of an SLO; empty when nobody measures it.

        What the router counts is what clients saw. Where it counts nothing, there is what the
        server counts, which is no request that never reached it.
        """
        metric = SLO_METRICS.get(objective, "")
        sides = (metric, f"server-{metric}")
        found = ((each, self._series().get(each)) for each in sides)
        scoped = (each for each, s in found if s is not None and _scope(s, copied) in s.selectors)
        return next(scoped, "")

    def why_unmeasured(self, objective: str, *, copied: bool) -> str:
        """Return why an SLO has no indicator."""
        metric = SLO_METRICS[objective]
        for each in (metric, f"server-{metric}"):
            series = self._series().get(each)
            if series is not None:
                scope = _scope(series, copied)
                return f"{each} has no selector for a {scope}" + (
                    ", and the servers' metrics count copied requests too" if copied else ""
                )
        return why_not(self._targets, self._runtime, self._implementation, metric)

    def whole(self, metric: str, about: Whole, window: str, threshold: float = 0.0) -> str:
        """Return the PromQL of ``metric`` for a deployment; empty when it cannot be measured."""
        series = self._series().get(metric)
        scope = _scope(series, about.copied) if series is not None else "deployment"
        if series is None or scope not in series.selectors:
            return ""
        bound = bound_text(threshold, series.unit) if "$threshold" in series.query else ""
        return expression(series, selector(series, scope, _values(about.place)), window, bound)

    def bounds(self, metric: str) -> tuple[float, ...]:
        """Return the buckets of a metric's histogram in seconds; empty when they are not known."""
        series = self._series()[metric]
        return tuple(bucket / _IN_A_SECOND[series.unit] for bucket in series.buckets)

    def why_not(self, metric: str) -> str:
        """Return why ``metric`` cannot be measured for one version; empty when it can."""
        series = self._series().get(metric)
        if series is None:
            return why_not(self._targets, self._runtime, self._implementation, metric)
        if "version" not in series.selectors:
            return f"its series do not tell versions apart ({', '.join(series.names)})"
        if "$threshold" in series.query:
            return "it needs a threshold of its own, which gates have not; gate on a percentile"
        return self._why_no_controller_can(series) if self._controlled else ""

    def _why_no_controller_can(self, series: Series) -> str:
        if "workload" in Template(series.selectors["version"]).get_identifiers():
            return "its series tell versions apart by their workload, and a controller has one"
        if self._count(series) not in self._series():
            return (
                f"a controller counts the requests too, and nothing exports {self._count(series)}"
            )
        return ""

    def has(self, metric: str) -> bool:
        """Whether something exports ``metric``, be it of use to a gate or not."""
        return metric in self._series()

    def gives(self, metric: str) -> str:
        """Return the unit of a metric's value: ``ratio``, ``s``, ``1/s`` or ``1``."""
        return self._series()[metric].gives

    def metrics(self) -> tuple[str, ...]:
        """Return the metrics that a gate can be on."""
        return tuple(sorted(name for name in self._series() if not self.why_not(name)))

    @staticmethod
    def _count(series: Series) -> str:
        return "server-request-count" if series.side == "runtime" else "request-count"

    def _series(self) -> Mapping[str, Series]:
        return exported(self._targets, self._runtime, self._implementation)


def meter_of(place: Environment, serving: Serving, targets: Mapping[str, Target]) -> TargetMeter:
    """Return the meter of a deployment that is served like this in an environment."""
    router = targets[place.router]
    names = dict.fromkeys((place.workload, place.router, *place.targets))
    routed = router.mesh or any(caller.gateway is not None for caller in serving.callers)
    own = place.gateway.implementation if place.gateway is not None else None
    implementation = (router.implementation or own) if routed else None
    return TargetMeter(
        (targets[name] for name in names),
        implementation,
        serving.runtime,
        controlled=router.controller is not None,
    )


_IN_A_SECOND: Mapping[str, int] = {"s": 1, "ms": 1_000, "us": 1_000_000}


def bound_text(seconds: float, unit: str) -> str:
    """Return a bucket's bound as Prometheus writes it in ``unit``: ``250`` ms, ``0.25`` s."""
    number = Decimal(repr(seconds)) * _IN_A_SECOND[unit]
    return f"{number.normalize():f}"


def _scope(series: Series, copied: bool) -> Scope:
    """Return what of a series to read for a deployment.

    A server counts copied requests like any other, so only the version that answers is read.
    """
    return "version" if copied and series.side == "runtime" else "deployment"


def _values(about: Measured) -> Mapping[str, str]:
    return {name: str(value) for name, value in about._asdict().items()}
