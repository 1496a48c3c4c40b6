"""How metrics are measured, as far as a plan asks: whoever knows the targets answers."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Measured(NamedTuple):
    """What a query is about: one version of a deployment, and what is around it.

    The names are those that series are told apart by (``fairway.target.series.PLACES``).
    """

    name: str
    namespace: str
    version: str
    workload: str
    service: str
    services: str
    port: int
    route: str
    rule: int
    rules: str
    position: int


class Whole(NamedTuple):
    """All requests of a deployment that somebody waits for.

    ``place`` names a version that answers, and everything around it. ``copied`` says that others
    get copies of the requests, so that servers count those too.
    """

    place: Measured
    copied: bool


class Meter(Protocol):
    """Knows the PromQL of each metric."""

    def query(self, metric: str, about: Measured, window: str) -> str:
        """Return the query of ``metric`` over ``window``; empty when it cannot be measured."""

    def requests(self, metric: str, about: Measured, window: str) -> str:
        """Return the query that counts the requests that ``metric`` is measured on."""

    def indicator(self, objective: str, *, copied: bool) -> str:
        """Return the metric that is the error ratio of an SLO of this name; empty without one."""

    def whole(self, metric: str, about: Whole, window: str, threshold: float = 0.0) -> str:
        """Return the query of ``metric`` over ``window`` for all that is answered.

        ``threshold`` (seconds) is what slow requests take longer than.
        """
