"""The catalogue of metrics: complete, read only when asked, and strict about its format."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from target.catalogue import SOUND, TARGET, VALUES, built_in, every_series, notes

from fairway.errors import UsageError
from fairway.packs import pack_folder
from fairway.spec.project import Gateway
from fairway.spec.serving import Runtime
from fairway.target.series import (
    SLO_METRICS,
    Series,
    exported,
    expression,
    load_series,
    selector,
    why_not,
)

ROOT = Path(__file__).parents[2]
RUNTIMES = get_args(Runtime)
IMPLEMENTATIONS = get_args(Gateway.model_fields["implementation"].annotation)
NAMED = ("error-ratio", "latency-p50", "latency-p90", "latency-p95", "latency-p99",
         "request-rate", "request-count", "slow-ratio")  # fmt: skip


def test_every_runtime_and_gateway_has_an_entry() -> None:
    workload, router = built_in("kubernetes", "gateway-api")
    assert set(load_series(*workload.series).runtimes) == set(RUNTIMES)
    assert set(load_series(*router.series).implementations) == set(IMPLEMENTATIONS)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_gateway_measures_what_gates_and_slos_read_or_says_why_not(implementation: str) -> None:
    targets = built_in()
    found = exported(targets, "image", implementation)
    if found:
        assert set(found) == {*NAMED}
        assert {found[metric].gives for metric in SLO_METRICS.values()} == {"ratio"}
        assert all(series.side == "router" for series in found.values())
        assert all(found[metric].gives == "s" for metric in NAMED if metric.startswith("latency"))
    else:
        assert len(why_not(targets, "image", implementation, "error-ratio")) > 40


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_runtime_never_says_how_available_a_model_is(runtime: str) -> None:
    found = exported(built_in(), runtime, None)
    assert not set(found) & set(NAMED)
    assert all(series.side == "runtime" for series in found.values())


@pytest.mark.parametrize(("name", "series"), list(every_series()))
def test_an_entry_is_whole(name: str, series: Series) -> None:
    read = set(re.findall(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{", series.query))
    plain = {re.sub(r"_(bucket|sum|count)$", "", each) if series.kind == "histogram" else each
             for each in read}  # fmt: skip
    assert plain <= set(series.names), "the query reads a series that is not listed"
    assert series.source
    # Without traffic there is no ratio and no latency; only a rate may say 0.
    assert series.errors == "" or series.errors in series.query
    matched = {label for template in series.selectors.values()
               for label in re.findall(r"(\w+)(?:=~|!~|!=|=)\"", template)}  # fmt: skip
    attached = {"namespace", "pod"} if "PodMonitor" in " ".join(series.needs) else set()
    assert matched <= {*series.labels, *attached}


OTHERS_NAMES = {
    # the names that Traefik 3 has had for a backend, and what is near them
    "ml-fraud-3-2-0-80@kubernetesgateway": True,
    "ml-fraud-3-2-0-http-80@kubernetesgateway": True,
    "httproute-ml-fraud-gw-a-b-ep-web-0-1c0cf64b-svc-ml-fraud-3-2-0-80@kubernetesgateway": True,
    "ml-fraud-3-2-0-8080@kubernetesgateway": False,
    "ml-fraud-3-1-0-80@kubernetesgateway": False,
    "xml-fraud-3-2-0-80@kubernetesgateway": False,
}


@pytest.mark.parametrize(("service", "same"), OTHERS_NAMES.items())
def test_traefiks_names_of_a_backend(service: str, same: bool) -> None:
    series = exported(built_in(), "image", "traefik")["error-ratio"]
    pattern = selector(series, "version", VALUES).removeprefix('service=~"').removesuffix('"')
    assert bool(re.fullmatch(pattern, service)) == same


def test_loading_targets_does_not_load_what_reads_catalogues() -> None:
    code = (
        "import sys; from fairway.target.load import load_targets;"
        f"load_targets(({pack_folder('targets')!r},));"
        "print([m for m in sys.modules if m.startswith('fairway.target.series')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_nothing_is_read_until_somebody_asks(tmp_path: Path) -> None:
    target = notes(tmp_path, "runtimes: [")
    assert target.series == (str(tmp_path / "notes" / "series.yaml"),)
    with pytest.raises(UsageError, match=r"series\.yaml:1:"):
        exported([target], "triton", None)


def test_asking_again_reads_nothing(tmp_path: Path) -> None:
    target = notes(tmp_path, SOUND)
    first = exported([target], "triton", None)
    Path(*target.series).unlink()
    assert exported([target], "triton", None) is first


def test_a_later_target_adds_and_replaces(tmp_path: Path) -> None:
    text = SOUND.replace("nv_own_total", "mine_total").replace("triton:", "image:")
    own = notes(tmp_path, text.replace("own-rate", "server-request-rate"))
    workload, router, image = built_in()
    both = exported([workload, router, image, own], "image", "istio")
    assert both["server-request-rate"].names == ("mine_total",)
    assert both["error-ratio"].names == ("istio_requests_total",)
    assert "error-ratio" not in exported([workload, own], "image", "istio")
    triton = notes(tmp_path / "second", SOUND.replace("own-rate", "server-request-rate"))
    replaced = exported([workload, triton], "triton", None)
    assert replaced["server-request-rate"].names == ("nv_own_total",)
    assert "gpu-utilization" in replaced


WHY: dict[str, tuple[tuple[str, str | None, str], str]] = {
    "it can": (("fairway", "istio", "error-ratio"), ""),
    "the gateway has nothing": (
        ("fairway", "nginx", "error-ratio"),
        "NGINX Gateway Fabric: with NGINX Open Source it counts requests and connections",
    ),
    "the runtime cannot": (
        ("triton", "istio", "server-latency-p95"),
        "Triton Inference Server cannot measure it: Triton has sums of durations",
    ),
    "no gateway": (("fairway", None, "error-ratio"), "no gateway leads to it"),
    "nobody knows it": (("fairway", "istio", "conversion"), "no catalogue of the environment's"),
}


@pytest.mark.parametrize("case", WHY.values(), ids=WHY.keys())
def test_why_a_metric_cannot_be_measured(case: tuple[tuple[str, str | None, str], str]) -> None:
    (runtime, implementation, metric), reason = case
    found = why_not(built_in(), runtime, implementation, metric)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_a_version_is_singled_out_where_the_labels_can() -> None:
    contour = exported(built_in(), "fairway", "contour")["error-ratio"]
    assert selector(contour, "version", VALUES) == 'envoy_cluster_name="ml_fraud-3-2-0_80"'
    envoy = exported(built_in(), "fairway", "envoy-gateway")["error-ratio"]
    backend = "httproute/ml/fraud/rule/0/backend/0"
    assert selector(envoy, "version", VALUES) == f'envoy_cluster_name="{backend}"'
    assert any("backendRef" in gap for gap in envoy.missing)
    whole = envoy._replace(selectors={"deployment": envoy.selectors["deployment"]})
    with pytest.raises(KeyError, match="version"):
        selector(whole, "version", VALUES)


def test_what_cannot_stand_in_a_query_is_refused() -> None:
    series = exported(built_in(), "fairway", "contour")["slow-ratio"]
    with pytest.raises(ValueError, match="service cannot be"):
        selector(series, "version", {**VALUES, "service": 'a"} or vector(1) #'})
    with pytest.raises(ValueError, match="not a Prometheus duration"):
        expression(series, 'a="b"', "5 minutes", "250")
    with pytest.raises(ValueError, match="300 ms is not one of"):
        expression(series, 'a="b"', "5m", "300")
    assert 'le=~"250|250[.]0"' in expression(series, 'a="b"', "5m", "250")
    assert 'le=~"0[.]5"' in expression(series, 'a="b"', "5m", "0.5")
    large = expression(series, 'a="b"', "5m", "1800000")
    assert 'le=~"1800000|1800000[.]0|1[.]8e[+]06"' in large


def test_the_guides_catalogue_is_one(tmp_path: Path) -> None:
    guide = (ROOT / "docs/writing-a-target.md").read_text("utf-8")
    (text,) = re.findall(r"```yml\n(runtimes:.*?)```", guide, re.DOTALL)
    found = exported([notes(tmp_path, text)], "image", "nginx")
    assert {series.side for series in found.values()} == {"runtime"}
    assert sorted(found) == ["server-latency-p50", "server-latency-p95", "server-request-rate"]


def test_a_catalogue_that_is_not_there(tmp_path: Path) -> None:
    for given, message in (("none.yaml", "4:9: there is no file none.yaml beside this one"),
                           ("../series.yaml", "4:9: there is no file ../series.yaml"),
                           ("7", "4:9: `series` must be a string")):  # fmt: skip
        with pytest.raises(UsageError) as refused:
            notes(tmp_path, SOUND, TARGET.replace("series.yaml", given))
        assert message in refused.value.message


REFUSED: dict[str, tuple[str, str, str]] = {
    "unknown group": ("runtimes:", "runtime:", "1:1: unknown key `runtime`; did you mean `run"),
    "unknown key": ("labels:", "label:", "5:5: unknown key `label`; did you mean `labels`?"),
    "unknown key of a metric": ("kind:", "type:", "10:9: unknown key `type`; "),
    "no source": ("    source: metrics.md\n", "", "2:3: `runtimes.triton` has no `source`"),
    "no selectors": (
        "    selectors: {version: 'model=\"$name\"'}\n",
        "",
        "2:3: `runtimes.triton` has no `selectors`",
    ),
    "no unit": ('        unit: "1"\n', "", "8:7: `runtimes.triton.metrics.own-rate` has no `unit`"),
    "kind": ("kind: counter", "kind: summary", "10:15: `summary` is not one of counter, gauge, hi"),
    "unit": ('unit: "1"', "unit: minutes", "11:15: `minutes` is not one of s, ms, us, bytes"),
    "unit is a number": ('unit: "1"', "unit: 1", "11:15: `runtimes.triton.metrics.own-rate.unit`"),
    "gives": ("gives: 1/s", "gives: percent", "12:16: `percent` is not one of ratio, s, 1/s, 1"),
    "no series": ("[nv_own_total]\n", "[]\n", "9:17: name at least one series"),
    "series is a text": ("[nv_own_total]\n", "nv_own_total\n", "9:17: `runtimes.triton.metrics."),
    "no Prometheus name": ("[nv_own_total]\n", "[nv-own]\n", "9:18: `nv-own` is not a Prometheus"),
    "another series": ("[nv_own_total]\n", "[nv_other]\n", "13:16: the query does not read nv_o"),
    "scope": ("{version:", "{pod:", "6:17: unknown key `pod`; known: version, deployment"),
    "no scope": ("{version: 'model=\"$name\"'}", "{}", "6:16: give a selector for one of version"),
    "hole in a selector": ("$name", "$nam", "6:26: there is no placeholder $nam; there are name,"),
    "hole in a query": ("$window", "$range", "13:16: there is no placeholder $range; there are b"),
    "lone dollar": ("[$window]", "[$]", "13:16: a lone `$`"),
    "bucket": (
        "{$backend}",
        '{$backend,le=\"$threshold\"}',
        "13:16: $threshold is a pattern of a bucket's bound",
    ),
    "everything at once": ("{$backend}", "{}", "13:16: the query does not say $backend"),
    "buckets": ("kind: counter", "kind: counter\n        buckets: [1, 0.5]", "11:18: the bounds"),
    "buckets of text": ("kind: counter", "kind: counter\n        buckets: [a]", "11:18: `buckets`"),
    "quantile": (
        "kind: counter",
        "kind: counter\n        quantiles: {p95: 95}",
        "11:26: a quantile is a number between 0 and 1",
    ),
    "missing is a text": ("kind: counter", "kind: counter\n        missing: all", "11:18: `runti"),
    "nothing and something": (
        "    metrics:",
        "    nothing: it has none\n    metrics:",
        "7:5: it has `metrics`, so `nothing` is not so",
    ),
    "an exporter is a list": (SOUND, "runtimes: {triton: []}\n", "1:20: `runtimes.triton` must be"),
    "runtimes is a list": (SOUND, "runtimes: []\n", "1:11: `runtimes` must be a map"),
    "duplicate key": ("    labels:", "    title: Two\n    labels:", "5:5: "),
    "not a map": (SOUND, "- triton\n", "a catalogue of series is a map"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refused(tmp_path: Path, case: tuple[str, str, str]) -> None:
    old, new, message = case
    text = SOUND.replace(old, new, 1)
    assert text != SOUND
    target = notes(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        exported([target], "triton", None)
    assert message in refused.value.message
    assert str(tmp_path / "notes" / "series.yaml") in refused.value.message
