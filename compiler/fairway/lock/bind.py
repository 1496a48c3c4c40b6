"""Binding the lock: fast when it is right, with exact positions when it is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from fairway import rule
from fairway.finding import Finding
from fairway.location import Location
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import decode
from fairway.source.layers import Layer, merge
from fairway.source.scalar import kind_of
from fairway.source.strict_json import json_fault, unique
from fairway.spec.bind import bind, validate
from fairway.spec.core import ValidationError

if TYPE_CHECKING:
    from fairway.spec.lock import Lock
    from fairway.spec.project_lock import ProjectLock

LOCK_VERSION = 1
_decode = json.JSONDecoder(object_pairs_hook=unique).decode


# A version's schemas and examples are most of a lock, and no artifact needs them. This is how
# ``lock_text`` writes where they begin and end; a string of JSON has no line end, so nothing else
# looks like it, and a lock that is laid out otherwise is read as a whole.
_BEGIN = ',\n      "signature": {\n'
_END = "\n      }"


def bind_lock(
    data: bytes, shown: str, command: str
) -> tuple[Lock | None, Document | None, list[Finding]]:
    """Return the typed lock, without the versions' signatures; or findings about it.

    The document is there only when findings need it: JSON is YAML, so the reader that keeps
    positions reads the file again. ``command`` is what writes the lock.
    """
    try:
        return validate("lock", _decode(_without_signatures(data.decode()))), None, []
    except (ValidationError, ValueError, RecursionError):
        fix = f"restore it from git, or write it with `{command}`"
        return None, *_explain("lock", data, shown, fix)


def _without_signatures(text: str) -> str:
    kept, at = [], 0
    while (start := text.find(_BEGIN, at)) >= 0:
        end = text.find(_END, start + len(_BEGIN))
        if end < 0:
            return text
        kept.append(text[at:start])
        at = end + len(_END)
    return "".join([*kept, text[at:]])


def bind_project_lock(
    data: bytes, shown: str
) -> tuple[ProjectLock | None, Document | None, list[Finding]]:
    """Return the typed lock of a project; or its document and findings about it."""
    try:
        return validate("project-lock", _decode(data.decode())), None, []
    except (ValidationError, ValueError, RecursionError):
        fix = "restore it from git, or remove it and run `fairway lock`"
        return None, *_explain("project-lock", data, shown, fix)


def _explain(
    name: Literal["lock", "project-lock"], data: bytes, shown: str, fix: str
) -> tuple[Document | None, list[Finding]]:
    source, findings = decode(shown, data)
    if source is None:
        return None, findings
    document, more = parse(source)
    if findings:
        return document, findings
    fault = json_fault(source, rule.LOCK_FORMAT, "the lock", fix)
    if fault is not None:
        return document, [fault]
    if more:
        return document, more
    version = document.value.get("lockVersion") if isinstance(document.value, dict) else None
    if not isinstance(document.value, dict):
        message = f"the lock is {kind_of(document.value)}, and must be a JSON object"
        findings = [rule.LOCK_FORMAT(message, Location(shown), fix=fix)]
    elif isinstance(version, int) and version > LOCK_VERSION:
        message = f"the lock has version {version}, and this Fairway reads {LOCK_VERSION}"
        at = Location(shown, ("lockVersion",))
        findings = [rule.LOCK_FORMAT(message, at, fix="update Fairway")]
    else:
        _, found = bind(name, merge([Layer("spec", document)], frozenset()))
        findings = [rule.LOCK_FORMAT(each.message, each.at, fix=fix) for each in found]
    return document, findings or [rule.LOCK_FORMAT("the lock cannot be read", Location(shown))]
