"""The result of an experiment or a shadow, as ``fairway analyze --format json`` prints it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import isclose
from pathlib import Path

from fairway.errors import UsageError
from fairway.plan.release import Release
from fairway.stepping.measured import release_digest
from fairway.stepping.move import Refusal, Situation

_AGAIN = "run `fairway analyze` again, for this release"
GOOD = {"ab": "candidate wins", "shadow": "passes"}


def read_analysis(path: Path) -> Mapping[str, object]:
    """Return the report in a file. Raises ``UsageError`` for one that is none."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not JSON: {error}", _AGAIN) from None
    if not isinstance(value, dict) or "verdict" not in value:
        message = f"{path}: not a report of `fairway analyze --format json`"
        raise UsageError(message, _AGAIN)
    if value.get("reportVersion") != 1:
        raise UsageError(f"{path}: made by another version of Fairway", _AGAIN)
    return value


def against(situation: Situation, report: Mapping[str, object]) -> Iterator[Refusal]:
    """Find what of a report speaks against the candidate, or is of something else."""
    state, deployment = situation.state, situation.deployment
    expected: dict[str, object] = {
        "deployment": deployment.name,
        "environment": deployment.environment,
        "strategy": state.strategy,
        "versions": {"stable": state.stable, "candidate": state.candidate},
    }
    if "release" in report:
        expected["release"] = release_digest(deployment)
    for key, value in expected.items():
        if report.get(key) != value:
            why = f"the analysis is of another release: {key} is {_said(report.get(key))}"
            yield Refusal(f"{why}, and here it is {_said(value)}", _AGAIN)
            return
    for key, planned, found in _planned(situation.release, report):
        if not _equal(planned, found):
            why = f"the analysis is by another plan: {key} is {_said(found)}"
            yield Refusal(f"{why}, and the spec has {_said(planned)}", _AGAIN)
            return
    verdict, good = report.get("verdict"), GOOD[state.strategy]
    if verdict != good:
        why = f"the analysis says: {verdict} ({report.get('why', 'without a reason')})"
        yield Refusal(why, f"it must say: {good}", forced=True)


def _planned(
    release: Release, report: Mapping[str, object]
) -> Iterator[tuple[str, object, object]]:
    """Yield what the plan says now, beside what the report was decided by."""
    for shadow in release.shadow:
        yield "max", shadow.most, report.get("max")
        yield "tolerance", shadow.tolerance, report.get("tolerance")
    for experiment in release.experiment:
        plan = report.get("plan")
        plan = plan if isinstance(plan, dict) else {}
        yield "plan.alpha", experiment.alpha, plan.get("alpha")
        yield "plan.power", experiment.power, plan.get("power")
        yield "plan.candidateShare", experiment.share, plan.get("candidateShare")
        yield "plan.looks", experiment.looks, plan.get("looks")
        outcomes = report.get("outcomes")
        listed = outcomes if isinstance(outcomes, list) else []
        found = [each.get("metric") for each in listed if isinstance(each, dict)]
        yield "outcomes", [outcome.metric for outcome in experiment.outcomes], found


def _equal(planned: object, found: object) -> bool:
    if isinstance(planned, float | int) and isinstance(found, float | int):
        return isclose(planned, found, rel_tol=1e-9)
    return planned == found


def _said(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]
