"""The plots of a report: how good the model is, for whom, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from fairway.drawing.svg import Axes, number

if TYPE_CHECKING:
    from fairway.evidence.measure.curves import Curves

_LINES: Final = 10  # shades of lines in the style sheet
_MOST_CLASSES: Final = 20
_ROW: Final = 26.0


def quality_plots(curves: Curves, target: str) -> list[tuple[str, str, Markup]]:
    """Return (title, what to look for, plot) of a classifier or a regression."""
    plots: list[tuple[str, str, Markup]] = []
    if curves.roc:
        look = "The further to the upper left, the better; the diagonal is chance."
        plots.append(("ROC", look, _roc(curves)))
    if curves.calibration:
        look = "On the diagonal, 80 % means 8 in 10. Larger dots are more rows."
        plots.append(("Calibration", look, _calibration(curves)))
    if curves.confusion and len(curves.classes) <= _MOST_CLASSES:
        plots.append(("Confusion matrix", "Off the diagonal are the mistakes.", _confusion(curves)))
    if curves.residuals:
        look = "On the diagonal, the prediction is the truth."
        plots.append(("Predicted and actual", look, _residuals(curves, target)))
    if curves.errors:
        look = "Errors should lie around 0, and as close to it as possible."
        plot = _histogram("Errors", curves.errors, f"predicted − actual {target}")
        plots.append(("Errors", look, plot))
    return plots


def _roc(curves: Curves) -> Markup:
    axes = Axes("ROC", (0, 1), (0, 1), labels=("false positive rate", "true positive rate"))
    axes.line([(0, 0), (1, 1)], "chance")
    for index, (_, points) in enumerate(curves.roc):
        axes.line(points, f"line l{index % _LINES}")
    if len(curves.roc) == 1:
        axes.text((0.97, 0.04), f"positive: {curves.roc[0][0]}", anchor="end")
    else:
        for index, (name, _) in enumerate(curves.roc[:12]):
            at, kind = (0.97, 0.04 + 0.065 * index), f"note t{index % _LINES}"
            axes.text(at, f"class {name}", kind, "end")
    return axes.svg()


def _calibration(curves: Curves) -> Markup:
    axes = Axes("Calibration", (0, 1), (0, 1), labels=("mean probability", "share that came true"))
    axes.line([(0, 0), (1, 1)], "chance")
    axes.line([(said, came) for said, came, _ in curves.calibration], "line l0")
    most = max(count for _, _, count in curves.calibration)
    for said, came, count in curves.calibration:
        axes.dots([(said, came)], "dot", round(2.5 + 6 * (count / most) ** 0.5, 2))
    return axes.svg()


def _confusion(curves: Curves) -> Markup:
    size = len(curves.classes)
    axes = Axes("Confusion matrix", (0, size), (0, size), labels=("predicted", "actual"))
    for row, counts in enumerate(curves.confusion):
        total = sum(counts) or 1
        y = size - row - 1
        for column, count in enumerate(counts):
            kind = "hit" if row == column else "miss"
            depth = min(10, round(10 * count / total + 0.499)) if count else 0
            tip = f"{curves.classes[row]} predicted as {curves.classes[column]}: {count}"
            axes.box((column, y), (column + 1, y + 1), f"cell {kind}{depth}", tip)
            if count:
                dark = " dark" if depth > 6 else ""
                axes.text((column + 0.5, y + 0.42), str(count), f"count{dark}")
        axes.text((-0.12 * size / 10, y + 0.42), curves.classes[row][:8], "tick", "end")
    for column, name in enumerate(curves.classes):
        axes.text((column + 0.5, -0.055 * size), name[:8], "tick")
    return axes.svg(x_ticks=False, y_ticks=False)


def _residuals(curves: Curves, target: str) -> Markup:
    values = [value for point in curves.residuals for value in point]
    span = (min(values), max(values))
    labels = (f"predicted {target}", f"actual {target}")
    axes = Axes("Predicted and actual", span, span, labels=labels)
    axes.line([(span[0], span[0]), (span[1], span[1])], "chance")
    axes.dots(curves.residuals, "dot faint")
    return axes.svg()


def _histogram(title: str, bars: Sequence[tuple[float, float, int]], label: str,
               marks: Sequence[tuple[str, float, str]] = ()) -> Markup:  # fmt: skip
    """Return a histogram; ``marks`` are vertical lines: name, value, kind."""
    top = max(count for _, _, count in bars) * 1.18
    high = max([bars[-1][1], *(value for _, value, _ in marks)])
    axes = Axes(title, (bars[0][0], high), (0, top), labels=(label, "count"))
    for low, end, count in bars:
        axes.box((low, 0), (end, count), "bar", f"{number(low)} to {number(end)}: {count}")
    for index, (name, value, kind) in enumerate(marks):
        axes.line([(value, 0), (value, top)], kind)
        axes.text((value, top * (0.95 - 0.08 * index)), f"{name} {number(value)}", "note", "start"
                  if value < (bars[0][0] + high) / 2 else "end")  # fmt: skip
    return axes.svg()


def latency_plot(
    bars: Sequence[tuple[float, float, int]],
    latency: Mapping[str, Any],
    bounds: Sequence[Mapping[str, Any]],
) -> Markup:
    """Return the latencies of single rows with their percentiles and the spec's bounds."""
    marks = [(name, float(latency[name]), "mark") for name in ("p50", "p95", "p99")]
    near = max(latency["p99"], bars[-1][1]) * 2
    marks += [
        (f"bound of {each['metric'].removeprefix('latency-')}", each["bound"], "bound")
        for each in bounds
        if each["bound"] <= near
    ]
    return _histogram("Latency", bars, "milliseconds", marks)


