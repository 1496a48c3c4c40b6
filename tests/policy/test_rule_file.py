"""A rule's file is read with errors that name the line."""

import pytest
from policy.rules import write_rule, write_text

from fairway.errors import UsageError
from fairway.finding import Severity
from fairway.policy.rule_file import FixFields, read_rule


def test_everything_is_read(pack):
    fix = {"say": "sign it", "set": {"model.risk": "high"}, "remove": ["serving.hosts"]}
    rule = read_rule(str(write_rule(pack, mandatory=True, when="deployment.last", fix=fix)))
    assert (rule.id, rule.severity, rule.mandatory) == ("house/signed", Severity.ERROR, True)
    assert (rule.subject, rule.about, rule.kinds) == ("deployment", "deployment", ())
    assert (rule.each, rule.as_) == ("deployment.versions", "version")
    assert (rule.when, rule.require) == ("deployment.last", 'version.signer != ""')
    assert rule.fix == FixFields("sign it", (("model.risk", "high"),), ("serving.hosts",))
    assert rule.references == ("SLSA v1.0 Build L1",)
    assert [each.fragment for each in rule.good] == [{}]
    assert [(each.fragment, each.finds) for each in rule.bad] == [
        ({"stable": {"signer": ""}}, ('versions["1.0.0"]',))
    ]
    assert rule.bad[0].route == ("examples", "bad", 0)


@pytest.mark.parametrize(
    ("said", "about", "kinds"),
    [
        ("pods", "pods", ()),
        ("dockerfiles", "dockerfiles", ()),
        (["Service", "HTTPRoute"], "objects", ("Service", "HTTPRoute")),
    ],
)
def test_rules_of_artifacts_say_which(pack, said, about, kinds):
    changes = {"subject": "artifact", "for": said, "at": None, "each": None, "as": None}
    rule = read_rule(str(write_rule(pack, **changes)))
    assert (rule.about, rule.kinds, rule.at) == (about, kinds, "")


FAULTS = {
    "a key that there is none of": ({"requires": "true"}, "did you mean `require`?"),
    "no title": ({"title": None}, "a rule needs `title`"),
    "an empty title": ({"title": " "}, "`title` is a text"),
    "a title that is a number": ({"title": 3}, "`title` is a text"),
    "another severity": ({"severity": "fatal"}, "`fatal` is not one of error, warning, info"),
    "another subject": ({"subject": "model"}, "`model` is not one of deployment, plan,"),
    "mandatory as a word": ({"mandatory": "yes"}, "`mandatory` is true or false"),
    "each without as": ({"as": None}, "`each` and `as` need each other"),
    "as without each": ({"each": None}, "`each` and `as` need each other"),
    "a name that is none": ({"as": "the version"}, "is not a name such as `version`"),
    "no place": ({"at": None}, "a rule needs `at`"),
    "for without artifacts": ({"for": "pods"}, "`for` belongs to rules of artifacts"),
    "artifacts without for": ({"subject": "artifact"}, "says what it is `for`: pods, objects"),
    "a group that is none": ({"subject": "artifact", "for": "images"}, "says what it is `for`"),
    "kinds in small letters": ({"subject": "artifact", "for": ["pod"]}, "says what it is `for`"),
    "references that are a text": ({"references": "SLSA"}, "`references` is a list of texts"),
    "a fix without words": ({"fix": {"set": {}}}, "`fix` is a text, or a map with `say`"),
    "a fix with another key": ({"fix": {"say": "x", "add": {}}}, "`say`, `set` and `remove`"),
    "edits that are a list": ({"fix": {"say": "x", "set": []}}, "`set` is a map from routes"),
    "no examples": ({"examples": None}, "a rule without a good example does not load"),
    "no bad example": ({"examples": {"good": [{}]}}, "a rule without a bad example does not load"),
    "an example that is a text": ({"examples": {"good": ["x"]}}, "an example is a map"),
    "a good one that finds": (
        {"examples": {"good": [{"finds": "x"}], "bad": [{"finds": "x"}]}},
        "a good example finds nothing",
    ),
    "a bad one that finds nothing": (
        {"examples": {"good": [{}], "bad": [{}]}},
        "a bad example says in `finds` the places",
    ),
    "another name": ({"rule": "House/Signed"}, "is not a rule's name, such as `House/Signed`"),
    "equivalents that are a map": ({"equivalent": {}}, "`equivalent` is a list"),
    "an equivalent without a reason": (
        {"equivalent": [{"mutant": "x"}]},
        "has `mutant`, its name, and `why`",
    ),
    "an equivalent twice": (
        {"equivalent": [{"mutant": "x", "why": "y"}] * 2},
        "the mutant `x` is there already",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_at_its_place(pack, fault):
    changes, message = FAULTS[fault]
    path = write_rule(pack, **changes)
    with pytest.raises(UsageError) as raised:
        read_rule(str(path))
    place, _, said = raised.value.message.partition(": ")
    assert message in said
    file, line, column = place.rsplit(":", 2)
    assert (file, "\n" in said) == (str(path), False)
    written = path.read_text("utf-8").splitlines()[int(line) - 1]
    assert 1 <= int(column) <= len(written)
    # The line has the key, or is part of the value; without the key it is the file's first.
    (key, value), *_ = changes.items() if len(changes) == 1 else list(changes.items())[-1:]
    if value is None:
        assert int(line) == 1 or key in ("as", "each")
    elif isinstance(value, str | int):
        assert written.startswith(f"{key}:") or key == "subject"


def test_the_file_is_called_like_the_rule(pack):
    path = write_rule(pack).rename(pack / "house" / "sealed.yaml")
    with pytest.raises(UsageError, match="the rule is called house/signed, and its file house/sea"):
        read_rule(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1:1: "),
        ("- rule: x\n", ":1:1: a rule is a map"),
        ("rule: a/b\nrule: a/b\n", ":2:1: "),
        ("rule: [\n", "signed.yaml:"),
        ("title: 'x\n", "signed.yaml:"),
    ],
)
def test_what_is_no_rule_is_said_in_one_line(pack, text, message):
    with pytest.raises(UsageError) as raised:
        read_rule(str(write_text(pack, text)))
    assert message in raised.value.message
    assert "\n" not in raised.value.message


def test_a_file_that_cannot_be_read_is_named(pack):
    with pytest.raises(UsageError, match=r"nothing/here\.yaml: "):
        read_rule(str(pack / "nothing" / "here.yaml"))
