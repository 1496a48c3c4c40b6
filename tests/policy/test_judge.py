"""Subjects are held against rules: what is found, in which words, and what cannot be evaluated."""

import pytest
from policy.rules import about_deployment, loaded, write_rule

from fairway.policy.judge import Edit, Failure, Judge, Violation, judge_one
from fairway.policy.pack import compile_pack, read_pack
from fairway.policy.sample import samples_of


def subject(about="deployment", **fragment):
    (sample,) = samples_of(about, (), fragment)
    return sample.variables


def judged(program, **fragment):
    return list(judge_one(program, subject(**fragment)))


def test_a_subject_that_keeps_the_rule_finds_nothing(pack):
    _, program = loaded(pack)
    assert judged(program) == []


def test_every_element_that_breaks_it_is_found(pack):
    _, program = loaded(pack)
    found = judged(program, stable={"signer": ""}, candidate={"signer": ""})
    assert [(each.at, each.message, each.fix) for each in found] == [
        ('versions["1.0.0"]', "nobody signed version 1.0.0", "sign it"),
        ('versions["2.0.0"]', "nobody signed version 2.0.0", "sign it"),
    ]
    assert [each.element["name"] for each in found] == ["1.0.0", "2.0.0"]


def test_a_rule_about_the_whole_has_no_element(pack):
    _, program = loaded(pack, **about_deployment("deployment.last", [{}], [{"deployment": {}}]))
    (found,) = judged(program, deployment={"last": False})
    assert (found.at, found.element) == ("metadata.name", None)


def test_when_limits_what_is_concerned(pack):
    _, program = loaded(pack, when="version.serves")
    versions = {"3.0.0": "models:/fraud-detector/3"}
    assert judged(program, versions=versions) == []
    unsigned = {"name": "3.0.0", "signer": "", "serves": False}
    base = subject()["deployment"]["versions"]
    assert judged(program, deployment={"versions": [*base, {**base[0], **unsigned}]}) == []
    assert judged(program, deployment={"versions": [{**base[0], **unsigned, "serves": True}]})


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("deployment.last", "true"),
        ("2.0", "2"),
        ("0.1 + 0.2", "0.3"),
        ("100.0 / 3.0", "33.3333"),
        ("1234567.0 * 10.0", "12345670"),
        ("duration('1500s')", "25m"),
        ("duration(string(int(86400.0)) + 's')", "24h"),
        ("duration('250ms')", "250ms"),
        ("[1.0, 2.5]", "1, 2.5"),
        ("['a', 'b']", "a, b"),
        ("size(deployment.versions)", "2"),
        ("deployment.versions.map(v, v.name)", "1.0.0, 2.0.0"),
    ],
)
def test_values_are_shown_as_people_write_them(pack, expression, text):
    changes = about_deployment("!deployment.last", [{}], [{}])
    _, program = loaded(pack, **{**changes, "message": f"it is {{{expression}}}"})
    (found,) = judged(program)
    assert found.message == f"it is {text}"


def test_edits_are_filled_in(pack):
    fix = {
        "say": "sign it",
        "set": {"metadata.description": "{version.name} of {deployment.name}", "serving.port": 90},
        "remove": ['versions["{version.name}"]'],
    }
    _, program = loaded(pack, fix=fix)
    (found,) = judged(program, stable={"signer": ""})
    assert found.edits == (
        Edit("metadata.description", "1.0.0 of fraud-detector"),
        Edit("serving.port", 90),
        Edit('versions["1.0.0"]', remove=True),
    )


def test_a_missing_field_is_a_failure_and_not_a_verdict(pack):
    changes = about_deployment("deployment.monitoring.slos.size() > 0", [{}], [{}])
    _, program = loaded(pack, **changes)
    (found,) = judged(program, monitoring=None)
    assert isinstance(found, Failure)
    assert found.rule.id == "house/signed"
    assert "monitoring" in found.why
    assert "\n" not in found.why


def test_an_element_that_cannot_be_judged_is_a_failure(pack):
    _, program = loaded(pack, require="version.evidence.latency.p95 < 1.0")
    found = judged(program, stable={"evidence": {"latency": None}})
    assert [type(each) for each in found] == [Failure]


def test_a_text_that_cannot_be_made_is_a_failure(pack):
    _, program = loaded(pack, message="{version.evidence.latency.p95}")
    found = judged(program, stable={"signer": "", "evidence": {"latency": None}})
    assert [type(each) for each in found] == [Failure]


def test_a_runaway_condition_ends_and_is_named(pack):
    many = f"[{', '.join(map(str, range(100)))}]"
    nested = f"{many}.all(a, {many}.all(b, {many}.all(c, {many}.all(d, a + b + c + d >= 0))))"
    _, program = loaded(pack, **about_deployment(nested, [{}], [{}]))
    (found,) = judged(program)
    assert isinstance(found, Failure)
    assert "iteration" in found.why.lower()


def test_rules_together_find_what_they_find_alone(pack):
    write_rule(pack)
    changes = about_deployment("deployment.monitoring.slos.size() > 0", [{}], [{}])
    write_rule(pack, **changes, rule="house/watched")
    write_rule(pack, rule="house/scanned", require="version.scanned", message="not scanned")
    judge = Judge(compile_pack(str(pack), read_pack(str(pack))).groups)
    assert list(judge.judge(subject())) == []
    found = list(judge.judge(subject(monitoring=None, candidate={"scanned": False})))
    assert [(each.rule.id, type(each)) for each in found] == [
        ("house/scanned", Violation),
        ("house/watched", Failure),
    ]
