"""What a router cannot do is refused at its line, with the nearest router that can."""

from __future__ import annotations

import pytest
from target.routers.release import GATES, Places, ab, canary, even_canary, spec
from workspace import Document, GeneratedSpec

from fairway.location import format_route

CANARY = "release.strategy.canary"
INSIDE: Document = {"callers": [{"namespace": "shop"}], "hosts": []}
SHADOW: Document = {"shadow": {"mirror": "100%"}}
FRACTION = [{"weight": "0.5%", "hold": "30m"}]
CASES: list[tuple[str, GeneratedSpec, str, str, str]] = [
    ("gateway-api", spec(canary(), **INSIDE), "serving.callers", "go past it", "`istio` can"),
    ("gateway-api", spec(SHADOW, **INSIDE), "serving.callers", "go past it", "`istio` can"),
    ("gateway-api", spec(canary(sticky={"header": "x-user"})), f"{CANARY}.sticky", "one side",
     "`envoy` can"),
    ("istio", spec(canary(sticky={"cookie": "user"})), f"{CANARY}.sticky", "to chance",
     "`envoy` can"),
    ("istio", spec(ab("user-hash", "x-user")), "release.strategy.ab.split.by", "to chance",
     "`envoy` can"),
    ("argo-rollouts", spec(SHADOW), "release.strategy.shadow", "with Istio only",
     "`gateway-api` can"),
    ("argo-rollouts", spec(ab("header", "x-cohort", "b")), "release.strategy.ab",
     "ends with a decision", "`gateway-api` can"),
    ("argo-rollouts", spec(canary(steps=FRACTION)), f"{CANARY}.steps[0].weight", "pull request 219",
     "`gateway-api` can"),
    ("flagger", spec(even_canary(steps=[*even_canary()["canary"]["steps"],
                                        {"weight": "50%", "hold": "31m"}])),
     f"{CANARY}.steps[2].hold", "one interval", "`argo-rollouts` can"),
    ("flagger", spec(even_canary(interval="1m")), f"{CANARY}.interval", "once, when a step ends",
     "set the canary's `interval`"),
    ("flagger", spec(even_canary(onFailure="pause")), f"{CANARY}.onFailure", "rolls back",
     "`argo-rollouts` can"),
    ("flagger", spec(even_canary(), scaling={"min": 2}), "serving.scaling", "an autoscaler alone",
     "`serving.scaling.max` above"),
    ("flagger", spec({"blueGreen": {"active": "stable"}}), "release.strategy.blueGreen.active",
     "no candidate that waits", "`argo-rollouts` can"),
    ("flagger", spec({"canary": {"steps": [{"weight": "5%", "hold": "9s"}]}}),
     f"{CANARY}.steps[0].hold", "under ten seconds", "`argo-rollouts` can"),
    ("flagger", spec({"canary": {"steps": [{"weight": "5%", "hold": "1h"}] * 2}}),
     f"{CANARY}.steps[1].weight", "does not rise", "`argo-rollouts` can"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{each[0]}: {each[2]}" for each in CASES])
def test_a_refusal(case: tuple[str, GeneratedSpec, str, str, str], places: Places) -> None:
    router, made, route, why, fix = case
    (finding,) = places.check(router, made).findings
    assert finding.rule == "target/capability"
    assert format_route(finding.at.route) == route
    assert finding.message.startswith(f"{router} cannot express ")
    assert why in finding.message
    assert finding.fix is not None
    assert fix in finding.fix.description


def test_controllers_hand_nothing_over(places: Places) -> None:
    made = spec({"rolling": {}}, None)
    made.document["release"]["handover"] = "perVersion"
    for router in ("argo-rollouts", "flagger"):
        (finding,) = places.check(router, made).findings
        assert format_route(finding.at.route) == "release.handover"
        assert "nothing to hand over" in finding.message


def test_every_gate_of_the_examples_can_be_read(places: Places) -> None:
    """The refusals above are those of the routers, not of what is measured."""
    for router, made in (("argo-rollouts", canary()), ("flagger", even_canary())):
        assert not places.check(router, spec(made)).findings
        assert len(places.render(router, spec(made)).plan.release.gates) == len(GATES)
