"""Counts are read from JSON, CSV and the command line, or refused with what is wrong."""

from __future__ import annotations

import json

import pytest
from analyze.experiments import counts

from fairway.analyze.counts import Arms, read_counts, shorthand, table_of
from fairway.errors import UsageError

ARMS = Arms("3.1.0", "3.2.0", ("conversion", "refunds"))
ONE = Arms("3.1.0", "3.2.0", ("conversion",))
RIGHT = counts((31400, 1570, 600), (31350, 1724, 590))
TABLE = {
    "stable": {"units": 31400, "conversion": 1570, "refunds": 600},
    "candidate": {"units": 31350, "conversion": 1724, "refunds": 590},
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(TABLE),
        json.dumps({"3.2.0": TABLE["candidate"], "3.1.0": TABLE["stable"], "2.0": {}}),
        json.dumps({**TABLE, "stable": {**TABLE["stable"], "units": 31400.0, "more": None}}),
        "arm,units,conversion,refunds\nstable,31400,1570,600\ncandidate,31350,1724,590\n",
        "refunds, arm, units, conversion\r\n590, 3.2.0, 31350, 1724\r\n600,3.1.0,31400,1570\r\n",
    ],
)
def test_forms(text):
    assert read_counts(text, "f", ARMS) == RIGHT


def test_a_table_is_the_same_again():
    assert table_of(RIGHT, ARMS.metrics) == TABLE
    assert read_counts(json.dumps(table_of(RIGHT, ARMS.metrics)), "f", ARMS) == RIGHT


def changed(arm: str, **cells: object) -> str:
    return json.dumps({**TABLE, arm: {**TABLE[arm], **cells}})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "f: neither JSON nor CSV with a column `arm`"),
        ("{", "f:1:2: not JSON: a key in double quotes is expected here"),
        ('{"stable": 3}', "f: expected a map of arms to their counts"),
        ('{"stable": {"units": 1, "conversion": 1, "refunds": 0}}',
         r"f: the candidate version \(3.2.0\) is not there; it has stable"),
        (json.dumps({**TABLE, "3.1.0": {}}), "the stable version .* is twice there"),
        (changed("stable", units=None), "f: stable has no units"),
        ('{"stable": {"units": 1}, "candidate": {"units": 1}}', "f: stable has no conversion"),
        (changed("candidate", conversion=31351), "31,351 conversion of 31,350 units is more"),
        (changed("stable", units=-1), "f: stable: units: expected a whole number from 0, got '-1'"),
        (changed("stable", units=1.5), "got '1.5'"),
        (changed("stable", units=True), "got 'True'"),
        (changed("stable", units="12 k"), "got '12 k'"),
        (changed("stable", units=1e300), "expected a whole number"),
        (changed("stable", units="9" * 40), "expected a whole number"),
        ("arm,units\nstable,1\nstable,2\n", "f: two rows for stable"),
        ("units,conversion\n1,2\n", "a column `arm`"),
    ],
)  # fmt: skip
def test_refused(text, words):
    with pytest.raises(UsageError, match=words):
        read_counts(text, "f", ARMS)


def test_shorthand():
    assert shorthand("1570/31400", " 1724 / 31350", ONE) == counts((31400, 1570), (31350, 1724))
    with pytest.raises(UsageError, match="the plan has 2 outcomes: conversion, refunds"):
        shorthand("1/2", "1/2", ARMS)
    with pytest.raises(UsageError, match="--stable 5: expected OUTCOMES/UNITS"):
        shorthand("5", "1/2", ONE)
    with pytest.raises(UsageError, match="3 conversion of 2 units"):
        shorthand("3/2", "1/2", ONE)
