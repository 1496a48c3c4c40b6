"""Mutation testing: whether a rule's examples notice every change of its condition.

A change is noticed when an example finds other places than before, or the condition has no value
any more. What no example can notice is said in the rule's file, with the reason: ``equivalent``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from cel_expr_python import cel

from fairway.location import Location
from fairway.policy import cel_env
from fairway.policy.expression import Node, read_expression
from fairway.policy.expression_text import text_of
from fairway.policy.judge import Failure
from fairway.policy.mutate import changes_of
from fairway.policy.program import Program, condition
from fairway.policy.rule_file import Example, RuleFile
from fairway.policy.sample import Sample
from fairway.policy.trial import finds
from fairway.spec.nearest import nearest

KEYS = ("each", "when", "require")
"""The texts of a rule that decide what it finds."""


class Mutant(NamedTuple):
    """A rule with one thing changed: its name, stable as long as the clause is, and its place.

    ``texts`` are the rule's ``each``, ``when`` and ``require``; ``key`` says which was changed.
    """

    name: str
    key: str
    at: int
    texts: Mapping[str, str]


class Flaw(NamedTuple):
    """What the mutants of a rule show to be wrong with its file, and where."""

    at: Location
    message: str


class Mutated(NamedTuple):
    """How many mutants a rule has, how many of them are equivalent, and what is wrong."""

    mutants: int
    equivalent: int
    flaws: tuple[Flaw, ...]


class Tried(NamedTuple):
    """An example with the subjects that were made of it."""

    example: Example
    samples: list[Sample]


def mutate(rule: RuleFile, program: Program, tried: Sequence[Tried]) -> Mutated:
    """Hold every mutant of a rule against its examples, which find what they say.

    Raises ``UsageError`` at the line of a condition that is nested too deeply to be read.
    """
    bench = _Bench(rule, program, tried)
    excused = {each.mutant: each for each in rule.equivalent}
    every = list(mutants_of(rule, bench.env, bench.inner))
    flaws: list[Flaw] = []
    for mutant in every:
        noticed = bench.notices(mutant)
        entry = excused.get(mutant.name)
        if not noticed and entry is None:
            message = f"no example notices this change: `{mutant.name}`"
            flaws.append(Flaw(place_in(rule, mutant.key, mutant.at), message))
        elif noticed and entry is not None:
            message = f"an example notices `{mutant.name}`, so that it is not equivalent; remove it"
            flaws.append(Flaw(Location(rule.document.path, entry.route), message))
    names = {mutant.name for mutant in every}
    for name in excused.keys() - names:
        close = nearest(name, names)
        more = f"; did you mean `{close}`?" if close else ""
        at = Location(rule.document.path, (*excused[name].route, "mutant"))
        flaws.append(Flaw(at, f"the condition has no mutant `{name}`{more}"))
    return Mutated(len(every), len(excused.keys() & names), tuple(flaws))


def mutants_of(rule: RuleFile, env: Any, inner: Any) -> Iterator[Mutant]:
    """Yield the mutants of a rule; ``inner`` is the environment that knows its elements."""
    texts = {key: getattr(rule, key) for key in KEYS}
    if rule.when:
        yield Mutant("without `when`", "when", 0, {**texts, "when": ""})
    named: dict[str, int] = {}
    for key, text in texts.items():
        if not text:
            continue
        tree = _tree(rule, key, text, env if key == "each" else inner)
        for change in changes_of(tree, key != "each"):
            name = f"{key}: {change.what}"
            named[name] = named.get(name, 0) + 1
            if named[name] > 1:
                name = f"{name} ({named[name]})"
            yield Mutant(name, key, change.at, {**texts, key: text_of(change.tree)})


def _tree(rule: RuleFile, key: str, text: str, env: Any) -> Node:
    try:
        return read_expression(env.compile(text).serialize())
    except ValueError as error:
        rule.fail((key,), str(error))


def place_in(rule: RuleFile, key: str, at: int) -> Location:
    """Return where the character ``at`` of one of a rule's texts stands in its file.

    YAML folds lines and takes quotes away, so that only the characters that are not blank are
    counted; in a text with escapes it is the whole text.
    """
    document = rule.document
    start, end = document.offsets((key,))
    raw = document.text[start:end]
    if raw[:1] == '"' and "\\" in raw:
        return Location(document.path, (key,))
    position = raw.find("\n") + 1 if raw[:1] in ("|", ">") else int(raw[:1] in ("'", '"'))
    left = len("".join(getattr(rule, key)[:at].split()))
    while position < len(raw) and (left or raw[position].isspace()):
        left -= not raw[position].isspace()
        # Two quotes are one in a text in single quotes.
        position += 2 if raw[0] == "'" and raw.startswith("''", position) else 1
    return Location(document.path, offsets=(start + position, start + position + 1))


class _Bench:
    """A rule's examples, made ready for many conditions."""

    def __init__(self, rule: RuleFile, program: Program, tried: Sequence[Tried]) -> None:
        self.rule, self.program, self.tried = rule, program, tried
        self.env = self.inner = cel_env.typed(rule.about)
        if rule.each:
            element = self.env.compile(f"({rule.each})[0]").return_type()
            self.inner = cel_env.typed(rule.about, {rule.as_: element})
        self.untyped = _untyped(rule.as_)
        self.activations = [list(self._activations(each.samples)) for each in tried]
        self.before = [self._verdicts(program.test, each) for each in self.activations]

    def notices(self, mutant: Mutant) -> bool:
        """Whether an example finds something else with a mutant than without it."""
        texts = mutant.texts
        changed = self.rule._replace(
            each=texts["each"], when=texts["when"], require=texts["require"]
        )
        try:
            if mutant.key == "each":
                each = self.env.compile(changed.each).serialize()
                program = self.program._replace(each=each, check=_never())
                return any(self._finds_otherwise(program, tried) for tried in self.tried)
            test = self.inner.compile(condition(changed).test).serialize()
        except Exception:  # noqa: BLE001 - a number out of range: nothing that could be run
            return True
        program = self.program._replace(check=_never() if self.rule.each else test, test=test)
        for tried, activations, before in zip(
            self.tried, self.activations, self.before, strict=True
        ):
            after = self._verdicts(test, activations)
            if after == before:
                continue
            # As many violations elsewhere may still be at the same places.
            if None in after or sum(after) != sum(before) or self._finds_otherwise(program, tried):  # type: ignore[arg-type]
                return True
        return False

    def _finds_otherwise(self, program: Program, tried: Tried) -> bool:
        found = finds(program, tried.samples)
        return isinstance(found, Failure) or found != tuple(sorted(tried.example.finds))

    def _activations(self, samples: Sequence[Sample]) -> Iterator[Any]:
        for sample in samples:
            if not self.rule.each:
                yield self.untyped.Activation(sample.variables)
                continue
            plain = cel_env.untyped()
            each = plain.deserialize(self.program.each)
            for element in each.eval(plain.Activation(sample.variables)).plain_value():
                yield self.untyped.Activation({**sample.variables, self.rule.as_: element})

    def _verdicts(self, test: bytes, activations: Sequence[Any]) -> list[bool | None]:
        expression = self.untyped.deserialize(test)
        return [_verdict(expression, activation) for activation in activations]


def _verdict(expression: Any, activation: Any) -> bool | None:
    """Return what an expression says, or None when it says nothing."""
    try:
        value = expression.eval(activation)
    except RuntimeError:
        return None
    return bool(value.value()) if value.type() == cel.Type.BOOL else None


@cache
def _untyped(name: str) -> Any:
    return cel_env.untyped_with(name) if name else cel_env.untyped()


@cache
def _never() -> bytes:
    serialised: bytes = cel_env.untyped().compile("false").serialize()
    return serialised
