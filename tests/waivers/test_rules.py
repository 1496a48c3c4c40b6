"""What is said of waivers that waive nothing: of other rules, of no finding, of one twice."""

import pytest
from waivers.setting import NOON, applied, book, document, finding, rules, waiver

from fairway.evidence.rules import EVIDENCE_RULES
from fairway.finding import Severity
from fairway.rule import ENGINE_RULES
from fairway.waivers.kinds import waivable_rules
from fairway.waivers.rules import WAIVER_RULES

SPEC = document()
AUTH = finding("serving", "auth")


@pytest.mark.parametrize(
    ("rule", "said", "words"),
    [
        ("security/no-secrets", "waiver/mandatory", "is mandatory"),
        ("spec/type", "waiver/mandatory", "cannot be waived"),
        ("security/nonsense", "waiver/unknown-rule", "there is no rule security/nonsense"),
    ],
)
def test_rules_that_cannot_be_waived(rule, said, words):
    about = AUTH._replace(rule=rule)
    found = applied(waiver(about, SPEC), about, SPEC)
    (fault,) = found.findings
    assert (fault.rule, fault.at.route) == (said, ("waivers", 0, "rule"))
    assert words in fault.message
    assert fault.fix is not None
    assert found.open == (about,)
    assert book(waiver(about, SPEC)).unused(found.used) == []


def test_the_nearest_rule_is_named():
    about = AUTH._replace(rule="security/authentication-said")
    (fault,) = applied(waiver(about, SPEC), about, SPEC).findings
    assert fault.fix.replacement == "security/authentication-is-said"


def test_a_waiver_without_a_finding_is_unused():
    of_one = book(waiver(AUTH, SPEC))
    found = of_one.apply([], {}, NOON)
    assert found.findings == ()
    (unused,) = of_one.unused(found.used)
    assert (unused.rule, unused.severity) == ("waiver/unused", Severity.WARNING)
    assert unused.at.route == ("waivers", 0)
    assert unused.fix.description == "remove it"


@pytest.mark.parametrize("ended", ["expired", "moved"])
def test_a_waiver_that_ended_is_not_also_unused(ended):
    old = waiver(AUTH, SPEC)
    if ended == "moved":
        old = old._replace(scope="sha256:" + "0" * 64)
    now = NOON if ended == "moved" else NOON.replace(year=2028)
    found = applied(old, AUTH, SPEC, now)
    assert rules(found.findings) == [f"waiver/{ended}"]
    assert book(old).unused(found.used) == []


def test_a_waiver_whose_finding_was_mended_is_unused_even_after_its_end():
    old = waiver(AUTH, SPEC)
    found = applied(old, [], SPEC, NOON.replace(year=2028))
    assert (found.findings, rules(book(old).unused(found.used))) == ((), ["waiver/unused"])


def test_two_waivers_of_one_finding_are_one_too_many():
    pair = (waiver(AUTH, SPEC), waiver(AUTH, SPEC, environments=["staging"], position=1))
    found = applied(pair, AUTH, SPEC)
    (fault,) = found.findings
    assert (fault.rule, fault.at.route) == ("waiver/file", ("waivers", 1, "rule"))
    assert fault.related[0].at.route == ("waivers", 0, "rule")
    assert (len(found.waived), found.open) == (1, ())


def test_waivers_of_one_finding_in_different_environments_are_two():
    pair = (
        waiver(AUTH, SPEC, environments=["production"]),
        waiver(AUTH, SPEC, environments=["staging"], position=1),
    )
    found = applied(pair, AUTH, SPEC)
    assert (found.findings, found.open, len(found.waived)) == ((), (), 2)


def test_a_waiver_of_another_spec_is_in_another_book():
    elsewhere = waiver(AUTH, SPEC)._replace(about="/somewhere/else")
    assert book(elsewhere).waivers == ()


def test_which_rules_may_be_waived():
    known = waivable_rules({"security/a": False, "security/b": True})
    assert known.kind("security/a") == "waivable"
    assert known.kind("security/b") == "mandatory"
    assert known.kind("security/c") == "unknown"
    assert {known.kind(rule) for rule in EVIDENCE_RULES} == {"waivable"}
    assert {known.kind(rule) for rule in (*ENGINE_RULES, *WAIVER_RULES)} == {"engine"}
    assert {"security/a", *EVIDENCE_RULES, *WAIVER_RULES} <= set(known.names())
