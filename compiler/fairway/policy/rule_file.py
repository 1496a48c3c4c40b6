"""A rule's file: what it must hold, read with errors that name the line.

The file is the rule, its manual page and its tests; everything in it is for people to read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from fairway.errors import UsageError
from fairway.finding import Severity
from fairway.location import Location, Part, Route
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import read_file
from fairway.spec.nearest import nearest

SUBJECTS = ("deployment", "plan", "artifact", "fleet")
GROUPS = ("pods", "objects", "dockerfiles", "files")
"""What a rule of artifacts may be about, besides objects of named kinds."""

_KEYS = (
    "rule", "title", "severity", "mandatory", "subject", "for", "why", "each", "as", "when",
    "require", "at", "message", "fix", "references", "examples", "equivalent",
)  # fmt: skip
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_NAME = re.compile(r"[a-z][A-Za-z0-9]*\Z")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*\Z")


class FixFields(NamedTuple):
    """How a rule is mended: a sentence, and edits of the spec that do it.

    ``set`` holds routes and the values that they get, ``remove`` routes that go.
    """

    say: str
    set: tuple[tuple[str, Any], ...] = ()
    remove: tuple[str, ...] = ()


class Example(NamedTuple):
    """A fragment that the rule is tried on; ``finds`` is empty for a good one."""

    fragment: Mapping[str, Any]
    finds: tuple[str, ...]
    route: Route


class Equivalent(NamedTuple):
    """A change of the condition that no example can notice, by its name, and why none can."""

    mutant: str
    why: str
    route: Route


class RuleFile(NamedTuple):
    """A rule as its author wrote it. ``kinds`` are the kinds of object that it is about."""

    id: str
    title: str
    severity: Severity
    mandatory: bool
    subject: str
    about: str
    kinds: tuple[str, ...]
    why: str
    each: str
    as_: str
    when: str
    require: str
    at: str
    message: str
    fix: FixFields | None
    references: tuple[str, ...]
    good: tuple[Example, ...]
    bad: tuple[Example, ...]
    document: Document
    equivalent: tuple[Equivalent, ...] = ()

    def fail(self, route: Route, message: str, part: Part = "value") -> NoReturn:
        """Raise ``UsageError`` at a place in the rule's file."""
        fail(self.document, route, message, part)


def fail(document: Document, route: Route, message: str, part: Part = "value") -> NoReturn:
    """Raise ``UsageError`` that begins with file, line and column."""
    span = document.span(Location(document.path, route, part))
    raise UsageError(f"{document.path}:{span.line}:{span.column}: {message}")


def read_rule(path: str) -> RuleFile:
    """Read a rule's file. Raises ``UsageError`` with file, line and column for what is wrong."""
    source, findings = read_file(path)
    if source is None:
        raise UsageError(f"{path}: {findings[0].message}")
    document, more = parse(source)
    findings += more
    if findings:
        fail_at = document.span(findings[0].at)
        raise UsageError(f"{path}:{fail_at.line}:{fail_at.column}: {findings[0].message}")
    if not isinstance(document.value, dict):
        fail(document, (), "a rule is a map")
    return _Reader(document).rule()


