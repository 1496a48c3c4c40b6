"""The benchmark itself: it runs, and says what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_small_run_reports_every_series(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--specs", "5"]
    command += ["--repeat", "2", "--fresh", "2", "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cold compile" in done.stdout
    assert "met  " in done.stdout
    figures = json.loads(out.read_text("utf-8"))
    assert figures["specs"] == 5
    assert len(figures["targets"]) == 3
    samples = {series["name"]: series["samples"] for series in figures["series"]}
    names = {"pass", "validate one", "compile one", "validate", "lock check", "baseline"}
    names |= {"compile", "compile plain"}
    assert set(samples) == names
    assert all(len(rows) == 2 for rows in samples.values())
    assert all(
        wall > 0 and memory > 1 << 20 for rows in samples.values() for wall, _, memory in rows
    )
