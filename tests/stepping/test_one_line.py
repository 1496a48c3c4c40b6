"""A step is one line, whatever the spec looks like; everybody else's values stay as they are."""

from __future__ import annotations

import io
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from ruamel.yaml import YAML
from specgen import specs, version_names

from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import source_from_text
from fairway.source.scalar import resolve
from fairway.stepping.advance import STEP
from fairway.stepping.merged import merged_values
from fairway.stepping.promote import CANDIDATE, STABLE
from fairway.stepping.put import Put, Wanted, put
from fairway.stepping.state import State, state_of

Data = dict[str, Any]
PROJECT = parse(source_from_text("p", "environments: {staging: {}, production: {}}\n"))[0]
WEIGHTS = st.integers(1, 50).map("{}%".format)


@st.composite
def canaries(draw: DrawFn) -> tuple[Data, str]:
    """Return a spec with a canary that has a step to come, and the environment that it is in."""
    document: Data = dict(draw(specs()).document)
    steps = [
        {"weight": draw(WEIGHTS), "hold": f"{draw(st.integers(1, 90))}m"}
        for _ in range(draw(st.integers(2, 4)))
    ]
    canary: Data = {"steps": steps}
    if draw(st.booleans()):
        canary["minRequests"] = 100
    if draw(st.booleans()):
        written = {"step": draw(st.integers(0, len(steps) - 1))}
        canary = {**canary, **written} if draw(st.booleans()) else {**written, **canary}
    versions = list(document["versions"])
    other = draw(version_names().filter(lambda name: name not in versions))
    document["versions"] = {**document["versions"], other: "./models/other"}
    release = {"stable": versions[0], "candidate": other, "strategy": {"canary": canary}}
    rest = {"stable": versions[0], "candidate": None, "strategy": {"rolling": {}}}
    place = draw(st.sampled_from(["base", "override"]))
    if place == "base":
        document["release"] = release
        document["environments"] = {"staging": {"release": rest}, "production": {}}
    else:
        document["release"] = {**rest, "candidate": other}
        document["environments"] = {
            "production": {"release": release},
            "staging": {"release": rest},
        }
    return document, "production"


class _Plain(yaml.SafeDumper):
    """Quotes what YAML 1.2 would not read as a string, and what 1.1 would not."""


_Plain.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style=None if resolve(text) == text else '"'
    ),
)


@st.composite
def written(draw: DrawFn, document: Data) -> str:
    """Return a document as somebody may have written it: layout, comments, line ends."""
    text = yaml.dump(
        document,
        Dumper=_Plain,
        sort_keys=False,
        allow_unicode=False,  # characters that YAML readers disagree on are escaped
        width=1 << 20,
        indent=draw(st.integers(2, 6)),
        default_flow_style=draw(st.sampled_from([None, False, True])),
    )
    lines = text.split("\n")
    kept = []
    for line in lines:
        # A comment before a line of a block is one wherever it begins; in a scalar it is not.
        if line[:1].isalpha() and draw(st.booleans()):
            kept += ["# a remark", ""]
        ends = line.rstrip().endswith((":", "}", "]")) and '"' not in line and "'" not in line
        kept.append(f"{line}  # said" if ends and draw(st.booleans()) else line)
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    mark = draw(st.sampled_from(["", "---\n"]))
    return (mark + "\n".join(kept)).replace("\n", ending)


def read(text: str) -> Document:
    document, findings = parse(source_from_text("spec", text))
    assert findings == []
    return document


def lines_changed(before: str, after: str) -> tuple[int, int]:
    """Return how many lines went and came, when nothing else moved."""
    old, new = before.split("\n"), after.split("\n")
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    end = next((i for i, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b), 0)
    end = min(end, len(old) - start, len(new) - start)
    return len(old) - start - end, len(new) - start - end


def moved(text: str, environment: str, *wanted: Wanted) -> tuple[Put, State]:
    """Edit a text; every other environment must have the values that it had."""
    before = merged_values(read(text), PROJECT)
    done = put(read(text), PROJECT, environment, wanted)
    after = merged_values(read(done.document.text), PROJECT)
    assert before.keys() == after.keys()
    for name in before:
        if name != environment:
            assert before[name] == after[name]
    state = state_of(after[environment])
    assert state is not None
    # Another reader understands the same.
    yaml12 = YAML(typ="safe", pure=True)
    assert plain(yaml12.load(io.StringIO(done.document.text))) == plain(done.document.value)
    return done, state


def plain(value: Any) -> Any:
    """Return data as text, because readers differ in what is a number."""
    if isinstance(value, dict):
        return {str(key): plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, list) else str(value)


@settings(max_examples=50)
@given(st.data())
def test_a_step_changes_exactly_one_line(data: st.DataObject) -> None:
    document, environment = data.draw(canaries())
    text = data.draw(written(document))
    now = state_of(merged_values(read(text), PROJECT)[environment])
    assert now is not None
    done, state = moved(text, environment, Wanted(STEP, now.step + 1))
    assert state == now._replace(step=now.step + 1, share=state.share)
    gone, come = lines_changed(text, done.document.text)
    # A step that was not written is a line more, or a word more on its line.
    assert (gone, come) in ((1, 1), (0, 1))
    if "step:" in text or '"step"' in text:
        assert (gone, come) == (1, 1)


@settings(max_examples=50)
@given(st.data())
def test_a_promotion_leaves_the_others_alone(data: st.DataObject) -> None:
    document, environment = data.draw(canaries())
    text = data.draw(written(document))
    now = state_of(merged_values(read(text), PROJECT)[environment])
    assert now is not None
    promoted = (Wanted(STABLE, now.candidate), Wanted(CANDIDATE, remove=True), Wanted(STEP, 0))
    done, state = moved(text, environment, *promoted)
    assert (state.stable, state.candidate, state.step) == (now.candidate, "", 0)
    old, new = text.split("\n"), done.document.text.split("\n")
    assert abs(len(old) - len(new)) <= 3
    same = [line for line in old if line in new]
    assert len(same) >= len(old) - 3
