"""Conditions and texts are checked against the types when a rule loads."""

import pytest
from policy.rules import loaded, write_rule

from fairway import kept
from fairway.errors import UsageError
from fairway.policy.pack import compile_pack, load_pack, read_pack
from fairway.policy.program import compile_rule, fill
from fairway.policy.rule_file import read_rule

FAULTS = {
    "a misspelt field": ({"require": "version.sgner != ''"}, "require", "undefined field 'sgner'"),
    "a misspelt variable": ({"require": "verson.signer != ''"}, "require", "undeclared reference"),
    "another type": ({"require": "version.size > 2.0"}, "require", "no matching overload"),
    "no condition": ({"require": "version.signer"}, "require", "true or false, and this is string"),
    "syntax": ({"require": "version.signer !="}, "require", "Syntax error"),
    "elements of no list": ({"each": "deployment.name"}, "each", "a list, and this is string"),
    "the subject's own name": ({"as": "deployment"}, "as", "choose another"),
    "a when that is a number": ({"when": "deployment.soakHours"}, "when", "and this is double"),
    "a place that is not there": ({"at": "{version.nme}"}, "at", "undefined field 'nme'"),
    "a value that is not there": ({"message": "{nobody}"}, "message", "undeclared reference"),
    "a fix that reads nothing": ({"fix": "{version.nme}"}, "fix", "undefined field 'nme'"),
    "the fleet for a deployment": ({"require": "size(fleet.teams) > 0"}, "require", "fleet"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_at_its_key(pack, fault):
    changes, key, message = FAULTS[fault]
    path = write_rule(pack, **changes)
    with pytest.raises(UsageError) as raised:
        compile_rule(read_rule(str(path)))
    place, _, said = raised.value.message.partition(": ")
    line = path.read_text("utf-8").splitlines()[int(place.split(":")[-2]) - 1]
    assert message in said
    assert "\n" not in said
    assert line.startswith(f"{key}:")


def test_a_fault_of_an_edit_is_named_at_the_edit(pack):
    fix = {"say": "sign it", "set": {"serving.port": "{version.nme}"}}
    path = write_rule(pack, fix=fix)
    with pytest.raises(UsageError) as raised:
        compile_rule(read_rule(str(path)))
    line = int(raised.value.message.split(":")[1])
    assert "serving.port" in path.read_text("utf-8").splitlines()[line - 1]


def test_equal_placeholders_are_computed_once(pack):
    message = "{version.name} of {deployment.name}, {version.name}"
    _, program = loaded(pack, message=message)
    assert fill(program.message, {0: "1.0.0", 1: "churn"}) == "1.0.0 of churn, 1.0.0"
    assert program.at == ('versions["', 0, '"]')


def test_a_pack_groups_rules_by_what_they_are_about(pack):
    write_rule(pack)
    write_rule(pack, rule="house/second")
    changes = {
        "subject": "artifact", "for": ["Service", "Deployment"], "each": None, "as": None,
        "at": None, "require": "has(object.spec)", "message": "there is no spec",
    }  # fmt: skip
    write_rule(pack, **changes, rule="house/third")
    made = compile_pack(str(pack), read_pack(str(pack)))
    assert [(group.about, group.kind, len(group.programs)) for group in made.groups] == [
        ("deployment", "", 2),
        ("objects", "Service", 1),
        ("objects", "Deployment", 1),
    ]
    assert set(made.programs()) == {"house/signed", "house/second", "house/third"}


def in_another_run(pack):
    """Load a pack as a new process would: only what is on the disk is known."""
    load_pack.cache_clear()
    kept.sources.cache_clear()
    return load_pack(str(pack.resolve())).programs()


def test_a_changed_rule_is_checked_again(pack, monkeypatch):
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(pack.resolve().parent / "cache"))
    path = write_rule(pack)
    first = in_another_run(pack)
    assert in_another_run(pack) == first
    write_rule(pack, title="Every version has a signature")
    assert in_another_run(pack)["house/signed"].title == "Every version has a signature"
    path.write_text("rule: house/signed\n", "utf-8")
    with pytest.raises(UsageError, match="a rule needs"):
        in_another_run(pack)


def test_what_was_checked_is_not_checked_again(pack, monkeypatch):
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(pack.resolve().parent / "cache"))
    write_rule(pack)
    first = in_another_run(pack)
    monkeypatch.setattr("fairway.policy.program.compile_rule", None)
    assert in_another_run(pack) == first


def test_a_folder_without_rules_is_no_pack(pack):
    with pytest.raises(UsageError, match="holds no rules"):
        read_pack(str(pack))
