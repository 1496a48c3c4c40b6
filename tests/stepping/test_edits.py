"""What each move changes in a spec: the lines that have to, in whatever way it is written.

A case is a spec's release and environments, a command, and the lines that its difference takes
out and puts in. The difference is applied by git, and whatever else the file holds stays.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from stepping.setting import CANARY, HEAD, SPEC, STAGED, Repository, at

WHY = "nobody measured anything in this test"


class Case(NamedTuple):
    """A release as it is written, a move, and what it does to the spec."""

    release: str
    move: tuple[str, ...]
    lines: str


def forced(*move: str) -> tuple[str, ...]:
    return (*move, "--force-reason", WHY)


TWO_STEPS = "steps: [{weight: 5%, hold: 30m}, {weight: 25%, hold: 1h}]"
CASES = {
    "a comment and blanks behind the step": Case(
        CANARY.replace("step: 0", "step:   0   # before the first") + STAGED,
        ("advance",),
        """\
-      step:   0   # before the first
+      step:   1   # before the first
""",
    ),
    "all on one line": Case(
        "release: {stable: 1.0.0, candidate: 1.1.0, strategy: {canary: {step: 1, " + TWO_STEPS
        + "}}} # all of it\n" + STAGED,
        forced("advance"),
        "-release: {stable: 1.0.0, candidate: 1.1.0, strategy: {canary: {step: 1, " + TWO_STEPS
        + "}}} # all of it\n"
        "+release: {stable: 1.0.0, candidate: 1.1.0, strategy: {canary: {step: 2, " + TWO_STEPS
        + "}}} # all of it\n",
    ),
    "a step that is not written": Case(
        f"""\
release:
    stable:    '1.0.0'
    candidate: "1.1.0"
    strategy:
        canary:
            {TWO_STEPS}

            # the gates come later
""" + STAGED,
        forced("advance"),
        "+            step: 2\n",
    ),
    "a step in the override": Case(
        f"""\
release: {{stable: 1.0.0}}
environments:
  staging: {{}}
  production:
    release:
      candidate: 1.1.0
      # Half of the traffic at most.
      strategy:
        canary:
          {TWO_STEPS}
          step: 0
""",
        ("advance",),
        """\
-          step: 0
+          step: 1
""",
    ),
    "a strategy that staging has too": Case(
        f"""\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy: {{canary: {{step: 0, {TWO_STEPS}}}}} # of both
environments:
  staging: {{}}
  production: {{}} # the real one
""",
        ("advance", "--env", "production"),
        """\
-  production: {} # the real one
+  production: # the real one
+    release:
+      strategy:
+        canary:
+          step: 1
+          steps:
+            - weight: 5%
+              hold: 30m
+            - weight: 25%
+              hold: 1h
""",
    ),
    "a strategy of all environments that nobody names": Case(
        """\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy: {blueGreen: {active: stable}}
""",
        ("advance", "--env", "production"),
        """\
+environments:
+  staging: {}
+  production:
+    release:
+      strategy:
+        blueGreen:
+          active: candidate
""",
    ),
    "a strategy that an alias stands for": Case(
        f"""\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy: &both
    canary: {{step: 0, {TWO_STEPS}}}
environments:
  staging: {{release: {{strategy: *both}}}}
  production: {{}}
""",
        ("advance", "--env", "production"),
        """\
-  production: {}
+  production:
+    release:
+      strategy:
+        canary:
+          step: 1
+          steps:
+            - weight: 5%
+              hold: 30m
+            - weight: 25%
+              hold: 1h
""",
    ),
    "a promotion with comments": Case(
        """\
release: # of the whole year
  # trusted
  stable: 1.0.0 # since spring

  # on trial
  candidate: 1.1.0 # since autumn

  # how
  strategy:
    canary: {step: 2, steps: [{weight: 5%, hold: 30m}, {weight: 50%, hold: 30m}]} # two steps
""" + STAGED,
        forced("promote"),
        """\
-  stable: 1.0.0 # since spring
+  stable: 1.1.0 # since spring
-  # on trial
-  candidate: 1.1.0 # since autumn
-    canary: {step: 2, steps: [{weight: 5%, hold: 30m}, {weight: 50%, hold: 30m}]} # two steps
+    canary: {step: 0, steps: [{weight: 5%, hold: 30m}, {weight: 50%, hold: 30m}]} # two steps
""",
    ),
    "a promotion where staging has the same versions": Case(
        """\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy: {blueGreen: {active: stable}}
environments:
  staging: {}
  production:
    release: {strategy: {blueGreen: {active: candidate}}}
""",
        forced("promote", "--env", "production"),
        """\
