"""Loading ``target.yaml``: every fault has its file, its line and a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from target.subject import write_target

from fairway.errors import UsageError
from fairway.packs import pack_folder
from fairway.plan.model import ImagePlan, Plan
from fairway.target.expression import fields_of
from fairway.target.load import load_target, load_targets
from fairway.target.render import Renderer

SOUND = """\
target: notes
title: Notes
role: addon
expresses: {serving.mode: [batch], monitoring.slos: true}
cannot: {serving.egress.host: it has no names}
artifacts:
  - path: ${{ plan.environment }}/${{ plan.name }}/notes.yaml
    template: notes.yaml
    for: plan
"""
TEMPLATE = "name: ${{ plan.name }}\n"


def load(folder: Path, text: str = SOUND) -> None:
    load_target(str(write_target(folder, "notes", text, notes_yaml=TEMPLATE)))


def test_a_sound_target(tmp_path: Path) -> None:
    target = load_target(str(write_target(tmp_path, "notes", SOUND, notes_yaml=TEMPLATE)))
    assert (target.name, target.title, target.role) == ("notes", "Notes", "addon")
    assert target.expresses == {"serving.mode": ("batch",), "monitoring.slos": ()}
    assert target.cannot == {"serving.egress.host": "it has no names"}
    (artifact,) = target.artifacts
    assert (artifact.subject, artifact.format, artifact.order) == ("plan", "yaml", 0)
    assert target.use == "add it to the environment's `targets`"


REFUSED: dict[str, tuple[str, str, str]] = {
    "unknown key": ("title: Notes", "titel: Notes", "2:1: unknown key `titel`; known: artifacts"),
    "name of another folder": ("target: notes", "target: note", "1:9: `note` is not the name of"),
    "no name": ("target: notes\n", "", "`target` must be a string"),
    "title is a number": ("title: Notes", "title: 7", "2:8: `title` must be a string"),
    "role": ("role: addon", "role: plugin", "3:7: `plugin` is not one of workload, router, image"),
    "expresses is a list": (
        "{serving.mode: [batch], monitoring.slos: true}",
        "[serving.mode]",
        "4:12: `expresses` must be a map",
    ),
    "expresses nothing": ("slos: true", "slos: false", "expected true or a list of values"),
    "expresses a text": ("[batch]", "batch", "4:27: expected true or a list of values"),
    "cannot without a reason": ("it has no names", "true", "expected the reason, as a string"),
    "no template": (
        "    template: notes.yaml\n",
        "",
        "an artifact has the keys for, format, order",
    ),
    "unknown key of an artifact": ("for: plan", "of: plan", "7:5: an artifact has the keys"),
    "template is not there": (
        "template: notes.yaml",
        "template: note.yaml",
        "8:15: there is no file note.yaml beside this one",
    ),
    "template elsewhere": (
        "template: notes.yaml",
        "template: ../../notes.yaml",
        "8:15: there is no file ../../notes.yaml beside this one",
    ),
    "template of another target that has none": (
        "template: notes.yaml",
        "template: ../other/notes.yaml",
        "8:15: there is no file ../other/notes.yaml beside this one",
    ),
    "service without a workload": (
        "role: addon",
        "role: workload\nservice: model",
        "4:10: `service` is a name with {workload} in it",
    ),
    "for": ("for: plan", "for: fleet", "9:10: expected plan or image"),
    "order": ("for: plan", "for: plan\n    order: first", "10:12: `order` must be a whole number"),
    "path": (
        "path: ${{ plan.environment }}/${{ plan.name }}/notes.yaml",
        "path: 7",
        "7:11: `path`",
    ),
    "not a list": ("artifacts:\n", "artifacts: yes\nx:\n", "unknown key `x`"),
    "duplicate key": ("role: addon", "role: addon\nrole: addon", "4:1: "),
    "not YAML": ("role: addon", "role: [addon", "notes/target.yaml:"),
    "not a map": (SOUND, "- notes\n", "a target is a map"),
    "empty": (SOUND, "", "holds no YAML"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refused(tmp_path: Path, case: tuple[str, str, str]) -> None:
    old, new, message = case
    text = SOUND.replace(old, new)
    assert text != SOUND
    with pytest.raises(UsageError) as refused:
        load(tmp_path, text)
    assert message in refused.value.message
    assert str(tmp_path / "notes" / "target.yaml") in refused.value.message


RENDER_REFUSED: dict[str, tuple[dict[str, str], str, str]] = {
    "misspelt field": ({}, "a: 1\nname: ${{ plan.nam }}\n", "notes.yaml:2:7: a plan has no `nam`;"),
    "field of a list": (
        {},
        "- $each: ${{ plan.workloads }}\n  $as: w\n  i: ${{ w.imgae }}\n",
        "notes.yaml:3:6: a workload has no `imgae`; did you mean `image`?",
    ),
    "image in a plan": ({}, "a: ${{ image.tag }}\n", "`image` is not defined; here are plan"),
    "misspelt path": (
        {"plan.environment": "plan.enviroment"},
        TEMPLATE,
        "target.yaml:7:11: a plan has no `enviroment`; did you mean `environment`?",
    ),
    "list as a path": (
        {"${{ plan.environment }}/${{ plan.name }}/notes.yaml": "${{ plan.workloads }}"},
        TEMPLATE,
        "target.yaml:7:11: a list of workload cannot stand inside text",
    ),
    "unknown format": (
        {"for: plan": "for: plan\n    format: toml"},
        TEMPLATE,
        "unknown format toml; known: yaml, json, dockerfile",
    ),
    "template is not YAML": ({}, "a: [1\n", "notes.yaml"),
    "strategy that never is": (
        {},
        "a: ${{ plan.strategy == 'bluegreen' }}\n",
        "it is never `bluegreen`; did you mean `blueGreen`?",
    ),
}


@pytest.mark.parametrize("case", RENDER_REFUSED.values(), ids=RENDER_REFUSED.keys())
def test_refused_before_any_spec_is_read(
    tmp_path: Path, case: tuple[dict[str, str], str, str]
) -> None:
    changes, template, message = case
    text = SOUND
    for old, new in changes.items():
        text = text.replace(old, new)
    target = load_target(str(write_target(tmp_path, "notes", text, notes_yaml=template)))
    with pytest.raises(UsageError) as refused:
        Renderer([target], "plan")
    assert message in refused.value.message


def test_a_name_that_exists_already(tmp_path: Path) -> None:
    builtin = SOUND.replace("target: notes", "target: docker")
    write_target(tmp_path, "docker", builtin, notes_yaml=TEMPLATE)
    with pytest.raises(UsageError, match="a target named docker exists already"):
        load_targets((pack_folder("targets"), str(tmp_path)))


def test_folders_without_a_target_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("targets")
    assert load_targets((str(tmp_path),)) == {}


def test_the_digest_follows_the_templates(tmp_path: Path) -> None:
    path = str(write_target(tmp_path, "notes", SOUND, notes_yaml=TEMPLATE))
    before = load_target(path).template_digest()
    assert load_target(path).template_digest() == before
    (tmp_path / "notes" / "notes.yaml").write_text(TEMPLATE + "a: 1\n")
    assert load_target(path).template_digest() != before


@pytest.mark.parametrize("name", ["docker", "gateway-api", "kubernetes"])
def test_built_in_targets_pass_the_same_door(name: str) -> None:
    target = load_targets((pack_folder("targets"),))[name]
    for subject in ("plan", "image"):
        Renderer([target], subject)
    assert target.title


@pytest.mark.parametrize("plan", [Plan, ImagePlan])
def test_plans_hold_nothing_optional(plan: type) -> None:
    """A template cannot reach into what is not there, so nothing in a plan may be absent."""
    seen: set[type] = set()
    kinds = [plan]
    while kinds:
        kind = kinds.pop()
        if kind in seen:
            continue
        seen.add(kind)
        for annotation in fields_of(kind).values():
            assert "None" not in str(annotation), f"{kind.__name__}: {annotation}"
            kinds += [inner for inner in (annotation, *getattr(annotation, "__args__", ()))
                      if isinstance(inner, type) and fields_of(inner)]  # fmt: skip
    assert len(seen) > 1
