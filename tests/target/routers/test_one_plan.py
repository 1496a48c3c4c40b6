"""One plan, five routers: what each reads back from its objects is what the plan says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from artifacts.objects import Manifest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from target.routers import simulators
from target.routers.release import NAME, Places, ab, project, spec
from target.routers.simulators import Request, Shares
from workspace import Document, GeneratedSpec, Workspace

from fairway.plan.model import Plan
from fairway.plan.release import Release

ROUTERS = ("gateway-api", "argo-rollouts", "istio", "flagger", "envoy")
PINNED = f"docker.io/envoyproxy/envoy:v1.40@sha256:{'ab' * 32}"
SETTINGS = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Made(NamedTuple):
    """A spec's plan and its objects, or the messages of what is found about it."""

    plan: Plan | None
    manifest: Manifest
    routes: Document
    refused: list[str]


@pytest.fixture(scope="module")
def make(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """Compile a spec for a router; one machine with Envoy has no gateway, and no autoscaler."""
    machine = project("envoy", "istio", "")
    machine["environments"]["staging"]["workload"] = "compose"
    machine["images"]["envoy"] = PINNED
    beside = Workspace(tmp_path_factory.mktemp("machine") / "specs", machine)

    def compile_for(router: str, strategy: Document, candidate: str | None = "2.0") -> Made:
        if router == "envoy":
            made = spec(strategy, candidate, callers=[], hosts=[], scaling={"min": 1})
            return _made(beside, made)
        return _made(places.workspace(router, "istio"), spec(strategy, candidate))

    return compile_for


def _made(workspace: Workspace, made: GeneratedSpec) -> Made:
    checked = workspace.check(made)
    empty = Manifest("", ())
    if checked.findings:
        assert {finding.rule for finding in checked.findings} == {"target/capability"}
        return Made(None, empty, {}, [finding.message for finding in checked.findings])
    compiled = workspace.compiler.compile(checked.deployments)
    files = {Path(a.path).name: a.text for a in compiled.artifacts}
    objects = tuple(yaml.load_all(files.get("manifest.yaml", ""), yaml.CSafeLoader))
    routes = yaml.safe_load(files.get("routes.yaml", "{}"))
    return Made(compiled.plans[0], Manifest("", objects), routes, [])


def shares(router: str, made: Made, request: Request) -> Shares:
    """Return what a router that takes the step from git does with a request."""
    read: dict[str, Callable[[], Shares | None]] = {
        "gateway-api": lambda: simulators.gateway_api(made.manifest, request),
        "istio": lambda: simulators.istio(made.manifest, request),
        "envoy": lambda: simulators.envoy(made.routes, request),
    }
    found = read[router]()
    assert found is not None
    return found


def named(release: Release, role: str, router: str) -> str:
    """Return how a router calls a version: by its service, or by its pods."""
    (variant,) = [each for each in release.variants if each.role == role]
    return variant.workload if router == "envoy" else variant.service


# -- canaries --------------------------------------------------------------------------------------

WEIGHTS = st.integers(1, 1000).map(lambda tenths: tenths / 10)
WHOLE = st.integers(1, 100).map(float)


class Drawn(NamedTuple):
    """The steps of a canary: weights in percent, holds in seconds; and the gates' interval."""

    weights: list[float]
    holds: list[int]
    gates: bool
    interval: int

    @property
    def canary(self) -> Document:
        """The same as a spec writes it, without the step."""
        made: Document = {
            "steps": [
                {"weight": f"{weight:g}%", "hold": f"{hold}s"}
                for weight, hold in zip(self.weights, self.holds, strict=True)
            ],
            "interval": f"{self.interval}s",
        }
        if self.gates:
            made["gates"] = [{"metric": "error-ratio", "max": "1%"}]
        return made

    def flaggers(self) -> bool:
        """Whether Flagger can have it, which is told here a second time and in other words."""
        alike = len(set(self.holds)) == 1 and self.holds[0] >= 10
        rising = all(a < b for a, b in zip([0.0, *self.weights], self.weights, strict=False))
        read = not self.gates or self.interval == self.holds[0]
        return alike and rising and read and self.argos()

    def argos(self) -> bool:
        """Whether Argo Rollouts can have it."""
        return all(weight == int(weight) for weight in self.weights)


@st.composite
def drawn(draw: st.DrawFn) -> Drawn:
    weights = draw(st.lists(draw(st.sampled_from([WEIGHTS, WHOLE])), min_size=1, max_size=5))
    if draw(st.booleans()):
        weights = sorted(set(weights))
    holds = st.integers(5, 7200)
    one = draw(holds)
    each = [one] * len(weights) if draw(st.booleans()) else draw(
        st.lists(holds, min_size=len(weights), max_size=len(weights)))  # fmt: skip
    interval = draw(st.sampled_from([one, 60]))
    return Drawn(weights, each, draw(st.booleans()), interval)


@SETTINGS
@given(canary=drawn())
def test_a_canary(canary: Drawn, make: Callable[..., Made]) -> None:
    """At every step that git may name, and over the time that a controller takes."""
    for step in range(len(canary.weights) + 1):
        strategy = {"canary": {**canary.canary, "step": step}}
        expected = canary.weights[step - 1] / 100 if step else 0.0
        for router in ("gateway-api", "istio", "envoy"):
            made = make(router, strategy)
            assert made.plan is not None, made.refused
            candidate = named(made.plan.release, "candidate", router)
            for request in (Request(), Request(inside=router == "istio")):
                found = shares(router, made, request).answers
                assert found[candidate] == pytest.approx(expected, abs=1e-12)
                assert sum(found.values()) == pytest.approx(1)
    planned = [(canary.weights[n] / 100, hold) for n, hold in enumerate(canary.holds)]
    for router, able in (("argo-rollouts", canary.argos()), ("flagger", canary.flaggers())):
        made = make(router, {"canary": canary.canary})
        assert (made.plan is not None) == able, made.refused
        if made.plan is None:
            continue
        timeline = getattr(simulators, router.replace("-", "_"))(made.manifest)
        assert list(simulators.minutes(timeline)) == list(minutes_of(planned))
        assert list(simulators.minutes(timeline)) == list(
            simulators.minutes(simulators.steps(made.plan))
        )


def minutes_of(planned: list[tuple[float, int]]) -> list[tuple[int, float]]:
    """Return the share of every minute of steps, each a share and a hold in seconds."""
    found, end = [], sum(hold for _, hold in planned)
    for second in range(0, end, 60):
        rest = second
        for share, hold in planned:
            if rest < hold:
                found.append((second, share))
                break
            rest -= hold
    return found


# -- the other strategies --------------------------------------------------------------------------


@SETTINGS
@given(tenths=st.integers(1, 1000))
def test_a_shadow(tenths: int, make: Callable[..., Made]) -> None:
    strategy = {"shadow": {"mirror": f"{tenths / 10:g}%"}}
    for router in ("gateway-api", "istio", "envoy"):
        made = make(router, strategy)
        assert made.plan is not None, made.refused
        release = made.plan.release
        stable, candidate = (named(release, role, router) for role in ("stable", "candidate"))
        found = shares(router, made, Request())
        assert found.answers[stable] == 1
        assert found.answers.get(candidate, 0) == 0
        assert found.copies == {candidate: pytest.approx(tenths / 1000)}
    for router in ("argo-rollouts", "flagger"):
        assert any("release.strategy.shadow" in each for each in make(router, strategy).refused)


VALUES = st.lists(
    st.text("abcXYZ019-_.", min_size=1, max_size=8), min_size=1, max_size=3, unique=True
)


@SETTINGS
@given(
    values=VALUES, by=st.sampled_from(["header", "cookie"]), other=st.text("abcXYZ019.", max_size=8)
)
def test_an_experiment(values: list[str], by: str, other: str, make: Callable[..., Made]) -> None:
    strategy = ab(by, "x-cohort", *values)
    for router in ("gateway-api", "istio", "envoy"):
        made = make(router, strategy)
        assert made.plan is not None, made.refused
        release = made.plan.release
        for value in (*values, other, None):
            role = "candidate" if value in values else "stable"
            expected = named(release, role, router)
            for inside in {False, router == "istio"}:
                request = Request(headers=_headers(by, value), inside=inside)
                assert shares(router, made, request).answers == {expected: 1.0}
    for router in ("argo-rollouts", "flagger"):
        assert any("release.strategy.ab" in each for each in make(router, strategy).refused)


def _headers(by: str, value: str | None) -> dict[str, str]:
    if by == "header":
        return {} if value is None else {"x-cohort": value}
    others = "session=1; my-x-cohort=other"
    return {"cookie": others if value is None else f"{others}; x-cohort={value}; last=1"}


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("active", ["stable", "candidate"])
def test_a_blue_green_release(router: str, active: str, make: Callable[..., Made]) -> None:
    made = make(router, {"blueGreen": {"active": active}})
    if (router, active) == ("flagger", "stable"):
        assert made.refused == [
            "flagger cannot express a candidate that runs and waits for the switch: its blue/green"
            " switches when its checks pass, and has no candidate that waits"
        ]
        return
    assert made.plan is not None, made.refused
    if router == "argo-rollouts":
        green = made.manifest.named("Rollout", NAME)["spec"]["strategy"]["blueGreen"]
        assert green["autoPromotionEnabled"] is (active == "candidate")
        found = simulators.gateway_api(made.manifest, Request())
        assert found == Shares({green["activeService"]: 1.0}, {})
    elif router == "flagger":
        analysis = made.manifest.named("Canary", NAME)["spec"]["analysis"]
        assert analysis == {"interval": "60s", "threshold": 1, "iterations": 1}
    else:
        expected = named(made.plan.release, active, router)
        assert shares(router, made, Request()).answers[expected] == 1


@pytest.mark.parametrize("router", ROUTERS)
def test_a_release_that_rolls(router: str, make: Callable[..., Made]) -> None:
    made = make(router, {"rolling": {}}, None)
    assert made.plan is not None, made.refused
    assert {"Rollout", "Canary"} & {item["kind"] for item in made.manifest.objects} == set()
    if router == "envoy":
        assert simulators.envoy(made.routes, Request()) == Shares({NAME: 1.0}, {})
    elif router == "istio":
        assert simulators.istio(made.manifest, Request(inside=True)) == Shares({NAME: 1.0}, {})
    else:
        assert simulators.gateway_api(made.manifest, Request()) == Shares({NAME: 1.0}, {})


def test_nothing_but_the_models_path_is_reached(make: Callable[..., Made]) -> None:
    canary: Any = {"canary": {"steps": [{"weight": "5%", "hold": "1h"}]}}
    for router, read in (
        ("gateway-api", simulators.gateway_api),
        ("argo-rollouts", simulators.gateway_api),
        ("istio", simulators.istio),
    ):
        manifest = make(router, canary).manifest
        for path in ("/metrics", "/", "/v2x", "/v"):
            assert read(manifest, Request(path=path)) is None, (router, path)
        for path in ("/v2", "/v2/health/ready"):
            assert read(manifest, Request(path=path)) is not None, (router, path)
    assert json.dumps(make("flagger", canary).manifest.named("Canary", NAME)).count('"/v2"') == 1
