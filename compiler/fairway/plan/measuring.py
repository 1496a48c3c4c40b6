"""How metrics are measured, as far as a plan asks: whoever knows the targets answers."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Measured(NamedTuple):
    """What a query is about: one version of a deployment, or with no version all of it.

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
    position: int


class Meter(Protocol):
    """Knows the PromQL of each metric."""

    def query(self, metric: str, about: Measured, window: str) -> str:
        """Return the query of ``metric`` over ``window``; empty when it cannot be measured."""

    def requests(self, metric: str, about: Measured, window: str) -> str:
        """Return the query that counts the requests that ``metric`` is measured on."""
