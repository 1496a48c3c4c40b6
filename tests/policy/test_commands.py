"""`fairway policy`: what it prints, what it writes, and what it refuses."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from cli.command import SCRIPT
from policy.rules import about_deployment, change_project, write_rule

ONE = {"serving": {"scaling": {"min": 1}}}
TWO_PODS = "deployment.serving.scaling.min >= 2"
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@pytest.fixture
def house(pack, fleet):
    """A project of two rules: one of them mandatory, the other other in production."""
    write_rule(pack, mandatory=True)
    changes = about_deployment(TWO_PODS, [{}], [ONE], when="deployment.last", references=[])
    fix = {"say": "ask for two pods", "set": {"serving.scaling.min": 2}}
    title = "Deployments have two pods where it counts, so that one may go"
    write_rule(pack, **changes, rule="pods/two-replicas", title=title, severity="warning", fix=fix)
    change_project("production", severity={"pods/two-replicas": "error"})
    return pack


def line_of(path, text):
    lines = path.read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


def on_terminal(*arguments, columns=80, **surroundings):
    """What a terminal of some columns shows, and the exit code."""
    shown, command = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(command, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(
        [str(SCRIPT), *arguments], stdout=command, stderr=command, stdin=subprocess.DEVNULL,
        env={**kept, "TERM": "xterm", **surroundings},
    )  # fmt: skip
    os.close(command)
    data = b""
    while True:
        try:
            piece = os.read(shown, 65536)
        except OSError:
            break
        if not piece:
            break
        data += piece
    os.close(shown)
    return data.decode().replace("\r\n", "\n"), process.wait(timeout=30)


def test_the_list_shows_severities_by_environment(house, run):
    ran = run("policy", "list")
    assert (ran.err, ran.code) == ("", 0)
    assert ran.out == (
        "../pack (pack): 2 rules\n"
        "\n"
        "house           staging  production-us  production\n"
        "  signed        error    error          error      * Every version is signed\n"
        "\n"
        "pods            staging  production-us  production\n"
        "  two-replicas  warning  warning        error        Deployments have two pods where it"
        " counts, so that one may go\n"
        "\n"
        "* mandatory: no waiver may cover it\n"
    )


def test_one_column_is_enough_where_environments_agree(house, run):
    assert run("policy", "list", "--environment", "staging").out.startswith(
        "../pack (pack): 2 rules\n\nhouse\n  signed        error   * Every version is signed\n"
    )


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_lines_fit_the_terminal(house, columns):
    shown, code = on_terminal("policy", "list", columns=columns)
    assert code == 0
    lines = ANSI.sub("", shown).splitlines()
    assert max(map(len, lines)) <= columns
    text = " ".join(" ".join(lines).split())
    assert "Deployments have two pods where it counts, so that one may go" in text
    page, _ = on_terminal("policy", "explain", "pods/two-replicas", columns=columns)
    # The command that waives is there to be copied, and is not broken.
    waiver = ANSI.sub("", page).partition("Waiver")[0]
    assert max(map(len, waiver.splitlines())) <= columns


def test_colours_are_shown_where_they_are_wanted(house, run):
    coloured, _ = on_terminal("policy", "list")
    plain, _ = on_terminal("policy", "list", NO_COLOR="1")
    assert "\x1b[31merror" in coloured
    assert "\x1b" not in plain
    assert ANSI.sub("", coloured) == plain
    assert "\x1b" not in run("policy", "list").out


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["house/signed", "pods/two-replicas"]),
        (["--family", "pods"], ["pods/two-replicas"]),
        (["--family", "pods", "--family", "house"], ["house/signed", "pods/two-replicas"]),
        (["--subject", "deployment"], ["house/signed", "pods/two-replicas"]),
        (["--subject", "fleet"], []),
        (["--severity", "warning"], ["pods/two-replicas"]),
        (["--severity", "error"], ["house/signed", "pods/two-replicas"]),
        (["--severity", "error", "--environment", "staging"], ["house/signed"]),
        (["--reference", "slsa"], ["house/signed"]),
        (["--reference", "CIS"], []),
    ],
)
def test_filters_choose(house, run, options, found):
    ran = run("policy", "list", *options, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    assert [rule["id"] for rule in json.loads(ran.out)["rules"]] == found
    table = run("policy", "list", *options)
    assert table.err == ("" if found else "no rule is like that\n")


def test_the_json_is_a_contract(house, run):
    value = json.loads(run("policy", "list", "--format", "json").out)
    assert {key: value[key] for key in ("version", "environments")} == {
        "version": 1, "environments": ["staging", "production-us", "production"],
    }  # fmt: skip
    assert value["rules"][1] == {
        "id": "pods/two-replicas",
        "title": "Deployments have two pods where it counts, so that one may go",
        "severity": "warning",
        "severities": {"staging": "warning", "production": "error", "production-us": "warning"},
        "mandatory": False,
        "subject": "deployment",
        "for": None,
        "references": [],
        "fix": True,
        "pack": "../pack",
        "file": "pack/pods/two-replicas.yaml",
    }


def test_names_that_there_are_none_of_are_refused(house, run):
    ran = run("policy", "list", "--family", "pod")
    assert (ran.code, ran.err.splitlines()) == (
        2, ["error: --family pod: there is none of that name", "  fix: write pods"],
    )  # fmt: skip
    ran = run("policy", "list", "--environment", "canada")
    assert (ran.code, "there are: staging, production" in ran.err) == (2, True)


def test_without_a_project_the_rules_are_the_built_in_ones(pack, run):
    value = json.loads(run("policy", "list", "--format", "json").out)
    assert value["environments"] == []
    assert len(value["rules"]) >= 80
    assert {rule["pack"] for rule in value["rules"]} == {"builtin"}
    assert "fairway.yaml" in run("policy", "list", "--project", "pack").err


def test_a_project_without_packs_is_refused(house, run):
    change_project(policies=[])
    for command in (["list"], ["test"], ["explain", "house/signed"]):
        ran = run("policy", *command)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("error: specs/fairway.yaml names no policy packs\n  fix: ")
    assert run("policy", "test", "pack").code == 0


def test_a_project_with_faults_is_refused(house, run):
    change_project(environments={})
    ran = run("policy", "list")
    assert (ran.code, ran.err) == (
        2, "error: specs/fairway.yaml has errors\n  fix: run `fairway validate` to see them\n",
    )  # fmt: skip


def test_a_pack_with_faults_is_refused_at_its_line(house, run):
    path = house / "house" / "signed.yaml"
    path.write_text(path.read_text("utf-8").replace("severity: error", "severity: eror"), "utf-8")
    for command in (["list"], ["explain", "house/signed"]):
        ran = run("policy", *command)
        assert (ran.code, ran.out) == (2, "")
        first = ran.err.splitlines()[0]
        assert first.startswith("error: pack/house/signed.yaml:3:11: `eror` is not one of")


def test_the_manual_page_says_all_that_the_file_says(house, run):
    ran = run("policy", "explain", "pods/two-replicas")
    assert (ran.code, ran.err) == (0, "")
    line = 1 + Path("specs/fairway.yaml").read_text("utf-8").split("\n").index(
        "      pods/two-replicas: error"
    )
    assert (
        ran.out
        == f"""\
