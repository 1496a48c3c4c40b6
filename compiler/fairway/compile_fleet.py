"""Compiling a fleet: check, plan, render and write, one spec at a time."""

from __future__ import annotations

from dataclasses import dataclass

from fairway import rule
from fairway.check import Checked
from fairway.compile import Compiled, Selection
from fairway.finding import Diagnostic, Finding
from fairway.fleet import Fleet
from fairway.location import Location
from fairway.output import Difference, Output
from fairway.plan.model import Plan
from fairway.project import LoadedProject, shown_path
from fairway.source.document import Document


@dataclass(frozen=True, slots=True)
class FleetResult:
    """What came of a run: every finding, and a sentence for the conversation."""

    diagnostics: list[Diagnostic]
    summary: str


def compile_fleet(fleet: Fleet, out: str, selection: Selection, *, check: bool) -> FleetResult:
    """Compile ``fleet`` into the folder ``out``; with ``check`` compare and write nothing."""
    output = Output(out, check=check)
    compiled: list[str] = []
    failed: list[str] = []
    artifacts = 0
    for checked, loaded in fleet.check():
        done = _compile_one(checked, loaded, selection, fleet)
        blocked = _not_ready(done.plans, checked, output) if not check else []
        if blocked:
            fleet.keep(blocked, checked.documents)
        if not checked.deployments or blocked:
            failed.append(fleet.source(checked, loaded))
            continue
        output.add(done.artifacts, done.plans)
        artifacts += len(done.artifacts)
        compiled.append(checked.deployments[0].source)
    # While any spec has faults, what seems to be gone may only be unreadable.
    all_specs = fleet.whole and not failed
    removed = output.finish(compiled, failed, all_specs, selection)
    _keep_differences(fleet, output.differences)
    summary = f"{len(compiled)} of {fleet.deployments} deployments compiled: {artifacts} files"
    if check:
        state = f"{len(output.differences)} differ" if output.differences else "all current"
        summary = f"{summary} compared with {out}: {state}"
    else:
        summary = f"{summary} in {out}" + (f", {removed} stale removed" if removed else "")
    return FleetResult(fleet.diagnostics(), summary)


def _compile_one(
    checked: Checked, loaded: LoadedProject, selection: Selection, fleet: Fleet
) -> Compiled:
    if not checked.deployments:
        return Compiled((), ())
    selection.check(loaded)
    # Policies have looked at everything already; without any, only what is wanted is made.
    done = checked.compiled or fleet.compiler(loaded).compile(checked.deployments, selection)
    return selection.of(done, checked.deployments)


def _not_ready(plans: tuple[Plan, ...], checked: Checked, output: Output) -> list[Finding]:
    """Refuse to move traffic to pods that the committed output does not have yet.

    Whatever applies the output would remove what serves while its replacement still starts.
    """
    findings: list[Finding] = []
    for plan in plans:
        before = output.previous(plan.name, plan.environment)
        if before is None or not before["workloads"]:
            continue
        absent = [name for name in plan.serving if name not in before["workloads"]]
        if not absent:
            continue
        if absent[0] == plan.active:
            message = f"{absent[0]} is to serve in the place of {before['serves']}"
        else:
            message = f"{absent[0]} is to get a share of the traffic"
        message = f"{message}, and does not run yet"
        fix = _first(plan, before["serves"])
        environment = (plan.environment,)
        at = Location(checked.path, ("release",), "key")
        findings.append(rule.NOT_READY(message, at, fix=fix, environments=environment))
    return findings


def _first(plan: Plan, served: str) -> str:
    """Return what must be applied before traffic may move as a plan says."""
    if plan.release.form == "controlled":
        # What serves is one set of pods a version, and a controller hands nothing over.
        return (
            "change the router of a rolling release: with the one before, make it `rolling` with"
            " `handover: perVersion` under `release` and apply that, then without `handover`"
        )
    was_rolling = served == plan.name
    if was_rolling != (plan.release.form == "rolling"):
        old_form = "rolling" if was_rolling else "perVersion"
        moves = any(canary.step for canary in plan.release.canary)
        start = ", and `step: 0`," if moves else ""
        return (
            f"first add `handover: {old_form}` under `release`{start} and apply that; then remove"
            " it"
        )
    if plan.strategy == "canary":
        return "first release it with `step: 0`, so that its pods start without traffic"
    return "first release it as the candidate of `blueGreen: {active: stable}`; then switch"


def _keep_differences(fleet: Fleet, differences: list[Difference]) -> None:
    for difference in differences:
        shown = shown_path(difference.path)
        if difference.actual is None:
            message, offset, text = "this file is missing", None, ""
        elif difference.expected is None:
            message, offset, text = "no spec compiles to this file any more", 0, difference.actual
        else:
            message = "this differs from what its spec compiles to"
            text = difference.actual
            offset = _first_difference(difference.expected, text)
        at = Location(shown, offsets=None if offset is None else (offset, offset + 1))
        documents = {}
        if offset is not None:
            documents[shown] = Document(shown, text, "", None, (0, 0))
        fleet.keep([rule.OUTPUT_STALE(message, at, fix="run `fairway compile`")], documents)


def _first_difference(expected: str, actual: str) -> int:
    size = min(len(expected), len(actual))
    return next((i for i in range(size) if expected[i] != actual[i]), max(size - 1, 0))
