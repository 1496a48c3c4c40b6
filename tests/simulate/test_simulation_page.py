"""The page: whole in itself, well formed, with the numbers of the JSON, and drawn by a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from simulate.releases import canary, conditions, gate, simulated

from fairway.simulate.conditions import Lognormal, Outage
from fairway.simulate.document import document
from fairway.simulate.html.axis import time_axis
from fairway.simulate.html.page import make_page
from fairway.simulate.result import Simulation, Span
from fairway.simulate.text import render
from fairway.simulate.verdict import verdict
from fairway.simulate.wording import duration, measured, number, percent

CHROMIUM = shutil.which("chromium")
SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)
LAW = Lognormal(0.04, 0.11)


def simulation(errors: float = 0.013, **changes: Any) -> Simulation:
    gates = (gate(), gate("within", 0.005), gate("max", 0.2, "latency-p95"))
    given = conditions(40, errors, 0.002, start=600, latency=LAW, outages=(Outage(300, 480),))
    run = simulated(canary(((5, 900), (25, 900)), gates, min_requests=200), given, 300)
    made = Simulation(
        name="churn",
        environment="production",
        strategy="canary",
        stable="1.0.0",
        candidate="1.1.0",
        runs=300,
        seed=7,
        scenario=("traffic 40/s",),
        faults=(Span(600.0, float("inf"), "errors"),),
        outages=(Span(300.0, 480.0, "no metrics"),),
        run=run,
    )
    return made._replace(**changes)


@pytest.fixture(scope="module")
def made() -> Simulation:
    return simulation()


@pytest.fixture(scope="module")
def page(made: Simulation) -> str:
    return make_page(made)


def rows(page: str, table: str) -> list[list[str]]:
    (found,) = re.findall(rf'<table id="{table}">(.*?)</table>', page, re.DOTALL)
    lines = re.findall(r"<tr>(.*?)</tr>", found, re.DOTALL)
    return [[unescape(cell) for cell in re.findall(r"<td.*?>(.*?)</td>", line)] for line in lines][
        1:
    ]


def test_nothing_comes_from_elsewhere(page):
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.findall(r"(?:src|href|url)\s*[=(]", page)
    assert "http" not in page.replace("http-equiv", "")


def test_plots_are_well_formed(page):
    plots = SVG.findall(page)
    assert len(plots) > 20
    for plot in plots:
        root = ElementTree.fromstring(plot)  # noqa: S314 - it was made just now
        if root.get("class") == "key":
            continue
        assert root.get("aria-label")
        width, height = map(float, root.get("viewBox", "").split()[2:])
        for line in root.iter("polyline"):
            for point in line.get("points", "").split():
                x, y = map(float, point.split(","))
                assert -0.5 <= x <= width + 0.5
                assert -0.5 <= y <= height + 0.5


def test_every_class_has_a_style(page):
    style = page[page.index("<style>") : page.index("</style>")]
    for plot in SVG.findall(page):
        for names in re.findall(r'class="([^"]+)"', plot):
            for name in names.split():
                assert f".{name}" in style, name


def test_wide_and_narrow_windows_see_the_same_plots(page):
    wide = re.findall(r'<div class="wide">(<svg.*?</svg>)', page, re.DOTALL)
    narrow = re.findall(r'<div class="narrow">(<svg.*?</svg>)', page, re.DOTALL)
    assert len(wide) == len(narrow) == 7
    label = re.compile(r'aria-label="([^"]+)"')
    assert [label.search(plot)[1] for plot in wide] == [label.search(p)[1] for p in narrow]


def test_the_endings_are_those_of_the_json(made, page):
    found = document(made)
    for row, each in zip(rows(page, "endings"), found["endings"], strict=True):
        assert row[:3] == [
            each["outcome"], f"{each['runs']:,}", percent(each["probability"])
        ]  # fmt: skip
        if each["runs"]:
            assert row[4:6] == [
                duration(each["seconds"]["median"]), duration(each["seconds"]["p90"])
            ]  # fmt: skip
            assert row[6:8] == [number(each["bad"]["median"]), number(each["bad"]["p90"])]
            assert row[8:] == [number(each["badTotal"]["median"]), number(each["badTotal"]["p90"])]


def test_every_minute_is_that_of_the_json(made, page):
    found = document(made)
    lines = rows(page, "minutes")
    assert len(lines) == len(found["minutes"])
    for row, minute in zip(lines, found["minutes"], strict=True):
        assert row[0] == duration(minute["begin"] + minute["seconds"])
        assert row[1:4] == [
            percent(minute["share"]["p50"]), number(minute["requests"]), number(minute["errors"])
        ]  # fmt: skip
        for index, (watch, seen) in enumerate(
            zip(found["watches"], minute["watches"], strict=True)
        ):
            value = seen["value"]["p50"]
            shown = measured(float("nan") if value is None else value, watch["unit"])
            assert row[7 + 2 * index : 9 + 2 * index] == [shown, percent(seen["fails"])]
        assert row[-3:] == [percent(minute[name]) for name in ("going", "promoted", "aborted")]


def test_the_curves_are_the_numbers(made, page):
    """The median's line through the bad answers so far, read back from its pixels."""
    plot = next(p for p in SVG.findall(page) if 'aria-label="bad answers of the candidate' in p)
    root = ElementTree.fromstring(plot)  # noqa: S314 - it was made just now
    line = next(e for e in root.iter("polyline") if e.get("class") == "line orange")
    points = [tuple(map(float, p.split(","))) for p in line.get("points", "").split()]
    values = [0.0, *(minute.spent.p50 for minute in made.run.minutes)]
    assert len(points) == len(values)
    floor = points[0][1]
    scale = (floor - points[-1][1]) / values[-1]
    for (_, y), value in zip(points, values, strict=True):
        assert floor - y == pytest.approx(value * scale, abs=0.02)


