"""A local run from its start to its end: what is read, decided and done, four times a second."""

from __future__ import annotations

import threading
from contextlib import suppress
from time import monotonic
from typing import Final, NamedTuple

from fairway.errors import FairwayError
from fairway.finding import Severity
from fairway.local.choice import Choice, Chosen, choose
from fairway.local.fate import fate_of
from fairway.local.guard import Guard
from fairway.local.history import History, Sample
from fairway.local.load import Load
from fairway.local.ports import HOST
from fairway.local.screen import Screen
from fairway.local.server import contract_of, unset_secrets
from fairway.local.session import Session
from fairway.local.stepping import at_step, first_step
from fairway.local.view import lasted, view_of
from fairway.local.waiting import StoppedError
from fairway.local.watch import digest_of
from fairway.plan.model import Plan
from fairway.spec.nearest import listed

_TICK: Final = 0.25
_LOOK_BACK: Final = 60.0  # seconds that the table is about where no gate has a window
_SHOWN_FINDINGS: Final = 10


class Wanted(NamedTuple):
    """What a run is asked for.

    ``environment`` None is the usual one; ``step`` overrides that of the spec. ``rate`` is how
    many requests a second are made, 0 for none, and ``seconds`` how long the run lasts, both as
    they are here; ``scale`` is how many seconds of the plan one here is. With ``auto`` steps
    follow each other.
    """

    path: str
    environment: str | None
    now: str | None
    port: int
    step: int | None
    rate: float
    seconds: float | None
    scale: float
    auto: bool


