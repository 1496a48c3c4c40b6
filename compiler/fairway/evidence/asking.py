"""What a project asks of evidence: found once for all of its specs, and only if one has any."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from fairway.errors import UsageError
from fairway.evidence.check import Asked

if TYPE_CHECKING:
    from fairway.signing.keys import PublicKey
    from fairway.spec.project import Project


def asked(root: str, project: Project | None, now: str | None, *, ages: bool) -> Asked:
    """Return what the project in the folder ``root`` asks of evidence.

    ``now`` is a time (RFC 3339), else it is that of HEAD; it is found out only when evidence
    ``ages``. Raises ``UsageError`` for a time that is none, and later for a key that cannot be
    used.
    """
    time = time_to_judge_by(now, root) if ages or now is not None else None
    if project is None:
        return Asked(time)
    names = tuple(project.trust.model_keys)
    return Asked(time, project.trust.signed_evidence, lambda: _keys(root, names))


@lru_cache(maxsize=8)
def time_to_judge_by(now: str | None, root: str) -> datetime | None:
    """Return ``now`` (RFC 3339), else the time of HEAD; None where nothing is committed yet."""
    from fairway.evidence.clock import time_of_test

    try:
        return time_of_test(now, root or ".")
    except UsageError:
        if now is not None:
            raise
        return None  # nothing is committed yet, so nothing can have become old


@lru_cache(maxsize=8)
def _keys(root: str, names: tuple[str, ...]) -> Sequence[PublicKey]:
    from pathlib import Path

    from fairway.signing.keys import load_public_key

    return tuple(load_public_key(Path(root) / name, name) for name in names)
