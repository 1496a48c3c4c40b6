"""The plan at another step of its canary: the same release with the weights that step has."""

from __future__ import annotations

from fairway.errors import UsageError
from fairway.plan.model import Plan
from fairway.plan.proxying import portions
from fairway.plan.release import Variant


def first_step(plan: Plan, wanted: int | None) -> int | None:
    """Return the step to begin with, the plan's unless one is ``wanted``; None without steps.

    Raises ``UsageError`` for a step that the release does not have.
    """
    if not plan.release.canary:
        if wanted is not None:
            raise UsageError(f"--step: {plan.name} is released as {plan.strategy}, in no steps")
        return None
    (canary,) = plan.release.canary
    if wanted is not None and not 0 <= wanted <= len(canary.steps):
        raise UsageError(f"--step {wanted}: {plan.name} has steps 0 to {len(canary.steps)}")
    if wanted and len(plan.release.variants) == 1:
        raise UsageError(f"--step {wanted}: {plan.name} has no candidate that could get a share")
    return canary.step if wanted is None else wanted


def at_step(plan: Plan, step: int) -> Plan:
    """Return ``plan`` with the shares of a canary's ``step``; before the first, 0, it has none.

    What a proxy beside the servers is told follows; what a gateway of a cluster is told does not.
    """
    release = plan.release
    (canary,) = release.canary
    rules = plan.proxy.rules
    if len(release.variants) == 1 or rules[-1].portions != portions(release.variants):
        return plan  # without a candidate, or while an old form of workloads serves on
    weight = canary.steps[step - 1].weight if step else 0
    variants = tuple(_weighted(each, weight, release.total) for each in release.variants)
    rules = (*rules[:-1], rules[-1]._replace(portions=portions(variants)))
    return plan._replace(
        release=release._replace(variants=variants, canary=(canary._replace(step=step),)),
        proxy=plan.proxy._replace(rules=rules),
    )


def _weighted(variant: Variant, candidate: int, total: int) -> Variant:
    weight = candidate if variant.role == "candidate" else total - candidate
    return variant._replace(weight=weight, share=weight / total)
