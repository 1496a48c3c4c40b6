"""The rollback: the candidate gets nothing any more, or a version before becomes stable again.

Traffic moves only to what runs (decision 7). A version that was replaced has no pods any more,
except where one set of pods rolls. So it is named as candidate first, which starts its pods while
the present version answers, and becomes stable by a second rollback: two commits.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairway.stepping.advance import ACTIVE, STEP
from fairway.stepping.fallback import Fallback
from fairway.stepping.move import APPLY, Change, Move, Refusal, Situation, refused
from fairway.stepping.promote import BLUE_GREEN, CANDIDATE, STABLE, STRATEGY
from fairway.stepping.put import Wanted


def rollback(situation: Situation, past: Sequence[Fallback], to: str | None) -> Move:
    """Decide the way back: from the candidate, or to a version of ``past``, the newest first.

    ``to`` names one of ``past``, where the one that served last will not do.
    """
    state, controlled = situation.state, situation.release.controlled
    # A controller takes the steps itself, whatever `step` says in git.
    stepping = controlled and state.strategy == "canary" and bool(state.candidate)
    if state.in_motion or stepping:
        if to is not None and to != state.stable:
            why = f"{state.candidate} is on trial, and is taken back to {state.stable} first"
            return refused("rollback", why, "roll back without --to")
        return _taken_back(situation)
    if state.handover:
        why = f"the {state.handover} form still serves (`handover`), and would have to move as well"
        return refused("rollback", why, "end the handover first: remove `release.handover`")
    target = _target(past, to, state.stable)
    if isinstance(target, Move):
        return target
    if state.candidate not in ("", target) and to is None:
        why = f"{state.candidate} gets nothing already, and {state.stable} is what serves"
        fix = f"to take {state.stable} back as well, name the version: --to {target}"
        return refused("rollback", why, fix)
    if state.strategy == "rolling" or controlled:
        return _in_place(situation, target)
    return _swapped(situation) if state.candidate == target else _started(situation, target)


def _taken_back(situation: Situation) -> Move:
    state = situation.state
    title = f"{state.candidate} gets nothing any more"
    then = f"{APPLY}; find out why; {state.candidate} stays named as candidate"
    change = _stopped(situation)
    if situation.release.controlled:
        # The controller goes back when the object has the stable version again.
        changes = (Change(Wanted(CANDIDATE, remove=True), state.candidate, "none"), *change)
        then = f"{APPLY}; find out why before it is named again"
        return Move("rollback", title, changes, then=then)
    return Move("rollback", title, change, then=then)


def _stopped(situation: Situation) -> tuple[Change, ...]:
    """Return the change of the strategy after which the candidate gets nothing."""
    state = situation.state
    if state.strategy == "canary":
        if not state.step:
            return ()
        return (Change(Wanted(STEP, 0), str(state.step), "0", f"{state.share} → 0%"),)
    if state.strategy == "blueGreen":
        if state.active != "candidate":
            return ()
        meaning = f"{state.stable} answers everything"
        return (Change(Wanted(ACTIVE, "stable"), "candidate", "stable", meaning),)
    return (Change(Wanted(STRATEGY, BLUE_GREEN), state.strategy, "blueGreen"),)


def _target(past: Sequence[Fallback], to: str | None, present: str) -> str | Move:
    """Return the version to go back to, or the refusal that says why there is none."""
    named = past[0].version if past and to is None else to
    chosen = next((each for each in past if each.version == named), None)
    if chosen is None:
        if to is None:
            return refused("rollback", f"no version has served here before {present}")
        served = ", ".join(each.version for each in past) or "none"
        why = f"{to} has not served here before {present}"
        return refused("rollback", why, f"versions that have: {served}")
    if not chosen.against:
        return chosen.version
    older = past[past.index(chosen) + 1 :]
    will_do = next((each.version for each in older if not each.against), None)
    fix = (
        f"the next older one that will do: --to {will_do}" if will_do else "none before it will do"
    )
    reasons = [Refusal(f"{chosen.version} served before, but {why}") for why in chosen.against]
    reasons[-1] = reasons[-1]._replace(fix=fix)
    return Move("rollback", "", refusals=tuple(reasons))


def _in_place(situation: Situation, target: str) -> Move:
    state = situation.state
    how = "its pods roll" if state.strategy == "rolling" else f"{situation.release.router} moves it"
    changes = [Change(Wanted(STABLE, target), state.stable, target, how)]
    if state.candidate:
        # What a controller replaces has the candidate's version for as long as there is one.
        changes.append(Change(Wanted(CANDIDATE, remove=True), state.candidate, "none"))
    title = f"{target} is stable again"
    return Move("rollback", title, tuple(changes), then=APPLY)


def _started(situation: Situation, target: str) -> Move:
    """Name ``target`` as candidate, so that it runs while the present version answers."""
    state = situation.state
    change = Change(
        Wanted(CANDIDATE, target), state.candidate or "none", target, "it starts, and gets nothing"
    )
    return Move(
        "rollback",
        f"{target} starts, to take over again",
        (change,),
        then=f"{APPLY}; when {target} is ready roll back again, which makes it stable",
        following="rollback",
        notes=(f"two commits: {target} has no pods, and traffic moves only to what runs",),
    )


def _swapped(situation: Situation) -> Move:
    state = situation.state
    target, bad = state.candidate, state.stable
    head = situation.history.head(situation.environment)
    refusals: tuple[Refusal, ...] = ()
    if head is None or not head.runs(target):
        why = f"{target} does not run yet: HEAD does not name it as candidate"
        refusals = (Refusal(why, "commit and apply that first; traffic moves to what is ready"),)
    changes = (
        Change(Wanted(STABLE, target), bad, target, f"{target} answers everything"),
        Change(Wanted(CANDIDATE, bad), target, bad, "it gets nothing"),
    )
    title = f"{target} is stable again"
    then = f"{APPLY}; find out why; {bad} stays named as candidate"
    return Move("rollback", title, changes, refusals, then=then)
