"""Asking a Prometheus for what a canary's gates need to know, all at one time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import nan

from fairway import prometheus
from fairway.errors import FairwayError, UsageError
from fairway.plan.release import Canary
from fairway.stepping.answer import QUERY, sample_of
from fairway.stepping.measured import Taken, queries_of, readings_of
from fairway.stepping.possible import EXTRAPOLATED, impossible


def parse_headers(given: Sequence[str]) -> dict[str, str]:
    """Return headers from ``NAME=VARIABLE``: secrets are taken from variables, never arguments."""
    headers: dict[str, str] = {}
    for text in given:
        name, equals, variable = text.partition("=")
        if not equals or not name.strip() or not variable.strip():
            message = f"--header {text[:60]}: expected NAME=VARIABLE"
            raise UsageError(message, "write it like Authorization=PROMETHEUS_AUTHORIZATION")
        value = os.environ.get(variable.strip())
        if not value:
            message = f"--header {name}: the environment has no variable {variable.strip()}"
            raise UsageError(message, "set it to the header's value, such as `Bearer …`")
        headers[name.strip()] = value
    return headers


def ask(url: str, canary: Canary, now: datetime, headers: Mapping[str, str]) -> Taken:
    """Return the gates' readings at ``now``, over the window before it.

    Raises ``FairwayError`` when Prometheus cannot be reached, or does not answer a query, or
    answers what cannot be.
    """
    from fairway.resolve.answers import shown_url

    shown = shown_url(url)
    answers = prometheus.ask(url, queries_of(canary), f"{now.timestamp():.3f}", headers)
    numbers = {q: sample_of(answer, f"{shown}: {q}").value for q, answer in answers.items()}
    readings = readings_of(canary, lambda query: numbers.get(query, nan))
    for gate in canary.gates:
        wrong = impossible(gate, readings[gate.name], EXTRAPOLATED)
        if wrong:
            raise FairwayError(f"{shown}: the answers for {gate.name}: {wrong}", QUERY)
    return Taken(readings, now - timedelta(seconds=canary.window), now, shown)
