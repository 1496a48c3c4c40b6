"""Every place of every rendered object leads to its template, and to the spec where it can."""

import os

import pytest

from fairway.compile import Compiler
from fairway.location import format_route, parse_route
from fairway.packs import PACKAGE
from fairway.policy.origin import object_origin
from fairway.policy.sample import samples_of
from fairway.project import load_project


@pytest.fixture(scope="module")
def rendered():
    """The plan of the examples' deployment, its objects, and the targets."""
    loaded = load_project(os.path.join(PACKAGE, "policy", "example", "fairway.yaml"))
    (sample,) = samples_of("deployment", (), {})
    compiler = Compiler(loaded)
    (plan,) = compiler.compile([sample.deployment]).plans
    return plan, compiler.objects(plan), loaded.targets, sample.deployment


def origin(rendered, kind, at):
    plan, objects, targets, _ = rendered
    made = next(each for each in objects if each.value["kind"] == kind)
    return object_origin(made, parse_route(at), plan, targets)


@pytest.mark.parametrize(
    ("kind", "at", "spec"),
    [
        ("Deployment", "spec.template.spec.containers[0].resources.requests.cpu",
         "serving.resources"),
        ("Deployment", "spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name",
         "serving.secrets"),
        ("Deployment", "spec.template.spec.containers[0].image", 'versions["1.0.0"]'),
        ("HorizontalPodAutoscaler", "spec.maxReplicas", "serving.scaling"),
        ("HTTPRoute", "spec.hostnames", "serving.hosts"),
        ("NetworkPolicy",
         'spec.ingress[0].from[0].namespaceSelector.matchLabels["kubernetes.io/metadata.name"]',
         "serving.callers"),
        ("Deployment", "spec.template.spec.securityContext.runAsNonRoot", None),
        ("Deployment", "spec.nothing.like[3].that", None),
        ("Service", "", None),
    ],
)  # fmt: skip
def test_a_place_leads_to_the_field_that_caused_it(rendered, kind, at, spec):
    found = origin(rendered, kind, at).spec
    if spec is None:
        assert found is None
    else:
        assert found is not None
        assert format_route(found).startswith(spec)


def leaves(value, route=()):
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from leaves(each, (*route, key))
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from leaves(each, (*route, index))
    else:
        yield route


def test_every_place_has_one_in_its_template_and_none_outside_of_the_spec(rendered):
    plan, objects, targets, deployment = rendered
    count = 0
    for made in objects:
        for route in leaves(made.value):
            found = object_origin(made, route, plan, targets)
            assert found.document.holds(found.template.route), (made.value["kind"], route)
            span = found.document.span(found.template)
            assert span.line >= 1
            if found.spec is not None:
                assert deployment.merged.locate(found.spec).file == "deployment.yaml"
            count += 1
    assert count > 100
