"""What every kind of source does: say what a URI stands for now, and fetch those bytes.

A source never decides what to do about a name that moved; it says what the name stands for, and
the lock compares.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from fairway.spec.lock import LockedFile, Resolved

Progress = Callable[[str, int, int | None], None]
"""Called with what is downloaded, the bytes that came so far, and all of them where known."""


class Wanted(NamedTuple):
    """The bytes of a version: what its name stands for, and its files where they are known.

    ``files`` are those of the lock, by digest, or none when the version is locked for the first
    time. What a source fetches must then have exactly these names and digests.
    """

    resolved: Resolved
    files: tuple[LockedFile, ...] = ()


class Source(Protocol):
    """One kind of place that models come from, chosen by the scheme of the URI.

    Both methods raise ``SourceRefusedError`` for what the spec's author can mend (no such model,
    alias or file; access denied; other bytes than the lock says; too large), and ``FairwayError``
    for what nobody can mend in the spec (the registry is down, answers 5xx, or sends half a file).
    """

    def resolve(self, uri: str) -> Resolved:
        """Return what ``uri`` stands for now; its ``uri`` never changes its meaning again."""
        ...

    def fetch(self, wanted: Wanted) -> Path:
        """Return the folder, or the one file, that holds exactly the version's bytes.

        Bytes that the cache holds are not fetched again.
        """
        ...
