"""Scanning files that a test has made, and what every hostile file must come to."""

from __future__ import annotations

import os
from pathlib import Path

from fairway.lock.digest import digest_files
from fairway.scan import Allowed, ScanReport, scan_model

NOTHING = Allowed()
USUAL = Allowed(("sklearn.*", "numpy.*", "scipy.*"))
"""What a project trusts that serves scikit-learn, as the specs of this repository do."""


def scan(path: Path, allowed: Allowed = NOTHING) -> ScanReport:
    return scan_model(path, digest_files(path), allowed)


def scan_bytes(
    folder: Path, data: bytes, name: str = "model.bin", allowed: Allowed = NOTHING
) -> ScanReport:
    """Scan a model of one file."""
    path = folder / name
    path.write_bytes(data)
    return scan(path, allowed)


def messages(report: ScanReport) -> str:
    return "\n".join(f"{fault.path}: {fault.message}" for fault in report.faults)


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def command(marker: Path) -> str:
    """What every payload runs: it leaves a file behind."""
    return f"touch {marker}" if os.name == "posix" else f"type nul > {marker}"
