"""Reading waivers.yaml: what is right of it holds, whatever else it says."""

import os
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from waivers.setting import WAIVABLE

from fairway.locate import locate
from fairway.location import Span
from fairway.waivers.book import WaiverBook
from fairway.waivers.file import environments_of, load_waivers, waiver_files

HEAD = "apiVersion: fairway.dev/v1\nkind: Waivers\nwaivers:\n"
SCOPE = "sha256:" + "a" * 64


def entry(route="serving.auth", **more):
    fields = {
        "rule": "security/authentication-is-said",
        "route": route,
        "reason": "The gateway is only reachable from the VPN.",
        "owner": '"@growth-ml"',
        "until": "2027-01-31",
        "scope": SCOPE,
        **more,
    }
    lines = [f"{key}: {value}" for key, value in fields.items() if value is not None]
    return "  - " + "\n    ".join(lines) + "\n"


def found(loaded):
    """The findings as rule, line and fix."""
    documents = {loaded.document.path: loaded.document} if loaded.document else {}
    return [
        (each.rule, each.span.line if each.span else None, each.fix.description if each.fix else "")
        for each in locate(loaded.findings, documents)
    ]


def test_a_file_that_is_not_there_has_no_waivers(folder):
    loaded = load_waivers(str(folder / "waivers.yaml"))
    assert (loaded.document, loaded.waivers, loaded.findings) == (None, (), ())


def test_every_field_is_read(load, folder):
    ticket = "https://tracker.example.com/SEC-12"
    loaded = load(HEAD + entry('versions["3.1.0"].uri', environments="[staging]", ticket=ticket))
    assert loaded.findings == ()
    (waiver,) = loaded.waivers
    assert waiver.route == ("versions", "3.1.0", "uri")
    assert waiver.environments == ("staging",)
    assert waiver.until == date(2027, 1, 31)
    assert (waiver.ticket, waiver.scope, waiver.owner) == (ticket, SCOPE, "@growth-ml")
    assert waiver.about == os.path.realpath(folder)
    assert loaded.document.span(waiver.at("until")) == Span(8, 12, 8, 22)


def test_a_waiver_of_the_whole_file_has_no_route(load):
    assert load(HEAD + entry(None)).waivers[0].route == ()


@pytest.mark.parametrize(
    ("change", "rule", "line"),
    [
        ({"reason": "later"}, "waiver/file", 6),
        ({"reason": '"x                       "'}, "waiver/file", 6),
        ({"until": "soon"}, "spec/value", 8),
        ({"until": "2027-02-30"}, "spec/value", 8),
        ({"until": "2027-1-31"}, "spec/value", 8),
        ({"until": "2027"}, "spec/type", 8),
        ({"until": None}, "spec/missing-key", 4),
        ({"owner": "nobody"}, "spec/value", 7),
        ({"scope": "sha256:abc"}, "spec/value", 9),
        ({"scope": None}, "spec/missing-key", 4),
        ({"route": '"serving..auth"'}, "spec/value", 5),
        ({"route": "7"}, "spec/type", 5),
        ({"rule": "authentication"}, "spec/value", 4),
        ({"ticket": "SEC-12"}, "spec/value", 10),
        ({"environments": "staging"}, "spec/type", 10),
        ({"environment": "staging"}, "spec/unknown-key", 10),
        ({"path": "churn/deployment.yaml"}, "waiver/file", 10),
    ],
)
def test_an_entry_that_is_wrong_waives_nothing(load, change, rule, line):
    loaded = load(HEAD + entry(**change) + entry("serving.hosts"))
    assert [(each[0], each[1]) for each in found(loaded)] == [(rule, line)]
    assert [waiver.route for waiver in loaded.waivers] == [("serving", "hosts")]


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("churn/deployment.yaml", None),
        ("./churn/deployment.yaml", None),
        ("churn", "write churn/deployment.yaml"),
        ("churned/deployment.yaml", "write the spec's path from this folder, such as fraud/"),
        ("churn/waivers.yaml", "write the spec's path from this folder, such as fraud/"),
        (None, "write the spec's path from this folder, such as fraud/"),
    ],
)
def test_in_the_project_s_folder_an_entry_names_its_spec(load, folder, path, fix):
    loaded = load(HEAD + entry(path=path), project=True)
    if fix is None:
        assert loaded.findings == ()
        spec = "specs/churn/deployment.yaml"
        assert WaiverBook([loaded], spec, (), WAIVABLE).waivers == loaded.waivers
        assert WaiverBook([loaded], "specs/x/deployment.yaml", (), WAIVABLE).waivers == ()
    else:
        ((rule, line, said),) = found(loaded)
        assert (rule, line) == ("waiver/file", 10 if path else 4)
        assert said.startswith(fix)
        assert loaded.waivers == ()


@pytest.mark.parametrize("path", ["../other/deployment.yaml", "/etc/passwd", "a/../../b", '"a\\0"'])
def test_paths_that_leave_the_folder_are_refused(load, path):
    loaded = load(HEAD + entry(path=path), project=True)
    assert [each[0] for each in found(loaded)] == ["spec/value"]


