"""The course of all runs, minute by minute, for the table and for the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fairway.simulate.engine.beat import MINUTE, Beat
from fairway.simulate.engine.draws import Flags, Floats
from fairway.simulate.engine.ends import Ends, band
from fairway.simulate.engine.judging import Judged
from fairway.simulate.engine.side import Side, ratio
from fairway.simulate.result import Band, Minute, Watch, WatchMinute

_NONE = float("nan")


class _Seen:
    """What one watch said within the minute, and whom it stopped since the begin."""

    def __init__(self, runs: int) -> None:
        self.value: Floats = np.full(runs, _NONE)
        self.limit: Floats = np.full(runs, _NONE)
        self.stopped: Flags = np.zeros(runs, dtype=np.bool_)
        self.forget()

    def forget(self) -> None:
        runs = len(self.value)
        self.value.fill(_NONE)
        self.limit.fill(_NONE)
        self.read: Flags = np.zeros(runs, dtype=np.bool_)
        self.bad: Flags = np.zeros(runs, dtype=np.bool_)
        self.nothing: Flags = np.zeros(runs, dtype=np.bool_)

    def see(self, judged: Judged, which: Flags) -> None:
        self.read |= which
        self.value[which] = judged.value[which]
        self.limit[which] = judged.limit[which]
        self.bad |= judged.bad & which
        self.nothing[which] = judged.nothing[which]

    def minute(self) -> WatchMinute:
        count = int(self.read.sum())
        if not count:
            return WatchMinute(Band(_NONE, _NONE, _NONE), _NONE, 0.0, 0.0, 0.0)
        fails = int(self.bad.sum()) / count
        unknown = int((self.nothing & ~self.bad).sum()) / count
        return WatchMinute(
            value=band(self.value[self.read]),
            limit=band(self.limit[self.read]).p50,
            passes=max(0.0, 1.0 - fails - unknown),
            fails=fails,
            unknown=unknown,
        )


class History:
    """Collects bins and readings, and closes a row after every ``beat.row`` bins."""

    def __init__(self, beat: Beat, watches: Sequence[Watch], runs: int) -> None:
        self.minutes: list[Minute] = []
        self._beat = beat
        self._watches = tuple(watches)
        self._seen = [_Seen(runs) for _ in watches]
        self._runs = runs
        self._begin(0)

    def _begin(self, number: int) -> None:
        self._first = number
        self._going = 0
        self._requests = np.zeros(self._runs, dtype=np.int64)
        self._bad = np.zeros(self._runs, dtype=np.int64)
        self._stable = np.zeros(2)
        for seen in self._seen:
            seen.forget()

    def pass_bin(self, live: int, candidate: Side, stable: Side) -> None:
        """Take note of a bin's requests, in which ``live`` runs were going."""
        self._going += live
        self._requests += candidate.requests
        self._bad += candidate.bad
        self._stable += (stable.requests.sum(), stable.bad.sum())

    def see(self, watch: int, judged: Judged, which: Flags) -> None:
        """Take note of a reading in the runs that ``which`` marks."""
        self._seen[watch].see(judged, which)

    def stop(self, watch: int, which: Flags) -> None:
        """Take note of the runs that a watch stopped."""
        self._seen[watch].stopped |= which

    def close(self, number: int, ends: Ends, share: Floats) -> None:
        """End the row after bin ``number`` when it is whole, or when no run goes on."""
        if number + 1 - self._first < self._beat.row and ends.live.any():
            return
        minutes = max(self._going, 1) * self._beat.width / MINUTE
        requests, bad = float(self._requests.sum()), float(self._bad.sum())
        self.minutes.append(
            Minute(
                begin=self._first * self._beat.width,
                seconds=(number + 1 - self._first) * self._beat.width,
                going=float(ends.live.mean()),
                promoted=float(ends.promoted.mean()),
                aborted=float(ends.aborted.mean()),
                share=band(np.where(ends.promoted, 1.0, np.where(ends.aborted, 0.0, share))),
                requests=requests / minutes,
                errors=bad / minutes,
                total_requests=(requests + float(self._stable[0])) / minutes,
                total_errors=(bad + float(self._stable[1])) / minutes,
                ratio=band(ratio(self._bad, self._requests)),
                spent=band(ends.bad),
                watches=tuple(seen.minute() for seen in self._seen),
            )
        )
        self._begin(number + 1)

    def watches(self, ends: Ends) -> tuple[Watch, ...]:
        """Return the watches with the shares of the aborted runs that they stopped."""
        aborted = int(ends.aborted.sum())
        return tuple(
            watch._replace(stopped=int((seen.stopped & ends.aborted).sum()) / max(1, aborted))
            for watch, seen in zip(self._watches, self._seen, strict=True)
        )
