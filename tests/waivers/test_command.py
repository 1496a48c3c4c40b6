"""``fairway waive`` over the living fleet: what it writes holds, and what it refuses."""

import os
import stat
import subprocess
from datetime import datetime

import pytest
from waivers.setting import REASON

from fairway.check import check_spec
from fairway.project import find_project, load_project
from fairway.waivers.book import WaiverBook
from fairway.waivers.file import environments_of, load_waivers
from fairway.waivers.kinds import waivable_rules

NOW = "2027-01-01T00:00:00Z"
FIRST = 'versions["1.0.0"]'
SECOND = 'versions["1.1.0"]'
FOLDER = "specs/tumour-screening"
FILE = f"{FOLDER}/waivers.yaml"


@pytest.fixture
def waive(fleet, run):
    """Waive a finding of the spec whose evidence is too old, and misses a bound."""

    def waive(rule="evidence/expired", path=FOLDER, **options):
        given = {
            "until": "2027-03-01", "reason": REASON, "owner": "@oncology-ml", "now": NOW,
            "route": FIRST, **options,
        }  # fmt: skip
        words = [f"--{key}={value}" for key, value in given.items() if value is not None]
        return run("waive", rule, path, *words)

    return waive


def result(now=NOW):
    """What the written waivers make of the spec's findings."""
    path = f"{FOLDER}/deployment.yaml"
    project = load_project(find_project(path))
    checked = check_spec(path, project, now)
    files = [load_waivers(FILE), load_waivers("specs/waivers.yaml")]
    assert [f.message for each in files for f in each.findings] == []
    environments = environments_of(checked.documents[path], project.project.environments)
    book = WaiverBook(files, path, environments, waivable_rules({}))
    found = book.apply(checked.findings, checked.documents, datetime.fromisoformat(now))
    return found, book.unused(found.used)


def test_what_is_written_holds(waive, fleet):
    ran = waive(ticket="https://tracker.example.com/ML-1")
    assert (ran.code, ran.err) == (0, "")
    text = (fleet.parent / "waivers.yaml").read_text("utf-8")
    lines = ran.out.splitlines()
    assert lines[0] == f"{FILE}: added"
    assert lines[-1] == "it holds through 2027-03-01 (UTC): 59 days left"
    assert [line.strip(" -") for line in text.splitlines()[4:]] == [
        line.strip() for line in lines[1:-1]
    ]
    found, unused = result()
    assert [f.rule for f, _ in found.waived] == ["evidence/expired"]
    assert sorted(f.rule for f in found.open) == [
        "evidence/bound", "evidence/bound", "evidence/expired",
    ]  # fmt: skip
    assert (found.findings, unused) == ((), [])


def test_the_day_after_it_counts_again(waive):
    waive()
    assert len(result("2027-03-01T23:59:59Z")[0].waived) == 1
    found, _ = result("2027-03-02T00:00:00Z")
    assert [f.rule for f in found.findings] == ["waiver/expired"]
    assert (len(found.open), found.waived) == (4, ())


def test_edits_elsewhere_in_the_spec_do_not_end_it(waive, fleet):
    waive()
    text = fleet.read_text("utf-8")
    fleet.write_text(f"# more\n{text}".replace("min: 2", "min: 3"), "utf-8")
    assert len(result()[0].waived) == 1


def test_waiving_again_renews_in_place(waive, fleet):
    waive(ticket="https://tracker.example.com/ML-1")
    waive(route=SECOND)
    path = fleet.parent / "waivers.yaml"
    text = path.read_text("utf-8").replace("  - rule", "  # kept\n  - rule")
    path.write_text(text, "utf-8")
    ran = waive(until="2027-06-01", now="2027-03-05T00:00:00Z")
    assert ran.out.splitlines()[0] == f"{FILE}: renewed"
    assert ran.out.splitlines()[-1] == "it holds through 2027-06-01 (UTC): 88 days left"
    assert path.read_text("utf-8") == text.replace("2027-03-01", "2027-06-01", 1)


def test_a_waiver_that_moved_is_renewed(waive, fleet):
    waive()
    text = fleet.read_text("utf-8")
    fleet.write_text(text.replace("./models/1.0.0", "{uri: ./models/1.0.0}"), "utf-8")
    found = result()[0]
    assert [f.rule for f in found.findings] == ["waiver/moved"]
    assert waive().out.startswith(f"{FILE}: renewed")
    assert len(result()[0].waived) == 1
    assert (fleet.parent / "waivers.yaml").read_text("utf-8").count("rule:") == 1


def test_a_waiver_in_the_project_s_file_is_renewed_there(waive, fleet):
    waive()
    own, project = fleet.parent / "waivers.yaml", fleet.parents[1] / "waivers.yaml"
    path = "    path: tumour-screening/deployment.yaml\n    route"
    project.write_text(own.read_text("utf-8").replace("    route", path), "utf-8")
    own.unlink()
    ran = waive(until="2027-06-01")
    assert ran.out.splitlines()[:3] == [
        "specs/waivers.yaml: renewed",
        "  rule: evidence/expired",
        "  path: tumour-screening/deployment.yaml",
    ]
    assert not own.exists()
    assert len(result()[0].waived) == 1


