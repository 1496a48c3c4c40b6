"""All processes of a local run, and the order in which they are changed.

No request is lost by a change: new servers start and are ready, the proxy learns of them, then
traffic moves, and only then what no longer serves is forgotten and stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import sleep
from typing import Final, NamedTuple

from fairway.local.child import Child, Children
from fairway.local.choice import Choice
from fairway.local.drill import Drill
from fairway.local.ports import HOST, free_ports
from fairway.local.prometheus import Prometheus
from fairway.local.proxy import LocalProxy
from fairway.local.servers import Running, Servers
from fairway.local.stats import Counters
from fairway.local.waiting import Waiter
from fairway.plan.model import Plan
from fairway.plan.proxy import Endpoint

_SECONDS: Final = 30.0
_IN_FLIGHT: Final = 0.5  # seconds for requests that were on their way to what is stopped next


class Setting(NamedTuple):
    """Where a run keeps its files and listens, its fault, and whether a Prometheus is run."""

    folder: Path
    port: int
    drill: Drill | None
    with_prometheus: bool


class Session:
    """The processes; ``close`` ends them all."""

    def __init__(self, setting: Setting, waiter: Waiter) -> None:
        folder = setting.folder
        self._setting = setting
        self._waiter = waiter
        self.logs = folder / "logs"
        self.logs.mkdir()
        self._children = Children()
        children = self._children
        self._servers = Servers(children, waiter, folder / "servers", self.logs, setting.drill)
        self._proxy = LocalProxy(children, waiter, folder / "envoy", setting.port)
        self._running: dict[str, Running] = {}
        self.prometheus: Prometheus | None = None

    def bring(self, choice: Choice, plan: Plan) -> None:
        """Make what runs, and who gets what, that of ``plan``.

        Raises ``FairwayError`` when it cannot be; what ran before then runs as before.
        """
        others = self._children.all
        before = self._running
        if self._setting.with_prometheus and self._proxy.child is None:
            self._start_prometheus()
        try:
            after = self._servers.bring(choice, plan, before)
            self._lead(plan, after)
        except BaseException:
            self._children.end(child for child in self._children.all if child not in others)
            raise
        self._running = after
        gone = [each for name, each in before.items() if after.get(name) is not each]
        if gone:
            sleep(_IN_FLIGHT)
            self._children.end(child for each in gone for child in each.children)
        if self.prometheus is not None:
            self.prometheus.scrape(each.server.port() for each in after.values())
            children = (self.prometheus.child,)
            self._waiter.until(self.prometheus.scrapes, "Prometheus", _SECONDS, children)

    def route(self, plan: Plan) -> None:
        """Make who gets what that of ``plan``, whose servers run."""
        self._proxy.route(plan)

    def counters(self) -> Mapping[str, Counters]:
        """Return what the proxy has counted of each workload."""
        return self._proxy.admin.counters()

    def ended(self) -> tuple[Child, ...]:
        """Return the processes that have ended by themselves, since this was last asked."""
        ended = self._children.ended()
        self._children.end(ended)
        if self.prometheus is not None and self.prometheus.child in ended:
            self.prometheus = None
        return ended

    def close(self) -> None:
        """End every process that was started here, the last first."""
        proxy = (self._proxy.child,) if self._proxy.child is not None else ()
        self._children.end(proxy)  # so that nothing is asked of servers that are gone
        self._children.end(self._children.all)

    def _lead(self, plan: Plan, after: Mapping[str, Running]) -> None:
        """Lead traffic to the servers of a plan."""
        endpoints = tuple(
            each._replace(host=HOST, port=after[each.workload].port)
            for each in plan.proxy.endpoints
        )
        if self._proxy.child is None:
            self._proxy.start(plan, endpoints, self.logs / "envoy.log")
            return
        old = self._proxy.endpoints
        if endpoints != old:
            self._proxy.know(plan, _both(endpoints, old))
        self._proxy.route(plan)
        if self._proxy.endpoints != endpoints:
            self._proxy.know(plan, endpoints)

    def _start_prometheus(self) -> None:
        (port,) = free_ports(1)
        folder, log = self._setting.folder / "prometheus", self.logs / "prometheus.log"
        self.prometheus = Prometheus(self._children, folder, port, self._proxy.metrics, log)


def _both(new: tuple[Endpoint, ...], old: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Return new endpoints and the old ones that are needed until traffic has moved."""
    copied = {each.workload for each in (*new, *old) if each.copied}
    every = {each.workload: each for each in (*old, *new)}
    return tuple(each._replace(copied=each.workload in copied) for each in every.values())
