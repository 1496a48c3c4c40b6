from xml.etree import ElementTree

from fairway.finding import Severity, Suppression


def test_a_fleet_reads_as_expected(show, fleet, expected):
    assert show("junit", *fleet) == expected("fleet.xml")


def test_no_findings_is_one_test_that_passed(show):
    root = ElementTree.fromstring(show("junit"))  # noqa: S314 (our own output)
    assert root.attrib == root.find("testsuite").attrib
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("1", "0", "0")
    (case,) = root.iter("testcase")
    assert list(case) == []


def test_only_errors_fail(show, typo):
    kinds = [typo._replace(severity=severity) for severity in Severity]
    waived = typo._replace(suppressed=Suppression("because <it> must", "me", "2026-12-01"))
    root = ElementTree.fromstring(show("junit", *kinds, waived))  # noqa: S314
    outcomes = [next(iter(case)) for case in root.iter("testcase")]
    assert [(outcome.tag, outcome.get("type")) for outcome in outcomes] == [
        ("skipped", "info"),
        ("skipped", "warning"),
        ("failure", "error"),
        ("skipped", "waived"),
    ]
    said = "because <it> must (me, until 2026-12-01, 12 days left)"
    assert outcomes[3].text.endswith(f"\n   = waived: {said}")


def test_names_are_unique_and_counts_add_up(show, many):
    doubled = [*many[:2000], *many[:2000]]
    root = ElementTree.fromstring(show("junit", *doubled))  # noqa: S314
    names = [case.get("name") for case in root.iter("testcase")]
    assert len(set(names)) == len(names) == 4000
    for key in ("tests", "failures", "skipped"):
        total = sum(int(suite.get(key)) for suite in root.iter("testsuite"))
        assert total == int(root.get(key))


def test_many_findings_stay_below_what_gitlab_reads(show, many):
    assert len(show("junit", *many).encode()) < 30_000_000
