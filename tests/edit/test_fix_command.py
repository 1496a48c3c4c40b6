"""``fairway validate --fix`` makes what can mean one thing only, and reports what remains."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.streams import Streams

from fairway import rule
from fairway.edit.mend import Outcome, mend
from fairway.finding import Change, Fix
from fairway.fleet import Fleet
from fairway.location import Location

Run = Callable[..., Streams]
HERE = "specs/churn/deployment.yaml"


def edit(spec: Path, old: str, new: str) -> bytes:
    """Write a fault into a spec; return what the file holds then."""
    data = spec.read_bytes()
    assert data.count(old.encode()) == 1
    spec.write_bytes(data.replace(old.encode(), new.encode()))
    return spec.read_bytes()


FIXED = {
    "a number for a string": ("team: growth", "team: 7 # lucky", 'team: "7" # lucky'),
    "a bare version": ("stable: 1.0.0", "stable: 3.10", 'stable: "3.10"'),
    "a key that is a number": ('"1.1.0": ./models/1.1.0', "3.10: ./models/1.1.0", '"3.10": ./mo'),
    "a string for a number": ("500m, mem", "500m, gpu: '1', mem", "500m, gpu: 1, mem"),
    "one item for a list": ('owners: ["@growth-ml"]', 'owners: "@growth-ml"', '["@growth-ml"]'),
    "a key of another case": ("serving:", "Serving:", "serving:"),
}
LEFT = {
    "a word that is near": ("format: onnx", "format: onx"),
    "a key that is near": ("stable: 1.0.0", "stabel: 1.0.0"),
    "a version that is near": ("stable: 1.0.0", "stable: 1.0.1"),
    "two items without brackets": ('owners: ["@growth-ml"]', "owners: growth@a.com, b@a.com"),
    "a unit that is near": ("memory: 256Mi", "memory: 256mb"),
    "text that hides": ("team: growth", "team: gro\x1bwth"),
}


@pytest.mark.parametrize("name", FIXED)
def test_what_can_mean_one_thing_only_is_fixed(name: str, spec: Path, run: Run) -> None:
    old, fault, fixed = FIXED[name]
    before = edit(spec, old, fault)
    line = before[: before.index(fault.encode())].count(b"\n") + 1
    ran = run("validate", "--fix")
    after = spec.read_bytes()
    assert ran.err.startswith(f"{HERE}:{line}: fixed ")
    assert fixed in after.decode()
    changed = [a != b for a, b in zip(before.splitlines(True), after.splitlines(True), strict=True)]
    assert changed.count(True) == 1
    assert changed[line - 1]


@pytest.mark.parametrize("name", LEFT)
def test_what_a_person_has_to_decide_is_left(name: str, spec: Path, run: Run) -> None:
    before = edit(spec, *LEFT[name])
    plain = run("validate")
    ran = run("validate", "--fix")
    assert spec.read_bytes() == before
    assert (ran.out, ran.err, ran.code) == (plain.out, "", 1)


def test_the_report_and_the_exit_code_are_of_what_remains(spec: Path, run: Run) -> None:
    edit(spec, "team: growth", "team: 7")
    edit(spec, "format: onnx", "format: onx")
    ran = run("validate", "--fix", "--format", "json")
    assert ran.code == 1
    assert [each["rule"] for each in json.loads(ran.out)["findings"]] == ["spec/value"]
    assert ran.err == f'{HERE}:5: fixed spec/type: quote it: "7"\n'
    edit(spec, "format: onx", "format: onnx")
    ran = run("validate", "--fix")
    assert (ran.code, ran.err) == (0, "")


def test_fixes_that_uncover_faults_are_followed(spec: Path, run: Run) -> None:
    edit(spec, 'owners: ["@growth-ml"]', 'Owners: "@growth-ml"')
    ran = run("validate", "--fix")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        f"{HERE}:6: fixed spec/unknown-key: rename it to `owners`",
        f'{HERE}:6: fixed spec/type: write a list: ["@growth-ml"]',
    ]


def test_bytes_and_mode_of_the_file_survive(spec: Path, run: Run) -> None:
    text = spec.read_text("utf-8").replace("team: growth", "team: 7   # é") + "\n# end"
    data = b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
    spec.write_bytes(data)
    spec.chmod(0o640)
    assert run("validate", "--fix").code == 0
    assert spec.read_bytes() == data.replace(b"team: 7", b'team: "7"')
    assert stat.S_IMODE(spec.stat().st_mode) == 0o640
    assert [path.name for path in spec.parent.iterdir() if path.name.startswith(".")] == []


def test_the_project_file_is_fixed(spec: Path, run: Run) -> None:
    project = spec.parents[1] / "fairway.yaml"
    before = project.read_bytes().replace(b"requires: [staging]", b"requires: staging")
    project.write_bytes(before)
    ran = run("validate", "--fix")
    assert ran.code == 0
    assert ran.err.startswith("specs/fairway.yaml:18: fixed spec/type: ")
    assert project.read_bytes() == before.replace(b"requires: staging", b"requires: [staging]")


def test_a_key_is_not_given_twice(spec: Path, run: Run) -> None:
    before = edit(spec, "team: growth", "team: growth\n  Team: other")
    ran = run("validate", "--fix")
    assert spec.read_bytes() == before
    assert ran.err == (
        f"{HERE}:6: not fixed spec/unknown-key: the file would say something else afterwards\n"
    )


def test_a_symbolic_link_is_not_replaced(spec: Path, run: Run) -> None:
    before = edit(spec, "team: growth", "team: 7")
    real = spec.rename(spec.with_name("real.yaml"))
    spec.symlink_to("real.yaml")
    ran = run("validate", "--fix")
    assert (ran.code, real.read_bytes(), spec.is_symlink()) == (1, before, True)
    assert ran.err == f"{HERE}:5: not fixed spec/type: {HERE} is a symbolic link\n"


def test_a_file_that_cannot_be_written_stays(spec: Path, run: Run) -> None:
    before = edit(spec, "team: growth", "team: 7")
    spec.with_name(f".{spec.name}.{os.getpid()}").mkdir()
    ran = run("validate", "--fix")
    assert (ran.code, spec.read_bytes()) == (3, before)
    assert ran.err.splitlines() == [
        f"error: {HERE}: cannot be written: file exists",
        "  fix: check the folder's permissions, and run it again",
    ]


def test_a_lock_is_never_edited(spec: Path, run: Run) -> None:
    lock = spec.with_name("deployment.lock.json")
    before = lock.read_bytes().replace(b'"lockVersion": 1', b'"lockversion": 1')
    lock.write_bytes(before)
    assert run("validate", "--fix", str(lock)).code == 1
    assert lock.read_bytes() == before


# -- the changes of rules ----------------------------------------------------------------------

RULE = rule.Rule("test/rule", "A rule", "It has a fix.")


class RuledFleet(Fleet):
    """A fleet with a rule that demands what ``fix`` changes, and whose finding it never ends."""

    fix = Fix("raise it", changes=(Change(("serving", "scaling"), {"min": 2, "max": 4}),))

    def keep(self, findings: object, documents: object) -> None:
        found = tuple(findings)  # type: ignore[arg-type]
        more = [RULE("wrong", Location(HERE, ("serving",)), fix=self.fix)]
        super().keep([*found, *more] if HERE in documents else found, documents)  # type: ignore


def test_changes_of_rules_are_made_once(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairway.edit.mend.Fleet", RuledFleet)
    before, said = spec.read_bytes(), list[Outcome]()
    fleet = mend((), None, said.append)
    resources = b"  resources: {cpu: 500m, memory: 256Mi}\n"
    added = b"  scaling:\n    min: 2\n    max: 4\n"
    assert spec.read_bytes() == before.replace(resources, resources + added)
    assert [(each.found.rule, each.refused) for each in said] == [("test/rule", "")]
    assert [each.rule for each in fleet.diagnostics()] == ["test/rule"]
