"""Examples are tried: what they find is what they say, at places that there are."""

import pytest
from policy.rules import about_deployment, loaded

from fairway.policy.judge import Failure
from fairway.policy.sample import samples_of
from fairway.policy.trial import finds, try_rule

ONE = {"serving": {"scaling": {"min": 1}}}
TWO_PODS = "deployment.serving.scaling.min >= 2"


def faults(pack, **changes):
    rule, program = loaded(pack, **changes)
    return [(fault.route, fault.message) for fault in try_rule(rule, program)]


def test_examples_that_say_the_truth_have_no_faults(pack):
    assert faults(pack) == []


@pytest.mark.parametrize(
    ("examples", "route", "message"),
    [
        (
            {"good": [{}, {"stable": {"signer": ""}}]}, ("examples", "good", 1),
            'this is to find nothing, and finds versions["1.0.0"]',
        ),
        (
            {"bad": [{"finds": "release.stable"}]}, ("examples", "bad", 0),
            "this is to find release.stable, and finds nothing",
        ),
        (
            {"bad": [{"stable": {"signer": ""}, "candidate": {"signer": ""}, "finds": "versions"}]},
            ("examples", "bad", 0),
            'this is to find versions, and finds versions["1.0.0"], versions["2.0.0"]',
        ),
        (
            {"bad": [{"servings": {}, "finds": "x"}]}, ("examples", "bad", 0),
            "nothing can be made of this example: unknown key `servings`",
        ),
        (
            {"bad": [{"release": {"stable": "9"}, "finds": "x"}]}, ("examples", "bad", 0),
            "nothing can be made of this example: there is no version 9",
        ),
    ],
)  # fmt: skip
def test_an_example_that_does_not_is_named(pack, examples, route, message):
    given = {"good": [{}], "bad": [{"stable": {"signer": ""}, "finds": 'versions["1.0.0"]'}]}
    ((found, said),) = faults(pack, examples={**given, **examples})
    assert found == route
    assert message in said


def test_a_rule_that_cannot_be_evaluated_is_named(pack):
    bad = [{"monitoring": None}]
    changes = about_deployment("deployment.monitoring.slos.size() > 0", [{}], bad)
    ((route, message),) = faults(pack, **changes)
    assert route == ("examples", "bad", 0)
    assert message.startswith("the rule cannot be evaluated: ")


def test_a_place_that_is_no_route_is_named(pack):
    examples = {"good": [{}], "bad": [{**ONE, "finds": "the serving"}]}
    changes = about_deployment(TWO_PODS, [], [], at="the serving", examples=examples)
    assert [route for route, _ in faults(pack, **changes)] == [("at",)]


def test_edits_are_tried(pack):
    changes = about_deployment(TWO_PODS, [{}], [ONE])
    mends = {"say": "two pods", "set": {"serving.scaling.min": 2}}
    assert faults(pack, **changes, fix=mends) == []
    ((route, message),) = faults(
        pack, **changes, fix={"say": "x", "set": {"serving.scaling.max": 9}}
    )
    assert (route, message) == (
        ("examples", "bad", 0), "the edits of `fix` do not mend this example",
    )  # fmt: skip


def test_a_removal_is_tried(pack):
    changes = about_deployment(
        "!has(deployment.metadata.description)", [{"metadata": {"description": None}}], [{}]
    )
    fix = {"say": "remove it", "remove": ["metadata.description"]}
    assert faults(pack, **changes, fix=fix) == []


def test_edits_that_make_no_spec_are_named(pack):
    changes = about_deployment(TWO_PODS, [{}], [ONE])
    fix = {"say": "x", "set": {"serving.scaling.min": "many"}}
    ((_, message),) = faults(pack, **changes, fix=fix)
    assert "the edits of `fix` cannot be tried on this" in message


def test_all_places_of_all_subjects_are_found(pack):
    changes = {
        "subject": "artifact", "for": "pods", "each": "pod.containers", "as": "container",
        "require": 'container.name == "model"', "at": "{container.path}",
        "message": "{container.name}",
    }  # fmt: skip
    _, program = loaded(pack, **changes)
    samples = samples_of("pods", (), {"container": {"name": "other"}})
    assert finds(program, samples) == ("spec.template.spec.containers[0]",)
    _, program = loaded(pack, **{**changes, "require": "container.resources.x == 1"})
    assert isinstance(finds(program, samples), Failure)
