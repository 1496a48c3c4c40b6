"""Where a release stands in one environment, read from merged values without binding them.

History holds specs of every age and quality, so nothing is demanded here: what cannot be read is
no state. The present is read in the same way, so that both can be compared.
"""

from __future__ import annotations

from typing import NamedTuple

STRATEGIES = ("rolling", "blueGreen", "canary", "shadow", "ab")


class State(NamedTuple):
    """A release's versions and how far it has come; what does not apply is empty, or 0.

    ``share`` is the candidate's share as it is written (of the canary's step, of the experiment,
    of the mirror), ``steps`` how many the canary has, and ``handover`` the form that still serves.
    """

    strategy: str
    stable: str
    candidate: str = ""
    step: int = 0
    steps: int = 0
    share: str = ""
    active: str = ""
    handover: str = ""

    @property
    def tried(self) -> bool:
        """Whether callers get answers of the candidate."""
        if not self.candidate or self.handover:
            return False
        begun = self.strategy == "canary" and self.step > 0
        switched = self.strategy == "blueGreen" and self.active == "candidate"
        return begun or switched or self.strategy == "ab"

    @property
    def newest(self) -> str:
        """The version that began to answer last: the candidate once it is tried, else stable."""
        return self.candidate if self.tried else self.stable

    @property
    def position(self) -> State:
        """The state without what may change while it is held: how many steps are to come."""
        return self._replace(steps=0)

    @property
    def in_motion(self) -> bool:
        """Whether a candidate gets anything: answers, or copies of requests."""
        return self.tried or bool(self.candidate and self.strategy == "shadow")

    def runs(self, version: str) -> bool:
        """Whether a version has a set of pods of its own, where no controller replaces them."""
        if self.handover == "perVersion":
            return version == self.stable
        return self.strategy != "rolling" and version in (self.stable, self.candidate)


def state_of(values: object) -> State | None:
    """Return the state that a merged spec's values say, None when they say none."""
    release = _map(_map(values).get("release"))
    stable, candidate = release.get("stable"), release.get("candidate")
    if not isinstance(stable, str) or not isinstance(candidate, str | None):
        return None
    written = _map(release.get("strategy"))
    names = [name for name in STRATEGIES if isinstance(written.get(name), dict)]
    if len(names) > 1:
        return None
    name = names[0] if names else "rolling"
    own = _map(written.get(name))
    handover = release.get("handover")
    state = State(name, stable, candidate or "", handover=str(handover or ""))
    if name == "canary":
        return _canary(state, own)
    if name == "blueGreen":
        return state._replace(active=str(own.get("active", "stable")))
    share = own.get({"ab": "weight", "shadow": "mirror"}.get(name, ""))
    return state._replace(share=str(share or ""))


def _canary(state: State, own: dict[str, object]) -> State | None:
    step, steps = own.get("step", 1), own.get("steps")
    if type(step) is not int or not isinstance(steps, list) or not 0 <= step <= len(steps):
        return None
    weight = _map(steps[step - 1]).get("weight") if step else None
    return state._replace(step=step, steps=len(steps), share=str(weight or ""))


def _map(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