-    release: {strategy: {blueGreen: {active: candidate}}}
+    release: {strategy: {blueGreen: {active: stable}}, stable: "1.1.0", candidate: null}
""",
    ),
    "a candidate in the base and another in the override": Case(
        f"""\
release:
  stable: 1.0.0
  candidate: 1.2.0
  strategy: {{rolling: {{}}}}
environments:
  staging: {{release: {{candidate: null}}}}
  production:
    release:
      candidate: 1.1.0
      strategy: {{canary: {{step: 2, {TWO_STEPS}}}}}
""",
        forced("promote"),
        f"""\
-      candidate: 1.1.0
-      strategy: {{canary: {{step: 2, {TWO_STEPS}}}}}
+      candidate: null
+      strategy: {{canary: {{step: 0, {TWO_STEPS}}}}}
+      stable: "1.1.0"
""",
    ),
    "a shadow that is over": Case(
        """\
release:
  stable: 1.0.0
  candidate: 1.1.0
  strategy:
    # only copies
    shadow:
      mirror: 10%
environments: {production: {}}
""",
        ("rollback",),
        """\
-    # only copies
-    shadow:
-      mirror: 10%
+    blueGreen:
+      active: stable
""",
    ),
    "quotes around keys and values": Case(
        """\
"release":
  {"stable": "1.0.0", "candidate": '1.1.0', "strategy": {"blueGreen": {"active": "candidate"}}}
environments: {production: {}}
""",
        forced("promote"),
        """\
-  {"stable": "1.0.0", "candidate": '1.1.0', "strategy": {"blueGreen": {"active": "candidate"}}}
+  {"stable": "1.1.0", "strategy": {"blueGreen": {"active": "stable"}}}
""",
    ),
}  # fmt: skip


def difference(repository: Repository, case: Case) -> str:
    done = repository.move(case.move[0], SPEC, *case.move[1:], "--dry-run", time=at(hours=9))
    assert done.code == 0, done.out + done.err
    return done.out


def changed(diff: str) -> str:
    """Return the lines of the spec that a difference takes out and puts in."""
    spec = diff.partition("--- a/specs/churn/deployment.lock.json")[0]
    lines = spec.split("\n")[2:]
    return "".join(f"{line}\n" for line in lines if line[:1] in ("+", "-"))


@pytest.mark.parametrize("name", CASES)
def test_a_move_changes_what_it_has_to(name: str, repository: Repository) -> None:
    case = CASES[name]
    repository.commit(HEAD + case.release)
    assert changed(difference(repository, case)) == case.lines


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", ["crlf", "mark", "no end"])
def test_whatever_lines_end_with_stays(name: str, form: str, repository: Repository) -> None:
    """What git makes of the difference is what the command writes, byte for byte."""
    case = CASES[name]
    text = f"# Über alles: {form}\n{HEAD}{case.release}"
    if form == "crlf":
        text = text.replace("\n", "\r\n")
    elif form == "mark":
        text = f"\ufeff{text}"
    else:
        text = text.rstrip("\n")
    repository.git("config", "core.autocrlf", "false")
    repository.commit(text)
    diff = difference(repository, case)
    patch = repository.root.parent / "patch"
    patch.write_bytes(diff.encode())
    repository.git("apply", "--check", str(patch))
    move = repository.move(case.move[0], SPEC, *case.move[1:], time=at(hours=9))
    assert move.code == 0, move.err
    written = repository.spec.read_bytes(), repository.lock.read_bytes()
    repository.git("checkout", "-q", ".")
    repository.git("apply", str(patch))
    assert (repository.spec.read_bytes(), repository.lock.read_bytes()) == written
    assert written[0].startswith(b"\xef\xbb\xbf") == (form == "mark")
    assert (written[0].count(b"\r\n") == written[0].count(b"\n")) == (form == "crlf")
    assert written[0].endswith(b"\n") == (form != "no end")


def test_an_override_of_its_own_is_said(repository: Repository) -> None:
    repository.commit(HEAD + CASES["a strategy that staging has too"].release)
    done = repository.move("advance", SPEC, "--env", "production", time=at(hours=9))
    note = "release.strategy is that of staging too, so production has its own now"
    assert f"note: {note}" in done.out
    assert f"    {note}" in done.out  # in the commit message as well
    assert repository.release("staging").step == 0
    # From then on a step is one line.
    repository.commit(time=at(hours=9))
    again = repository.move(
        "advance", SPEC, "--env", "production", "--force-reason", WHY, "--dry-run", time=at(hours=9)
    )
    assert changed(again.out) == "-          step: 1\n+          step: 2\n"
