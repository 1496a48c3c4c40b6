from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cases.run_case import BASE, lay_out
from cli.streams import Streams, run_here

AB = """
    ab:
      split: {by: header, name: x-cohort, candidate: [beta]}
      weight: 50%
      metric: conversion
      baseline: 5.0%
      effect: 0.5pp
      duration: 14d
"""
SHADOW = """
    shadow: {mirror: 100%, compare: {max: 2%, tolerance: 1e-6}}
"""


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Streams]:
    """Run a command in this process."""

    def run(*arguments: str) -> Streams:
        return run_here(arguments, capsys, monkeypatch)

    return run


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Lay out a project whose one deployment has a strategy; return the path of its spec."""

    def release(strategy: str, environments: str = "  production: {}\n") -> Path:
        folder = lay_out(BASE, tmp_path)
        monkeypatch.chdir(tmp_path)
        spec = folder / "deployment.yaml"
        text = spec.read_text("utf-8").replace(
            "  resources:",
            "  traffic: {expected: 10/s, timeout: 2s}\n"
            "  callers: [{gateway: internal}]\n"
            "  resources:",
        )
        text += f"  candidate: 1.1.0\n  strategy:{strategy}environments:\n{environments}"
        spec.write_text(text, "utf-8")
        return spec

    return release


@pytest.fixture
def ab(release: Callable[..., Path]) -> Path:
    """A project with an A/B test: 31,231 units in each arm."""
    return release(AB)


@pytest.fixture
def shadow(release: Callable[..., Path]) -> Path:
    """A project with a shadow release: at most 2% may differ by more than a millionth."""
    return release(SHADOW)
