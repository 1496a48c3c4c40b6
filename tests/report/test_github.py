from collections import Counter

import pytest

from fairway.finding import Severity
from fairway.location import Span


def test_a_fleet_reads_as_expected(show, fleet, expected):
    assert show("github", *fleet) == expected("fleet.github")


def test_no_findings_print_nothing(show):
    assert show("github") == ""


@pytest.mark.parametrize(
    ("span", "properties"),
    [
        (None, "line=1"),
        (Span(4, 2, 4, 5), "line=4,endLine=4,col=2,endColumn=5"),
        (Span(4, 2, 4, 2), "line=4,endLine=4,col=2,endColumn=2"),
        (Span(4, 2, 5, 1), "line=4,endLine=4,col=2"),
        (Span(4, 2, 6, 3), "line=4,endLine=6"),
    ],
)
def test_columns_are_given_on_one_line_only(show, typo, span, properties):
    line = show("github", typo._replace(span=span))
    assert line.startswith(
        f"::error file=specs/fraud/deployment.yaml,{properties},title=spec/unknown-key::unknown"
    )


def test_what_would_end_a_property_or_a_message_is_escaped(show, typo):
    line = show("github", typo._replace(file="a:b,c%d\ne", message="50%\r\n::error::x"))
    assert line.startswith(r"::error file=a%3Ab%2Cc%25d\x0ae,line=31")
    assert r"::50%25\x0d\x0a::error::x%0AFix: rename" in line


def test_the_gravest_ten_of_a_kind_are_kept(show, many):
    lines = show("github", *many).splitlines()
    kinds = [line.split(" ", 1)[0] for line in lines]
    assert kinds == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 10
    assert lines[-1] == (
        "::notice title=fairway::19,971 more findings without an annotation (4,990 errors, "
        "9,990 warnings, 4,991 infos): GitHub shows 10 of a kind for each step. "
        "The other reports list all of them."
    )


def test_ten_of_a_kind_are_all_shown(show, many):
    notes = [item for item in many if item.severity is Severity.INFO]
    assert Counter(show("github", *notes[:10]).count(text) for text in ("file=", "more"))[10] == 1
    assert show("github", *notes[:11]).count("file=") == 9