def slice_plot(entry: Mapping[str, Any], bounds: Sequence[Mapping[str, Any]]) -> Markup:
    """Return a metric in every group of a column: a dot, its interval, and the bound."""
    groups = [group for group in entry["groups"] if group["value"] is not None][:30]
    if not groups:
        return Markup("")
    ends = [float(group["value"]) for group in groups] + [float(each["bound"]) for each in bounds]
    for group in groups:
        ends += [group["interval"][side] for side in ("low", "high") if group["interval"]]
    pad = (max(ends) - min(ends)) * 0.06 or 0.05
    count = len(groups)
    axes = Axes(
        f"{entry['metric']} by {entry['column']}",
        (min(ends) - pad, max(ends) + pad),
        (0, count),
        labels=(str(entry["metric"]), ""),
        height=70 + _ROW * count,
        left=130,
    )
    for each in bounds:
        axes.line([(each["bound"], 0), (each["bound"], count)], "bound")
    for index, group in enumerate(groups):
        y = count - index - 0.5
        interval = group["interval"]
        kind = "" if group["decides"] else " idle"
        axes.text((min(ends) - pad, y - 0.15), str(group["group"])[:18], "tick", "end")
        if interval:
            axes.line([(interval["low"], y), (interval["high"], y)], f"whisker{kind}")
        bad = any(not _keeps(group["value"], each) for each in bounds) and group["decides"]
        axes.dots([(group["value"], y)], "dot bad" if bad else f"dot{kind}", 4.5)
    return axes.svg(y_ticks=False)


def interval_bar(entry: Mapping[str, Any]) -> Markup:
    """Return a threshold's value, interval and bound on one small line."""
    value, bound = entry["value"], float(entry["bound"])
    if value is None:
        return Markup("")
    low = value if entry["low"] is None else entry["low"]
    high = value if entry["high"] is None else entry["high"]
    start, end = min(low, bound), max(high, bound)
    pad = (end - start) * 0.12 or abs(bound) * 0.1 or 1.0
    span = (end + pad) - (start - pad)

    def x(each: float) -> str:
        return f"{(each - start + pad) / span * 160:.2f}"

    kind = "good" if entry["passed"] else "bad"
    title = escape(f"{number(low)} to {number(high)}, bound {entry['shown']}")
    return Markup(  # noqa: S704 - numbers, and one text that is escaped
        f'<svg class="mini" viewBox="0 0 160 20" role="img" aria-label="{title}">'
        f'<line class="grid" x1="0" x2="160" y1="10" y2="10"/>'
        f'<line class="whisker {kind}" x1="{x(low)}" x2="{x(high)}" y1="10" y2="10"/>'
        f'<line class="bound" x1="{x(bound)}" x2="{x(bound)}" y1="2" y2="18"/>'
        f'<circle class="dot {kind}" cx="{x(value)}" cy="10" r="4"/></svg>'
    )


def _keeps(value: float, bound: Mapping[str, Any]) -> bool:
    limit = float(bound["bound"])
    return value >= limit if bound["sign"] == ">=" else value <= limit
