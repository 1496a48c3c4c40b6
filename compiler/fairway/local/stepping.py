"""The plan at another step of its canary: the same release with the weights that step has."""

from __future__ import annotations

from fairway.plan.model import Plan
from fairway.plan.proxying import portions
from fairway.plan.release import Variant


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
