"""What ``fairway test`` writes: numbers, a statement about them, and a page."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import joblib
import pytest
from evidence.deployments import NOW, Deployment, Run, holdout, trained
from sklearn import metrics as sk

pytestmark = pytest.mark.slow
Make = Callable[..., Deployment]


def test_a_missed_bound_is_found_at_its_line_and_the_evidence_is_written(tested: Run) -> None:
    missed = tested.diagnostics
    assert tested.rules == ["evidence/threshold"]
    assert re.fullmatch(
        r"version 1\.0\.0: roc_auc is 0\.\d+ \(95 % interval 0\.\d+ to 0\.\d+\),"
        r" and must be at least 0\.85",
        missed[0].message,
    )
    assert missed[0].route == "evidence.metrics[0]"
    assert tested.deployment.statement("1.0.0")["predicate"]["result"] == "FAILED"
    assert tested.deployment.statement("1.1.0")["predicate"]["result"] == "PASSED"
    assert [line.partition(": ")[2][:6] for line in tested.lines] == ["FAILED", "PASSED"]


def test_the_numbers_are_those_of_scikit_learn(tested: Run) -> None:
    rows = holdout()
    model = joblib.load(tested.deployment.model("1.1.0") / "model.joblib")
    features, truth = rows[["income", "debt"]].to_numpy(), rows["default"]
    report = tested.deployment.report("1.1.0")
    found = {entry["name"]: entry["value"] for entry in report["metrics"]}
    probability = model.predict_proba(features)
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(truth, probability[:, 1]))
    assert found["recall"] == pytest.approx(sk.recall_score(truth, model.predict(features)))
    assert found["log_loss"] == pytest.approx(sk.log_loss(truth, probability))
    assert report["confusion"]["counts"] == (
        sk.confusion_matrix(truth, model.predict(features)).tolist()
    )
    for entry in report["metrics"]:
        assert entry["interval"]["low"] <= entry["value"] <= entry["interval"]["high"]


def test_groups_that_are_too_small_decide_nothing(tested: Run) -> None:
    report = tested.deployment.report("1.1.0")
    by = {entry["column"]: entry for entry in report["slices"]}
    countries = {group["group"]: group for group in by["country"]["groups"]}
    rows = holdout()
    assert {name: group["rows"] for name, group in countries.items()} == (
        rows["country"].value_counts().to_dict()
    )
    assert not countries["LU"]["decides"]
    assert "fewer than the 30" in countries["LU"]["why"]
    assert countries["DE"]["decides"]
    bound = next(each for each in report["thresholds"] if each["by"] == "country")
    assert bound["group"] in ("DE", "FR")
    # Many different numbers are cut at the quartiles, and named so.
    names = [group["group"] for group in by["age"]["groups"]]
    assert names[0].startswith("≤ ")
    assert names[-1].startswith("> ")
    assert len(names) == 4
    assert sum(group["rows"] for group in by["age"]["groups"]) == len(rows)


def test_the_candidate_is_compared_with_the_stable_version(tested: Run) -> None:
    report = tested.deployment.report("1.1.0")
    rows = holdout()
    features = rows[["income", "debt"]].to_numpy()
    models = [
        joblib.load(tested.deployment.model(version) / "model.joblib")
        for version in ("1.0.0", "1.1.0")
    ]
    differing = (models[0].predict(features) != models[1].predict(features)).mean()
    comparison = report["comparison"]
    assert comparison["stable"] == "1.0.0"
    assert comparison["disagreement"]["value"] == pytest.approx(differing)
    auc = comparison["metrics"][0]
    assert auc["verdict"] == "better"
    assert 0 < auc["interval"]["low"] <= auc["value"] <= auc["interval"]["high"]
    assert tested.deployment.report("1.0.0")["comparison"] is None


def test_the_server_is_measured_and_refuses_what_is_wrong(tested: Run) -> None:
    report = tested.deployment.report("1.1.0")
    measured = report["measured"]
    assert (
        0 < measured["latency"]["p50"] <= measured["latency"]["p95"] <= measured["latency"]["max"]
    )
    assert measured["throughput"]["perSecond"] > 0
    assert measured["memory"]["peak"] > 10_000_000
    assert report["examples"] == [{"name": "rich", "passed": True, "why": ""}]
    assert report["rows"]["failed"] == 0
    kinds = {each["kind"]: each for each in report["robustness"]}
    assert set(kinds) == {
        "missing values", "out of range", "wrong types", "permuted columns", "wrong shapes",
        "empty requests", "wrong requests", "too many rows",
    }  # fmt: skip
    assert sum(each["failed"] for each in kinds.values()) == 0
    assert kinds["missing values"]["refused"] > 0
    assert kinds["permuted columns"]["predicted"] == 2
    assert report["after"] == ""


def test_the_statement_names_what_it_is_about(tested: Run) -> None:
    statement = tested.deployment.statement("1.1.0")
    lock = json.loads((tested.deployment.folder / "deployment.lock.json").read_bytes())
    digest = lock["versions"]["1.1.0"]["digest"].removeprefix("sha256:")
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert statement["subject"] == [{"name": "credit/1.1.0", "digest": {"sha256": digest}}]
    predicate = statement["predicate"]
    for resource in predicate["configuration"]:
        data = (tested.deployment.folder / resource["name"]).read_bytes()
        assert resource["digest"] == {"sha256": hashlib.sha256(data).hexdigest()}
    names = [resource["name"] for resource in predicate["configuration"]]
    assert names == ["data/holdout.csv", "contract.json", "evidence/1.1.0.report.json",
                     "evidence/1.1.0.report.html"]  # fmt: skip
    assert "recall (positive 1) by country >= 0.5" in predicate["passedTests"]
    assert "latency-p95 <= 5s" in predicate["passedTests"]
    assert predicate["failedTests"] == []


class Page(HTMLParser):
    """Collects the tags of a page, and what they refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [str(value) for name, value in attrs
                            if name in ("src", "href", "data", "action", "xlink:href")]  # fmt: skip