def test_only_in_one_environment(waive):
    assert "environments: [staging]" in waive(env="staging").out
    found = result()[0]
    assert [f.environments for f, _ in found.waived] == [("staging",)]
    assert [f.environments for f in found.open if f.rule == "evidence/expired"] == [
        ("production",), (),
    ]  # fmt: skip
    assert "renewed" in waive().out
    assert len(result()[0].open) == 3


def test_other_environments_get_a_waiver_of_their_own(waive, fleet):
    waive(env="staging")
    assert "added" in waive(env="production").out
    assert len(result()[0].open) == 3
    ran = waive()
    assert (ran.code, ran.out) == (2, "")
    assert "2 waivers are about this finding" in ran.err


def test_everything_else_in_the_file_stays(waive, fleet):
    path = fleet.parent / "waivers.yaml"
    waive(route=SECOND)
    text = path.read_text("utf-8").replace("\n", "\r\n")
    data = b"\xef\xbb\xbf# ours\r\n" + text.encode() + b"# the end"
    path.write_bytes(data)
    path.chmod(0o640)
    waive()
    written = path.read_bytes()
    assert written.startswith(data.removesuffix(b"# the end"))
    assert written.endswith(b"\r\n# the end")
    assert written.count(b"\n") == written.count(b"\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(fleet.parent)) == sorted(
        ["README.md", "contract.json", "data", "deployment.lock.json", "deployment.yaml",
         "evidence", "models", "waivers.yaml"]
    )  # fmt: skip


def test_a_link_stays_one(waive, fleet, tmp_path):
    path = fleet.parent / "waivers.yaml"
    path.symlink_to(tmp_path / "elsewhere.yaml")
    (tmp_path / "elsewhere.yaml").write_text("# ours\n", "utf-8")
    waive()
    assert path.is_symlink()
    assert (tmp_path / "elsewhere.yaml").read_text("utf-8").startswith("# ours\napiVersion")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "evidence/expird"}, "there is no rule evidence/expird\n  fix: did you mean"),
        ({"rule": "evidence/failed"}, "the rules that do: evidence/expired, evidence/bound"),
        ({"rule": "lock/stale"}, "lock/stale cannot be waived"),
        ({"rule": "waiver/expired"}, "waiver/expired cannot be waived"),
        ({"route": None}, "finds several things wrong"),
        ({"route": "serving.auth"}, "finds nothing wrong with"),
        ({"route": "serving..auth"}, "is not a route as reports print it"),
        ({"until": "2026-12-31"}, "2026-12-31 is past: today is 2027-01-01 (UTC)"),
        ({"until": "2028-01-03"}, "give a day up to 2028-01-02"),
        ({"until": "tomorrow"}, "--until: `tomorrow` is not a day"),
        ({"until": "2027-02-29"}, "is not a day of the calendar"),
        ({"reason": "later  " + " " * 20}, "fewer than 20 characters"),
        ({"owner": "me"}, "--owner: `me` is not an owner"),
        ({"ticket": "ML-1"}, "--ticket: `ML-1` is not an address"),
        ({"env": "prod"}, "has no environment prod\n  fix: it has staging, production"),
        ({"now": "yesterday"}, "is not a time with a zone"),
        ({"now": None}, "there is no commit yet"),
        ({"path": "specs"}, "5 specs"),
        ({"path": "nowhere"}, "no such file"),
    ],
)
def test_what_is_refused(waive, fleet, options, words):
    ran = waive(**options)
    assert ran.code == 2
    assert ran.out == ""
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert not (fleet.parent / "waivers.yaml").exists()


def test_several_findings_are_listed_with_their_routes(waive):
    lines = waive(route=None).err.splitlines()
    assert f"      --route '{FIRST}'" in lines
    assert f"      --route '{SECOND}'" in lines
    assert any("deployment.yaml:17:12: the evidence of version 1.0.0" in line for line in lines)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("waivers: [", "mend it with `fairway validate`"),
        ("kind: Waivers\nkind: Waivers\n", "given twice"),
        ("waivers: [{rule: a/b}]\n", "write this into it:\nrule: evidence/expired"),
        ("waivers: 7\n", "cannot be edited"),
    ],
)
def test_a_file_that_cannot_be_edited_stays_as_it_is(waive, fleet, content, words):
    path = fleet.parent / "waivers.yaml"
    path.write_text(content, "utf-8")
    ran = waive()
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert path.read_text("utf-8") == content


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(waive, fleet):
    fleet.parent.chmod(0o555)
    ran = waive()
    fleet.parent.chmod(0o755)
    assert ran.code == 3
    assert "cannot be written" in ran.err


def test_a_file_that_is_a_folder(waive, fleet):
    (fleet.parent / "waivers.yaml").mkdir()
    ran = waive()
    assert (ran.code, ran.out) == (2, "")
    assert "this is a directory" in ran.err


def test_the_time_is_that_of_the_last_commit(waive, fleet, tmp_path):
    when = "2026-12-30T23:30:00-02:00"
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "a",
           "GIT_COMMITTER_EMAIL": "a@b.c", "GIT_COMMITTER_DATE": when}  # fmt: skip
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(
            ["git", *words], cwd=tmp_path, check=True, env={**os.environ, **who}, timeout=30
        )
    ran = waive(now=None, until="2026-12-30")
    assert "2026-12-30 is past: today is 2026-12-31 (UTC)" in ran.err
    assert "0 days left" in waive(now=None, until="2026-12-31").out
