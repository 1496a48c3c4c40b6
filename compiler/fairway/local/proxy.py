"""The local proxy: an Envoy with the files of the envoy target, and its addresses here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from fairway.errors import FairwayError
from fairway.local import envoy
from fairway.local.child import Child, Children
from fairway.local.files import BOOTSTRAP, CLUSTERS, ROUTES, ProxyFiles
from fairway.local.ports import HOST, free_ports
from fairway.local.waiting import Waiter
from fairway.plan.model import Plan
from fairway.plan.proxy import Endpoint

_SECONDS: Final = 30.0
_THREADS: Final = 2
_OF: Final = {CLUSTERS: envoy.CLUSTERS, ROUTES: envoy.ROUTES}


class LocalProxy:
    """Starts Envoy, and tells it of servers and of routes while it runs."""

    def __init__(self, children: Children, waiter: Waiter, folder: Path, port: int) -> None:
        """Take where its files go, and the port that clients use."""
        folder.mkdir()
        self._children = children
        self._waiter = waiter
        self._files = ProxyFiles(folder)
        self._port = port
        self.metrics, self._admin_port = free_ports(2)
        self.admin = envoy.Admin(self._admin_port)
        self.child: Child | None = None
        self.endpoints: tuple[Endpoint, ...] = ()

    def start(self, plan: Plan, endpoints: tuple[Endpoint, ...], log: Path) -> None:
        """Start it with these servers and the plan's routes, and wait until it listens."""
        self._files.write(self._here(plan, endpoints), (CLUSTERS, ROUTES, BOOTSTRAP))
        command = envoy.command(self._files.path(BOOTSTRAP), _THREADS)
        self.child = self._children.start("envoy", command, log)
        self._waiter.until(self.admin.ready, "the proxy", _SECONDS, (self.child,))
        self.endpoints = endpoints

    def know(self, plan: Plan, endpoints: tuple[Endpoint, ...]) -> None:
        """Make these its servers, and wait until it can reach new ones."""
        self._change(self._here(plan, endpoints), CLUSTERS)
        self._until(lambda: not self.admin.warming())
        self.endpoints = endpoints

    def route(self, plan: Plan) -> None:
        """Make its routes those of ``plan``."""
        self._change(self._here(plan, self.endpoints), ROUTES)

    def _change(self, plan: Plan, name: str) -> None:
        """Write a file, and wait until Envoy has read it; ``FairwayError`` when it refuses it."""
        before = self.admin.updates(_OF[name])
        self._files.write(plan, (name,))
        self._until(lambda: self.admin.updates(_OF[name]) != before)
        if self.admin.updates(_OF[name]).refused > before.refused:
            raise FairwayError("Envoy refuses the configuration that was rendered for it")

    def _until(self, holds: Callable[[], bool]) -> None:
        children = (self.child,) if self.child is not None else ()
        self._waiter.until(holds, "the proxy", _SECONDS, children)

    def _here(self, plan: Plan, endpoints: tuple[Endpoint, ...]) -> Plan:
        """Return the plan with the addresses of this machine."""
        proxy = plan.proxy._replace(
            host=HOST,
            port=self._port,
            metrics_port=self.metrics,
            admin_host=HOST,
            admin_port=self._admin_port,
            clusters=str(self._files.path(CLUSTERS)),
            routes=str(self._files.path(ROUTES)),
            endpoints=endpoints,
        )
        return plan._replace(proxy=proxy)
