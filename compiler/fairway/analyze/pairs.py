"""Pairs of answers to the same request, from one file of pairs or from two logs.

Every line is a JSON object. A pair: ``{"id": "7", "stable": OUTPUTS, "candidate": OUTPUTS}``. A
log has the answers of one version as the server gives them, joined by the request's id:
``{"id": "7", "outputs": OUTPUTS, …}``; lines without outputs are other records, and left out.
A candidate that gave no answer (null in a pair) did not give stable's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fairway.errors import UsageError

_PAIR = 'write {"id": …, "stable": …, "candidate": …}'


class Pair(NamedTuple):
    """Two answers to one request; ``answered`` is false when there is none of the candidate."""

    id: str
    stable: object
    candidate: object
    answered: bool = True


class Pairs(NamedTuple):
    """All pairs, and what found none.

    ``alone`` counts requests that only stable or only the candidate has an answer to, and
    ``repeated`` ids that a log has more than once: nobody can say which answers belong together.
    """

    pairs: tuple[Pair, ...]
    stable_alone: int = 0
    candidate_alone: int = 0
    repeated: int = 0


def read_pairs(lines: Iterable[str], where: str) -> Pairs:
    """Read a file of pairs; raises ``UsageError`` with the line of one that is none."""
    found: list[Pair] = []
    seen: set[str] = set()
    alone = 0
    for number, line in _objects(lines, where, strict=True):
        place = f"{where}:{number}"
        if "stable" not in line or "candidate" not in line:
            have = ", ".join(sorted(line)) or "nothing"
            message = f"{place}: a pair has stable and candidate, and this has {have}"
            raise UsageError(message, _PAIR)
        name = str(line.get("id", number))
        if name in seen:
            message = f"{place}: the id {name} comes a second time"
            raise UsageError(message, "leave out copies: a request counts once")
        seen.add(name)
        stable, candidate = _outputs(line["stable"]), _outputs(line["candidate"])
        if stable is None:
            alone += candidate is not None
            continue
        found.append(Pair(name, stable, candidate, candidate is not None))
    return Pairs(tuple(found), candidate_alone=alone)


def join_logs(
    stable: Iterable[str], candidate: Iterable[str], stable_name: str, candidate_name: str
) -> Pairs:
    """Join the logs of both versions on the requests' ids."""
    ones, repeated = _answers(stable, stable_name)
    others, more = _answers(candidate, candidate_name)
    twice = repeated | more
    pairs = tuple(
        Pair(name, outputs, others[name])
        for name, outputs in ones.items()
        if name in others and name not in twice
    )
    return Pairs(
        pairs,
        stable_alone=len(ones.keys() - others.keys() - twice),
        candidate_alone=len(others.keys() - ones.keys() - twice),
        repeated=len(twice),
    )


def _answers(lines: Iterable[str], where: str) -> tuple[dict[str, object], set[str]]:
    found: dict[str, object] = {}
    repeated: set[str] = set()
    for _, line in _objects(lines, where, strict=False):
        outputs, name = line.get("outputs"), line.get("id")
        if outputs is None or not isinstance(name, str | int) or name == "":
            continue
        if str(name) in found:
            repeated.add(str(name))
        found[str(name)] = outputs
    if not found:
        raise UsageError(
            f"{where}: no line has an id and outputs",
            'log every answer as a line of JSON: {"id": …, "outputs": […]}',
        )
    return found, repeated


def _objects(
    lines: Iterable[str], where: str, *, strict: bool
) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the JSON object of each line with its number; ``strict`` refuses other lines."""
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        place = f"{where}:{number}"
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            value = None
            if isinstance(error, json.JSONDecodeError):
                place += f":{error.colno}"
        if isinstance(value, dict):
            yield number, value
        elif strict:
            raise UsageError(f"{place}: not a JSON object: {text.strip()[:40]!r}", _PAIR)


def _outputs(answer: object) -> object:
    """Return the outputs of a whole answer, or what was given as its outputs."""
    if isinstance(answer, dict) and "outputs" in answer:
        return answer["outputs"]
    return answer
