"""Examples have to notice every change of the condition, or the rule says why they cannot."""

import pytest
from policy.rules import about_deployment, loaded, write_rule, write_text

from fairway.policy.exercise import exercise
from fairway.policy.mutation import Tried, mutants_of, mutate, place_in
from fairway.policy.sample import samples_of

BOTH = "deployment.last && deployment.serving.scaling.min >= 2"
NOT_LAST = {"deployment": {"last": False}}
ONE = {"serving": {"scaling": {"min": 1}}}


def mutated(pack, **changes):
    rule, program = loaded(pack, **changes)
    tried = [Tried(e, samples_of(rule.about, rule.kinds, e.fragment)) for e in rule.good + rule.bad]
    return rule, mutate(rule, program, tried)


def flaws(pack, **changes):
    _, found = mutated(pack, **changes)
    return [flaw.message for flaw in found.flaws]


def test_examples_that_cover_every_clause_notice_every_change(pack):
    rule, found = mutated(pack, **about_deployment(BOTH, [{}], [NOT_LAST, ONE]))
    assert (found.mutants, found.equivalent, found.flaws) == (9, 0, ())
    assert rule.equivalent == ()


def test_a_clause_without_an_example_survives(pack):
    assert flaws(pack, **about_deployment(BOTH, [{}], [NOT_LAST])) == [
        "no example notices this change: `require: without deployment.serving.scaling.min >= 2`",
        "no example notices this change: `require: 1 for 2 in deployment.serving.scaling.min >= 2`",
    ]


def test_a_bound_without_an_example_on_it_survives(pack):
    three = {"serving": {"scaling": {"min": 3}}}
    said = "no example notices this change: `require: {} in deployment.serving.scaling.min >= 2`"
    assert flaws(pack, **about_deployment(BOTH, [three], [NOT_LAST, ONE])) == [
        said.format("> for >="),
        said.format("3 for 2"),
    ]


def test_a_when_has_to_be_needed(pack):
    changes = about_deployment(
        "deployment.serving.scaling.min >= 2", [{}], [ONE], when="deployment.last"
    )
    assert flaws(pack, **changes) == ["no example notices this change: `without `when``"]
    changes["examples"]["good"].append({**NOT_LAST, **ONE})
    assert flaws(pack, **changes) == []


def test_an_error_is_noticed(pack):
    guarded = "has(deployment.monitoring) && deployment.monitoring.slos.size() > 0"
    bad = [{"monitoring": None}, {"monitoring": {"slos": []}}]
    one = {"monitoring": {"slos": [{"name": "availability", "objective": "99%", "window": "30d"}]}}
    assert flaws(pack, **about_deployment(guarded, [one], bad)) == []


def test_elements_of_a_rule_are_held_against_each_mutant(pack):
    assert flaws(pack) == []
    broken = {"require": 'version.signer != "" && version.scanned'}
    assert flaws(pack, **broken) == [
        "no example notices this change: `require: without version.scanned`"
    ]


def test_what_chooses_the_elements_is_changed_too(pack):
    changes = {"each": "deployment.versions.filter(v, v.serves)"}
    assert flaws(pack, **changes) == [
        "no example notices this change: `each: without the filter v.serves`"
    ]


def test_as_many_violations_at_other_places_are_noticed(pack):
    require = 'version.name == "1.0.0" || version.name != "2.0.0"'
    bad = [{"finds": 'versions["2.0.0"]'}]
    names = [
        message
        for message in flaws(pack, require=require, examples={"good": [{}], "bad": bad})
        if 'not version.name == "1.0.0"' in message
    ]
    assert names == []


def test_an_equivalent_mutant_is_excused_with_its_reason(pack):
    survivors = [
        "require: without deployment.serving.scaling.min >= 2",
        "require: 1 for 2 in deployment.serving.scaling.min >= 2",
    ]
    excuses = [{"mutant": name, "why": "the language asks for two"} for name in survivors]
    changes = about_deployment(BOTH, [{}], [NOT_LAST], equivalent=excuses)
    _, found = mutated(pack, **changes)
    assert (found.flaws, found.equivalent) == ((), 2)


def test_an_excuse_that_is_not_needed_is_a_flaw(pack):
    excuses = [
        {"mutant": "require: without deployment.last", "why": "nobody knows"},
        {"mutant": "require: without deployment.lest", "why": "nobody knows"},
    ]
    changes = about_deployment(BOTH, [{}], [NOT_LAST, ONE], equivalent=excuses)
    path = write_rule(pack, **changes)
    done = exercise(str(path), mutants=True)
    lines = path.read_text("utf-8").splitlines()
    first, second = done.faults
    assert "an example notices `require: without deployment.last`" in first
    assert "no mutant `require: without deployment.lest`; did you mean" in second
    for fault, excuse in zip(done.faults, excuses, strict=True):
        line = int(fault.split(":")[1])
        assert excuse["mutant"] in lines[line - 1]


def test_equal_clauses_have_names_of_their_own(pack):
    serves = "version.serves"
    rule, program = loaded(pack, require=f"({serves} || {serves}) && {serves}")
    tried = [Tried(e, samples_of(rule.about, (), e.fragment)) for e in rule.good]
    assert mutate(rule, program, tried).mutants == len(names := _names(rule)) == len(set(names))
    assert f"require: not {serves} (3)" in names


def _names(rule):
    from fairway.policy import cel_env

    env = cel_env.typed("deployment")
    element = env.compile(f"{rule.each}[0]").return_type()
    inner = cel_env.typed("deployment", {rule.as_: element})
    return [mutant.name for mutant in mutants_of(rule, env, inner)]


TEXTS = {
    "plain": 'require: version.signer != "" && version.scanned\n',
    "single quotes": "require: 'version.signer != ''x'' && version.scanned'\n",
    "double quotes": "require: \"version.signer != 'x' && version.scanned\"\n",
    "folded": 'require: >- # a comment\n  version.signer != ""\n\n  && version.scanned\n',
    "literal": 'require: |\n  version.signer != ""\n      && version.scanned\n',
    "plain over two lines": 'require: version.signer != ""\n  && version.scanned\n',
}


@pytest.mark.parametrize("style", TEXTS)
def test_a_clause_is_found_in_any_style_of_yaml(pack, style):
    written = write_rule(pack, require=None).read_text("utf-8")
    path = write_text(pack, TEXTS[style] + written)
    rule, _ = loaded_from(path)
    at = place_in(rule, "require", rule.require.index("version.scanned"))
    span = rule.document.span(at)
    line = path.read_text("utf-8").splitlines()[span.line - 1]
    assert line[span.column - 1 :].startswith("version.scanned")


def test_a_clause_in_a_text_with_escapes_is_the_text(pack):
    written = write_rule(pack, require=None).read_text("utf-8")
    path = write_text(pack, 'require: "version.signer != \\"\\" && version.scanned"\n' + written)
    rule, _ = loaded_from(path)
    span = rule.document.span(place_in(rule, "require", 20))
    assert (span.line, span.column) == (1, 10)


def loaded_from(path):
    from fairway.policy.program import compile_rule
    from fairway.policy.rule_file import read_rule

    rule = read_rule(str(path))
    return rule, compile_rule(rule)
