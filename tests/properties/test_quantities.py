"""Quantities are written as Kubernetes itself writes them, so that nothing seems to differ."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from artifacts.units import canonical_quantity, seconds
from hypothesis import example, given
from hypothesis import strategies as st
from specgen import cpus, durations, memories

from fairway.plan.routing import route_timeout
from fairway.spec.units import Duration, parse_cpu, parse_duration, parse_memory


@given(cpus())
@example("999")
@example("0.0001")
def test_cpu(written: str | int) -> None:
    text = str(parse_cpu(written))
    assert text == canonical_quantity(text)
    exact = Decimal(str(written).removesuffix("m")) * (1 if str(written).endswith("m") else 1000)
    assert parse_cpu(text).millicores == math.ceil(exact)


@given(memories())
@example("1024Ti")
@example("62.5Ki")
@example("1000T")
@example("1000000k")
def test_memory(written: str) -> None:
    text = str(parse_memory(written))
    assert text == canonical_quantity(text)


@pytest.mark.parametrize(
    ("written", "bytes_"), [("1Ki", 1024), ("1.5Gi", 3 << 29), ("2G", 2 * 10**9), (".5k", 500)]
)
def test_amounts_of_memory(written: str, bytes_: int) -> None:
    assert parse_memory(written).bytes == bytes_


@given(durations())
def test_route_timeouts_are_exact(written: str) -> None:
    duration = parse_duration(written)
    assert seconds(route_timeout(duration)) * 1000 == duration.milliseconds


@given(st.integers(1, 99_999 * 3_600_000))
def test_route_timeouts_keep_every_millisecond(milliseconds: int) -> None:
    assert seconds(route_timeout(Duration(milliseconds))) * 1000 == milliseconds
