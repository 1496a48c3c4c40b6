"""What git history says of a release: where it stood after each commit, and since when it does.

History is that of the first parents: on the branch that is deployed, a pull request counts when
it was merged, whatever happened on its own branch before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from fairway.evidence.dates import parse_time
from fairway.project import PROJECT_FILE
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode
from fairway.stepping.git import Blobs, WorkTree
from fairway.stepping.merged import merged_values
from fairway.stepping.state import State, state_of


class Commit(NamedTuple):
    """A commit: its whole hash and the committer's time."""

    hash: str
    time: datetime

    @property
    def short(self) -> str:
        """The first twelve digits, as people name it."""
        return self.hash[:12]


class Past(NamedTuple):
    """A commit, and the state of each environment after it."""

    commit: Commit
    states: Mapping[str, State]


class History(NamedTuple):
    """A spec's commits, newest first; ``whole`` when nothing is missing at the other end."""

    pasts: tuple[Past, ...]
    whole: bool

    def head(self, environment: str) -> State | None:
        """Return the state that HEAD says, None when it says none."""
        return self.pasts[0].states.get(environment) if self.pasts else None

    def since(self, environment: str, same: Callable[[State], bool]) -> Commit | None:
        """Return the commit since which ``same`` holds without a break, None if it does not hold.

        Where the history is cut off, it has held for longer than that.
        """
        found: Commit | None = None
        for past in self.pasts:
            state = past.states.get(environment)
            if state is None or not same(state):
                break
            found = past.commit
        return found


def read_history(tree: WorkTree, spec: str, root: str) -> History:
    """Read the history of ``spec`` and of its project's defaults, in the folder ``root``.

    A commit in which the spec cannot be read is left out: nothing was deployed from it.
    """
    own, project = tree.path(spec), tree.path(os.path.join(root, PROJECT_FILE))
    if own is None:
        return History((), whole=True)
    shallow = tree.shallow
    paths = [path for path in (own, project) if path is not None]
    with tree.blobs() as blobs:
        return History(tuple(_pasts(tree.commits(paths), blobs, own, project)), not shallow)


def _pasts(
    commits: list[tuple[str, str]], blobs: Blobs, own: str, project: str | None
) -> Iterator[Past]:
    known: dict[bytes, Document | None] = {}

    def document(name: str, path: str | None) -> Document | None:
        data = blobs.read(name, path) if path is not None else None
        if data is None:
            return None
        if data not in known:
            known[data] = _document(data)
        return known[data]

    for name, text in commits:
        time, spec = parse_time(text), document(name, own)
        if time is None or spec is None:
            continue
        values = merged_values(spec, document(name, project))
        found = {environment: state_of(each) for environment, each in values.items()}
        states = {name: state for name, state in found.items() if state is not None}
        if len(states) == len(found):
            yield Past(Commit(name, time), states)


def _document(data: bytes) -> Document | None:
    source, _ = decode("", data)
    if source is None:
        return None
    document, _ = parse(source)
    return document if document.complete and isinstance(document.value, dict) else None
