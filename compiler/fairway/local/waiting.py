"""Waiting for what other processes do, in small steps, so that a signal is noticed at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Final

from fairway.errors import FairwayError
from fairway.local.child import Child

_TICK: Final = 0.02


class StoppedError(Exception):
    """The run was told to stop while something was waited for."""


class Waiter:
    """Waits for conditions; ``stop`` is set by whoever wants the run to end."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def until(
        self,
        holds: Callable[[], bool],
        what: str,
        seconds: float,
        children: Iterable[Child] = (),
    ) -> None:
        """Wait until ``holds`` does.

        Raises ``StoppedError`` when the run is to end, and ``FairwayError`` when one of the
        ``children`` ends first or it takes longer than ``seconds``; ``what`` says what does.
        """
        needed = tuple(children)
        end = monotonic() + seconds
        while not holds():
            for child in needed:
                if not child.alive:
                    raise FairwayError(f"{what}: {child.how_it_ended()}", f"see {child.log}")
            if monotonic() > end:
                said = next((line for child in needed if (line := child.last_line())), "")
                why = f"; it said: {said}" if said else ""
                raise FairwayError(f"{what}: not ready after {seconds:g} s{why}")
            if self._stop.wait(_TICK):
                raise StoppedError
