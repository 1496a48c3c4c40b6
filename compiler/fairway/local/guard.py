"""Guarding a canary: its gates read when they are due, and what the controller makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fairway.local.controller import OVER, Decision, Seen, State, begin, is_due, looks_back, react
from fairway.local.history import History, read_gate
from fairway.local.prometheus import LEAST_WINDOW, Prometheus
from fairway.plan.model import Plan
from fairway.plan.verdict import Reading

_NOTHING: Final = Decision(None, "")


class Guard:
    """The state of a canary, and the clock of the plan: ``scale`` of its seconds are one here."""

    def __init__(self, plan: Plan, step: int, here: float, scale: float, *, auto: bool) -> None:
        """Begin ``step`` at the time ``here``, in seconds since the run began."""
        (self._canary,) = plan.release.canary
        self._release = plan.release
        self._scale = scale
        self._auto = auto
        self.state: State = begin(step, here * scale)

    def adopt(self, plan: Plan) -> None:
        """Guard the same release from now on by what an edited plan says."""
        (self._canary,) = plan.release.canary
        self._release = plan.release

    @property
    def over(self) -> bool:
        """Whether nothing will be decided any more."""
        return self.state.phase in OVER

    @property
    def waits_to_start(self) -> bool:
        """Whether nothing is live, and the first step begins by itself."""
        return self.state.step == 0 and self._auto and len(self._release.variants) > 1

    def since(self, here: float) -> float:
        """Return what gates look back to, in seconds here."""
        return here - looks_back(self._canary, self.state, here * self._scale) / self._scale

    def reads_from(self, prometheus: Prometheus | None) -> Prometheus | None:
        """Return the Prometheus if it has samples enough for the window, else None."""
        return prometheus if self._canary.window / self._scale >= LEAST_WINDOW else None

    def look(
        self, history: History, prometheus: Prometheus | None, here: float, *, alive: bool
    ) -> Decision:
        """Read the gates if it is time to, and return what to do.

        ``alive`` is whether the candidate's server runs; that it does not is no matter of time.
        """
        at = here * self._scale
        if self.over or (alive and not is_due(self._canary, self.state, at)):
            return _NOTHING
        readings = self._readings(history, prometheus, here) if alive else {}
        self.state, decision = react(
            self._canary, self.state, Seen(at, readings, alive), auto=self._auto
        )
        return decision

    def _readings(
        self, history: History, prometheus: Prometheus | None, here: float
    ) -> Mapping[str, Reading]:
        since, source = self.since(here), self.reads_from(prometheus)
        if source is not None:
            return {
                gate.name: source.read_gate(self._canary, gate, here - since, self._scale)
                for gate in self._canary.gates
            }
        return {
            gate.name: read_gate(history, self._release, gate, since, self._scale)
            for gate in self._canary.gates
        }