def test_the_page_says_the_verdict_and_refers_to_nothing(tested: Run) -> None:
    for version, word in (("1.0.0", "FAILED"), ("1.1.0", "PASSED")):
        text = (tested.deployment.evidence / f"{version}.report.html").read_text("utf-8")
        page = Page()
        page.feed(text)
        assert page.references == []
        assert {"script", "link", "img", "iframe", "object"}.isdisjoint(page.tags)
        assert "url(" not in text
        assert "@import" not in text
        assert f'<section class="verdict {word}">' in text
        assert page.tags.count("svg") >= 6
        assert len(text) < 200_000


def test_equal_inputs_give_equal_numbers_and_markup_stays_text(
    deployment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = holdout().rename(columns={"country": "<script>alert(1)</script>"})
    frame["<script>alert(1)</script>"] += "</title><img src=x>"
    made = deployment(
        metrics=[
            {"name": "accuracy", "min": 0.5,
             "slice": {"by": "<script>alert(1)</script>", "worst": 0.1}}
        ]
    )  # fmt: skip
    made.contract["examples"][0]["name"] = "<script>alert(2)</script>"
    made.data(frame)
    made.joblib(v1_0_0=trained()).lay_out()
    # Nothing of the environment may be inherited, credentials least of all.
    monkeypatch.setenv("SECRET_TOKEN", "hush")
    assert made.test().diagnostics == []
    first = made.report()
    text = (made.evidence / "1.0.0.report.html").read_text("utf-8")
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert "&lt;script&gt;alert(2)" in text
    assert made.test().diagnostics == []
    second = made.report()
    for report in (first, second):
        assert report["time"] == NOW
        assert math.isfinite(report.pop("measured")["latency"]["p50"])
    assert first == second


def test_a_worse_candidate_is_warned_about(deployment: Make) -> None:
    made = deployment(release={"stable": "1.0.0", "candidate": "2.0.0"},
                      metrics=[{"name": "roc_auc", "min": 0.5}])  # fmt: skip
    made.joblib(v1_0_0=trained(), v2_0_0=trained(columns=1)).lay_out()
    run = made.test(versions=("2.0.0",))
    assert set(run.rules) == {"evidence/worse-than-stable"}
    words = "version 2.0.0: roc_auc is not worse than that of 1.0.0: it is worse by 0."
    assert any(found.message.startswith(words) for found in run.diagnostics)
    assert made.statement("2.0.0")["predicate"]["result"] == "WARNED"
    # The stable version was evaluated to compare with, and has no evidence of its own.
    assert made.written() == [
        f"2.0.0.{end}" for end in ("report.html", "report.json", "test-result.json")
    ]


def test_crashes_between_files_leave_no_result_that_counts(
    deployment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fairway.errors import FairwayError
    from fairway.evidence import files

    made = deployment()
    made.folder.mkdir(parents=True)
    old = {f"evidence/1.0.0.{name}": b"old" for name in ("report.json", "test-result.json")}
    files.write_together(made.folder, old)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(FairwayError, match="No space left"):
        files.write_together(made.folder, dict.fromkeys(old, b"new"))
    assert {path.read_bytes() for path in Path(made.evidence).iterdir()} == {b"old"}
