"""The trial of one version: evaluated, served, compared, and made into its three files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fairway.evidence.files import page_path, report_path, statement_path
from fairway.evidence.isolation.predictions import predict
from fairway.evidence.isolation.sandbox import Limits, sandbox
from fairway.evidence.isolation.serving import Load, Served, serve_and_ask
from fairway.evidence.report import Facts, Verdict, make_report, tests_of
from fairway.evidence.staging import stage
from fairway.evidence.statement import PAYLOAD_TYPE, make_statement
from fairway.evidence.subject import Subject
from fairway.evidence.thresholds import Threshold
from fairway.indented_json import indented_json

if TYPE_CHECKING:
    from fairway.evidence.catalogue import Task
    from fairway.evidence.measure.holdout import Holdout
    from fairway.evidence.measure.metrics import Metric
    from fairway.evidence.measure.sample import Sample
    from fairway.signing.keys import PrivateKey


class Evaluated(NamedTuple):
    """A version's answers to the held-out rows; ``isolated`` says that it had no network."""

    sample: Sample
    isolated: bool


class Stable(NamedTuple):
    """The version to compare with: its answers, or why there are none."""

    name: str
    digest: str
    sample: Sample | None
    why: str = ""


class Trial(NamedTuple):
    """What came of a trial: the report, its tests, and the files by path, the statement last."""

    report: Mapping[str, Any]
    tests: tuple[Verdict, ...]
    files: Mapping[str, bytes]


class Setting(NamedTuple):
    """What all trials of a spec share; ``time`` is RFC 3339, without a key nothing is signed."""

    thresholds: Sequence[Threshold]
    task: Task
    time: str
    limits: Limits
    load: Load
    key: PrivateKey | None


def evaluate_version(subject: Subject, holdout: Holdout, task: Task, limits: Limits) -> Evaluated:
    """Return a version's answers to every row.

    Raises ``ModelFailedError``, and what ``stage`` and ``sample_of`` raise.
    """
    from fairway.evidence.measure.sample import sample_of

    with sandbox(limits) as place:
        staged = stage(subject, place.folder)
        found = predict(place, staged.flags, holdout.inputs, subject.contract)
    return Evaluated(sample_of(task, holdout, subject.contract, found.answers), found.isolated)


def run_trial(
    subject: Subject,
    setting: Setting,
    holdout: Holdout,
    evaluated: Evaluated,
    stable: Stable | None,
    *,
    warns: bool,
) -> Trial:
    """Return the evidence of a version; raises what ``evaluate_version`` does.

    ``warns`` says that a version which is worse than the stable one is to be warned about.
    """
    from fairway.evidence.measure.evaluation import all_metrics, evaluate
    from fairway.evidence.measure.intervals import seed_of

    sample = evaluated.sample
    seed = seed_of(subject.version.locked.digest, holdout.table.digest)
    metrics = all_metrics(setting.thresholds, sample)
    facts = Facts(
        time=setting.time,
        task=setting.task,
        rows=holdout.rows,
        target=holdout.target,
        dataset=holdout.table.digest,
        evaluation=evaluate(setting.thresholds, holdout, subject.contract, sample, seed),
        comparison=_comparison(metrics, sample, stable, seed, warns=warns),
        confusion=_confusion(sample),
        served=_serve(subject, setting, holdout),
        limits=setting.limits,
    )
    report = make_report(subject, setting.thresholds, facts)
    tests = tuple(tests_of(report, setting.thresholds))
    page = _page(report, tests, metrics, sample, facts.served)
    return Trial(report, tests, _files(subject, setting, report, tests, page))


def _serve(subject: Subject, setting: Setting, holdout: Holdout) -> Served:
    # Staged anew: what evaluated the version could write to the copy that it was given.
    with sandbox(setting.limits) as place:
        staged = stage(subject, place.folder)
        return serve_and_ask(
            place,
            staged.flags,
            subject.deployment,
            staged.contract,
            subject.contract,
            holdout.inputs,
            setting.load,
        )


def _comparison(
    metrics: Sequence[Metric], sample: Sample, stable: Stable | None, seed: int, *, warns: bool
) -> dict[str, Any] | None:
    from fairway.evidence.measure.comparison import compare

    if stable is None:
        return None
    compared: dict[str, Any] = {"disagreement": None, "metrics": []}
    if stable.sample is not None:
        compared = compare(metrics, sample, stable.sample, seed)
    return {
        "stable": stable.name,
        "digest": stable.digest,
        "why": stable.why,
        "warns": warns,
        **compared,
    }


def _confusion(sample: Sample) -> dict[str, Any] | None:
    from fairway.evidence.measure.curves import curves_of

    if sample.task == "regression":
        return None
    curves = curves_of(sample, None)
    return {"classes": list(curves.classes), "counts": [list(row) for row in curves.confusion]}


def _page(
    report: Mapping[str, Any],
    tests: Sequence[Verdict],
    metrics: Sequence[Metric],
    sample: Sample,
    served: Served,
) -> str:
    import numpy as np

    from fairway.evidence.html.page import make_page
    from fairway.evidence.measure.curves import curves_of, histogram

    named = next((metric for metric in metrics if metric.positive is not None), None)
    curves = curves_of(sample, None if named is None else named.column(sample))
    return make_page(report, tests, curves, histogram(np.array(served.latency)))


def _files(
    subject: Subject,
    setting: Setting,
    report: Mapping[str, Any],
    tests: Sequence[Verdict],
    page: str,
) -> dict[str, bytes]:
    name = subject.version.name
    files = {page_path(name): page.encode(), report_path(name): _json(report)}
    resources = [
        (report["dataset"]["path"], "", report["dataset"]["digest"]),
        (report["contract"]["path"], "application/json", report["contract"]["digest"]),
        (report_path(name), "application/json", _digest(files[report_path(name)])),
        (page_path(name), "text/html", _digest(files[page_path(name)])),
    ]
    statement = make_statement(subject, tests, resources)
    files[statement_path(name)] = _json(_signed(statement, setting.key))
    return files


def _signed(statement: dict[str, Any], key: PrivateKey | None) -> Mapping[str, Any]:
    if key is None:
        return statement
    from fairway.signing import dsse

    payload = json.dumps(statement, ensure_ascii=False, separators=(",", ":")).encode()
    return dsse.sign(payload, PAYLOAD_TYPE, key)


def _json(value: Any) -> bytes:
    return (indented_json(value, 2) + "\n").encode()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
