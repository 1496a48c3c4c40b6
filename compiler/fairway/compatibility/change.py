"""Changes between two contracts, and which direction of compatibility each of them breaks.

*Backward*: the candidate takes the requests, and gives the answers, of callers of the stable
version. *Forward*: the stable version does so for callers of the candidate. Source of the terms:
Confluent, Schema Evolution and Compatibility (backward: what is newer reads what was written for
the older; forward: the reverse; full: both),
https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

Side: TypeAlias = Literal["input", "output"]
Kind: TypeAlias = Literal[
    "added",
    "removed",
    "renamed",
    "reordered",
    "retyped",
    "reshaped",
    "narrowed",
    "widened",
    "shifted",
    "required",
    "optional",
    "unit",
    "method",
]
"""``shifted`` is narrowed and widened at once; ``required`` is a column that took null before."""


class Change(NamedTuple):
    """One difference: of a tensor, or of one ``column`` of it (empty when of the whole).

    ``sentence`` says what the candidate has and the stable version had.
    """

    kind: Kind
    side: Side
    name: str
    column: str
    breaks_backward: bool
    breaks_forward: bool
    sentence: str


class Need(NamedTuple):
    """What a way to release needs of the candidate; ``outputs`` says whether answers count."""

    backward: bool
    forward: bool
    outputs: bool


NEEDS: Mapping[str, Need] = {
    # Callers never see a mirrored answer.
    "shadow": Need(backward=True, forward=False, outputs=False),
    # After the change every caller of the stable version is answered by the candidate.
    "rolling": Need(backward=True, forward=False, outputs=True),
    "blueGreen": Need(backward=True, forward=False, outputs=True),
    # Both versions answer the same callers meanwhile.
    "canary": Need(backward=True, forward=True, outputs=True),
    "ab": Need(backward=True, forward=True, outputs=True),
    # Callers of the candidate are answered by the stable version again.
    "rollback": Need(backward=False, forward=True, outputs=True),
}
"""What each strategy, and a rollback, needs."""


def breaking(changes: Iterable[Change], release: str) -> tuple[Change, ...]:
    """Return the changes that break what ``release``, a key of ``NEEDS``, needs."""
    need = NEEDS[release]
    return tuple(change for change in changes if _breaks(change, need))


def _breaks(change: Change, need: Need) -> bool:
    if change.side == "output" and not need.outputs:
        return False
    if need.backward and change.breaks_backward:
        return True
    # While both versions answer, callers are still those of stable: they do not read what only the
    # candidate answers. Once it is promoted some do, and a rollback takes it from them.
    new = change.side == "output" and change.kind == "added"
    return need.forward and change.breaks_forward and not (new and need.backward)
