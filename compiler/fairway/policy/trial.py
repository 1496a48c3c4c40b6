"""Trials: a rule's examples tried on the rule, good and bad, and its edits on the bad ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fairway.location import Route
from fairway.policy.findings import spec_location
from fairway.policy.judge import Failure, Violation, judge_one
from fairway.policy.program import Program
from fairway.policy.rule_file import Example, RuleFile
from fairway.policy.sample import Sample, SampleError, samples_of, with_edits


class Fault(NamedTuple):
    """What is wrong with an example of a rule, and where the example stands in the rule's file."""

    route: Route
    message: str


def try_rule(rule: RuleFile, program: Program) -> Iterator[Fault]:
    """Yield every example that does not find what it says."""
    for example in (*rule.good, *rule.bad):
        try:
            samples = samples_of(rule.about, rule.kinds, example.fragment)
        except SampleError as error:
            yield Fault(example.route, f"nothing can be made of this example: {error}")
            continue
        yield from _try(rule, program, example, samples)


def finds(program: Program, samples: list[Sample]) -> tuple[str, ...] | Failure:
    """Return the places that a rule finds in samples, in order, or why it cannot be evaluated."""
    found: list[str] = []
    for sample in samples:
        for verdict in judge_one(program, sample.variables):
            if isinstance(verdict, Failure):
                return verdict
            found.append(verdict.at)
    return tuple(sorted(found))


def _try(
    rule: RuleFile, program: Program, example: Example, samples: list[Sample]
) -> Iterator[Fault]:
    found = finds(program, samples)
    if isinstance(found, Failure):
        yield Fault(example.route, f"the rule cannot be evaluated: {found.why}")
        return
    wanted = tuple(sorted(example.finds))
    if found != wanted:
        said, got = ", ".join(wanted) or "nothing", ", ".join(found) or "nothing"
        yield Fault(example.route, f"this is to find {said}, and finds {got}")
        return
    for sample in samples:
        for verdict in judge_one(program, sample.variables):
            if isinstance(verdict, Violation):
                yield from _check_violation(rule, program, example, sample, verdict)


def _check_violation(
    rule: RuleFile, program: Program, example: Example, sample: Sample, found: Violation
) -> Iterator[Fault]:
    """Check that the place can be located, and that the rule's edits mend the example."""
    if rule.subject in ("deployment", "plan"):
        try:
            spec_location(sample.deployment, found.at)
        except ValueError as error:
            yield Fault(("at",), f"for an example, `at` is {error}")
    if not found.edits or rule.subject != "deployment":
        return
    fragment: Mapping[str, Any] = example.fragment
    try:
        edited = with_edits(fragment, [(e.route, e.value, e.remove) for e in found.edits])
        after = finds(program, samples_of(rule.about, rule.kinds, edited))
    except SampleError as error:
        yield Fault(example.route, f"the edits of `fix` cannot be tried on this: {error}")
        return
    if after:
        yield Fault(example.route, "the edits of `fix` do not mend this example")
