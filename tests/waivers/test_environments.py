"""A waiver covers the environments that it names, and the finding counts in the others."""

from hypothesis import given
from hypothesis import strategies as st
from waivers.setting import NOON, applied, book, document, finding, rules, waiver

SPEC = document()
ALL = ("staging", "production", "edge")
SOME = st.lists(st.sampled_from(ALL), unique=True)
AUTH = ("serving", "auth")


def where(findings, every=ALL):
    """The environments that findings hold in."""
    return [name for each in findings for name in each.environments or every]


@given(st.lists(SOME, min_size=1, max_size=3), st.lists(SOME, max_size=3))
def test_in_each_environment_a_finding_counts_or_is_waived(found_in, waived_in):
    taken: set[str] = set()
    waivers = []
    for position, names in enumerate(waived_in):
        free = [name for name in names if name not in taken]
        if free:
            taken |= set(free)
            waivers.append(waiver(finding(*AUTH), SPEC, environments=free, position=position))
    findings = [
        finding(*AUTH, environments=names)._replace(message=f"{number}")
        for number, names in enumerate(found_in)
    ]
    result = book(*waivers, environments=ALL).apply(findings, {SPEC.path: SPEC}, NOON)
    for each in findings:
        names = set(each.environments or ALL)
        count = [f for f in result.open if f.message == each.message]
        waived = [f for f, _ in result.waived if f.message == each.message]
        assert sorted(where(count)) == sorted(names - taken)
        assert sorted(where(waived)) == sorted(names & taken)
    assert result.findings == ()


@given(SOME.filter(bool), SOME)
def test_without_environments_a_waiver_covers_all_of_them(found_in, every):
    about = finding(*AUTH, environments=found_in)
    result = book(waiver(about, SPEC), environments=every).apply([about], {SPEC.path: SPEC}, NOON)
    assert ([f for f, _ in result.waived], result.open) == ([about], ())


def test_a_finding_of_all_environments_is_split():
    found = applied(waiver(finding(*AUTH), SPEC, environments=["staging"]), finding(*AUTH), SPEC)
    assert found.open == (finding(*AUTH, environments=["production"]),)
    assert [f for f, _ in found.waived] == [finding(*AUTH, environments=["staging"])]


def test_a_waiver_of_another_environment_covers_nothing():
    other = waiver(finding(*AUTH), SPEC, environments=["staging"])
    about = finding(*AUTH, environments=["production"])
    found = applied(other, about, SPEC)
    assert (found.open, found.waived, found.findings) == ((about,), (), ())
    assert rules(book(other).unused(found.used)) == ["waiver/unused"]


def test_an_environment_that_is_no_longer_needed_is_named():
    both = waiver(finding(*AUTH), SPEC, environments=["staging", "production"])
    found = applied(both, finding(*AUTH, environments=["staging"]), SPEC)
    (unused,) = book(both).unused(found.used)
    assert unused.message.endswith("has nothing to waive in production")
    assert unused.at.route == ("waivers", 0, "environments", 1)


def test_uses_of_several_applications_count_together():
    both = waiver(finding(*AUTH), SPEC, environments=["staging", "production"])
    of_both = book(both)
    used = set()
    for name in ("staging", "production"):
        about = finding(*AUTH, environments=[name])
        used |= of_both.apply([about], {SPEC.path: SPEC}, NOON).used
    assert of_both.unused(used) == []
    assert rules(of_both.unused([])) == ["waiver/unused"]


def test_a_misspelt_environment_is_named():
    found = applied(waiver(finding(*AUTH), SPEC, environments=["stagin"]), finding(*AUTH), SPEC)
    (fault,) = found.findings
    assert (fault.rule, fault.fix.replacement) == ("waiver/file", "staging")
    assert fault.at.route == ("waivers", 0, "environments", 0)
    assert found.open == (finding(*AUTH),)


def test_an_override_has_a_route_of_its_own():
    text = "serving: {auth: {}}\nenvironments: {staging: {serving: {auth: {none: x}}}}\n"
    spec = document(text)
    override = finding("environments", "staging", "serving", "auth", environments=["staging"])
    found = applied(waiver(override, spec), [finding(*AUTH), override], spec)
    assert ([f for f, _ in found.waived], found.open) == ([override], (finding(*AUTH),))