class LocalRun:
    """Runs one release until it is told to stop."""

    def __init__(
        self,
        wanted: Wanted,
        choice: Choice,
        session: Session,
        screen: Screen,
        stop: threading.Event,
    ) -> None:
        self._wanted = wanted
        self._choice = choice
        self._session = session
        self._screen = screen
        self._stop = stop
        self._plan = choice.plan
        self._guard: Guard | None = None
        self._history = History(_LOOK_BACK)
        self._load = _load(wanted, choice) if wanted.rate else None
        self._began = monotonic()
        self._digest = ""
        self._alive = True
        self.rolled_back = False

    def run(self) -> None:
        """Start everything, and look after it until the run is over.

        Raises ``StoppedError`` when it is stopped before it is ready, ``FairwayError`` when it
        cannot go on.
        """
        self._start()
        try:
            with suppress(StoppedError):  # while an edit was waited for
                self._look_after()
        finally:
            if self._load is not None:
                self._load.stop()
        self._say(self._summary())

    # -- the beginning -----------------------------------------------------------------------------

    def _start(self) -> None:
        started = monotonic()
        self._digest = digest_of(self._choice.files)
        step = first_step(self._choice.plan, self._wanted.step)
        plan = self._choice.plan if step is None else at_step(self._choice.plan, step)
        self._session.bring(self._choice, plan)
        self._began = monotonic()
        self._adopt(plan, step)
        path = f"{plan.proxy.path.rstrip('/')}/models/{plan.name}/infer"
        url = f"http://{HOST}:{self._wanted.port}{path}"
        self._say(f"ready after {monotonic() - started:.1f} s: POST {url}")
        self._say_what_is_missing()
        if self._load is not None:
            self._load.start()

    def _adopt(self, plan: Plan, step: int | None) -> None:
        """Guard a release from its begin."""
        self._plan = plan
        self._alive = True
        self._guard = None
        if step is not None:
            (canary,) = plan.release.canary
            self._history = self._history._replace(kept=canary.window / self._wanted.scale)
            here, scale = self._here(), self._wanted.scale
            self._guard = Guard(plan, step, here, scale, auto=self._wanted.auto)

    def _say_what_is_missing(self) -> None:
        """Say what is not as in a cluster: secrets, and by what gates are read."""
        unset = unset_secrets(self._choice.deployment)
        if unset:
            self._say(f"not set here, so the servers run without: {listed(unset)}")
        prometheus = self._session.prometheus
        if prometheus is not None:
            self._say(f"Prometheus: http://{HOST}:{prometheus.port}")
        if self._guard is not None:
            source = self._guard.reads_from(prometheus)
            self._say(f"gates are read from {'Prometheus' if source else 'the proxy itself'}")

    # -- every tick --------------------------------------------------------------------------------

    def _look_after(self) -> None:
        while not self._stop.wait(_TICK):
            self._tick()
            if self._wanted.seconds is not None and self._here() >= self._wanted.seconds:
                break

    def _tick(self) -> None:
        self._processes()
        try:
            counters = self._session.counters()
        except FairwayError:
            self._processes()  # which says it better when the proxy has just ended
            raise
        self._history = self._history.and_now(Sample(self._here(), counters))
        self._control()
        digest = digest_of(self._choice.files)
        if digest != self._digest:
            self._digest = digest
            self._edited()
        here, guard = self._here(), self._guard
        since = guard.since(here) if guard is not None else here - _LOOK_BACK
        state = guard.state if guard is not None else None
        self._screen.show(view_of(self._plan, state, self._history, since, self._at()))

    def _processes(self) -> None:
        """Take note of processes that have ended; raise ``FairwayError`` for one that it needs."""
        for child in self._session.ended():
            fate = fate_of(self._plan, child.name)
            if fate == "over":
                raise FairwayError(child.how_it_ended(), f"see {child.log}")
            self._say(child.how_it_ended())
            self._alive = self._alive and fate != "candidate"

    def _control(self) -> None:
        guard = self._guard
        if guard is None:
            return
        if guard.waits_to_start:
            self._go(1, "step 1 begins")
            return
        prometheus = self._session.prometheus
        decision = guard.look(self._history, prometheus, self._here(), alive=self._alive)
        if decision.step is not None:
            self._plan = at_step(self._plan, decision.step)
            self._session.route(self._plan)
        if decision.why:
            self._say(decision.why)
        self.rolled_back = self.rolled_back or guard.state.phase == "rolled-back"

    def _go(self, step: int, why: str) -> None:
        plan = at_step(self._plan, step)
        self._session.route(plan)
        self._adopt(plan, step)
        self._say(why)

    # -- edits -------------------------------------------------------------------------------------

    def _edited(self) -> None:
        """Make an edited spec live; one with findings changes nothing."""
        try:
            chosen = choose(self._wanted.path, self._wanted.environment, self._wanted.now)
            if chosen.choice is None:
                self._refuse(chosen)
                return
            self._change(chosen.choice)
        except FairwayError as error:
            self._say(f"the edit is not live: {error.message}")

    def _refuse(self, chosen: Chosen) -> None:
        errors = [each for each in chosen.diagnostics if each.severity >= Severity.ERROR]
        for each in errors[:_SHOWN_FINDINGS]:
            line = f":{each.span.line}:{each.span.column}" if each.span is not None else ""
            self._say(f"{each.file}{line}: {each.rule}: {each.message}")
        self._say("the edit is not live: the routes stay as they are")

    def _change(self, choice: Choice) -> None:
        before, plan, guard = self._choice.plan, choice.plan, self._guard
        step: int | None = plan.release.canary[0].step if plan.release.canary else None
        same = guard is not None and _identity(before) == _identity(plan)
        if same and guard is not None:
            plan = at_step(plan, 0 if guard.state.phase == "rolled-back" else guard.state.step)
        elif step is not None:
            plan = at_step(plan, step)
        started = monotonic()
        self._session.bring(choice, plan)
        self._choice = choice
        self._digest = digest_of(choice.files)
        if same and guard is not None:
            self._plan = plan
            guard.adopt(plan)
        else:
            self._adopt(plan, step)
        self._say(f"the edit is live after {monotonic() - started:.2f} s")

    # -- words -------------------------------------------------------------------------------------

    def _summary(self) -> str:
        known = self._session.counters()
        counted = [
            f"{each.version} answered {known[each.name].completed:.0f} requests,"
            f" {known[each.name].errors:.0f} with an error"
            for each in self._plan.workloads
            if each.name in known
        ]
        return f"stopped: {listed(counted)}"

    def _here(self) -> float:
        return monotonic() - self._began

    def _at(self) -> float:
        return self._here() * self._wanted.scale

    def _say(self, text: str) -> None:
        self._screen.say(f"{lasted(self._at()):>7}  {text}")


def _load(wanted: Wanted, choice: Choice) -> Load:
    contract = contract_of(choice.deployment, choice.root, choice.deployment.spec.release.stable)
    return Load(wanted.port, choice.plan.name, contract, choice.plan.release, wanted.rate)


def _identity(plan: Plan) -> tuple[object, ...]:
    """Return what makes it the same release: its versions, and git's step of it."""
    versions = tuple((each.role, each.version) for each in plan.release.variants)
    return (plan.strategy, versions, tuple(canary.step for canary in plan.release.canary))
