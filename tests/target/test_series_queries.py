"""The catalogue's queries are PromQL, measure what they say, and read what really is exported."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from serve.conftest import PYTHON_CONTRACT, PYTHON_MODEL, Server, python_body
from target.catalogue import built_in, every_series, written

from fairway.target.series import Series, exported

ROOT = Path(__file__).parents[2]
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (package prometheus)"
)


@needs_promtool
def test_promtool_parses_every_query(tmp_path: Path) -> None:
    rules = [{"record": f"r{number}:{scope}", "expr": written(series, scope)}
             for number, (_, series) in enumerate(every_series())
             for scope in series.selectors]  # fmt: skip
    assert len(rules) > 60
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))
    checked = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout


LABELS: Mapping[str, tuple[str, str]] = {
    # what each gateway really calls a backend: the sources say where these come from
    "envoy-gateway": ("envoy_cluster_name", "httproute/ml/fraud/rule/0/backend/0"),
    "contour": ("envoy_cluster_name", "ml_fraud-3-2-0_80"),
    "envoy": ("envoy_cluster_name", "fraud-3-2-0"),
    "cilium": ("envoy_cluster_name", "gateways/cilium-gateway-public/ml_fraud-3-2-0_80"),
    "istio": ("destination_service", "fraud-3-2-0.ml.svc.cluster.local"),
    "traefik": (
        "service",
        "httproute-ml-fraud-gw-gateways-public-ep-web-0-1c0cf64bde37d9d0df06-svc-ml-fraud-3-2-0-80"
        "@kubernetesgateway",
    ),
}


def samples(name: str, found: Mapping[str, Series], errors: bool) -> list[dict[str, str]]:
    """100 requests a minute, 90 of them within the fourth bucket; 10 failed or none."""
    label, value = LABELS[name]
    base = f'{label}="{value}"' + (',reporter="source"' if name == "istio" else "")
    matcher = found["error-ratio"].errors.replace("=~", "=").replace("5..", "503")
    good = matcher.replace("503", "200").replace('"5"', '"2"')
    bad, fine = (10, 90) if errors else (0, 100)
    counters = {f"{found['error-ratio'].names[0]}{{{base},{good}}}": fine}
    if bad:
        counters[f"{found['error-ratio'].names[0]}{{{base},{matcher}}}"] = bad
    if len(found["error-ratio"].names) > 1:
        counters[f"{found['error-ratio'].names[1]}{{{base}}}"] = 100
    slow = found["slow-ratio"]
    for number, bound in enumerate([*(f"{b:g}" for b in slow.buckets[:4]), "+Inf"]):
        bucket = f'{slow.names[0]}_bucket{{{base},le="{bound}"}}'
        counters[bucket] = {3: 90, 4: 100}.get(number, 0)
    return [{"series": each, "values": f"0+{step}x10"} for each, step in counters.items()]


@needs_promtool
@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("errors", [True, False], ids=["errors", "no-error-series"])
def test_queries_measure_what_they_say(tmp_path: Path, name: str, errors: bool) -> None:
    found = exported(built_in("kubernetes", "gateway-api", "envoy"), "image", name)
    metrics = ("error-ratio", "slow-ratio", "request-rate", "request-count", "latency-p50")
    rules = [{"record": f"m:{m.replace('-', '_')}", "expr": written(found[m], "version")}
             for m in metrics]  # fmt: skip
    (tmp_path / "rules.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]})
    )
    low, high = found["slow-ratio"].buckets[2:4]
    second = 1000 if found["latency-p50"].unit == "ms" else 1
    median = (low + (high - low) * 50 / 90) / second
    expected = {"error-ratio": 0.1 if errors else 0.0, "slow-ratio": 0.1, "latency-p50": median,
                "request-rate": 100 / 60, "request-count": 500}  # fmt: skip
    tests = [{"expr": f"abs(m:{m.replace('-', '_')} - {value!r}) < bool 1e-9", "eval_time": "10m",
              "exp_samples": [{"labels": "{}", "value": 1}]}
             for m, value in expected.items()]  # fmt: skip
    case = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m",
            "tests": [{"interval": "1m", "input_series": samples(name, found, errors),
                       "promql_expr_test": tests}]}  # fmt: skip
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(case))
    run = subprocess.run(["promtool", "test", "rules", "test.yaml"], cwd=tmp_path,
                         capture_output=True, text=True)  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_envoys_own_words_are_the_catalogues() -> None:
    """What Envoy 1.40 exported when it was measured, names, labels, bounds and gaps."""
    text = (ROOT / "tests/target/envoy-1.40.prom").read_text("utf-8")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    found = exported(built_in(), "image", "contour")
    for series in found.values():
        for name in series.names:
            kind = "histogram" if name.endswith("_time") else "counter"
            assert families[name].type == kind
            assert all(set(series.labels) <= set(s.labels) for s in families[name].samples)
    times = [each for each in families["envoy_cluster_upstream_rq_time"].samples
             if each.labels["envoy_cluster_name"] == "ml_fraud_80"]  # fmt: skip
    bounds = [each.labels["le"] for each in times if each.name.endswith("_bucket")]
    assert tuple(float(bound) for bound in bounds[:-1]) == found["latency-p95"].buckets

    samples = [each for family in families.values() for each in family.samples]
    values = {(each.name.removesuffix("_total"), *sorted(each.labels.values())): each.value
              for each in samples}  # fmt: skip
    timed_out = "httproute/ml/fraud/rule/0/backend/0"
    assert values["envoy_cluster_upstream_rq_completed", timed_out] == 4
    assert values["envoy_cluster_upstream_rq_time_count", timed_out] == 3
    assert values["envoy_cluster_upstream_rq_xx", "2", "ml_fraud_80"] == 1
    assert ("envoy_cluster_upstream_rq_xx", "5", "ml_fraud_80") not in values
    assert values["envoy_cluster_upstream_rq_completed", "mirror"] == 4
    assert values["envoy_cluster_internal_upstream_rq_completed", "mirror"] == 4


@pytest.fixture(scope="module")
def exposition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a running server exports after two requests, one of which failed."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "model").mkdir()
    (folder / "model" / "model.py").write_text(PYTHON_MODEL)
    (folder / "model" / "beside.py").write_text("FACTOR = 2")
    (folder / "contract.json").write_text(json.dumps(PYTHON_CONTRACT))
    server = Server(["--name", "fraud", "--version", "3.2.0", "--format", "python",
                     "--entrypoint", "model.py:Model", "--model", str(folder / "model"),
                     "--contract", str(folder / "contract.json"), "--port", "0",
                     "--drain", "0.1"])  # fmt: skip
    try:
        with httpx.Client(base_url=server.url, timeout=10) as client:
            for command in ("echo", "fail"):
                client.post("/v2/models/fraud/infer", json=python_body(command))
            yield client.get("/metrics").text
    finally:
        server.stop()


@pytest.mark.slow
def test_our_own_server_exports_what_the_catalogue_says(exposition: str) -> None:
    families = {family.name: family for family in text_string_to_metric_families(exposition)}
    found = exported(built_in(), "fairway", None)
    for series in found.values():
        for name in series.names:
            family = families[name.removesuffix("_total")]
            assert family.type == ("counter" if name.endswith("_total") else series.kind)
            labels = set(family.samples[0].labels) - {"le"}
            assert labels <= set(series.labels)
            assert labels >= {"model", "version"}
    own = {f"{name}_total" if family.type == "counter" else name
           for name, family in families.items()
           if name.startswith("fairway_") and not name.endswith("_created")}  # fmt: skip
    assert own == {name for series in found.values() for name in series.names}
    bounds = [float(sample.labels["le"])
              for sample in families["fairway_request_duration_seconds"].samples
              if sample.name.endswith("_bucket")]  # fmt: skip
    assert tuple(bounds[:-1]) == found["server-latency-p95"].buckets
    codes = {s.labels["code"]: s.value for s in families["fairway_requests"].samples
             if s.name == "fairway_requests_total"}  # fmt: skip
    assert (codes["200"], codes["500"], codes["503"]) == (1, 1, 0)  # 503 exists before the first
    assert all(s.labels["model"] == "fraud" and s.labels["version"] == "3.2.0"
               for s in families["fairway_requests"].samples)  # fmt: skip
