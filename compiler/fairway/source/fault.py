"""Faults of a document: the findings that reading a file can give, and when reading ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Location
from fairway.source.document import Offsets
from fairway.source.events import AliasEvent
from fairway.source.file import SourceFile

MAX_DEPTH = 32
MAX_NODES = 100_000
"""The most nodes of a document, with every alias counted as what it stands for."""


class Stop(Exception):  # noqa: N818 - not an error: findings say why
    """Ends the reading of a document after a fault that leaves the rest without meaning.

    ``hostile`` input is not looked at further: nothing before the fault is worth a finding.
    """

    def __init__(self, *, hostile: bool = False) -> None:
        super().__init__()
        self.hostile = hostile


class Faults:
    """The findings of one file so far, and how each kind of fault is said."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.findings: list[Finding] = []

    def at(self, offsets: Offsets) -> Location:
        """Return the location of a range of text."""
        return Location(self.source.path, offsets=offsets)

    def found(self, finding: Finding) -> None:
        """Keep a finding after which reading goes on, within the limit."""
        if len(self.findings) >= rule.MOST_FINDINGS:
            self.stop(rule.too_many(self.source.path), hostile=True)
        self.findings.append(finding)

    def stop(self, finding: Finding, *, hostile: bool = False) -> NoReturn:
        """Keep a finding and end the reading."""
        self.findings.append(finding)
        raise Stop(hostile=hostile)

    def too_deep(self, mark: Offsets) -> None:
        """End the reading at the level that is too deep."""
        message = f"nested more than {MAX_DEPTH} levels deep"
        self.stop(rule.DEPTH(message, self.at(mark)), hostile=True)

    def container_as_key(self, start: int) -> None:
        """End the reading at a map or a list that stands as a key."""
        at = self.at((start, start + 1))
        if self.source.text[max(start - 1, 0) : start + 1] == "{{":
            at = self.at((start - 1, start + 1))
            message = "`{{` opens a map in a map; a spec is not a template"
            self.stop(rule.KEY(message, at, fix=Fix("write the value itself, or quote it")))
        fix = Fix("quote the key, or write it as a name")
        self.stop(rule.KEY("a map or a list cannot be a key", at, fix=fix))

    def unknown_anchor(self, name: str, known: Iterable[str], mark: Offsets) -> None:
        """End the reading at an alias of nothing."""
        names = ", ".join(f"&{anchor}" for anchor in list(known)[:12])
        message = f"there is no anchor &{name} above this alias"
        fix = Fix("write the value out" + (f", or name one of {names}" if names else ""))
        self.stop(rule.ALIAS(message, self.at(mark), fix=fix))

    def too_many(self, event: Any) -> None:
        """End the reading where the file has become too large."""
        at = self.at((event.start_mark.index, event.end_mark.index))
        if type(event) is AliasEvent:
            message = f"with this alias the file expands to more than {MAX_NODES:,} values"
            fix = Fix("write the values out, without aliases")
            self.stop(rule.ALIAS(message, at, fix=fix), hostile=True)
        message = f"the file has more than {MAX_NODES:,} values"
        fix = Fix("move data out of the spec and refer to it by path")
        self.stop(rule.TOO_LARGE(message, at, fix=fix), hostile=True)

    def second_document(self, event: Any) -> None:
        """End the reading where a second document begins."""
        start = event.start_mark.index
        at = self.at((start, min(start + 3, len(self.source.text))))
        fix = Fix("move it to a file of its own")
        self.stop(rule.ONE_DOCUMENT("a second document starts here", at, fix=fix))
