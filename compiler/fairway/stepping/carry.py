"""Carrying a move out: both files are written, and committed when that was asked for."""

from __future__ import annotations

import os

from fairway.errors import FairwayError, UsageError
from fairway.stepping.diff import unified
from fairway.stepping.git import WorkTree
from fairway.stepping.request import Outcome
from fairway.stepping.subject import Subject
from fairway.stepping.write import Edited, restore, write_all


def difference(tree: WorkTree, file: Edited) -> str:
    """Return the difference that a file's edit makes, by its path in the repository."""
    path = tree.path(file.path) or os.path.basename(file.path)
    return unified(path, file.before.decode(), file.after.decode())


def carry_out(outcome: Outcome, tree: WorkTree, *, commit: bool) -> Outcome:
    """Write both files, or none; with ``commit`` commit them, or leave them as they were."""
    write_all(outcome.edits)
    if not commit:
        return outcome
    paths = [path for each in outcome.edits if (path := tree.path(each.path)) is not None]
    try:
        return outcome._replace(hash=tree.commit(paths, outcome.message))
    except FairwayError as error:
        for each in outcome.edits:
            restore(each)
        message = f"{error.message}; the files are as they were"
        raise FairwayError(message, error.fix) from error


def refuse_unclean(tree: WorkTree, subject: Subject) -> None:
    """Refuse a commit that would take in what somebody else has begun."""
    files = (subject.path, subject.lock_path) if subject.lock is not None else (subject.path,)
    paths = [path for file in files if (path := tree.path(file)) is not None]
    changed = [*tree.changed(paths), *tree.ignored(paths)]
    if changed:
        message = f"--commit: {changed[0]} has changes that are not committed, or is not tracked"
        raise UsageError(message, "commit them first, or undo them")
    staged = tree.staged()
    if staged:
        message = f"--commit: {staged[0]} is staged, and is no part of this"
        raise UsageError(message, "commit it first, or `git restore --staged` it")
