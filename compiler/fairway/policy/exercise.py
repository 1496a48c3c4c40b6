"""Exercising packs: every example of every rule tried, and every change of its condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from fairway.errors import UsageError
from fairway.location import Location
from fairway.policy.mutation import Tried, mutate
from fairway.policy.program import Program, compile_rule
from fairway.policy.rule_file import RuleFile, read_rule
from fairway.policy.sample import samples_of
from fairway.policy.trial import try_rule


class Exercised(NamedTuple):
    """What was tried of one or several rules; ``faults`` begin with file, line and column."""

    rules: int = 0
    examples: int = 0
    mutants: int = 0
    equivalent: int = 0
    faults: tuple[str, ...] = ()

    def plus(self, other: Exercised) -> Exercised:
        """Return both together."""
        return Exercised(
            self.rules + other.rules,
            self.examples + other.examples,
            self.mutants + other.mutants,
            self.equivalent + other.equivalent,
            self.faults + other.faults,
        )


def exercise(path: str, mutants: bool) -> Exercised:
    """Try a rule's examples and, where they find what they say, the mutants of its condition.

    A rule that does not load is a fault like any other.
    """
    try:
        rule = read_rule(path)
        program = compile_rule(rule)
        return _exercise(rule, program, mutants)
    except UsageError as error:
        return Exercised(rules=1, faults=(error.message,))


def exercise_all(
    paths: Iterable[str], mutants: bool, each: Callable[[str], object] = lambda _: None
) -> Exercised:
    """Try the rules of several files; ``each`` is called with every path before it is tried."""
    total = Exercised()
    for path in paths:
        each(path)
        total = total.plus(exercise(path, mutants))
    return total


def _exercise(rule: RuleFile, program: Program, mutants: bool) -> Exercised:
    examples = (*rule.good, *rule.bad)
    found = [
        _shown(rule, Location(rule.document.path, fault.route), fault.message)
        for fault in try_rule(rule, program)
    ]
    done = Exercised(1, len(examples), faults=tuple(dict.fromkeys(found)))
    if found or not mutants:
        return done
    tried = [Tried(e, samples_of(rule.about, rule.kinds, e.fragment)) for e in examples]
    mutated = mutate(rule, program, tried)
    faults = tuple(_shown(rule, flaw.at, flaw.message) for flaw in mutated.flaws)
    return done._replace(mutants=mutated.mutants, equivalent=mutated.equivalent, faults=faults)


def _shown(rule: RuleFile, at: Location, message: str) -> str:
    span = rule.document.span(at)
    return f"{rule.document.path}:{span.line}:{span.column}: {message}"
