"""Programs: a rule's texts, checked against the types and made ready to run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from fairway.location import Route
from fairway.policy.rule_file import RuleFile
from fairway.policy.variables import VARIABLES
from fairway.spec.nearest import nearest

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_UNDEFINED = re.compile(r"undefined field '(\w+)' not found in struct '(\w+)'")
_POSITION = re.compile(r"<input>:(\d+):(\d+): (.*)")

Template = tuple[str | int, ...]
"""A text: its own parts, and the places of values among those that were computed."""


class Program(NamedTuple):
    """A rule that can be run; everything that reports need of it besides.

    ``check`` says whether the whole subject keeps the rule. ``each`` gives the elements and
    ``test`` says whether one of them does; without elements ``test`` is ``check``. ``values``
    gives what the texts' placeholders stand for. All four are serialised checked expressions.
    """

    id: str
    severity: int
    mandatory: bool
    about: str
    kinds: tuple[str, ...]
    as_: str
    title: str
    why: str
    check: bytes
    each: bytes
    test: bytes
    values: bytes
    at: Template
    message: Template
    fix: Template
    set: tuple[tuple[Template, Any], ...]
    remove: tuple[Template, ...]


class Condition(NamedTuple):
    """A rule's condition as one expression, and the expressions that it is made of."""

    whole: str
    test: str


def condition(rule: RuleFile) -> Condition:
    """Return the condition of a rule over its whole subject, and over one of its elements."""
    test = f"(!({rule.when}) || ({rule.require}))" if rule.when else f"({rule.require})"
    whole = f"({rule.each}).all({rule.as_}, {test})" if rule.each else test
    return Condition(whole, test)


def compile_rule(rule: RuleFile) -> Program:
    """Check a rule's expressions and texts. Raises ``UsageError`` at the line of a fault."""
    compiler = _Compiler(rule)
    return compiler.program()


class _Compiler:
    """Compiles the expressions of one rule."""

    def __init__(self, rule: RuleFile) -> None:
        from fairway.policy.cel_env import typed  # what only judges has no need of it

        self.rule = rule
        self.typed = typed
        self.env = self.inner = typed(rule.about)
        self.placeholders: dict[str, int] = {}
        self.expressions: list[str] = []

    def program(self) -> Program:
        rule = self.rule
        each = b""
        if rule.each:
            if rule.as_ in VARIABLES[rule.about]:
                rule.fail(("as",), f"`{rule.as_}` is the subject's own name; choose another")
            self.compile(self.env, rule.each, ("each",), "LIST")
            each = self.env.compile(rule.each).serialize()
            element = self.env.compile(f"({rule.each})[0]").return_type()
            self.inner = self.typed(rule.about, {rule.as_: element})
        for key, text in (("when", rule.when), ("require", rule.require)):
            if text:
                self.compile(self.inner, text, (key,), "BOOL")
        made = condition(rule)
        at, message = self.template(rule.at, ("at",)), self.template(rule.message, ("message",))
        fix, edits, removed = self.fix()
        # Every value is computed on its own account: one that cannot be leaves the others.
        values = self.inner.compile(f"[{', '.join(self.expressions)}]").serialize()
        return Program(
            rule.id, int(rule.severity), rule.mandatory, rule.about, rule.kinds, rule.as_,
            rule.title, rule.why,
            check=self.env.compile(made.whole).serialize(),
            each=each,
            test=self.inner.compile(made.test).serialize(),
            values=values, at=at, message=message, fix=fix, set=edits, remove=removed,
        )  # fmt: skip

    def fix(self) -> tuple[Template, tuple[tuple[Template, Any], ...], tuple[Template, ...]]:
        fix = self.rule.fix
        if fix is None:
            return (), (), ()
        route: Route = ("fix", "say") if fix.set or fix.remove else ("fix",)
        edits = tuple(
            (self.template(at, ("fix", "set", at), "key"), self.value(value, ("fix", "set", at)))
            for at, value in fix.set
        )
        removed = tuple(self.template(at, ("fix", "remove", i)) for i, at in enumerate(fix.remove))
        return self.template(fix.say, route), edits, removed

    def value(self, value: Any, route: Route) -> Any:
        """Return a value that a fix sets: data, or a text with placeholders."""
        if isinstance(value, str) and _PLACEHOLDER.search(value):
            return self.template(value, route)
        return value

    def template(self, text: str, route: Route, part: Any = "value") -> Template:
        """Return a text whose ``{expressions}`` are numbered; equal ones share a number."""
        parts: list[str | int] = []
        position = 0
        for match in _PLACEHOLDER.finditer(text):
            if match.start() > position:
                parts.append(text[position : match.start()])
            expression = match.group(1).strip()
            if expression not in self.placeholders:
                self.compile(self.inner, expression, route, "", part)
                self.placeholders[expression] = len(self.expressions)
                self.expressions.append(expression)
            parts.append(self.placeholders[expression])
            position = match.end()
        if position < len(text):
            parts.append(text[position:])
        return tuple(parts)

    def compile(self, env: Any, text: str, route: Route, wanted: str, part: Any = "value") -> None:
        """Check one expression; its type begins with ``wanted``."""
        try:
            compiled = env.compile(text)
        except Exception as error:  # noqa: BLE001 - whatever CEL has against it
            self.fail(text, str(error), route, part)
        found = compiled.return_type().name()
        if not found.upper().startswith(wanted) and found != "DYN":
            named = {"BOOL": "true or false", "LIST": "a list"}[wanted]
            self.rule.fail(route, f"`{route[-1]}` gives {named}, and this is {found.lower()}", part)

    def fail(self, text: str, error: str, route: Route, part: Any) -> NoReturn:
        match = _POSITION.search(error)
        if match is None:
            self.rule.fail(route, error.partition("\n")[0], part)
        line, column = int(match.group(1)), int(match.group(2))
        lines = text.splitlines() or [""]
        near = lines[min(line, len(lines)) - 1][max(column - 1, 0) :][:40]
        why = match.group(3).removesuffix(" [INVALID_ARGUMENT]").replace("fairway.", "")
        self.rule.fail(route, f"{why}, at `{near}`{_hint(why)}", part)


def _hint(why: str) -> str:
    """Return what mends the two slips that are made most."""
    from fairway.policy.schema import messages

    field = _UNDEFINED.search(why)
    if field is not None:
        known = messages().get(field[2])
        close = nearest(field[1], [each.name for each in known.fields]) if known else None
        return f"; did you mean `{close}`?" if close else ""
    if "no matching overload" in why and "double" in why and "int" in why:
        return "; a double is compared with 5.0, not 5, and a count becomes one by double(…)"
    return ""


def fill(template: Template, values: Mapping[int, str]) -> str:
    """Return a template's text with its values."""
    return "".join(values[part] if isinstance(part, int) else part for part in template)
