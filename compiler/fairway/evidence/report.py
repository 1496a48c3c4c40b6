"""The report of one version's test: every number, what it was measured on, and by what."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fairway.evidence.thresholds import Judged, Threshold, judge, said, shown
from fairway.version import version as own_version

if TYPE_CHECKING:
    from fairway.evidence.isolation.sandbox import Limits
    from fairway.evidence.isolation.serving import Served
    from fairway.evidence.measure.evaluation import Evaluation
    from fairway.evidence.subject import Subject

REPORT_VERSION: Final = 1
_LIBRARIES = (
    "numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "joblib", "skops", "onnxruntime",
    "kserve",
)  # fmt: skip

Json = dict[str, Any]


class Facts(NamedTuple):
    """What a test found out; ``time`` is RFC 3339, ``comparison`` None without a stable version."""

    time: str
    task: str
    rows: int
    target: str
    dataset: str
    evaluation: Evaluation
    comparison: Json | None
    confusion: Json | None
    served: Served
    limits: Limits


class Verdict(NamedTuple):
    """One test by name: ``why`` is empty when it passed; ``warns`` when it only warns."""

    name: str
    why: str = ""
    warns: bool = False


def make_report(subject: Subject, thresholds: Sequence[Threshold], facts: Facts) -> Json:
    """Return the report as JSON values; what differs from run to run is under ``measured``."""
    report: Json = {
        **_about(subject, facts),
        "task": facts.task,
        "thresholds": [],
        "metrics": facts.evaluation.metrics,
        "slices": facts.evaluation.slices,
        "confusion": facts.confusion,
        "comparison": facts.comparison,
        **_served(facts.served),
        "environment": _environment(facts),
        "measured": _measured(facts.served),
    }
    judged = [judge(threshold, report) for threshold in thresholds]
    report["thresholds"] = [_threshold(each) for each in judged if not each.threshold.measured]
    report["measured"]["thresholds"] = [
        _threshold(each) for each in judged if each.threshold.measured
    ]
    report["result"] = result_of(tests_of(report, thresholds))
    return report


def _about(subject: Subject, facts: Facts) -> Json:
    """Return what was tested, on what, and when; the result follows from the rest."""
    return {
        "reportVersion": REPORT_VERSION,
        "deployment": subject.deployment,
        "version": subject.version.name,
        "result": "",
        "time": facts.time,
        "model": {
            "digest": subject.version.locked.digest,
            "uri": subject.version.uri,
            "framework": subject.version.framework,
            "format": subject.version.format,
        },
        "dataset": {
            "path": subject.evidence.dataset,
            "digest": facts.dataset,
            "rows": facts.rows,
            "target": facts.target,
        },
        "contract": {
            "path": subject.version.contract.path,
            "digest": subject.version.contract.digest,
        },
    }


def tests_of(report: Mapping[str, Any], thresholds: Sequence[Threshold]) -> list[Verdict]:
    """Return every test that a report holds, in one order."""
    tests = [
        Verdict(found.threshold.name, "" if found.passed else said(found))
        for found in (judge(threshold, report) for threshold in thresholds)
    ]
    tests += [Verdict(f"example: {each['name']}", each["why"]) for each in report["examples"]]
    rows = report["rows"]
    failed = f"{rows['failed']} of {rows['asked']} were not: {'; '.join(rows['faults'])}"
    tests.append(Verdict("rows of the data set are answered", failed if rows["failed"] else ""))
    for each in report["robustness"]:
        wrong = f"{each['failed']} requests: {'; '.join(each['faults'])}"
        tests.append(Verdict(f"robustness: {each['kind']}", wrong if each["failed"] else ""))
    tests.append(Verdict("robustness: ready afterwards", report["after"]))
    comparison = report["comparison"]
    if comparison is not None and comparison["warns"]:
        for each in comparison["metrics"]:
            positive = "" if each["positive"] is None else f" (positive {each['positive']})"
            name = f"{each['name']}{positive} is not worse than that of {comparison['stable']}"
            worse = each["verdict"] == "worse"
            why = f"it is worse by {shown(abs(each['value']))}" if worse else ""
            tests.append(Verdict(name, why, warns=True))
    return tests


def result_of(tests: Sequence[Verdict]) -> str:
    """Return PASSED, WARNED or FAILED, the words of the in-toto predicate."""
    if any(test.why and not test.warns for test in tests):
        return "FAILED"
    return "WARNED" if any(test.why for test in tests) else "PASSED"


def _threshold(found: Judged) -> Json:
    threshold = found.threshold
    return {
        "name": threshold.name,
        "metric": threshold.metric,
        "positive": threshold.positive,
        "by": threshold.by,
        "sign": threshold.sign,
        "bound": threshold.value,
        "shown": threshold.shown,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "group": found.group,
        "passed": found.passed,
        "why": "" if found.passed else said(found),
    }


def _served(served: Served) -> Json:
    return {
        "examples": [
            {"name": name, "passed": not why, "why": why} for name, why in served.examples
        ],
        "rows": dict(served.rows),
        "robustness": [dict(each) for each in served.robustness],
        "after": served.after,
    }


def _measured(served: Served) -> Json:
    times = sorted(served.latency)
    return {
        "latency": {
            **{f"p{p}": percentile(times, p) for p in (50, 95, 99)},
            "mean": round(math.fsum(times) / len(times), 4),
            "max": times[-1],
            "requests": len(times),
            "unit": "ms",
        },
        "throughput": {"perSecond": round(served.throughput, 1), "connections": served.connections},
        "memory": {"peak": served.memory, "unit": "bytes"},
    }


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest value that so many percent are not above (nearest rank)."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _environment(facts: Facts) -> Json:
    return {
        "fairway": own_version(),
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "libraries": {name: found for name in _LIBRARIES if (found := _installed(name))},
        "limits": {
            "memory": facts.limits.memory,
            "seconds": facts.limits.seconds,
            "network": not facts.served.isolated,
        },
    }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
