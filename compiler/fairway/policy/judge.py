"""Judging: what keeps a rule is accepted by the rule's Python form, and CEL judges the rest."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from fairway.policy import semantics
from fairway.policy.pack import Group
from fairway.policy.program import Program, Template, fill
from fairway.policy.variables import VARIABLES
from fairway.spec.units import Duration

Subject: TypeAlias = Mapping[str, Any]
"""The variables of a condition: plain data by name."""


class Edit(NamedTuple):
    """An edit that mends a violation: a value for a route of the spec, or its removal."""

    route: str
    value: Any = None
    remove: bool = False


class Violation(NamedTuple):
    """A rule that a subject breaks: where, in words of the rule; ``element`` is what broke it."""

    rule: Program
    at: str
    message: str
    fix: str
    edits: tuple[Edit, ...]
    element: Any


class Failure(NamedTuple):
    """A rule that could not be evaluated, and why."""

    rule: Program
    why: str


class Judge:
    """The rules about one kind of subject, ready to run."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Take the groups of all packs that are about the same, whatever the kind of object."""
        self._rules: list[tuple[_Accept | None, Program]] = []
        self._names: tuple[str, ...] = ()
        self._budget = semantics.Budget()
        for group in groups:
            self._names = VARIABLES[group.about]
            names = {**_BUILTINS, "elements": self._budget.elements}
            accepting = eval(group.accepting, names)  # noqa: S307 - see python_form
            self._rules += zip(accepting, group.programs, strict=True)

    def judge(
        self, subject: Subject, off: Container[str] = frozenset()
    ) -> Iterator[Violation | Failure]:
        """Yield every rule that the subject breaks, or that cannot be evaluated on it.

        Rules whose ids are in ``off`` are passed over.
        """
        values = [subject[name] for name in self._names]
        activation: Any = None
        for accept, program in self._rules:
            try:
                self._budget.refill()
                if accept is not None and accept(*values):
                    continue
            except Exception:  # noqa: BLE001, S110 - whatever it is, CEL has the word
                pass
            if program.id in off:
                continue
            if activation is None:
                activation = _activation(subject)
            yield from _Rule(program).judge(subject, activation)


_Accept: TypeAlias = Callable[..., bool]
_BUILTINS: Mapping[str, Any] = {
    "__builtins__": {"all": all, "any": any, "sum": sum},
    **semantics.NAMES,
}


def judge_one(program: Program, subject: Subject) -> Iterator[Violation | Failure]:
    """Yield what one rule has against a subject, by CEL alone."""
    yield from _Rule(program).judge(subject, _activation(subject))


def _activation(subject: Subject) -> Any:
    from fairway.policy.cel_env import untyped

    return untyped().Activation(subject)


class _Rule:
    """One rule; its programs are made ready when they are first needed."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def judge(self, subject: Subject, activation: Any) -> Iterator[Violation | Failure]:
        program = self.program
        try:
            verdict = _expression(program.check).eval(activation)
            if _true(verdict):
                return
            if not program.each:
                yield self.violation(subject, None, verdict)
                return
            elements = _expression(program.each).eval(activation)
            if _is(elements, "ERROR"):
                raise _EvaluationError(str(elements.value()))
            for element in elements.plain_value():
                inner = {**subject, program.as_: element}
                verdict = _eval(program.test, inner, program.as_)
                if not _true(verdict):
                    yield self.violation(inner, element, verdict)
        except _EvaluationError as error:
            yield Failure(program, str(error))
        except Exception as error:  # noqa: BLE001 - a rule never ends the run
            yield Failure(program, _reason(str(error)))

    def violation(self, subject: Subject, element: Any, verdict: Any) -> Violation:
        """Return what is wrong, in the rule's words. Raises for a verdict that is none."""
        if not _is(verdict, "BOOL"):
            raise _EvaluationError(_reason(str(verdict.value())))
        program = self.program
        values = _eval(program.values, subject, program.as_)
        texts = _texts(values)
        plain = values.plain_value()
        edits = [Edit(fill(at, texts), _value(value, texts, plain)) for at, value in program.set]
        edits += [Edit(fill(at, texts), remove=True) for at in program.remove]
        at, message, fix = (fill(t, texts) for t in (program.at, program.message, program.fix))
        return Violation(program, at, message, fix, tuple(edits), element)


class _EvaluationError(Exception):
    """An expression has no value."""


def _texts(values: Any) -> dict[int, str]:
    if _is(values, "ERROR"):
        raise _EvaluationError(_reason(str(values.value())))
    return dict(enumerate(map(_text, values.plain_value())))


def _text(value: Any) -> str:
    """Return a value as a message shows it.

    Lists are joined; a number has at most six digits, and no exponent where it is large; a
    duration is written as a spec writes it: ``90s``, ``25m``.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = f"{value:.6g}"
        return f"{value:.0f}" if "e+" in text else text
    if isinstance(value, timedelta):
        return str(Duration(round(value.total_seconds() * 1000)))
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)


def _value(value: Any, texts: Mapping[int, str], plain: Sequence[Any]) -> Any:
    """Return what an edit sets: data, a text with values, or one value alone with its type."""
    if not isinstance(value, tuple):
        return value
    template: Template = value
    (only, *more) = template
    return plain[only] if isinstance(only, int) and not more else fill(template, texts)


def _true(verdict: Any) -> bool:
    return _is(verdict, "BOOL") and verdict.value() is True


def _is(value: Any, kind: str) -> bool:
    from cel_expr_python import cel

    return bool(value.type() == getattr(cel.Type, kind))


def _eval(program: bytes, subject: Subject, name: str) -> Any:
    env = _env(name)
    return _expression(program, name).eval(env.Activation(subject))


@cache
def _env(name: str) -> Any:
    from fairway.policy import cel_env

    return cel_env.untyped_with(name) if name else cel_env.untyped()


@cache
def _expression(program: bytes, name: str = "") -> Any:
    return _env(name).deserialize(program)


def _reason(text: str) -> str:
    """Return CEL's reason in one line, without its status code."""
    line = text.strip().partition("\n")[0]
    head, colon, rest = line.partition(": ")
    return rest if colon and head.isupper() else line
