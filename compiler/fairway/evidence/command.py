"""Testing a fleet: the versions of each spec, one after the other, and the evidence written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fairway.bound import BoundSpec, read_spec
from fairway.errors import UsageError
from fairway.evidence.clock import time_of_test
from fairway.evidence.dates import written
from fairway.evidence.isolation.sandbox import Limits
from fairway.evidence.isolation.serving import Load
from fairway.evidence.staging import PathOf, source_path
from fairway.finding import Diagnostic, Finding, Severity
from fairway.fleet import Fleet
from fairway.lock.read import check_lock, empty_lock, read_lock
from fairway.source.document import Document
from fairway.spec.nearest import listed
from fairway.versions import resolve_versions

if TYPE_CHECKING:
    from fairway.project import LoadedProject
    from fairway.signing.keys import PrivateKey
    from fairway.spec.project import Project


class Options(NamedTuple):
    """What a run is asked for; ``versions`` empty means all, ``now`` None the time of HEAD.

    ``path_of`` makes, from a spec's folder and project, what finds the bytes of its versions.
    """

    versions: tuple[str, ...] = ()
    now: str | None = None
    key: PrivateKey | None = None
    limits: Limits = Limits()
    load: Load = Load()
    path_of: Callable[[Path, Project | None], PathOf] = source_path


class EvidenceRun:
    """One run of ``fairway test`` over a fleet."""

    def __init__(self, fleet: Fleet, options: Options) -> None:
        _require_models()
        self._fleet = fleet
        self._options = options
        self._seen: set[str] = set()
        self.deployments = 0

    def each(self) -> Iterator[str]:
        """Test one version after the other; yield a line for each."""
        now = time_of_test(self._options.now, Path(self._fleet.paths[0]).resolve().parent)
        for path in self._fleet.paths:
            loaded = self._fleet.project(path)
            yield from self._spec(read_spec(path, loaded), loaded, now)
            self.deployments += 1
        unknown = [name for name in self._options.versions if name not in self._seen]
        if unknown:
            raise UsageError(
                f"no spec has a version {listed(unknown)} to test",
                f"there are {listed(sorted(self._seen))}; a spec needs `evidence` to be tested",
            )

    @property
    def files(self) -> int:
        """How many files were read for reports."""
        return self._fleet.files

    def diagnostics(self) -> list[Diagnostic]:
        """Return what was found."""
        return self._fleet.diagnostics()

    def _spec(self, bound: BoundSpec, loaded: LoadedProject, now: datetime) -> Iterator[str]:
        documents = dict(bound.documents)
        findings = list(bound.findings)
        if bound.spec is not None and bound.merged is not None and not _broken(findings):
            lock, document, found = read_lock(bound.folder)
            findings += found
            documents.update(_named([document] if document is not None else []))
            lock = lock or empty_lock()
            spec, command = bound.spec, f"fairway lock {bound.folder.shown}"
            findings += check_lock(lock, spec.model, spec.versions, bound.merged, command)
            versions, found, more = resolve_versions(spec, bound.merged, lock, bound.folder)
            findings += found
            documents.update(_named(more))
            if spec.evidence is not None and not _broken(findings):
                from fairway.evidence.spec import SpecTest

                self._seen.update(spec.versions)
                test = SpecTest(bound, loaded, versions, self._options, written(now))
                yield from test.each()
                findings += test.findings
        self._fleet.keep(findings, documents)


def _named(documents: Sequence[Document]) -> dict[str, Document]:
    return {document.path: document for document in documents}


def _broken(findings: Sequence[Finding]) -> bool:
    return any(finding.severity >= Severity.ERROR for finding in findings)


def _require_models() -> None:
    """Raise ``UsageError`` when what tests models is not installed."""
    from importlib.util import find_spec

    packages = ("kserve", "numpy", "pandas", "pyarrow", "scipy", "sklearn")
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise UsageError(f"testing models needs {listed(missing)}", "pip install 'fairway[models]'")
