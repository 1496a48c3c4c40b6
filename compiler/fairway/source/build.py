"""Building a document from YAML events: iterative, bounded, with every position kept.

PyYAML's C parser gives the events; its composer is not used, because it recurses (30,000 open
brackets end the process) and resolves scalars by YAML 1.1.
"""

from __future__ import annotations

import re
from typing import Any

from fairway import rule
from fairway.finding import Finding, Fix, Related
from fairway.location import Location
from fairway.source.document import Document, ListMarks, MapMarks, Marks, Offsets
from fairway.source.events import (
    AliasEvent,
    CParser,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
)
from fairway.source.file import SourceFile
from fairway.source.scalar import Scalar, kind_of, resolve
from fairway.source.syntax import explain_syntax
from fairway.source.tag import resolve_tagged

MAX_DEPTH = 32
MAX_NODES = 100_000
"""The most nodes of a document, with every alias counted as what it stands for."""

_NO_KEY: Any = object()

# An anchor or a tag before a scalar, with what separates it from the scalar.
_PROPERTIES = r"(?:(?:!<[^>]*>|[&!][^\s,\[\]{}]*)(?:\s+(?:#[^\r\n]*)?)*)*"


class _Stop(Exception):  # noqa: N818 - not an error: findings say why
    """Ends the reading of a document after a fault that leaves the rest without meaning.

    ``hostile`` input is not looked at further: nothing before the fault is worth a finding.
    """

    def __init__(self, *, hostile: bool = False) -> None:
        super().__init__()
        self.hostile = hostile


class _Frame:
    """A container that is still open: its value, its marks and the key that waits for a value."""

    __slots__ = ("anchor", "before", "height", "key", "marks", "skip", "value")

    def __init__(
        self, value: Any, marks: MapMarks | ListMarks, anchor: str | None, before: int
    ) -> None:
        self.value = value
        self.marks = marks
        self.anchor = anchor
        self.before = before  # nodes counted when the container opened
        self.key: Any = _NO_KEY
        self.skip = False  # the waiting key is a duplicate: its value is read and dropped
        self.height = 0  # levels below this container


def parse(source: SourceFile) -> tuple[Document, list[Finding]]:
    """Parse ``source``; the document holds what stands before the first fatal fault."""
    builder = _Builder(source)
    complete = builder.run()
    document = Document(
        source.path,
        source.text,
        source.digest,
        builder.root,
        builder.root_marks,
        complete,
        builder.trusted,
    )
    return document, builder.findings


def parse_all(source: SourceFile) -> tuple[list[Document], list[Finding]]:
    """Parse a file of several documents, such as a template; a faulty one ends the list."""
    builder = _Builder(source, several=True)
    complete = builder.run()
    documents = [
        Document(source.path, source.text, source.digest, value, marks, complete)
        for value, marks in builder.documents
    ]
    return documents, builder.findings


