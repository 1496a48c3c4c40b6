import json
from xml.etree import ElementTree

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairway.finding import (
    Diagnostic,
    Fix,
    RelatedDiagnostic,
    Severity,
    SourceLine,
    Suppression,
)
from fairway.location import Span
from fairway.report import FORMATS, RuleInfo, render, summarise
from fairway.report.json_schema import findings_schema

HOSTILE = "\x00\x07\x1b\x7f\x85\x9b\r\n\t`|<>&]'\"@#%:,\u200b\u202e\u2028\ufffe\udc80\ud800́名𝕏"
TEXT = st.text(st.characters() | st.sampled_from(HOSTILE), max_size=60)
NUMBERS = st.integers(1, 80)
SPANS = st.builds(
    lambda a, b: Span(*min(a, b), *max(a, b)),
    st.tuples(NUMBERS, NUMBERS),
    st.tuples(NUMBERS, NUMBERS),
)


@st.composite
def diagnostics(draw):
    span = draw(st.none() | SPANS)
    lines = draw(st.lists(TEXT, max_size=3)) if span else []
    return Diagnostic(
        rule=draw(TEXT),
        severity=draw(st.sampled_from(Severity)),
        message=draw(TEXT),
        file=draw(TEXT),
        span=span,
        route=draw(TEXT),
        environments=tuple(draw(st.lists(TEXT, max_size=2))),
        fix=draw(st.none() | st.builds(Fix, TEXT, st.none() | TEXT, st.just(()))),
        related=tuple(draw(st.lists(st.builds(RelatedDiagnostic, TEXT, TEXT, SPANS), max_size=2))),
        snippet=tuple(SourceLine(span.line + i, text) for i, text in enumerate(lines)),
        suppressed=draw(st.none() | st.builds(Suppression, TEXT, TEXT, TEXT)),
    )


LISTS = st.lists(diagnostics(), max_size=3)
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def show(name, items, colour=False):
    rules = {
        item.rule: RuleInfo(item.rule, item.message, item.route, item.file, item.severity)
        for item in items[:1]
    }
    summary = summarise(items, files=1, deployments=1)
    text = render(name, items, summary, rules, colour=colour, version="0", width=60)
    text.encode()  # every report can be written as UTF-8
    assert text.endswith("\n") or text == ""
    return text


@quick
@given(LISTS)
def test_every_format_renders_and_renders_alike(items):
    for name in FORMATS:
        assert show(name, items) == show(name, items)


@quick
@given(LISTS)
def test_text_holds_no_control_character(items):
    assert show("text", items).replace("\n", "").isprintable()
    styled = show("text", items, colour=True)
    assert styled.count("\x1b") == styled.count("\x1b[")


@quick
@given(LISTS)
def test_text_has_a_block_for_each_open_finding(items):
    text = show("text", items)
    assert text.count("-->") >= sum(item.suppressed is None for item in items)


@quick
@given(LISTS)
def test_json_round_trips(items):
    report = json.loads(show("json", items))
    jsonschema.Draft7Validator(findings_schema()).validate(report)
    # A pair of surrogate halves is read back as the character that it encodes.
    joined = [item.message.encode("utf-16", "surrogatepass") for item in items]
    messages = [found["message"] for found in report["findings"]]
    assert [text.encode("utf-16", "surrogatepass") for text in messages] == joined


@quick
@given(LISTS)
def test_xml_is_well_formed(items):
    root = ElementTree.fromstring(show("junit", items))  # noqa: S314 (our own output)
    assert len(list(root.iter("testcase"))) == max(1, len(items))


@quick
@given(LISTS)
def test_sarif_has_a_result_for_each_finding(items):
    (run,) = json.loads(show("sarif", items))["runs"]
    assert len(run["results"]) == len(items)
    assert all(
        place["physicalLocation"]["artifactLocation"]["uri"].isascii()
        for result in run["results"]
        for place in result["locations"]
    )


@quick
@given(LISTS)
def test_github_lines_are_commands(items):
    text = show("github", items)
    lines = text.splitlines()
    waived = any(item.suppressed for item in items)
    open_ = sum(item.suppressed is None for item in items)
    assert text.count("\n") == len(lines) == open_ + waived
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert all(",line=" in line.split("::")[1] for line in lines[:open_])


@quick
@given(LISTS)
def test_markdown_has_only_its_own_markup(items):
    lines = show("markdown", items).splitlines()
    assert lines[0] == "<!-- fairway:report -->"
    starts = ("### ", "#### ", "- **", "  Note: ", "  Fix: ", "  In: ", "1 deployment")
    starts += ("- waived · ", "<details>", "<summary>", "</details>")
    assert all(line == "" or line.startswith(starts) for line in lines[1:])
    waived = sum(item.suppressed is not None for item in items)
    assert sum(line.startswith("- waived · ") for line in lines) == waived
    assert sum(line.startswith("- **") for line in lines) == sum(
        item.suppressed is None for item in items
    )
