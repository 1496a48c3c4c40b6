"""One deployment of the corpus while faults are planted in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from corpus.fleets import Data
from corpus.values import Sound
from corpus.written import Route, Written, route_of

SPEC = "deployment.yaml"


class Expect(NamedTuple):
    """Where a fault must be found: a place of a file, and the environments where it shows.

    ``at`` is a route of the file, or words that it holds once after ``text:``. ``file`` is
    relative to the deployment's folder. ``related`` is words of the target's template.
    """

    rule: str
    at: str
    environments: tuple[str, ...]
    part: str = "value"
    file: str = SPEC
    related: str = ""


class Found(NamedTuple):
    """A fault that was planted: what somebody got wrong, and what must be found of it."""

    what: str
    expects: tuple[Expect, ...]


@dataclass
class Case:
    """A deployment's texts and what is made beside them; faults edit it, in turn."""

    sound: Sound
    spec: Written
    lock_edits: list[Callable[[Data], None]] = field(default_factory=list)
    report_edits: list[Callable[[str, Data], None]] = field(default_factory=list)
    untested: set[str] = field(default_factory=set)
    unsigned: set[str] = field(default_factory=set)
    unpushed: set[str] = field(default_factory=set)
    slow_models: set[str] = field(default_factory=set)
    same_model: bool = False
    contract_edit: Callable[[Data], None] | None = None  # of the candidate's own contract
    planted: list[Found] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    # -- what the sound deployment is --------------------------------------------------------------

    @property
    def all(self) -> tuple[str, ...]:
        """Every environment."""
        return self.sound.fleet.environments

    @property
    def last(self) -> tuple[str, ...]:
        """The last environment in the order of promotion."""
        return self.all[-1:]

    def value(self, at: str, default: Any = None) -> Any:
        """Return what the sound spec says at a route, overrides apart."""
        return _value(self.sound.values, route_of(at), default)

    def seen(self, at: str) -> tuple[str, ...]:
        """Return the environments that do not override what stands at a route."""
        overrides = self.sound.values["environments"]
        return tuple(e for e in self.all if not _overridden(overrides.get(e, {}), route_of(at)))

    def overridden(self, at: str, environment: str) -> bool:
        """Return whether an environment says anything of its own at a route or below it."""
        return (
            _value(self.sound.values["environments"].get(environment), route_of(at), None)
            is not None
        )

    @property
    def risk(self) -> str:
        """The model's risk."""
        return str(self.value("model.risk", "medium"))

    @property
    def strategy(self) -> str:
        """The strategy of the last environment."""
        return self.sound.strategy

    @property
    def splits(self) -> bool:
        """Whether a gateway splits or copies its requests; a controller's weights are its own."""
        return self.strategy in ("canary", "shadow", "ab")

    @property
    def public(self) -> bool:
        """Whether a gateway calls it."""
        return any("gateway" in caller for caller in self.value("serving.callers"))

    @property
    def ours(self) -> bool:
        """Whether Fairway's own server serves it."""
        return self.value("serving.runtime") is None

    @property
    def stable(self) -> str:
        """The stable version."""
        return str(self.value("release.stable"))

    @property
    def candidate(self) -> str | None:
        """The candidate, where there is one in the last environment."""
        found = self.value("release.candidate")
        return str(found) if found is not None else None

    @property
    def active_candidate(self) -> bool:
        """Whether the last environment answers with the candidate of a blue-green release."""
        return self.value("release.strategy.blueGreen.active") == "candidate"

    def uri(self, version: str) -> str:
        """Return where a version's route holds its source."""
        whole = isinstance(self.sound.values["versions"][version], dict)
        return f'versions["{version}"]' + (".uri" if whole else "")

    # -- editing -----------------------------------------------------------------------------------

    def set(self, at: str, written: str) -> None:
        """Write a value at a route of the spec."""
        self.spec.set(route_of(at), written)

    def override(self, at: str, written: str) -> str:
        """Write a value into the last environment's overrides; return its route there."""
        route = f"environments.{self.last[0]}.{at}"
        self.set(route, written)
        return route

    def remove(self, at: str) -> None:
        """Remove a key or an item of the spec."""
        self.spec.remove(route_of(at))


def _value(node: Any, route: Route, default: Any) -> Any:
    for step in route:
        if (isinstance(node, dict) and step in node) or (
            isinstance(node, list) and isinstance(step, int) and step < len(node)
        ):
            node = node[step]
        else:
            return default
    return node


def _overridden(override: Any, route: Route) -> bool:
    node = override
    for step in route:
        if not isinstance(node, dict):
            return True
        if step not in node:
            return False
        node = node[step]
        if step == "strategy":  # it is replaced whole
            return True
    return True


def nearest(written: Written, at: str, part: str) -> int:
    """Return the line of a route, or of the key of its nearest parent that is there."""
    route = route_of(at)
    if written.has(route):
        return written.line(route, part)
    lines = (written.line(above, "key") for above in _above(route) if written.has(above))
    return next(lines, written.line(()))


def _above(route: Route) -> Iterator[Route]:
    for length in range(len(route) - 1, 0, -1):
        yield route[:length]
