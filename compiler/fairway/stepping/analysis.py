"""The result of an experiment or a shadow, as ``fairway analyze --format json`` prints it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from fairway.errors import UsageError
from fairway.source.given_json import given_json
from fairway.stepping.measured import release_digest
from fairway.stepping.move import Refusal, Situation
from fairway.stepping.recount import counted

_AGAIN = "run `fairway analyze` again, for this release"
GOOD = {"ab": "candidate wins", "shadow": "passes"}


def read_analysis(path: Path) -> Mapping[str, object]:
    """Return the report in a file. Raises ``UsageError`` for one that is none."""
    try:
        value = given_json(path.read_bytes(), str(path), _AGAIN)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
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
        "release": release_digest(deployment),
    }
    for key, value in expected.items():
        if report.get(key) != value:
            which = "another plan, or other bytes" if key == "release" else "another release"
            why = f"the analysis is of {which}: {key} is {_said(report.get(key))}"
            yield Refusal(f"{why}, and here it is {_said(value)}", _AGAIN)
            return
    verdict, good = report.get("verdict"), GOOD[state.strategy]
    if verdict != good:
        why = f"the analysis says: {verdict} ({report.get('why', 'without a reason')})"
        yield Refusal(why, f"it must say: {good}", forced=True)
        return
    follows = counted(situation, report)
    if follows != good:
        yield Refusal(f"the analysis says: {verdict}, and its own counts say: {follows}", _AGAIN)


def _said(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]
