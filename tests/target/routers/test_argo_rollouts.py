"""What Argo Rollouts 1.9 itself makes of its objects: its validation, and its measurements."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from math import isnan
from typing import Any

import pytest
from artifacts.engines import NotBuiltError, build
from target.routers.argo_rollouts import ARGO_ROLLOUTS, phases, validated
from target.routers.readings import cases
from target.routers.release import NAME, Places, Rendered, canary, spec
from workspace import Document, GeneratedSpec

from fairway.plan.verdict import Reading, limit_of

pytestmark = pytest.mark.slow

TO_THE_END = [{"weight": "50%", "hold": "1s"}, {"weight": "100%", "hold": "90s"}]
SPECS: dict[str, GeneratedSpec] = {
    "canary": spec(canary()),
    "pause": spec(canary(onFailure="pause")),
    "one reading": spec(canary(interval="30m")),
    "no gates": spec({"canary": {"steps": [{"weight": "5%", "hold": "30m"}]}}),
    "no candidate": spec(canary(step=0), None),
    "fixed size": spec(canary(), scaling={"min": 3}),
    "to the end": spec(canary(steps=TO_THE_END)),
    "blue": spec({"blueGreen": {"active": "stable", "scaleDownAfter": "90m"}}),
    "green": spec({"blueGreen": {"active": "candidate"}}),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def command() -> None:
    try:
        build(ARGO_ROLLOUTS)
    except NotBuiltError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"Argo Rollouts' code could not be built: {error}")


@pytest.fixture(scope="module")
def rendered(places: Places) -> Callable[[str], Rendered]:
    return lambda name: places.render("argo-rollouts", SPECS[name])


@pytest.mark.parametrize("name", SPECS)
def test_the_controller_takes_them(name: str, rendered: Callable[[str], Rendered]) -> None:
    assert validated(rendered(name).manifest.objects) == "ok: 1"


def put(kind: str, name: str, *route: Any) -> Callable[[list[Document]], None]:
    """Return a change: the last of ``route`` is put at the place that the others name."""

    def change(objects: list[Document]) -> None:
        *path, last, value = route
        (node,) = [o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name)]
        for step in path:
            node = node[step]
        node[last] = value

    return change


SPEC = ("spec", "strategy", "canary")
FAULTS: dict[str, tuple[Callable[[list[Document]], None], str]] = {
    "weight": (put("Rollout", NAME, *SPEC, "steps", 0, "setWeight", 101), "SetWeight needs"),
    "service": (put("Rollout", NAME, *SPEC, "canaryService", "nobody"), "no Service nobody"),
    "pods": (put("Service", NAME, "spec", "selector", "a", "b"), "unmatch label"),
    "template": (put("Rollout", NAME, "spec", "workloadRef", "name", "x"), "no Deployment x"),
    "for ever": (
        put("AnalysisTemplate", f"{NAME}-gates", "spec", "metrics", 0, "count", 0),
        "runs indefinitely",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found(
    fault: tuple[Callable[[list[Document]], None], str], rendered: Callable[[str], Rendered]
) -> None:
    change, words = fault
    objects = copy.deepcopy(list(rendered("canary").manifest.objects))
    change(objects)
    assert words in validated(objects)


# -- measurements ----------------------------------------------------------------------------------

AT_THE_END = {"pass": "Successful", "fail": "Failed", "unknown": "Inconclusive"}
ON_FAILURE = {
    ("rollback", "gates"): AT_THE_END,
    ("rollback", "watch"): AT_THE_END,
    ("pause", "gates"): {**AT_THE_END, "fail": "Inconclusive"},
    # It pauses at what is inconclusive, and only a bad reading may do that.
    ("pause", "watch"): {"pass": "Successful", "fail": "Inconclusive", "unknown": "Successful"},
}


@pytest.mark.parametrize(("on_failure", "run"), ON_FAILURE)
def test_a_measurement_says_what_judge_says(on_failure: str, run: str, places: Places) -> None:
    template = dict(_metrics(on_failure, run, places))
    every = list(cases())
    questions = []
    for case in every:
        metric = _about(template[case.gate.kind], case.gate.limit_text)
        questions.append((metric, _samples(case.gate.kind, case.reading, case.word, case.gate)))
    expected = [ON_FAILURE[on_failure, run][case.word] for case in every]
    found = phases(questions)
    wrong = [(q, e, f) for q, e, f in zip(questions, expected, found, strict=True) if e != f]
    assert wrong == []
    assert len(set(found)) > 1


def test_several_samples_say_nothing(places: Places) -> None:
    """A query that does not add its series up is of nobody in particular."""
    ((_, metric), *_) = _metrics("rollback", "gates", places)
    assert phases([(metric, [0.0, 0.0]), (metric, [0.0])]) == ["Inconclusive", "Successful"]


def test_a_metric_that_is_none_is_found(places: Places) -> None:
    ((_, metric), *_) = _metrics("rollback", "gates", places)
    for change, words in (
        ({"inconclusiveLimit": 999}, "count must be >= inconclusiveLimit"),
        ({"successCondition": "result[0"}, "error: "),
        ({"interval": "1d"}, "error: "),
    ):
        (answer,) = phases([({**metric, **change}, [0.0])])
        assert words in answer


def _metrics(on_failure: str, run: str, places: Places) -> list[tuple[str, Document]]:
    """Return the metrics that are rendered, by the kind of their gate."""
    made = places.render("argo-rollouts", spec(canary(onFailure=on_failure)))
    metrics = made.one("AnalysisTemplate", f"{NAME}-{run}")["spec"]["metrics"]
    gates = made.plan.release.gates
    assert [metric["name"] for metric in metrics] == [gate.name for gate in gates]
    return [(gate.kind, metric) for gate, metric in zip(gates, metrics, strict=True)]


def _about(metric: Document, limit: str) -> Document:
    """Return a metric with another limit, as it would have been rendered."""
    written = metric["successCondition"].strip("()!").split()[-1].rstrip(")")
    changed = {
        key: metric[key].replace(f" {written}", f" {limit}")
        for key in ("successCondition", "failureCondition")
    }
    return {**metric, **changed}


def _samples(kind: str, reading: Reading, word: str, gate: Any) -> list[float]:
    """Return what the gate's question gives for a reading (``test_questions``)."""
    if reading.requests < 3000 or (isnan(reading.reference) and kind.startswith("within")):
        return []
    value = reading.value
    if kind.startswith("within"):
        value -= limit_of(gate, reading)
    assert isnan(value) == (word == "unknown")
    return [value]
