"""Rules and synthetic series given to the real ``promtool`` (Debian's package prometheus)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (package prometheus)"
)
Expectation = tuple[str, str, float | None]
"""When (``90m``), a query, and its one value without labels, or None for no result at all."""


def check(folder: Path, groups: Sequence[Mapping[str, Any]]) -> str:
    """What promtool says of rules that are right; anything else is an error here."""
    return _run(folder, groups, "check", "rules", "rules.yaml")


def expect(
    folder: Path,
    groups: Sequence[Mapping[str, Any]],
    series: Mapping[str, str],
    expected: Sequence[Expectation],
    *,
    interval: str = "1m",
) -> None:
    """Evaluate the rules over the series, and hold the queries against their values."""
    tests = [
        {
            "expr": query if value is None else f"abs(({query}) - {value!r}) < bool 1e-9",
            "eval_time": when,
            "exp_samples": [] if value is None else [{"labels": "{}", "value": 1}],
        }
        for when, query, value in expected
    ]
    given = [{"series": name, "values": values} for name, values in series.items()]
    case = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": interval,
        "tests": [{"interval": "1m", "input_series": given, "promql_expr_test": tests}],
    }
    (folder / "test.yaml").write_text(yaml.safe_dump(case, width=10_000), "utf-8")
    _run(folder, groups, "test", "rules", "test.yaml")


def _run(folder: Path, groups: Sequence[Mapping[str, Any]], *arguments: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"groups": list(groups)}, width=10_000)
    (folder / "rules.yaml").write_text(text, "utf-8")
    done = subprocess.run(
        ["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
