"""Where a result comes from: what was given on the command line, and reading it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TextIO

from fairway.analyze import prometheus
from fairway.analyze.counts import Arms, Counts, read_counts, shorthand
from fairway.analyze.pairs import Pairs, join_logs, read_pairs
from fairway.errors import FairwayError, UsageError
from fairway.indented_json import indented_json
from fairway.report.write import write_report
from fairway.source.given_json import NOT_TEXT

if TYPE_CHECKING:
    from fairway.analyze.subject import Strategy

STDIN = "-"


class Inputs(NamedTuple):
    """What was given, as it was given; None or empty for what was not."""

    counts: str | None = None
    stable: str | None = None
    candidate: str | None = None
    prometheus: str | None = None
    recorded: str | None = None
    queries: tuple[str, ...] = ()
    label: str | None = None
    at: str | None = None
    record: str | None = None
    record_looks: str | None = None
    pairs: str | None = None
    stable_log: str | None = None
    candidate_log: str | None = None


class Way(NamedTuple):
    """One way to give a result: its options, those that may be beside them, and of what it is."""

    options: tuple[str, ...]
    beside: tuple[str, ...]
    strategy: Strategy


_WAYS = (
    Way(("counts",), ("record_looks",), "ab"),
    Way(("stable", "candidate"), ("record_looks",), "ab"),
    Way(("prometheus",), ("queries", "label", "at", "record", "record_looks"), "ab"),
    Way(("recorded",), ("label", "record_looks"), "ab"),
    Way(("pairs",), (), "shadow"),
    Way(("stable_log", "candidate_log"), (), "shadow"),
)
_WRITTEN: Mapping[str, str] = MappingProxyType({"queries": "--query"})


def way_of(inputs: Inputs) -> Way:
    """Return the one way that a result is given; ``UsageError`` for none, half or two of them."""
    given = {name for name, value in inputs._asdict().items() if value not in (None, ())}
    ways = [way for way in _WAYS if given.intersection(way.options)]
    if len(ways) != 1:
        names = [" and ".join(map(_option, way.options)) for way in ways or _WAYS]
        if ways:
            raise UsageError(f"{'; '.join(names)}: a result is given twice", "give one of them")
        raise UsageError("no result is given", f"give one of {'; '.join(names)}")
    way = ways[0]
    if not given.issuperset(way.options):
        raise UsageError(f"{' and '.join(map(_option, way.options))} go together", "give both")
    strange = sorted(given.difference(way.options, way.beside))
    if strange:
        message = f"{_option(strange[0])} has no meaning with {_option(way.options[0])}"
        raise UsageError(message, "leave it out")
    return way


def read_arms(inputs: Inputs, arms: Arms) -> prometheus.Read:
    """Return the counts of an A/B test, and what is to be said of where they come from."""
    if inputs.counts is not None:
        with opened(inputs.counts) as stream:
            return _without_warning(read_counts(stream.read(), _name(inputs.counts), arms))
    if inputs.stable is not None and inputs.candidate is not None:
        return _without_warning(shorthand(inputs.stable, inputs.candidate, arms))
    if inputs.recorded is not None:
        with opened(inputs.recorded) as stream:
            where = _name(inputs.recorded)
            answers = prometheus.read_recorded(stream.read(), where, arms.metrics)
        return prometheus.counts_from(answers, inputs.label, where, arms)
    url = inputs.prometheus or ""
    queries = prometheus.parse_queries(inputs.queries, arms.metrics)
    answers = prometheus.ask(url, queries, inputs.at)
    if inputs.record is not None:
        _write(inputs.record, indented_json(answers, 2) + "\n")
    return prometheus.counts_from(answers, inputs.label, url, arms)


def read_answers(inputs: Inputs) -> Pairs:
    """Return the pairs of a shadow release."""
    if inputs.pairs is not None:
        with opened(inputs.pairs) as stream:
            return read_pairs(stream, _name(inputs.pairs))
    stable, candidate = inputs.stable_log or "", inputs.candidate_log or ""
    with opened(stable) as ones, opened(candidate) as others:
        return join_logs(ones, others, _name(stable), _name(candidate))


@contextmanager
def opened(path: str) -> Iterator[TextIO]:
    """Open a file of UTF-8 text, or stdin for ``-``; ``UsageError`` when it cannot be read."""
    try:
        if path == STDIN:
            yield sys.stdin
            return
        with Path(path).open(encoding="utf-8-sig") as stream:
            yield stream
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{_name(path)}: not UTF-8 text", NOT_TEXT) from error


def _name(path: str) -> str:
    return "stdin" if path == STDIN else path


def _option(name: str) -> str:
    return _WRITTEN.get(name, f"--{name.replace('_', '-')}")


def _without_warning(counts: Counts) -> prometheus.Read:
    return prometheus.Read(counts, ())


def _write(path: str, text: str) -> None:
    try:
        write_report(text, Path(path))
    except OSError as error:
        raise FairwayError(f"{path}: cannot be written: {error.strerror}") from error
