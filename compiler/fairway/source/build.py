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
from fairway.source.fault import MAX_DEPTH, MAX_NODES, Faults, Stop
from fairway.source.file import SourceFile
from fairway.source.frame import NO_KEY, Frame
from fairway.source.scalar import Scalar, kind_of, resolve
from fairway.source.syntax import explain_syntax
from fairway.source.tag import resolve_tagged

# An anchor or a tag before a scalar, with what separates it from the scalar.
_PROPERTIES = r"(?:(?:!<[^>]*>|[&!][^\s,\[\]{}]*)(?:\s+(?:#[^\r\n]*)?)*)*"


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
        builder.nulls,
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


class _Builder(Faults):
    """One pass over a file's events."""

    def __init__(self, source: SourceFile, *, several: bool = False) -> None:
        super().__init__(source)
        self.several = several
        self.documents: list[tuple[Any, Marks]] = []
        self.root: Any = None
        self.root_marks: Marks = (0, 0)
        self.stack: list[Frame] = []
        self.trusted: int | None = None
        self.nodes = 0
        self.nulls = False
        # name -> value, marks, size in nodes, height; None while its container is open
        self.anchors: dict[str, tuple[Any, Marks, int, int] | None] = {}

    def run(self) -> bool:
        """Read every event; return whether the whole file was understood."""
        try:
            self._read_events(CParser(self.source.text))
        except Stop as stop:
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
                    self.second_document(event)
            elif kind is DocumentEndEvent:
                self.documents.append((self.root, self.root_marks))
                self.anchors.clear()
            elif kind is StreamEndEvent:
                return

    # -- values ------------------------------------------------------------------------------

    def _scalar(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.too_many(event)
        mark = (event.start_mark.index, event.end_mark.index)
        frame = self.stack[-1] if self.stack else None
        value: Scalar
        if event.tag is not None:
            value = self._tagged(event, mark)
        elif event.implicit[0]:
            value = resolve(event.value)
        else:
            value = event.value
        if value is None:
            self.nulls = True
        if event.anchor is not None or event.tag is not None:
            mark = self._content(mark)
        if frame is not None and frame.key is NO_KEY and type(frame.value) is dict:
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
            self.found(rule.TAG(problem, self.at(mark), fix=fix))
        return value

    def _content(self, mark: Offsets) -> Offsets:
        """Return where a scalar itself stands, after its anchor and its tag."""
        found = re.compile(_PROPERTIES).match(self.source.text, mark[0], mark[1])
        return (found.end() if found is not None else mark[0], mark[1])

    def _key(self, frame: Frame, key: Scalar, mark: Offsets) -> None:
        if not isinstance(key, str):
            written = self.source.text[mark[0] : mark[1]]
            shown = "" if _show(key) == written else f": YAML reads it as {_show(key)}"
            message = f"the key {written or '(empty)'} is {kind_of(key)}, not a string{shown}"
            fix = Fix(f'quote it: "{written}"', f'"{written}"') if written else None
            fix = Fix("write the key out") if written.startswith("*") else fix
            self.found(rule.KEY(message, self.at(mark), fix=fix))
            key = written
        marks = frame.marks
        assert isinstance(marks, MapMarks)  # noqa: S101 - the value is a map
        frame.key = key
        if key in marks.keys:
            first = Related("first given here", self.at(marks.keys[key]))
            message = f"the key `{key}` is given twice; only one of its values can hold"
            fix = Fix("remove one of the two")
            at = self.at(mark)
            self.found(rule.DUPLICATE_KEY(message, at, fix=fix, related=(first,)))
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
        frame.key = NO_KEY
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
            self.too_deep(mark)
        if self.nodes > MAX_NODES:
            self.too_many(event)
        if self.stack and self.stack[-1].key is NO_KEY and type(self.stack[-1].value) is dict:
            self.container_as_key(mark[0])
        if event.tag is not None and resolve_tagged(event.tag, value)[1]:
            at = self.at((mark[0], mark[0] + 1))
            problem = resolve_tagged(event.tag, value)[1]
            self.found(rule.TAG(problem, at, fix=Fix("remove the tag")))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        before = self.nodes - 1
        self._attach(value, marks, event.end_mark.index)
        self.stack.append(Frame(value, marks, event.anchor, before))

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
            self.unknown_anchor(name, self.anchors, mark)
        target = self.anchors[name]
        if target is None:
            message = f"the alias `*{name}` is inside its own anchor, so it would never end"
            self.stop(rule.ALIAS(message, self.at(mark), fix=Fix("write the value out")))
        value, marks, size, height = target
        self.nodes += size
        if self.nodes > MAX_NODES:
            self.too_many(event)
        frame = self.stack[-1]
        levels = height + (not isinstance(marks, tuple))
        if len(self.stack) + levels > MAX_DEPTH:
            self.too_deep(mark)
        frame.height = max(frame.height, levels)
        if frame.key is NO_KEY and type(frame.value) is dict:
            if isinstance(value, dict | list):
                self.container_as_key(mark[0])
            self._key(frame, value, mark)
            return
        # A scalar is where its alias is; inside a map or a list its own places say more.
        self._attach(value, mark if isinstance(marks, tuple) else marks, mark[1])

    def _last_scalar(self) -> Offsets:
        """Return where the last scalar that was read stands; the end of an empty map or list."""
        node: Marks = self.root_marks
        if self.stack:
            frame = self.stack[-1]
            if frame.key is not NO_KEY and isinstance(frame.marks, MapMarks):
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


def _show(value: Scalar) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
