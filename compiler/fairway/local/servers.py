"""The servers of a local run: one for each workload, and a drill's fault in front of some."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from fairway.local import envoy
from fairway.local.child import Child, Children
from fairway.local.choice import Choice
from fairway.local.drill import Drill, bootstrap
from fairway.local.files import replace
from fairway.local.ports import free_ports
from fairway.local.server import Bytes, Server, answers, bytes_of, start_server
from fairway.local.waiting import Waiter
from fairway.plan.model import Plan

_START_SECONDS: Final = 120.0
_FAULT_SECONDS: Final = 30.0


class Running(NamedTuple):
    """A server that traffic can be sent to: ``port`` is its own, or that of a fault before it."""

    server: Server
    faults: tuple[Child, ...]
    port: int

    @property
    def children(self) -> tuple[Child, ...]:
        """Its processes."""
        return (self.server.child, *self.faults)


class Servers:
    """Starts the servers that a plan needs and that do not run yet."""

    def __init__(
        self, children: Children, waiter: Waiter, folder: Path, logs: Path, drill: Drill | None
    ) -> None:
        folder.mkdir()
        self._children = children
        self._waiter = waiter
        self._folder = folder
        self._logs = logs
        self._drill = drill
        self._count = 0

    def bring(
        self, choice: Choice, plan: Plan, running: Mapping[str, Running]
    ) -> dict[str, Running]:
        """Return a server that is ready for each workload: of ``running`` what serves on."""
        health = plan.probes.ready
        wanted = [bytes_of(choice.deployment, each.name, each.version) for each in plan.workloads]
        kept = {each.workload: running[each.workload] for each in wanted if _has(running, each)}
        started = [self._start(choice, each) for each in wanted if each.workload not in kept]
        for server in started:
            self._until_ready(server, health)
        new = {server.bytes.workload: self._running(server, health) for server in started}
        return {each.workload: {**kept, **new}[each.workload] for each in wanted}

    def _until_ready(self, server: Server, health: str) -> None:
        what = f"version {server.bytes.version}"
        ready = partial(_ready, server, health)
        self._waiter.until(ready, what, _START_SECONDS, (server.child,))

    def _start(self, choice: Choice, wanted: Bytes) -> Server:
        self._count += 1
        # The first of a name has the name for itself; those after it have other bytes.
        log = self._logs / f"{wanted.workload}.log"
        if log.exists():
            log = self._logs / f"{wanted.workload}-{self._count}.log"
        folder = self._folder / str(self._count)
        deployment, root = choice.deployment, choice.root
        return start_server(self._children, deployment, root, wanted, folder, log)

    def _running(self, server: Server, health: str) -> Running:
        """Put the drill's fault in front of a server, if it is of that version."""
        drill = self._drill
        if drill is None or drill.version != server.bytes.version:
            return Running(server, (), server.port())
        (port,) = free_ports(1)
        name = f"drill-{server.bytes.workload}"
        path = self._folder / f"{name}-{self._count}.json"
        replace(path, json.dumps(bootstrap(drill, port, server.port(), health), indent=2))
        log = self._logs / f"{name}.log"
        fault = self._children.start(name, envoy.command(path, 1), log)
        self._waiter.until(lambda: answers(port, health), "the drill", _FAULT_SECONDS, (fault,))
        return Running(server, (fault,), port)


def _ready(server: Server, health: str) -> bool:
    return answers(server.port(), health)


def _has(running: Mapping[str, Running], wanted: Bytes) -> bool:
    known = running.get(wanted.workload)
    return known is not None and known.server.bytes == wanted and known.server.child.alive