pods/two-replicas
Deployments have two pods where it counts, so that one may go

severity  warning
          error in production (specs/fairway.yaml:{line})
about     each deployment, in each environment
pack      ../pack
file      pack/pods/two-replicas.yaml

Why
  Anyone may have written what nobody signed.

Condition
  when deployment.last
  require deployment.serving.scaling.min >= 2

Finding
  {{deployment.name}} is wrong
  at metadata.name

Fix
  ask for two pods
  `fairway validate --fix` sets serving.scaling.min to 2

Good examples
  - {{}} # the deployment of all examples, as it is

Bad examples
  - serving:
      scaling:
        min: 1
    finds: metadata.name

Waiver
  fairway waive pods/two-replicas specs/NAME \\
      --until YYYY-MM-DD --owner @TEAM --reason "WHY THIS IS ACCEPTABLE"
"""
    )


def test_a_mandatory_rule_says_that_it_cannot_be_waived(house, run):
    page = run("policy", "explain", "house/signed").out
    assert "severity  error, mandatory\n" in page
    assert "each version of each deployment" in page
    assert page.endswith("Waiver\n  The rule is mandatory: no waiver may cover it.\n")


@pytest.mark.parametrize("rule", ["spec/unit", "evidence/expired", "waiver/moved"])
def test_rules_of_the_engine_have_a_page(pack, run, rule):
    ran = run("policy", "explain", rule)
    assert ran.code == 0
    assert ran.out.startswith(f"{rule}\n")
    assert "of the engine itself" in ran.out
    assert "\nWhy\n  " in ran.out


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("house/singed", "did you mean house/signed?"),
        ("two-replicas", "did you mean pods/two-replicas?"),
        ("spec/units", "did you mean spec/unit?"),
        ("zzz", "see `fairway policy list`"),
    ],
)
def test_an_unknown_rule_is_refused_with_the_nearest(house, run, name, fix):
    ran = run("policy", "explain", name)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0] == f"error: there is no rule {name}"
    assert ran.err.splitlines()[1].startswith(f"  fix: {fix.rstrip('?')}")


def test_examples_that_say_the_truth_pass(house, run):
    ran = run("policy", "test")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"2 rules, 4 examples: no faults \(\d+\.\d s\)\n", ran.out)


def test_faults_are_printed_with_their_place(house, run):
    ran = run("policy", "test", "--mutants")
    assert ran.code == 1
    line = line_of(house / "pods" / "two-replicas.yaml", "when:")
    assert ran.out == (
        f"pack/pods/two-replicas.yaml:{line}:7: no example notices this change: `without `when``\n"
    )
    assert re.match(r"2 rules, 4 examples, \d+ mutants: 1 fault \(", ran.err)


def test_a_rule_that_does_not_load_is_a_fault_among_others(house, run):
    write_rule(house, rule="house/broken", require="version.sgner")
    bad = [{"finds": "release"}]
    write_rule(house, rule="house/false", examples={"good": [{}], "bad": bad})
    ran = run("policy", "test", "pack")
    assert ran.code == 1
    broken, false = ran.out.splitlines()
    line = line_of(house / "house" / "broken.yaml", "require:")
    assert broken.startswith(f"pack/house/broken.yaml:{line}:10: undefined field 'sgner'")
    assert re.fullmatch(
        r"pack/house/false\.yaml:\d+:5: this is to find release, and finds nothing", false
    )


def test_rules_and_packs_are_chosen_by_name(house, run):
    assert run("policy", "test", "--rule", "house/signed").out.startswith("1 rule, 2 examples")
    assert run("policy", "test", "../pack").out.startswith("2 rules")
    ran = run("policy", "test", "--rule", "house/singed")
    assert (ran.code, ran.err.splitlines()[1]) == (2, "  fix: write house/signed")
    ran = run("policy", "test", "elsewhere")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: elsewhere is not a pack")
    assert "builtin, ../pack" in ran.err
    Path("empty").mkdir()
    assert "empty holds no rules" in run("policy", "test", "empty").err


@pytest.mark.parametrize("subject", ["deployment", "plan", "artifact", "fleet"])
def test_a_new_rule_passes_its_own_test(pack, run, subject):
    ran = run("policy", "new", "house/mine", "--subject", subject)
    assert (ran.code, ran.out) == (0, "policies/house/mine.yaml\n")
    assert "fairway policy test policies --mutants" in ran.err
    done = run("policy", "test", "policies", "--mutants")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("1 rule, ")
    text = Path("policies/house/mine.yaml").read_text("utf-8")
    assert yaml.safe_load(text)["subject"] == subject
    lines = text.splitlines()
    keys = [i for i, line in enumerate(lines) if re.match(r"[a-z]+:", line) and line[:3] != "as:"]
    # Every key is explained by the comment above it.
    assert [lines[i] for i in keys if not lines[i - 1].startswith("#")] == []


def test_a_new_rule_replaces_none(pack, run):
    run("policy", "new", "house/mine", "--folder", "rules")
    path = Path("rules/house/mine.yaml")
    path.write_text("mine", "utf-8")
    ran = run("policy", "new", "house/mine", "--folder", "rules")
    assert (ran.code, path.read_text("utf-8")) == (2, "mine")
    assert "rules/house/mine.yaml is there already" in ran.err


@pytest.mark.parametrize("name", ["mine", "House/mine", "house/mine.yaml", "../x/y", "a/b/c", "/a"])
def test_a_name_that_is_none_is_refused(pack, run, name):
    ran = run("policy", "new", name)
    assert ran.code == 2
    assert "is not a rule's name" in ran.err
    assert not Path("policies").exists()
