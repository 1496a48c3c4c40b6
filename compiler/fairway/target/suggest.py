"""Suggestions: which installed target could express what those of an environment cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from fairway.finding import Fix
from fairway.target.needs import unmet

if TYPE_CHECKING:
    from fairway.target.load import Target

_EASE: Mapping[str, int] = {"addon": 0, "image": 1, "router": 2, "workload": 3}
"""Roles by how much an environment changes with a target of theirs: the first two only add."""

_BESIDES: Mapping[str, int] = {"gateway": 1, "router": 2, "workload": 3}
"""What a target may need beside itself, by how much an environment changes with it."""


def nearest_first(
    targets: Iterable[Target], has: AbstractSet[tuple[str, str]]
) -> tuple[Target, ...]:
    """Return targets by how little an environment that ``has`` these must change for them.

    Those that need something else beside them are the farthest; of two workloads the one that
    rules out less is the nearer.
    """
    return tuple(
        sorted(
            targets,
            key=lambda target: (
                sum(_BESIDES[role] for role in unmet(target, has)),
                _EASE[target.role],
                len(target.cannot) + len(target.traits) if target.role == "workload" else 0,
            ),
        )
    )


def able(name: str, targets: Iterable[Target]) -> Target | None:
    """Return the first target that expresses a field, or ``field=value``, or a part of it."""
    field_name, _, value = name.partition("=")
    steps = field_name.split(".")
    above = [".".join(steps[:length]) for length in range(len(steps), 0, -1)]
    for target in targets:
        if name in target.cannot or any(each in target.cannot for each in above):
            continue
        allowed = next((target.expresses[each] for each in above if each in target.expresses), None)
        if allowed is not None and (not value or not allowed or value in allowed):
            return target
        if not value and any(each.startswith(f"{field_name}.") for each in target.expresses):
            return target
    return None


def fix_with(target: Target | None, otherwise: str, has: AbstractSet[tuple[str, str]]) -> Fix:
    """Return the fix that names a target, and what it needs besides; without one, ``otherwise``."""
    if target is None:
        return Fix(otherwise)
    besides = [f"the {role} {' or '.join(names)}" for role, names in unmet(target, has).items()]
    also = f", with {' and '.join(besides)}" if besides else ""
    return Fix(f"the target `{target.name}` can: {target.use}{also}")
