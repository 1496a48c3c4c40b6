"""What rules of meaning look at, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fairway import rule
from fairway.finding import Fix
from fairway.location import Part, Route
from fairway.source.layers import Merged
from fairway.spec.slug import filled

if TYPE_CHECKING:
    from fairway.spec.deployment import DeploymentSpec
    from fairway.spec.project import Environment


class View(NamedTuple):
    """A bound spec, its document, and the environment it is for.

    ``faulty`` holds the routes of what did not bind; the spec has examples in their place.
    """

    spec: DeploymentSpec
    merged: Merged
    environment: str
    place: Environment
    faulty: frozenset[Route] = frozenset()

    @property
    def namespace(self) -> str:
        """The namespace that the deployment runs in."""
        metadata = self.spec.metadata
        return filled(self.place.namespace, metadata.team, metadata.name)


class Fault(NamedTuple):
    """A broken rule of meaning at a route of the merged document."""

    rule: rule.Rule
    route: Route
    message: str
    fix: Fix | None = None
    part: Part = "value"


MeaningRule: TypeAlias = Callable[[View], Iterator[Fault]]
