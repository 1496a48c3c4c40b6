"""Scanning a model once: what was found is remembered by its digest, for as long as it holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fairway import kept
from fairway.lock.digest import FileDigest
from fairway.packs import PACKAGE
from fairway.scan.model import scan_model
from fairway.scan.report import Allowed, ScanReport


def scanned(
    path: Path, files: Sequence[FileDigest], allowed: Allowed, *, python: bool
) -> ScanReport:
    """Return what is in a model's files, whose digests are ``files``.

    The same files under the same names, seen by the same scanner with the same patterns, are not
    scanned again: the cache is the user's own, like the bytecode that would scan them.
    """
    content = (f"{file.path}\0{file.sha256}" for file in files)
    sources = kept.sources(f"{PACKAGE}/scan")
    what = repr((allowed, path.is_file(), python))
    place = kept.path(os.path.join("scans", "scan"), what, *sources, *content)
    known = kept.load(place)
    if known is not None:
        form, flavor, types, operators, inner = known
        return ScanReport(form, flavor, types, operators, (), inner)
    report = scan_model(path, files, allowed, python=python)
    if not report.faults:
        kept.store(place, (*report[:4], report.inner), most=0)
    return report
