"""Diagnostics that the tests of every format share."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from fairway.finding import (
    Diagnostic,
    Fix,
    RelatedDiagnostic,
    Severity,
    SourceLine,
    Suppression,
)
from fairway.location import Span
from fairway.report import RuleInfo, render, summarise

FRAUD = "specs/fraud/deployment.yaml"
CHURN = "specs/churn/deployment.yaml"

TYPO = Diagnostic(
    rule="spec/unknown-key",
    severity=Severity.ERROR,
    message="unknown key `scalling` in serving",
    file=FRAUD,
    span=Span(31, 3, 31, 11),
    route="serving.scalling",
    environments=("staging", "production"),
    fix=Fix("rename it to `scaling`", "scaling"),
    snippet=(SourceLine(31, "  scalling: {min: 2}"),),
)
DUPLICATE = Diagnostic(
    rule="spec/duplicate-key",
    severity=Severity.ERROR,
    message="duplicate key `weight`",
    file=FRAUD,
    span=Span(112, 5, 112, 11),
    route="release.weight",
    related=(RelatedDiagnostic("first defined here", FRAUD, Span(12, 3, 12, 9)),),
    snippet=(SourceLine(112, "    weight: 10"),),
)
HOSTILE = Diagnostic(
    rule="slo/objective",
    severity=Severity.WARNING,
    message="bad \x1b[31m|`x` @admin <img src=x> </details> #12 https://evil.example\n::error::x",
    file=CHURN,
    span=Span(7, 14, 7, 17),
    route="slo.objective",
    snippet=(SourceLine(7, "\tname: 名前 é\x1b[2J ##[stop-commands]x"),),
)
BLOCK = Diagnostic(
    rule="spec/text",
    severity=Severity.INFO,
    message="this text is long",
    file=CHURN,
    span=Span(3, 3, 9, 1),
    route="description",
    fix=Fix("move it to a file"),
    snippet=(SourceLine(3, "  text: |"), SourceLine(4, "    a"), SourceLine(5, "    b")),
)
DIRECTORY = Diagnostic(
    "input/unreadable", Severity.ERROR, "this is a directory", "specs/100% new, a:b", None, ""
)
WAIVED = TYPO._replace(
    suppressed=Suppression("the old fleet until it moves", "ml-platform", "2026-12-01")
)
FLEET = (TYPO, DUPLICATE, HOSTILE, BLOCK, DIRECTORY, WAIVED)

RULES = {
    "spec/unknown-key": RuleInfo(
        "spec/unknown-key",
        "Every key is known",
        "A key that nothing reads is a typo that changes nothing in silence.",
        "https://fairway.example/rules/spec/unknown-key",
        Severity.ERROR,
    ),
    "slo/objective": RuleInfo("slo/objective", "An objective can be met", "", "", Severity.WARNING),
}

Render = Callable[..., str]


@pytest.fixture(scope="session")
def fleet() -> tuple[Diagnostic, ...]:
    return FLEET


@pytest.fixture(scope="session")
def typo() -> Diagnostic:
    return TYPO


@pytest.fixture(scope="session")
def show() -> Render:
    """Render diagnostics with the shared rules; files and deployments are counted from them."""

    def run(name: str, *diagnostics: Diagnostic, colour: bool = False, width: int = 80) -> str:
        files = len({item.file for item in diagnostics}) or 4
        summary = summarise(diagnostics, files=files, deployments=3)
        today = datetime.date(2026, 11, 19)
        return render(
            name,
            diagnostics,
            summary,
            RULES,
            colour=colour,
            width=width,
            version="0.1.0",
            today=today,
        )

    return run


@pytest.fixture(scope="session")
def expected() -> Callable[[str], str]:
    folder = Path(__file__).parent / "expected"
    return lambda name: (folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def many() -> tuple[Diagnostic, ...]:
    """20,000 findings in 500 files; every fourth is an error, and the errors are not first."""
    kinds = (Severity.INFO, Severity.WARNING, Severity.WARNING, Severity.ERROR)
    return tuple(
        TYPO._replace(
            severity=kinds[number % 4],
            file=f"specs/model-{number % 500:03}/deployment.yaml",
            route=f"versions[{number}]",
        )
        for number in range(20_000)
    )
