"""The built-in pack: examples that hold, conditions that they cover, controls that there are."""

from collections import Counter

import pytest

from fairway.packs import pack_folder
from fairway.policy.controls import catalogue_of
from fairway.policy.exercise import exercise
from fairway.policy.pack import compile_pack, read_pack, rule_paths
from fairway.policy.reference import policies_page
from fairway.policy.sample import samples_of

FOLDER = pack_folder("policies")
PATHS = {path[len(FOLDER) + 1 : -len(".yaml")]: path for path in rule_paths(FOLDER)}
FAMILIES = {"security", "testing", "release", "reliability", "monitoring", "fleet"}
# Where a rule rests on the documentation of what it is about, and no catalogue has it.
DOCUMENTATION = ("Kubernetes docs (", "Gateway API (", "CVE-")


@pytest.fixture(scope="module")
def rules():
    return read_pack(FOLDER)


def test_it_is_as_large_as_promised(rules):
    assert len(rules) >= 80
    assert {rule.id.partition("/")[0] for rule in rules} >= FAMILIES


def test_names_and_titles_are_unique(rules):
    for said in (lambda rule: rule.id, lambda rule: rule.title):
        assert [text for text, count in Counter(map(said, rules)).items() if count > 1] == []


def test_all_rules_load_together(rules):
    pack = compile_pack(FOLDER, rules)
    assert set(pack.programs()) == {rule.id for rule in rules}


@pytest.mark.parametrize("rule", PATHS)
def test_examples_hold_and_cover_the_condition(rule):
    done = exercise(PATHS[rule], mutants=True)
    assert done.faults == ()
    assert done.mutants > 0
    assert done.examples >= 2


def test_references_are_to_catalogues(rules):
    others = [
        (rule.id, reference)
        for rule in rules
        for reference in rule.references
        if catalogue_of(reference) is None and not reference.startswith(DOCUMENTATION)
    ]
    assert others == []
    assert {
        catalogue.prefix
        for rule in rules
        for reference in rule.references
        if (catalogue := catalogue_of(reference)) is not None
    } >= {"PSS", "NSA-CISA", "CIS", "SLSA", "OWASP ML", "ML Test Score"}


def test_the_base_keeps_every_rule(rules):
    """What examples are merged over says nothing by itself: a good example may be `{}`."""
    for rule in rules:
        if rule.subject != "artifact":
            assert samples_of(rule.about, rule.kinds, {}), rule.id


def test_the_reference_has_every_rule_and_every_control(rules):
    page = policies_page(rules)
    for rule in rules:
        assert f"\n### {rule.id}\n" in page
        for reference in rule.references:
            assert f"| {reference.replace('|', chr(92) + '|')} |" in page
