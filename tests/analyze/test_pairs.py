"""Pairs come from one file, or from two logs that are joined on the ids of requests."""

from __future__ import annotations

import json

import pytest

from fairway.analyze.pairs import Pair, join_logs, read_pairs
from fairway.errors import UsageError


def lines(*values: object) -> list[str]:
    """Lines of JSON, with an empty one at the end."""
    return [*(json.dumps(value) + "\n" for value in values), "\n"]


def log(*rows: tuple[object, object]) -> list[str]:
    """A log as a server might write it, with records that are no answers."""
    return [
        'a line of another program\n',
        *lines({"level": "info", "message": "request", "id": "1", "ms": 3}),
        *lines(*({"model_name": "m", "id": name, "outputs": value} for name, value in rows)),
        "\n",
    ]  # fmt: skip


def test_pairs():
    found = read_pairs(
        lines(
            {"id": "a", "stable": [1], "candidate": [2]},
            {"stable": {"id": "x", "outputs": [3]}, "candidate": {"outputs": [3]}},
            {"id": 7, "stable": [4], "candidate": None},
            {"id": 8, "stable": None, "candidate": [4]},
            {"id": 9, "stable": None, "candidate": None},
        ),
        "f",
    )
    assert found.pairs == (
        Pair("a", [1], [2]), Pair("2", [3], [3]), Pair("7", [4], None, answered=False),
    )  # fmt: skip
    assert (found.stable_alone, found.candidate_alone, found.repeated) == (0, 1, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1]", r"f:2: not a JSON object: '\[1\]'"),
        ('{"id": 1', "f:2:9: not a JSON object"),
        (
            '{"id": 1, "stable": []}',
            "f:2: a pair has stable and candidate, and this has id, stable",
        ),
        ('{"id": "a", "stable": [], "candidate": []}', "f:2: the id a comes a second time"),
    ],
)
def test_refused_pairs(text, words):
    with pytest.raises(UsageError, match=words):
        read_pairs([lines({"id": "a", "stable": [], "candidate": []})[0], text], "f")


def test_logs():
    found = join_logs(
        log(("a", [1]), ("b", [2]), ("c", [3]), ("d", [4]), ("d", [5])),
        log(("c", [3]), ("b", [9]), ("e", [0]), ("d", [4]), (7, [1])),
        "s", "c",
    )  # fmt: skip
    assert found.pairs == (Pair("b", [2], [9]), Pair("c", [3], [3]))
    assert (found.stable_alone, found.candidate_alone, found.repeated) == (1, 2, 1)


def test_a_log_without_answers():
    with pytest.raises(UsageError, match="s: no line has an id and outputs"):
        join_logs(log(), log(("a", [1])), "s", "c")
