"""A kind of fault: what somebody gets wrong, where it fits, and what must be found of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from corpus.case import Case, Expect, Found

ENGINE_RULES = frozenset(("target/metric", "spec/consistent"))
"""The engine's own rules that faults break: no policy is asked about a release that cannot be."""
EVERYTHING = "everything"
"""What a fault touches after which nothing else is found in the deployment."""

Plant: TypeAlias = Callable[[Case], Iterable[Expect] | None]
Fits: TypeAlias = Callable[[Case], bool]


class Fault(NamedTuple):
    """A kind of fault in one deployment.

    ``touches`` names the parts of a deployment that it changes or depends on: two faults of one
    deployment share none. ``plant`` edits the case and returns what must be found, or nothing
    where the fault does not fit.
    """

    what: str
    touches: frozenset[str]
    plant: Plant


def plant(fault: Fault, case: Case) -> bool:
    """Plant a fault, if it fits."""
    if fault.touches & case.touched or EVERYTHING in case.touched:
        return False
    if EVERYTHING in fault.touches and case.touched:
        return False
    expects = fault.plant(case)
    if expects is None:
        return False
    case.touched |= fault.touches
    case.planted.append(Found(fault.what, tuple(expects)))
    return True


def _everywhere(case: Case) -> bool:
    return True


class Change(NamedTuple):
    """A fault that is one edit of a value: it is written otherwise, or (None) left out.

    ``NAME`` in what is written stands for the deployment's name.
    ``where`` says in which environments it shows: ``seen`` in those that do not override it,
    ``last`` in the last of them. ``override`` writes it into the last environment's overrides.
    """

    what: str
    rule: str
    at: str
    written: str | None
    touches: str
    fits: Fits = _everywhere
    where: str = "seen"
    override: bool = False
    found_at: str = ""
    part: str = "value"

    def fault(self) -> Fault:
        """Return the fault that it is."""
        alone = {EVERYTHING} if self.rule in ENGINE_RULES else set()
        return Fault(self.what, frozenset(self.touches.split()) | alone, self._plant)

    def _plant(self, case: Case) -> Iterable[Expect] | None:
        known = case.value(self.at) is not None
        if not self.fits(case) or (self.written is None and not known):
            return None
        environments = case.last if self.override else case.seen(self.at)
        if self.where == "last":
            environments = tuple(each for each in environments if each in case.last)
        if not environments:
            return None
        at = self.found_at or self.at
        if self.written is None:
            case.remove(self.at)
        elif self.override:
            at = case.override(self.at, self.written)
        else:
            case.set(self.at, self.written.replace("NAME", case.sound.name))
        return [Expect(self.rule, at, environments, self.part)]
