"""What commands that report findings share: their options, and printing the reports."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fairway.errors import FairwayError, UsageError
from fairway.finding import Diagnostic, Severity
from fairway.report import FORMATS, RuleInfo, render, summarise
from fairway.rules import ALL_RULES
from fairway.version import version

if TYPE_CHECKING:
    from datetime import date

    from fairway.rule import Rule

F = TypeVar("F", bound=Callable[..., Any])

REFERENCE = "https://github.com/fairway-dev/fairway/blob/main/docs/reference"


def report_options(function: F) -> F:
    """Add ``--format``, ``--output`` and ``--fail-on`` to a command."""
    options = (
        click.option(
            "--format",
            "-f",
            "formats",
            type=click.Choice(FORMATS),
            multiple=True,
            help="A report's format; may be given several times. Default: text.",
        ),
        click.option(
            "--output",
            "-o",
            "outputs",
            type=click.Path(dir_okay=False),
            multiple=True,
            help="The file for the report of the --format at the same place (- for stdout).",
        ),
        click.option(
            "--fail-on",
            type=click.Choice(["error", "warning", "info", "never"]),
            default="error",
            show_default=True,
            help="The least severity that makes the exit code 1.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def now_option(function: F) -> F:
    """Add ``--now`` to a command whose findings depend on the time."""
    option = click.option(
        "--now",
        metavar="TIME",
        help="When evidence and waivers are judged (RFC 3339); default: that of the last commit.",
    )
    return option(function)


def write_reports(
    diagnostics: Sequence[Diagnostic],
    *,
    files: int,
    deployments: int,
    formats: Sequence[str],
    outputs: Sequence[str],
    policies: Mapping[str, tuple[Rule, bool]] = MappingProxyType({}),
    today: date | None = None,
) -> None:
    """Print the diagnostics in each format, to its file or to stdout.

    ``policies`` are the rules that are not the engine's own, and whether they are built in;
    waivers' days are counted from ``today``.
    """
    summary = summarise(diagnostics, files=files, deployments=deployments)
    rules = _rules(diagnostics, policies)
    for name, output in _destinations(formats, outputs):
        colour = name == "text" and output == "-" and shows_colour()
        width = _width() if output == "-" else 100
        text = render(
            name, diagnostics, summary, rules, colour=colour, width=width,
            version=version() if name != "text" else "", today=today,
        )  # fmt: skip
        if output == "-":
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            _write(text, output)


def exit_code(diagnostics: Sequence[Diagnostic], fail_on: str) -> int:
    """Return 1 when a finding that counts is at least as severe as ``fail_on``, else 0."""
    if fail_on == "never":
        return 0
    least = Severity[fail_on.upper()]
    return int(any(d.severity >= least and d.suppressed is None for d in diagnostics))


def _destinations(formats: Sequence[str], outputs: Sequence[str]) -> list[tuple[str, str]]:
    names = list(formats) or ["text"]
    if len(outputs) > len(names):
        raise UsageError(
            f"{len(outputs)} --output for {len(names)} --format",
            "give one --format before each --output",
        )
    pairs = list(zip(names, [*outputs, *["-"] * (len(names) - len(outputs))], strict=True))
    if sum(output == "-" for _, output in pairs) > 1:
        raise UsageError(
            "more than one report would go to stdout", "give an --output for each --format but one"
        )
    return pairs


def _rules(
    diagnostics: Sequence[Diagnostic], policies: Mapping[str, tuple[Rule, bool]]
) -> dict[str, RuleInfo]:
    used = {diagnostic.rule for diagnostic in diagnostics}
    pages = [("findings", rule) for rule in ALL_RULES.values()]
    # Rules of others have their manual page in `fairway policy explain` only.
    pages += [("policies" if builtin else "", rule) for rule, builtin in policies.values()]
    return {
        rule.id: RuleInfo(
            id=rule.id,
            title=rule.title,
            help=rule.why,
            url=f"{REFERENCE}/{page}.md#{rule.id.replace('/', '')}" if page else "",
            severity=rule.severity,
        )
        for page, rule in pages
        if rule.id in used
    }


def _write(text: str, output: str) -> None:
    from pathlib import Path

    from fairway.report.write import write_report

    try:
        write_report(text, Path(output))
    except OSError as error:
        raise FairwayError(f"{output}: cannot be written: {error.strerror}") from error


def shows_colour() -> bool:
    """Whether standard output shows colours, and nobody asked for none."""
    if os.environ.get("NO_COLOR"):
        return False
    return os.environ.get("FORCE_COLOR", "0") not in ("", "0") or sys.stdout.isatty()


def _width() -> int:
    try:
        return max(40, os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 100
