"""When a waiver holds: through its last day in UTC, and never without a date."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waivers.setting import NOON, applied, book, document, finding, rules, waiver

from fairway.errors import UsageError
from fairway.finding import Severity, Suppression
from fairway.waivers.waiver import LONGEST

SPEC = document()
AUTH = finding("serving", "auth")
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 370 * 1440), ZONES)
def test_a_waiver_holds_through_its_last_day(until, minutes, zone):
    """Whatever the zone that the time was written in."""
    end = datetime.combine(until + timedelta(days=1), time(), UTC)
    now = (end - timedelta(days=366, minutes=1) + timedelta(minutes=minutes)).astimezone(zone)
    found = applied(waiver(AUTH, SPEC, until=until), AUTH, SPEC, now)
    left = until - now.astimezone(UTC).date()
    if left > LONGEST:
        assert rules(found.findings) == ["waiver/file"]
        assert found.open == (AUTH,)
    elif now < end:
        assert found.waived == ((AUTH, found.waived[0][1]),)
        assert (found.open, found.findings) == ((), ())
    else:
        assert rules(found.findings) == ["waiver/expired"]
        assert (found.open, found.waived) == ((AUTH,), ())


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        ("2027-01-31T00:00:00Z", True),
        ("2027-01-31T23:59:59.999999Z", True),
        ("2027-02-01T00:00:00Z", False),
        ("2027-01-31T23:00:00-02:00", False),
        ("2027-02-01T01:00:00+02:00", True),
        ("2026-01-30T00:00:00Z", True),
        ("2026-01-29T23:59:59Z", False),
    ],
)
def test_the_edges_of_a_waiver_until_the_end_of_january(now, holds):
    found = applied(waiver(AUTH, SPEC), AUTH, SPEC, datetime.fromisoformat(now))
    assert bool(found.waived) == holds
    assert bool(found.open) != holds


def test_what_an_active_waiver_says():
    found = applied(waiver(AUTH, SPEC), AUTH, SPEC)
    says = Suppression("The gateway is only reachable from the VPN.", "@growth-ml", "2027-01-31")
    assert found.waived == ((AUTH, says),)


def test_what_an_expired_waiver_says():
    found = applied(waiver(AUTH, SPEC), AUTH, SPEC, NOON + timedelta(days=200))
    (expired,) = found.findings
    assert expired.message == (
        "this waiver of security/authentication-is-said ended on 2027-01-31, and the finding"
        " counts again"
    )
    assert expired.at.route == ("waivers", 0, "until")
    assert expired.fix.description.startswith("mend the finding, or take the decision again")
    assert [related.at for related in expired.related] == [AUTH.at]


def test_a_waiver_until_too_far_names_the_last_day_that_there_may_be():
    found = applied(waiver(AUTH, SPEC, until=date(2028, 1, 1)), AUTH, SPEC)
    (fault,) = found.findings
    assert fault.fix.replacement == "2027-11-20"
    assert fault.severity is Severity.ERROR
    until = date.fromisoformat(fault.fix.replacement)
    assert applied(waiver(AUTH, SPEC, until=until), AUTH, SPEC).waived


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (Severity.ERROR, Severity.ERROR),
        (Severity.WARNING, Severity.WARNING),
        (Severity.INFO, Severity.WARNING),
    ],
)
def test_an_expired_waiver_is_as_severe_as_what_counts_again(own, expected):
    about = AUTH._replace(severity=own)
    found = applied(waiver(about, SPEC), about, SPEC, NOON + timedelta(days=200))
    assert [each.severity for each in found.findings] == [expected]


def test_without_a_date_no_waiver_holds():
    found = applied(waiver(AUTH, SPEC), AUTH, SPEC, None)
    assert rules(found.findings) == ["waiver/expired"]
    assert "nothing says what day it is" in found.findings[0].message
    assert found.open == (AUTH,)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        applied(waiver(AUTH, SPEC), AUTH, SPEC, datetime(2026, 11, 19))


def test_the_time_is_asked_for_once_and_only_when_a_waiver_has_a_finding():
    asked = []

    def now():
        asked.append(1)
        return NOON

    other = finding("serving", "scaling")
    spec = {SPEC.path: SPEC}
    book().apply([AUTH], spec, now)
    book(waiver(AUTH, SPEC)).apply([other], spec, now)
    assert asked == []
    both = (waiver(AUTH, SPEC), waiver(other, SPEC, position=1))
    assert len(book(*both).apply([AUTH, other], spec, now).waived) == 2
    assert asked == [1]


def test_what_the_clock_raises_is_not_swallowed():
    def now():
        raise UsageError("no commit")

    with pytest.raises(UsageError):
        applied(waiver(AUTH, SPEC), AUTH, SPEC, now)
