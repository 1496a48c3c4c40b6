"""A gate's question is the gate: Prometheus' own arithmetic says what ``verdict.judge`` says."""

from __future__ import annotations

import shutil
import subprocess
from math import isnan
from pathlib import Path

import pytest
import yaml
from target.routers.readings import MIN_REQUESTS, Case, cases
from target.routers.release import Places, canary, even_canary, spec
from workspace import GeneratedSpec

from fairway.plan.question import question

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (package prometheus)"
)
GATEWAYS = ("envoy-gateway", "istio", "contour", "cilium", "traefik")
SAYS = {"pass": [0], "fail": [1], "unknown": []}


@needs_promtool
def test_prometheus_says_what_judge_says(tmp_path: Path) -> None:
    every = list(cases())
    assert {case.word for case in every} == {"pass", "fail", "unknown"}
    assert len(every) > 1000
    inputs: list[dict[str, str]] = []
    tests = []
    for number, case in enumerate(every):
        for name, value in zip("vrn", case.reading, strict=True):
            # What was not measured is NaN or is not there; which of the two differs by the query.
            if not isnan(value) or number % 2:
                inputs.append({"series": f'{name}{{case="{number}"}}', "values": repr(value)})
        tests.append(
            {
                "expr": verdict_of(case, number),
                "eval_time": "0m",
                "exp_samples": [{"labels": "{}", "value": word} for word in SAYS[case.word]],
            }
        )
    document = {"tests": [{"interval": "1m", "input_series": inputs, "promql_expr_test": tests}]}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(document))
    run = subprocess.run(["promtool", "test", "rules", "test.yaml"], cwd=tmp_path,
                         capture_output=True, text=True)  # fmt: skip
    assert run.returncode == 0, (run.stdout + run.stderr)[:2000]


def verdict_of(case: Case, number: int) -> str:
    """Return PromQL that is 1 where the question's result is bad, 0 where it is not, or nothing."""
    parts = {name: f'sum({name}{{case="{number}"}})' for name in "vrn"}
    gate = case.gate
    reference = parts["r"] if gate.reference else ""
    asked = question(gate.kind, gate.bound, parts["v"], reference, parts["n"], MIN_REQUESTS)
    relation = "<" if gate.kind == "min" else ">"
    # Comparing with itself takes NaN away.
    return f"(({asked.query}) == ({asked.query})) {relation} bool {asked.limit_text}"


@needs_promtool
@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize(
    ("router", "made"),
    [("argo-rollouts", spec(canary())), ("flagger", spec(even_canary()))],
    ids=["argo-rollouts", "flagger"],
)
def test_promtool_parses_what_controllers_ask(
    router: str, made: GeneratedSpec, gateway: str, places: Places, tmp_path: Path
) -> None:
    if (router, gateway) == ("flagger", "envoy-gateway"):
        (first, *_) = places.check(router, made, gateway).findings
        assert "the rules that Flagger writes have none" in first.message
        return
    rendered = places.render(router, made, gateway)
    queries = [
        metric["provider"]["prometheus"]["query"]
        for item in rendered.manifest.of("AnalysisTemplate")
        for metric in item["spec"]["metrics"]
    ] + [item["spec"]["query"] for item in rendered.manifest.of("MetricTemplate")]
    assert set(queries) == {gate.question for gate in rendered.plan.release.gates}
    assert all(queries)
    rules = [{"record": f"r{number}", "expr": query} for number, query in enumerate(queries)]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))
    checked = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout


@pytest.mark.parametrize("missing", ["query", "reference", "requests"])
def test_there_is_no_question_without_a_part(missing: str) -> None:
    parts = {"query": "v", "reference": "r", "requests": "n", missing: ""}
    assert question("within", 0.1, min_requests=1, **parts).query == ""
    assert question("within", 0.1, "v", "r", "n", 1).query
    assert question("max", 0.1, "v", "", "n", 1).query
