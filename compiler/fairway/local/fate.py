"""What the end of a process means for a local run: that it is over, or how it goes on."""

from __future__ import annotations

from typing import Literal, TypeAlias

from fairway.plan.model import Plan

Fate: TypeAlias = Literal["over", "candidate", "reader", "noted"]
"""``over``: nobody would answer; ``candidate``: the canary's gates have their answer; ``reader``:
gates are read by other means; ``noted``: nobody waits for it."""


def fate_of(plan: Plan, name: str) -> Fate:
    """Return what it means that the process ``name`` has ended: a workload, or a helper."""
    if name == "prometheus":
        return "reader"
    workloads = {each.name for each in plan.workloads}
    if name not in workloads:
        return "over"  # the proxy, or a drill's fault
    roles = {each.workload: each.role for each in plan.release.variants}
    if plan.release.canary and roles.get(name) == "candidate":
        return "candidate"
    answers = {
        portion.workload for rule in plan.proxy.rules for portion in rule.portions if portion.weight
    }
    return "over" if name in answers else "noted"