class _Builder:
    """One pass over a file's events."""

    def __init__(self, source: SourceFile, *, several: bool = False) -> None:
        self.source = source
        self.several = several
        self.documents: list[tuple[Any, Marks]] = []
        self.findings: list[Finding] = []
        self.root: Any = None
        self.root_marks: Marks = (0, 0)
        self.stack: list[_Frame] = []
        self.trusted: int | None = None
        self.nodes = 0
        # name -> value, marks, size in nodes, height; None while its container is open
        self.anchors: dict[str, tuple[Any, Marks, int, int] | None] = {}

    def run(self) -> bool:
        """Read every event; return whether the whole file was understood."""
        try:
            self._read_events(CParser(self.source.text))
        except _Stop as stop:
            if stop.hostile:
                self.root, self.root_marks = None, (0, 0)
            self._leave_open(self._last_scalar()[1])
            return False
        except YAMLError as error:
            last = self._last_scalar()
            self.findings.append(explain_syntax(self.source, error, last))
            # The last scalar may have swallowed what follows an open quote or a wrong indent.
            self._leave_open(last[0])
            return False
        if self.root is None and not self.findings:
            at = Location(self.source.path, offsets=(0, 0))
            fix = "write what belongs here, or remove the file"
            self.findings.append(rule.EMPTY("the file holds no YAML", at, fix=fix))
            return False
        return True

    def _read_events(self, parser: Any) -> None:
        next_event = parser.get_event
        documents = 0
        while True:
            event = next_event()
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent:
                self._open(event, {}, MapMarks(event.start_mark.index))
            elif kind is SequenceStartEvent:
                self._open(event, [], ListMarks(event.start_mark.index))
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(event)
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1 and not self.several:
                    self._second_document(event)
            elif kind is DocumentEndEvent:
                self.documents.append((self.root, self.root_marks))
                self.anchors.clear()
            elif kind is StreamEndEvent:
                return

    # -- values ------------------------------------------------------------------------------

    def _scalar(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._too_many(event)
        mark = (event.start_mark.index, event.end_mark.index)
        frame = self.stack[-1] if self.stack else None
        value: Scalar
        if event.tag is not None:
            value = self._tagged(event, mark)
        elif event.implicit[0]:
            value = resolve(event.value)
        else:
            value = event.value
        if event.anchor is not None or event.tag is not None:
            mark = self._content(mark)
        if frame is not None and frame.key is _NO_KEY and type(frame.value) is dict:
            self._key(frame, value, mark)
            return
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, mark, 1, 0)
        self._attach(value, mark, mark[1])

    def _tagged(self, event: Any, mark: Offsets) -> Scalar:
        value: Scalar
        value, problem = resolve_tagged(event.tag, event.value)
        if problem:
            fix = Fix("remove the tag")
            self._found(rule.TAG(problem, self._at(mark), fix=fix))
        return value

    def _content(self, mark: Offsets) -> Offsets:
        """Return where a scalar itself stands, after its anchor and its tag."""
        found = re.compile(_PROPERTIES).match(self.source.text, mark[0], mark[1])
        return (found.end() if found is not None else mark[0], mark[1])

    def _key(self, frame: _Frame, key: Scalar, mark: Offsets) -> None:
        if not isinstance(key, str):
            written = self.source.text[mark[0] : mark[1]]
            shown = "" if _show(key) == written else f": YAML reads it as {_show(key)}"
            message = f"the key {written or '(empty)'} is {kind_of(key)}, not a string{shown}"
            fix = Fix(f'quote it: "{written}"', f'"{written}"') if written else None
            fix = Fix("write the key out") if written.startswith("*") else fix
            self._found(rule.KEY(message, self._at(mark), fix=fix))
            key = written
        marks = frame.marks
        assert isinstance(marks, MapMarks)  # noqa: S101 - the value is a map
        frame.key = key
        if key in marks.keys:
            first = Related("first given here", self._at(marks.keys[key]))
            message = f"the key `{key}` is given twice; only one of its values can hold"
            fix = Fix("remove one of the two")
            at = self._at(mark)
            self._found(rule.DUPLICATE_KEY(message, at, fix=fix, related=(first,)))
            frame.skip = True
        else:
            marks.keys[key] = mark

    def _attach(self, value: Any, marks: Marks, end: int) -> None:
        if not self.stack:
            self.root, self.root_marks = value, marks
            return
        frame = self.stack[-1]
        frame.marks.end = end
        if type(frame.value) is list:
            frame.value.append(value)
            frame.marks.items.append(marks)  # type: ignore[union-attr]
            return
        key = frame.key
        frame.key = _NO_KEY
        if frame.skip:
            frame.skip = False
            return
        frame.value[key] = value
        frame.marks.values[key] = marks  # type: ignore[union-attr]

    # -- containers --------------------------------------------------------------------------

    def _open(self, event: Any, value: Any, marks: MapMarks | ListMarks) -> None:
        self.nodes += 1
        mark = (event.start_mark.index, event.end_mark.index)
        if len(self.stack) >= MAX_DEPTH:
            self._too_deep(mark)
        if self.nodes > MAX_NODES:
            self._too_many(event)
        if self.stack and self.stack[-1].key is _NO_KEY and type(self.stack[-1].value) is dict:
            self._container_as_key(mark[0])
        if event.tag is not None and resolve_tagged(event.tag, value)[1]:
            at = self._at((mark[0], mark[0] + 1))
            problem = resolve_tagged(event.tag, value)[1]
            self._found(rule.TAG(problem, at, fix=Fix("remove the tag")))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        before = self.nodes - 1
        self._attach(value, marks, event.end_mark.index)
        self.stack.append(_Frame(value, marks, event.anchor, before))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        # A flow container ends at its bracket. A block container's end event lies where the
        # next token starts, so there the last child's end is the end.
        if event.end_mark.index > event.start_mark.index:
            frame.marks.end = event.end_mark.index
        if frame.anchor is not None:
            size = self.nodes - frame.before
            self.anchors[frame.anchor] = (frame.value, frame.marks, size, frame.height)
        if self.stack:
            parent = self.stack[-1]
            parent.marks.end = frame.marks.end
            parent.height = max(parent.height, frame.height + 1)

    def _alias(self, event: Any) -> None:
        mark = (event.start_mark.index, event.end_mark.index)
        name = event.anchor
        if name not in self.anchors:
            self._unknown_anchor(name, mark)
        target = self.anchors[name]
        if target is None:
            message = f"the alias `*{name}` is inside its own anchor, so it would never end"
            self._stop(rule.ALIAS(message, self._at(mark), fix=Fix("write the value out")))
            return
        value, marks, size, height = target
        self.nodes += size
        if self.nodes > MAX_NODES:
            self._too_many(event)
        frame = self.stack[-1]
        levels = height + (not isinstance(marks, tuple))
        if len(self.stack) + levels > MAX_DEPTH:
            self._too_deep(mark)
        frame.height = max(frame.height, levels)
        if frame.key is _NO_KEY and type(frame.value) is dict:
            if isinstance(value, dict | list):
                self._container_as_key(mark[0])
            self._key(frame, value, mark)
            return
        # A scalar is where its alias is; inside a map or a list its own places say more.
        self._attach(value, mark if isinstance(marks, tuple) else marks, mark[1])

    # -- faults ------------------------------------------------------------------------------

    def _at(self, offsets: Offsets) -> Location:
        return Location(self.source.path, offsets=offsets)

    def _found(self, finding: Finding) -> None:
        """Keep a finding after which reading goes on, within the limit."""
        if len(self.findings) >= rule.MOST_FINDINGS:
            self._stop(rule.too_many(self.source.path), hostile=True)
        self.findings.append(finding)

    def _stop(self, finding: Finding, *, hostile: bool = False) -> None:
        self.findings.append(finding)
        raise _Stop(hostile=hostile)

    def _last_scalar(self) -> Offsets:
        """Return where the last scalar that was read stands; the end of an empty map or list."""
        node: Marks = self.root_marks
        if self.stack:
            frame = self.stack[-1]
            if frame.key is not _NO_KEY and isinstance(frame.marks, MapMarks):
                return frame.marks.keys[frame.key]
            node = frame.marks
        while not isinstance(node, tuple):
            below = list(node.values.values()) if isinstance(node, MapMarks) else node.items
            if not below:
                return (node.start, node.end)
            node = below[-1]
        return node

    def _leave_open(self, trusted: int) -> None:
        """Note what was not closed when the reading ended: its end is the end of the file."""
        self.trusted = trusted
        for frame in self.stack:
            frame.marks.end = len(self.source.text)

    def _too_deep(self, mark: Offsets) -> None:
        message = f"nested more than {MAX_DEPTH} levels deep"
        self._stop(rule.DEPTH(message, self._at(mark)), hostile=True)

    def _container_as_key(self, start: int) -> None:
        at = self._at((start, start + 1))
        if self.source.text[max(start - 1, 0) : start + 1] == "{{":
            at = self._at((start - 1, start + 1))
            message = "`{{` opens a map in a map; a spec is not a template"
            self._stop(rule.KEY(message, at, fix=Fix("write the value itself, or quote it")))
        fix = Fix("quote the key, or write it as a name")
        self._stop(rule.KEY("a map or a list cannot be a key", at, fix=fix))

    def _unknown_anchor(self, name: str, mark: Offsets) -> None:
        known = ", ".join(f"&{anchor}" for anchor in list(self.anchors)[:12])
        message = f"there is no anchor &{name} above this alias"
        fix = Fix("write the value out" + (f", or name one of {known}" if known else ""))
        self._stop(rule.ALIAS(message, self._at(mark), fix=fix))

    def _too_many(self, event: Any) -> None:
        at = self._at((event.start_mark.index, event.end_mark.index))
        if type(event) is AliasEvent:
            message = f"with this alias the file expands to more than {MAX_NODES:,} values"
            fix = Fix("write the values out, without aliases")
            self._stop(rule.ALIAS(message, at, fix=fix), hostile=True)
        message = f"the file has more than {MAX_NODES:,} values"
        fix = Fix("move data out of the spec and refer to it by path")
        self._stop(rule.TOO_LARGE(message, at, fix=fix), hostile=True)

    def _second_document(self, event: Any) -> None:
        start = event.start_mark.index
        at = self._at((start, min(start + 3, len(self.source.text))))
        fix = Fix("move it to a file of its own")
        self._stop(rule.ONE_DOCUMENT("a second document starts here", at, fix=fix))


def _show(value: Scalar) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
