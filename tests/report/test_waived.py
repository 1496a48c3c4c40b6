"""Waived findings are in every report, each with its reason and the days that are left."""

import pytest

from fairway.finding import Suppression
from fairway.report import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_why_and_for_how_long(show, typo, name):
    waived = typo._replace(suppressed=Suppression("the VPN is enough", "@ml", "2026-12-01"))
    text = show(name, waived)
    for word in ("spec/unknown-key", "the VPN is enough", "2026-12-01", "12"):
        assert word in text
    left = '"daysLeft": 12' if name in ("json", "sarif") else "12 days left"
    assert left in text or left.replace(" ", "") in text


@pytest.mark.parametrize(
    ("until", "left"),
    [("2026-11-19", 0), ("2026-11-20", 1), ("2026-11-18", None), ("soon", None), ("", None)],
)
def test_days_left_in_json(show, typo, until, left):
    waived = typo._replace(suppressed=Suppression("later", until=until))
    expected = "null" if left is None else str(left)
    assert f'"daysLeft": {expected}}}' in show("json", waived)


@pytest.mark.parametrize("name", ["text", "github", "markdown"])
def test_thousands_of_waived_findings_are_not_all_listed(show, many, name):
    waived = [each._replace(suppressed=Suppression("later")) for each in many[:3000]]
    text = show(name, *waived)
    assert "3,000 waived findings" in text
    assert "and 2,980 more" in text
    assert len(text) < 20_000


def test_a_comment_with_many_findings_and_many_waivers_fits(show, many):
    waived = [each._replace(suppressed=Suppression("why " * 500)) for each in many[:100]]
    text = show("markdown", *many[:2000], *waived)
    assert len(text) <= 65_536
    assert text.count("- waived") == 21


def test_github_keeps_room_for_the_notices(show, many):
    infos = [each for each in many if each.severity.label == "info"][:30]
    waived = infos[0]._replace(suppressed=Suppression("later"))
    lines = show("github", *infos, waived).splitlines()
    assert len(lines) == 10
    assert "22 more findings" in lines[-2]
    assert "1 waived finding" in lines[-1]