def test_a_spec_beside_the_project_file_needs_no_path(load, folder):
    (folder.parent / "deployment.yaml").write_text("serving: {}\n", "utf-8")
    loaded = load(HEAD + entry() + entry(path="churn/deployment.yaml"), project=True)
    assert loaded.findings == ()
    own = WaiverBook([loaded], "specs/deployment.yaml", (), WAIVABLE)
    other = WaiverBook([loaded], "specs/churn/deployment.yaml", (), WAIVABLE)
    assert (own.waivers, other.waivers) == (loaded.waivers[:1], loaded.waivers[1:])


def test_where_waivers_of_a_spec_may_stand(folder):
    assert waiver_files("specs/churn/deployment.yaml", "specs") == (
        "specs/churn/waivers.yaml", "specs/waivers.yaml",
    )  # fmt: skip
    assert waiver_files("specs/deployment.yaml", "specs") == ("specs/waivers.yaml",)
    assert waiver_files("deployment.yaml", "") == ("./waivers.yaml",)


def test_the_environments_of_a_spec(load):
    document = load("environments: {production: {}, other: {}}\n").document
    assert environments_of(document, ("staging", "production")) == ("production",)
    assert environments_of(None, ("staging", "production")) == ("staging", "production")


# -- hostile files -----------------------------------------------------------------------------

BOMB = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "yaml/empty"),
        (b"# only a comment\n", "yaml/empty"),
        (b"waivers: [", "yaml/syntax"),
        (b"{", "yaml/syntax"),
        (b"[]", "spec/type"),
        (b"just words", "spec/type"),
        (b"null", "yaml/empty"),
        (b"\xff\xfe\x00x", "source/encoding"),
        (b"a: \xff", "source/encoding"),
        (b"a: \x00", "yaml/character"),
        (b"# " + b"x" * (1 << 20), "source/too-large"),
        (b"[" * 5000, "yaml/depth"),
        (("a0: &a0 [x]\n" + BOMB).encode(), "yaml/alias"),
        (b"a: &a [*a]", "yaml/alias"),
        (b"--- {}\n--- {}\n", "yaml/one-document"),
        (b"!!python/object/apply:os.system [ls]", "yaml/tag"),
    ],
)
def test_files_that_are_none(load, content, rule):
    loaded = load(content)
    assert loaded.waivers == ()
    assert rule in [each[0] for each in found(loaded)]


@pytest.mark.parametrize(
    "value", ["3", "{}", "null", "[3]", "[[]]", "[{}]", "[null]", "{a: {rule: x}}", "[{rule: []}]"]
)
def test_lists_of_waivers_that_are_none(load, value):
    loaded = load(HEAD.rstrip() + f" {value}\n")
    assert loaded.waivers == ()
    assert loaded.findings


def test_no_waivers_are_no_fault(load):
    loaded = load(HEAD.rstrip() + " []\n")
    assert (loaded.waivers, loaded.findings) == ((), ())


def test_a_key_that_stands_twice_decides_nothing(load):
    """Readers differ in which of the two days they keep."""
    twice = entry().replace("    scope", "    until: 2027-12-31\n    scope")
    loaded = load(HEAD + twice + entry("serving.hosts"))
    assert [(each[0], each[1]) for each in found(loaded)] == [("yaml/duplicate-key", 9)]
    assert [waiver.route for waiver in loaded.waivers] == [("serving", "hosts")]


def test_of_a_file_that_is_cut_the_whole_entries_hold(load):
    loaded = load(HEAD + entry() + entry("serving.hosts") + "  - rule: [\n")
    assert [each[0] for each in found(loaded)] == ["yaml/syntax"]
    assert ("serving", "auth") in [waiver.route for waiver in loaded.waivers]


@pytest.mark.parametrize("cut", range(20, 330, 7))
def test_a_file_that_is_cut_anywhere_waives_no_more_than_the_whole(load, cut):
    text = HEAD + entry(environments="[staging]") + entry("serving.hosts", environments="[edge]")
    whole = load(text).waivers
    assert len(whole) == 2
    for waiver in load(text[:cut] + " {").waivers:
        assert waiver in whole


def test_a_directory_and_a_pipe_and_a_broken_link_are_findings(folder):
    path = folder / "waivers.yaml"
    for make in (
        path.mkdir,
        lambda: os.mkfifo(path),
        lambda: path.symlink_to("nowhere"),
        lambda: path.symlink_to("waivers.yaml"),
    ):
        make()
        loaded = load_waivers(str(path))
        assert [each[0] for each in found(loaded)] == ["source/unreadable"]
        path.rmdir() if path.is_dir() else path.unlink()


def test_thousands_of_faults_are_not_all_listed(load):
    loaded = load(HEAD + "".join(f"  - rule: {n}\n" for n in range(3000)))
    assert len(loaded.findings) <= 101
    assert loaded.waivers == ()


PIECES = st.sampled_from(
    ["waivers:", "- ", "rule: a/b", "\n", "  ", "until: 2027-01-31", "{", "]", "&a ", "*a ", "!t ",
     "'", '"', "|", "# c", "route: a[", "kind: Waivers", ": ", "? ", "scope: " + SCOPE, "\t", "\r"]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=30).map("".join)))
def test_no_content_raises(load, content):
    loaded = load(content)
    documents = {loaded.document.path: loaded.document} if loaded.document else {}
    for each in locate(loaded.findings, documents):
        assert each.file == "specs/churn/waivers.yaml"
    assert loaded.findings or loaded.document
