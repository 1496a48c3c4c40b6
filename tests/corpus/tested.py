"""Test results as ``fairway test`` writes them, with numbers that are made up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from corpus.fleets import Data

from fairway.deployment import Deployment, ModelVersion
from fairway.evidence.catalogue import METRICS
from fairway.evidence.files import page_path, report_path, statement_path
from fairway.evidence.report import make_report, tests_of
from fairway.evidence.statement import PAYLOAD_TYPE, make_statement
from fairway.evidence.thresholds import Threshold, thresholds_of
from fairway.signing import dsse
from fairway.signing.keys import PrivateKey

TIME = "2026-11-12T09:00:00Z"


def write_evidence(
    folder: Path,
    deployment: Deployment,
    version: ModelVersion,
    throughput: float,
    edit: Callable[[Data], None],
    key: PrivateKey | None,
) -> None:
    """Write the three files of a version's evidence; ``edit`` changes the report before."""
    evidence = deployment.spec.evidence
    assert evidence is not None
    thresholds = list(thresholds_of(evidence))
    dataset = f"sha256:{hashlib.sha256((folder / evidence.dataset).read_bytes()).hexdigest()}"
    subject = SimpleNamespace(deployment=deployment.name, version=version, evidence=evidence)
    facts = _facts(thresholds, dataset, throughput)
    report = make_report(subject, thresholds, facts)  # type: ignore[arg-type]
    edit(report)
    tests = tests_of(report, thresholds)
    page = f"<!doctype html>\n<title>{deployment.name} {version.name}</title>\n"
    files = {
        report_path(version.name): (json.dumps(report, indent=2) + "\n").encode(),
        page_path(version.name): page.encode(),
    }
    used = [
        (evidence.dataset, "", dataset),
        (version.contract.path, "application/json", version.contract.digest),
        *((name, "", f"sha256:{hashlib.sha256(data).hexdigest()}") for name, data in files.items()),
    ]
    statement: dict[str, Any] = make_statement(subject, tests, used)  # type: ignore[arg-type]
    if key is not None:
        statement = dsse.sign(json.dumps(statement).encode(), PAYLOAD_TYPE, key)
    files[statement_path(version.name)] = (json.dumps(statement, indent=2) + "\n").encode()
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def _facts(thresholds: list[Threshold], dataset: str, throughput: float) -> Any:
    """Return what a test found out: every bound is kept with something to spare."""
    latency = min([50.0, *(float(each.value) for each in thresholds if each.measured)])
    # Nearest rank: the 95th percentile is 0.8 of the bound, the 99th just under it.
    times = [latency * 0.5] * 90 + [latency * 0.8] * 8 + [latency * 0.9] * 2
    served = SimpleNamespace(
        examples=(("typical", ""),),
        rows={"asked": 400, "failed": 0, "faults": []},
        robustness=(),
        after="",
        latency=tuple(times),
        throughput=throughput,
        connections=4,
        memory=200 << 20,
        isolated=True,
    )
    evaluation = SimpleNamespace(
        metrics=[_metric(each) for each in thresholds if not each.measured and each.by is None],
        slices=[_slice(each) for each in thresholds if each.by is not None],
    )
    return SimpleNamespace(
        time=TIME,
        task="classification",
        rows=400,
        target="label",
        dataset=dataset,
        evaluation=evaluation,
        comparison=None,
        confusion=None,
        served=served,
        limits=SimpleNamespace(memory=4 << 30, seconds=300),
    )


def _kept(threshold: Threshold) -> float:
    step = 0.02 if threshold.sign == ">=" else -0.02
    return round(threshold.value + step, 6)


def _metric(threshold: Threshold) -> Data:
    value = _kept(threshold)
    return {
        "name": threshold.metric,
        "positive": threshold.positive,
        "greaterIsBetter": METRICS[threshold.metric].greater_is_better,
        "rows": 400,
        "value": value,
        "interval": {"level": 0.95, "low": value - 0.01, "high": value + 0.01, "resamples": 1000},
        "why": "",
    }


def _slice(threshold: Threshold) -> Data:
    groups = [
        {**_metric(threshold), "group": group, "rows": 130, "decides": True}
        for group in ("north", "south", "islands")
    ]
    return {
        "column": threshold.by,
        "metric": threshold.metric,
        "positive": threshold.positive,
        "groups": groups,
    }


def worse(report: Data, stable: str) -> None:
    """Say in a report that the version is worse than stable by more than chance explains."""
    name = report["metrics"][0]["name"]
    compared = {
        "name": name, "positive": None, "value": -0.04, "low": -0.06, "high": -0.02,
        "verdict": "worse",
    }  # fmt: skip
    report["comparison"] = {
        "stable": stable, "warns": True, "disagreement": None, "metrics": [compared]
    }  # fmt: skip
    report["result"] = "WARNED"
