"""Writing a waiver into its file: over the one that it renews, or at the end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fairway.errors import FairwayError, UsageError
from fairway.location import parse_route
from fairway.project import shown_path
from fairway.source.build import parse
from fairway.source.file import read_file, source_from_text
from fairway.spec.nearest import listed
from fairway.waivers.choose import Subject
from fairway.waivers.edit import new_file, with_entry
from fairway.waivers.entry import entry_lines, entry_value
from fairway.waivers.file import waiver_files
from fairway.waivers.scope import shape
from fairway.waivers.waiver import Waiver


class _Old(NamedTuple):
    """The entry that is renewed: its file's text and its place in the list."""

    path: str
    position: int
    entry: Mapping[str, Any]


def put(waiver: Waiver, subject: Subject) -> tuple[str, str, bool]:
    """Write a waiver over the one that it renews, or at the end of the file beside the spec.

    Return the file's path, the entry as it was written, and whether it took the place of another.
    Raises ``UsageError`` for a file with faults, and ``FairwayError`` for one that cannot be
    written.
    """
    paths = waiver_files(subject.path, subject.root)
    texts = {path: text for path in paths if (text := _text(path)) is not None}
    olds = [old for path in texts for old in _olds(waiver, path, texts[path], subject)]
    if len(olds) > 1:
        places = listed(f"{shown_path(old.path)}, waiver {old.position + 1}" for old in olds)
        message = f"{len(olds)} waivers are about this finding: {places}"
        raise UsageError(message, "remove all but one of them, and run this again")
    old = olds[0] if olds else None
    path = old.path if old is not None else paths[0]
    if old is not None and waiver.ticket is None and isinstance(old.entry.get("ticket"), str):
        waiver = waiver._replace(ticket=old.entry["ticket"])
    entry = entry_value(waiver, old.entry.get("path") if old is not None else None)
    shown = "\n".join(entry_lines(entry))
    text = texts.get(path)
    new = new_file(entry) if text is None else with_entry(text, entry, old and old.position)
    if new is None:
        message = f"{shown_path(path)}: cannot be edited without changing what else it says"
        raise UsageError(message, f"write this into it:\n{shown}")
    _write(path, new)
    return path, shown, old is not None


def _text(path: str) -> str | None:
    """Return the text of a file of waivers, None when it is not there."""
    if not os.path.lexists(path):
        return None
    source, findings = read_file(path, shown_path(path))
    if source is not None and not findings:
        findings = parse(source)[1]
        findings = [finding for finding in findings if finding.rule != "yaml/empty"]
    if source is None or findings:
        first = findings[0]
        raise UsageError(f"{shown_path(path)}: {first.message}", "mend it with `fairway validate`")
    return source.text


def _olds(waiver: Waiver, path: str, text: str, subject: Subject) -> Iterator[_Old]:
    """Yield the entries of a file that are about what a waiver is about, right or wrong."""
    value = parse(source_from_text(path, text))[0].value
    entries = value.get("waivers") if isinstance(value, dict) else None
    for position, entry in enumerate(entries if isinstance(entries, list) else ()):
        if not isinstance(entry, dict) or entry.get("rule") != waiver.rule:
            continue
        names = entry.get("environments")
        own = set(names) if isinstance(names, list) and _are_text(names) else set()
        apart = own and waiver.environments and own.isdisjoint(waiver.environments)
        if not apart and _is_place(waiver, entry) and _is_spec(path, entry, subject):
            yield _Old(path, position, entry)


def _are_text(names: list[Any]) -> bool:
    return all(isinstance(name, str) for name in names)


def _is_place(waiver: Waiver, entry: Mapping[str, Any]) -> bool:
    try:
        route = parse_route(str(entry.get("route", "")))
    except ValueError:
        return False
    same = shape(route) == shape(waiver.route) and entry.get("scope") == waiver.scope
    return same or route == waiver.route


def _is_spec(path: str, entry: Mapping[str, Any], subject: Subject) -> bool:
    folder = os.path.dirname(path) or "."
    named = entry.get("path")
    if named is None:
        return os.path.realpath(folder) == os.path.realpath(os.path.dirname(subject.path) or ".")
    real = os.path.realpath(os.path.join(folder, str(named).replace("\0", "")))
    return real == os.path.realpath(subject.path)


def _write(path: str, text: str) -> None:
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    beside = target.with_name(f".fairway-{os.urandom(8).hex()}.tmp")
    try:
        mark = b"\xef\xbb\xbf" if target.exists() and _has_mark(target) else b""
        with beside.open("xb") as stream:
            stream.write(mark + text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FairwayError(f"{shown_path(path)}: cannot be written: {why}") from error
    finally:
        beside.unlink(missing_ok=True)


def _has_mark(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(3) == b"\xef\xbb\xbf"
