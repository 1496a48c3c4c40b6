"""A subject: one version that is to be tested, and everything that its test depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from fairway.deployment import ModelVersion
from fairway.evidence.staging import PathOf
from fairway.serve.contract import Contract

if TYPE_CHECKING:
    from fairway.spec.model import Evidence

_RUNS_CODE: Final = ("joblib", "pickle", "python")


class Subject(NamedTuple):
    """One version of one deployment.

    ``files`` holds the bytes of the contract and the entrypoint by path, ``trusted`` the patterns
    of types that a skops file may hold.
    """

    deployment: str
    version: ModelVersion
    contract: Contract
    evidence: Evidence
    files: Mapping[str, bytes]
    trusted: tuple[str, ...]
    path_of: PathOf

    @property
    def refusal(self) -> str:
        """Why the version is not loaded at all; empty when it may be.

        Only versions that a scan found clean are locked, so a lock of before there was a scanner
        has none; what cannot run code by itself is loaded then, by the server's own rules.
        """
        form = self.version.format
        if self.version.locked.scan is not None or form not in _RUNS_CODE:
            return ""
        return f"loading {form} can run any code, and the lock says of no scan"
