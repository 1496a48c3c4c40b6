"""The benchmark of the scanner runs, and says what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_small_run_reports_every_file(tmp_path: Path):
    out = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "model_scan.py"), "--megabytes", "1"]
    done = subprocess.run(
        [*command, "--repeat", "2", "--json", str(out)], capture_output=True, text=True, check=True
    )
    assert "one array, zlib" in done.stdout
    assert "met  " in done.stdout
    figures = json.loads(out.read_text("utf-8"))
    samples = {series["name"]: series["samples"] for series in figures["series"]}
    assert set(samples) == {"nothing", *figures["bytes"]}
    assert all(len(rows) == 2 for rows in samples.values())
