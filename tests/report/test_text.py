import re

import pytest

from fairway.finding import SourceLine, Suppression
from fairway.location import Span
from fairway.report import FORMATS, Summary, render


def test_a_fleet_reads_as_expected(show, fleet, expected):
    assert show("text", *fleet) == expected("fleet.txt")


def test_colour_adds_styles_and_changes_no_character(show, fleet):
    coloured = show("text", *fleet, colour=True)
    assert coloured.startswith("\x1b[1;31merror[spec/unknown-key]\x1b[0m\x1b[1m: unknown key")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == show("text", *fleet)


def test_no_findings(show):
    assert show("text") == "3 deployments in 4 files: no findings\n"


def test_only_waived_findings(show, typo):
    waived = typo._replace(suppressed=Suppression("later"))
    assert show("text", waived, waived) == (
        "2 waived findings\n"
        "  spec/unknown-key at specs/fraud/deployment.yaml:31:3 in staging, production: later\n"
        "  spec/unknown-key at specs/fraud/deployment.yaml:31:3 in staging, production: later\n"
        "3 deployments in 1 file: no findings\n"
    )


@pytest.mark.parametrize(
    ("until", "ending"),
    [
        ("2026-11-19", " (0 days left)"),
        ("2026-11-20", " (1 day left)"),
        ("2026-11-18", ""),
        ("soon", ""),
    ],
)
def test_the_days_left_of_a_waiver(show, typo, until, ending):
    waived = typo._replace(suppressed=Suppression("later", until=until))
    first = show("text", waived).splitlines()[0]
    assert first == f"1 waived finding: the waiver ends {until}{ending}"


def test_the_first_waiver_to_end_is_named(show, typo):
    ends = ("2027-01-01", "", "2026-12-01")
    waived = [typo._replace(suppressed=Suppression("later", until=until)) for until in ends]
    first = show("text", *waived).splitlines()[0]
    assert first == "3 waived findings: the first waiver ends 2026-12-01 (12 days left)"


def test_counts_are_grouped_and_plural(typo):
    text = render("text", [], Summary(12000, 1, 1, 2, 1, 0), {}, version="0")
    assert text == "1 error, 2 warnings, 1 info in 12,000 files (1 deployment)\n"


def test_a_span_that_ends_at_the_next_line_is_one_line(show, typo):
    whole = typo._replace(span=Span(31, 3, 32, 1))
    assert "\n   |   ^^^^^^^^^^^^^^^^^^\n" in show("text", whole)
    assert "..." not in show("text", whole)


def test_an_empty_span_has_one_mark(show, typo):
    end = typo._replace(span=Span(31, 21, 31, 21))
    assert "\n   |                     ^\n" in show("text", end)


def test_a_span_without_its_line_is_a_place_only(show, typo):
    bare = typo._replace(snippet=())
    assert show("text", bare).splitlines()[1:3] == [
        "  --> specs/fraud/deployment.yaml:31:3",
        "   = fix: rename it to `scaling`",
    ]


def test_an_empty_line_leaves_no_trailing_space(show, typo):
    blank = typo._replace(span=Span(31, 1, 31, 1), snippet=(SourceLine(31, ""),))
    assert "\n31 |\n   | ^\n" in show("text", blank)


def test_a_message_cannot_forge_a_line(show, typo):
    forged = typo._replace(message="x\nerror[a/b]: y\u2028z", file="a\nb")
    lines = show("text", forged).splitlines()
    assert lines[0] == r"error[spec/unknown-key]: x\x0aerror[a/b]: y\u2028z"
    assert lines[1] == r"  --> a\x0ab:31:3"


def test_a_huge_line_is_quick_and_fits(show, typo):
    line = "a" * 500_000 + "mark-me!" + "日本" * 300_000
    huge = typo._replace(span=Span(1, 500_001, 1, 500_009), snippet=(SourceLine(1, line),))
    assert show("text", huge).splitlines()[3:5] == [
        " 1 | …" + "a" * 24 + "mark-me!" + "日本" * 10 + "…",
        "   |  " + " " * 24 + "^^^^^^^^",
    ]


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="unknown format 'html': expected one of text, json"):
        render("html", [], Summary(0, 0, 0, 0, 0, 0), {}, version="0")
    assert FORMATS == ("text", "json", "sarif", "junit", "github", "markdown")
