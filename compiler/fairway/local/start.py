"""Starting a local run: what it needs is there, its folder made; signals end it, and all ends."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from fairway.errors import FairwayError, UsageError
from fairway.local import envoy, prometheus
from fairway.local.choice import Choice
from fairway.local.drill import Drill
from fairway.local.ports import claimed
from fairway.local.run import LocalRun, Wanted
from fairway.local.screen import screen
from fairway.local.server import require_serving
from fairway.local.session import Session, Setting
from fairway.local.stepping import first_step
from fairway.local.waiting import Waiter
from fairway.spec.nearest import listed

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Asked(NamedTuple):
    """What a command line asks for; ``with_prometheus`` None is when there is one."""

    wanted: Wanted
    drill: Drill | None
    with_prometheus: bool | None
    logs: str | None


def run_here(asked: Asked, choice: Choice) -> bool:
    """Run a release until a signal or its time ends it; return whether it was rolled back.

    Raises ``UsageError`` and ``FairwayError`` before anything runs when something is missing,
    ``StoppedError`` when a signal comes before it is ready, and ``FairwayError`` when the run
    cannot go on; whatever happens, nothing is left running.
    """
    with_prometheus = _check(asked, choice)
    port = claimed(asked.wanted.port)
    wanted = asked.wanted._replace(port=port, environment=choice.deployment.environment)
    with _stopping() as stop, _folder(asked, choice) as folder:
        setting = Setting(folder, port, asked.drill, with_prometheus)
        shown = screen()
        session = Session(setting, Waiter(stop))
        try:
            run = LocalRun(wanted, choice, session, shown, stop)
            if asked.drill is not None:
                shown.say(f"drill: {asked.drill}")
                if len(choice.plan.release.variants) == 1:
                    shown.say("it is the only version that serves, so nothing judges it")
            versions = listed(dict.fromkeys(each.version for each in choice.plan.workloads))
            shown.say(f"starting {versions} behind Envoy; their logs are in {session.logs}")
            run.run()
        finally:
            session.close()
            shown.close()
        return run.rolled_back


def _check(asked: Asked, choice: Choice) -> bool:
    """Check what is asked for and what it needs; return whether a Prometheus is run."""
    first_step(choice.plan, asked.wanted.step)
    if asked.logs is not None:
        _check_logs(Path(asked.logs))
    require_serving(choice.deployment)
    envoy.program()
    versions = [each.version for each in choice.plan.workloads]
    if asked.drill is not None and asked.drill.version not in versions:
        message = f"--drill: {choice.plan.name} does not run {asked.drill.version}"
        raise UsageError(message, f"name one of {listed(dict.fromkeys(versions))}")
    return _with_prometheus(asked)


def _check_logs(folder: Path) -> None:
    """Raise ``UsageError`` when the folder cannot be written to, or made where it is missing."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "cannot be written to" if there.is_dir() else "is no folder"
        raise UsageError(f"--logs {folder}: {there} {why}", "name another folder")


def _with_prometheus(asked: Asked) -> bool:
    if asked.with_prometheus and prometheus.program() is None:
        raise UsageError("--prometheus: there is no prometheus on the PATH", "install it")
    there = prometheus.program() is not None
    return there if asked.with_prometheus is None else asked.with_prometheus


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Yield an event that the signals which end programs set, and nothing else happens then."""
    stop = threading.Event()

    def noted(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {number: signal.signal(number, noted) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _folder(asked: Asked, choice: Choice) -> Iterator[Path]:
    """Yield a new folder for the run. It goes with it, but for the logs that are to be kept."""
    folder = Path(tempfile.mkdtemp(prefix=f"fairway-up-{choice.plan.name}-"))
    try:
        yield folder
        if asked.logs is not None:
            _keep(folder / "logs", Path(asked.logs))
    except UsageError:
        raise  # before anything had a log
    except FairwayError as error:
        kept = Path(asked.logs) if asked.logs is not None else Path(f"{folder}-logs")
        _keep(folder / "logs", kept)
        raise type(error)(error.message, error.fix or f"see the logs in {kept}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(logs: Path, target: Path) -> None:
    try:
        shutil.copytree(logs, target, dirs_exist_ok=True)
    except OSError as error:
        raise FairwayError(f"{target}: the logs cannot be kept: {error}") from error