class _Reader:
    """Reads the fields of one rule."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.value: Mapping[str, Any] = document.value
        for key in self.value:
            if key not in _KEYS:
                close = nearest(key, _KEYS)
                more = f"; did you mean `{close}`?" if close else ""
                fail(document, (key,), f"a rule has no key `{key}`{more}", "key")

    def rule(self) -> RuleFile:
        subject = self.choice("subject", SUBJECTS)
        about, kinds = self.about(subject)
        each, as_ = self.text("each", ""), self.text("as", "")
        if bool(each) != bool(as_):
            fail(self.document, ("each",) if each else ("as",), "`each` and `as` need each other")
        if as_ and not _NAME.match(as_):
            fail(self.document, ("as",), f"`{as_}` is not a name such as `version`")
        return RuleFile(
            id=self.id(),
            title=self.text("title"),
            severity=Severity[self.choice("severity", ("error", "warning", "info")).upper()],
            mandatory=self.flag("mandatory"),
            subject=subject,
            about=about,
            kinds=kinds,
            why=self.text("why"),
            each=each,
            as_=as_,
            when=self.text("when", ""),
            require=self.text("require"),
            at=self.text("at", "" if subject == "artifact" else None),
            message=self.text("message"),
            fix=self.fix(),
            references=self.texts(("references",), self.value.get("references", [])),
            good=self.examples("good"),
            bad=self.examples("bad"),
            document=self.document,
            equivalent=self.equivalent(),
        )

    def id(self) -> str:
        name = self.text("rule")
        folder, file = os.path.split(self.document.path)
        own = f"{os.path.basename(folder)}/{os.path.splitext(file)[0]}"
        if not _ID.match(name):
            fail(self.document, ("rule",), f"`{name}` is not a rule's name, such as `{own}`")
        if name != own:
            fail(self.document, ("rule",), f"the rule is called {name}, and its file {own}")
        return name

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; one without a default is required."""
        value = self.value.get(key)
        if value is None and default is not None:
            return default
        if value is None:
            fail(self.document, (), f"a rule needs `{key}`", "key")
        if not isinstance(value, str) or not value.strip():
            fail(self.document, (key,), f"`{key}` is a text")
        return value.strip()

    def flag(self, key: str) -> bool:
        value = self.value.get(key, False)
        if not isinstance(value, bool):
            fail(self.document, (key,), f"`{key}` is true or false")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in choices:
            fail(self.document, (key,), f"`{value}` is not one of {', '.join(choices)}")
        return value

    def texts(self, route: Route, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            fail(self.document, route, f"`{route[-1]}` is a list of texts")
        return tuple(value)

    def about(self, subject: str) -> tuple[str, tuple[str, ...]]:
        """Return what the condition is about: a subject, a group of artifacts, or kinds."""
        value = self.value.get("for")
        if subject != "artifact":
            if value is not None:
                fail(self.document, ("for",), "`for` belongs to rules of artifacts")
            return subject, ()
        if isinstance(value, str) and value in GROUPS:
            return value, ()
        if isinstance(value, list) and value:
            kinds = self.texts(("for",), value)
            if all(_KIND.match(kind) for kind in kinds):
                return "objects", kinds
        groups = ", ".join(GROUPS)
        fail(
            self.document, ("for",) if value is not None else (),
            f"a rule of artifacts says what it is `for`: {groups}, or kinds such as [Service]",
        )  # fmt: skip

    def fix(self) -> FixFields | None:
        value = self.value.get("fix")
        if value is None or (isinstance(value, str) and value.strip()):
            return FixFields(value.strip()) if value else None
        if not isinstance(value, dict) or not isinstance(value.get("say"), str):
            fail(self.document, ("fix",), "`fix` is a text, or a map with `say`")
        for key in value:
            if key not in ("say", "set", "remove"):
                fail(self.document, ("fix", key), "`fix` has `say`, `set` and `remove`", "key")
        edits = value.get("set", {})
        if not isinstance(edits, dict):
            fail(self.document, ("fix", "set"), "`set` is a map from routes to values")
        removed = self.texts(("fix", "remove"), value.get("remove", []))
        return FixFields(value["say"], tuple(edits.items()), removed)

    def examples(self, which: str) -> tuple[Example, ...]:
        """Return the good or the bad examples; there is at least one of each."""
        examples = self.value.get("examples")
        listed = examples.get(which) if isinstance(examples, dict) else None
        if not isinstance(listed, list) or not listed:
            route: Route = ("examples",) if examples is not None else ()
            fail(self.document, route, f"a rule without a {which} example does not load", "key")
        return tuple(self.example(which, item, i) for i, item in enumerate(listed))

    def example(self, which: str, item: Any, index: int) -> Example:
        route: Route = ("examples", which, index)
        if not isinstance(item, dict):
            fail(self.document, route, "an example is a map: what differs from the base")
        fragment = dict(item)
        finds = fragment.pop("finds", None)
        if which == "good":
            if finds is not None:
                fail(self.document, (*route, "finds"), "a good example finds nothing", "key")
            return Example(fragment, (), route)
        listed = [finds] if isinstance(finds, str) else finds
        if not isinstance(listed, list) or not listed or not all(type(f) is str for f in listed):
            fail(self.document, route, "a bad example says in `finds` the places that it finds")
        return Example(fragment, tuple(listed), route)

    def equivalent(self) -> tuple[Equivalent, ...]:
        """Return the mutants that the author holds for equivalent: see ``mutate``."""
        listed = self.value.get("equivalent", [])
        if not isinstance(listed, list):
            fail(self.document, ("equivalent",), "`equivalent` is a list")
        found: list[Equivalent] = []
        for index, item in enumerate(listed):
            route: Route = ("equivalent", index)
            entry = item if isinstance(item, dict) else {}
            texts = [entry.get("mutant"), entry.get("why")]
            if set(entry) != {"mutant", "why"} or not all(type(t) is str and t for t in texts):
                fail(self.document, route, "an equivalent mutant has `mutant`, its name, and `why`")
            if any(entry["mutant"] == known.mutant for known in found):
                fail(self.document, route, f"the mutant `{entry['mutant']}` is there already")
            found.append(Equivalent(entry["mutant"].strip(), entry["why"].strip(), route))
        return tuple(found)
