"""Mending a fleet: the fixes of its findings made in its files, round by round."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from fairway.check import SPEC_FILE
from fairway.edit.apply import Edit, apply
from fairway.edit.exact import is_exact
from fairway.edit.lines import next_line
from fairway.edit.splice import Splice
from fairway.errors import FairwayError
from fairway.finding import Diagnostic
from fairway.fleet import Fleet
from fairway.location import Span
from fairway.project import PROJECT_FILE, shown_path
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode

ROUNDS = 10
"""How often a fleet is checked and mended: a fix may uncover another fault."""

WAIVERS_FILE = "waivers.yaml"
_BY_HAND = frozenset({SPEC_FILE, PROJECT_FILE, WAIVERS_FILE})
_MARK = b"\xef\xbb\xbf"


class Outcome(NamedTuple):
    """What became of a finding's fix: made, or refused for the reason given."""

    found: Diagnostic
    refused: str = ""


_Tried: TypeAlias = set[tuple[object, ...]]


def mend(paths: Iterable[str], now: str | None, say: Callable[[Outcome], None]) -> Fleet:
    """Make every fix that can be made in files written by hand; return the fleet as it is then.

    ``say`` hears of each fix when its file is written, and of those that were refused at the end.
    A fix is made once: where its finding stays, it is reported. Raises ``FairwayError`` when a
    file cannot be written, and what ``Fleet`` raises.
    """
    given, tried = tuple(paths), set[tuple[object, ...]]()
    for _ in range(ROUNDS):
        fleet = _checked(given, now)
        refused: list[Outcome] = []
        made = False
        for outcome in _round(fleet, tried):
            if outcome.refused:
                refused.append(outcome)
            else:
                made = True
                say(outcome)
        if not made:
            for outcome in refused:
                say(outcome)
            return fleet
    return _checked(given, now)


def _checked(paths: tuple[str, ...], now: str | None) -> Fleet:
    fleet = Fleet(paths, now)
    for _ in fleet.check():
        pass
    return fleet


def _round(fleet: Fleet, tried: _Tried) -> Iterator[Outcome]:
    specs = {shown_path(path) for path in fleet.paths}
    by_file: dict[str, list[Diagnostic]] = {}
    for found in fleet.diagnostics():
        if _has_fix(found) and _by_hand(found.file, specs) and _identity(found) not in tried:
            by_file.setdefault(found.file, []).append(found)
    for file, every in by_file.items():
        for outcome in _mend_file(file, every):
            if not outcome.refused:
                tried.add(_identity(outcome.found))
            yield outcome


def _has_fix(found: Diagnostic) -> bool:
    if found.suppressed is not None or found.fix is None:
        return False
    return bool(found.fix.changes) or (found.fix.replacement is not None and found.span is not None)


def _by_hand(file: str, specs: set[str]) -> bool:
    name = os.path.basename(file)
    return name in _BY_HAND or (file in specs and not name.endswith(".json"))


def _identity(found: Diagnostic) -> tuple[object, ...]:
    return (found.file, found.rule, found.message, found.route, found.fix)


def _mend_file(file: str, every: list[Diagnostic]) -> list[Outcome]:
    """Make the fixes of a file's findings, as many as go together, and write it."""
    data = _read(file)
    source, _ = decode(file, data)
    if source is None:
        return []
    document, _ = parse(source)
    pairs = [(found, edit) for found in every if (edit := _edit(document, found)) is not None]
    if not pairs:
        return []
    if os.path.islink(file):
        return [Outcome(found, f"{file} is a symbolic link") for found, _ in pairs]
    applied = apply(document, [edit for _, edit in pairs])
    if applied.text != document.text:
        mark = _MARK if data.startswith(_MARK) else b""
        _write(file, mark + applied.text.encode())
    done = [Outcome(pairs[index][0]) for index in applied.done]
    return done + [Outcome(pairs[index][0], why) for index, why in applied.refused]


def _edit(document: Document, found: Diagnostic) -> Edit | None:
    """Return what a finding's fix does to its file; None if that is for a person to decide."""
    fix, span = found.fix, found.span
    if fix is None:
        return None
    if fix.changes:
        return Edit(changes=fix.changes)
    if fix.replacement is None or span is None or document.lines(span) != found.snippet:
        return None
    start, end = _offsets(document.text, span)
    if not is_exact(found.rule, document.text[start:end], fix.replacement):
        return None
    return Edit(replacement=Splice(start, end, fix.replacement))


def _offsets(text: str, span: Span) -> tuple[int, int]:
    position, starts = 0, [0]
    for _ in range(span.end_line - 1):
        position = next_line(text, position)
        starts.append(position)
    return starts[span.line - 1] + span.column - 1, starts[-1] + span.end_column - 1


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise FairwayError(f"{file}: cannot be read: {error.strerror}") from error


def _write(file: str, data: bytes) -> None:
    """Write a file whole or not at all, with the mode that it had."""
    folder, name = os.path.split(file)
    beside = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        mode = stat.S_IMODE(os.stat(file).st_mode)
        with open(beside, "xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(beside, mode)
        os.replace(beside, file)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FairwayError(
            f"{file}: cannot be written: {why}", "check the folder's permissions, and run it again"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(beside)