def test_the_verdict_leads(made, page):
    head, _, rest = verdict(made).partition(", ")
    assert f'<div class="word">{escape(head)}</div>' in page
    assert escape(rest) in page
    assert render(made).splitlines()[0] == verdict(made)


def test_what_is_said_is_text():
    nasty = "<img src=x onerror=alert(1)>"
    made = simulation(name=nasty, candidate=nasty, scenario=(nasty,))
    watches = tuple(w._replace(metric=nasty, rule=nasty) for w in made.run.watches)
    page = make_page(made._replace(run=made.run._replace(watches=watches, notes=(nasty,))))
    assert "<img" not in page
    for plot in SVG.findall(page):
        ElementTree.fromstring(plot)  # noqa: S314 - it was made just now


def test_a_release_without_events_has_a_page():
    run = simulated(canary(((5, 120),), (), min_requests=0), conditions(0.0), 20)
    made = simulation()._replace(run=run, faults=(), outages=(), runs=20)
    page = make_page(made)
    assert all(ElementTree.fromstring(plot) is not None for plot in SVG.findall(page))  # noqa: S314
    assert "nan" not in "".join(SVG.findall(page))


@pytest.mark.parametrize(
    ("end", "unit", "named"),
    [
        (600, "minutes", ("0", "2", "4", "6", "8", "10")),
        (5400, "minutes", ("0", "15", "30", "45", "60", "75", "90")),
        (6 * 3600, "hours", ("0", "1", "2", "3", "4", "5", "6")),
        (14 * 86_400, "days", ("0", "2", "4", "6", "8", "10", "12", "14")),
    ],
)
def test_times_are_named_in_round_numbers(end, unit, named):
    axis = time_axis(float(end), 7)
    assert (axis.unit, tuple(map(axis.shown, axis.at))) == (unit, named)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"), (0.0004, "0.4 ms"), (0.25, "250 ms"), (90, "1 min 30 s"), (1560, "26 min"),
        (9000, "2 h 30 min"), (86_400, "1 d"), (100_800, "1 d 4 h"), (float("nan"), "–"),
        (3599.9, "1 h"), (59.4, "59.4 s"), (59.6, "1 min"),
    ],
)  # fmt: skip
def test_lengths_of_time(seconds, shown):
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (0, "0 %"), (1, "100 %"), (0.987, "98.7 %"), (0.0105, "1.05 %"), (0.00123, "0.12 %"),
        (0.0000123, "0.001 %"), (-0.005, "-0.5 %"), (0.5, "50 %"), (float("nan"), "–"),
    ],
)  # fmt: skip
def test_shares(ratio, shown):
    assert percent(ratio) == shown


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_it(page, tmp_path: Path, width):
    (tmp_path / "page.html").write_text(page, "utf-8")
    flags = "headless no-sandbox disable-gpu disable-quic no-first-run hide-scrollbars"
    flags += " disable-background-networking disable-component-update disable-sync"
    command = [
        str(CHROMIUM), *(f"--{flag}" for flag in flags.split()),
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},2400",
        f"--screenshot={tmp_path / 'page.png'}", "--enable-logging=stderr",
        (tmp_path / "page.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    # What the page's own policy forbids would be said on the console.
    assert "CONSOLE" not in done.stderr
    picture = (tmp_path / "page.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 50_000  # a blank page of this size has about 10 kB
