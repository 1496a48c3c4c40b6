"""How a pack may be named, and what is refused before git or a registry hears of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packs.conftest import Packs

from fairway.errors import UsageError
from fairway.pack.folders import PackFolder, misnamed, pack_folders
from fairway.pack.source import GitPack, OciPack, PackRefusedError, is_remote, parse_pack
from fairway.packs import pack_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "sha256:" + "0" * 64
HOST = "git.example.com"


@pytest.mark.parametrize(
    ("name", "url", "ref", "folder"),
    [
        (f"git+https://{HOST}/a/policies.git@v3", f"https://{HOST}/a/policies.git", "v3", ""),
        (f"git+https://{HOST}:8443/a@v3#packs/ml", f"https://{HOST}:8443/a", "v3", "packs/ml"),
        (f"git+https://{HOST}/a@feature/x#ml/", f"https://{HOST}/a", "feature/x", "ml"),
        (f"git+https://{HOST}/a@policies@3.0", f"https://{HOST}/a", "policies@3.0", ""),
        (f"git+https://{HOST}/a@refs/tags/v3", f"https://{HOST}/a", "refs/tags/v3", ""),
        (f"git+https://{HOST}/a@{COMMIT}", f"https://{HOST}/a", COMMIT, ""),
        (f"git+https://{HOST}/o/a%20b/_git/c@v1", f"https://{HOST}/o/a%20b/_git/c", "v1", ""),
        (f"git+ssh://git@{HOST}/a.git@v3", f"ssh://git@{HOST}/a.git", "v3", ""),
        (f"git+ssh://{HOST}:2222/~a/b@v3", f"ssh://{HOST}:2222/~a/b", "v3", ""),
        ("git+https://[::1]:8443/a@v3", "https://[::1]:8443/a", "v3", ""),
        ("git+file:///srv/policies.git@main", "file:///srv/policies.git", "main", ""),
    ],
)
def test_git(name: str, url: str, ref: str, folder: str) -> None:
    assert is_remote(name)
    pack = parse_pack(name)
    assert pack == GitPack(name, url, ref, folder)
    assert pack.pinned == (COMMIT if ref == COMMIT else None)


@pytest.mark.parametrize(
    ("name", "reference", "folder", "pinned"),
    [
        ("oci://r.example.com/p/ml:3", "r.example.com/p/ml:3", "", None),
        (f"oci://r.example.com/ml@{DIGEST}", f"r.example.com/ml@{DIGEST}", "", DIGEST),
        (f"oci://r.io/ml:3@{DIGEST}#a/b", f"r.io/ml:3@{DIGEST}", "a/b", DIGEST),
        ("oci://localhost:5000/ml:3#ml", "localhost:5000/ml:3", "ml", None),
    ],
)
def test_oci(name: str, reference: str, folder: str, pinned: str | None) -> None:
    assert is_remote(name)
    pack = parse_pack(name)
    assert pack == OciPack(name, reference, folder)
    assert pack.pinned == pinned


@pytest.mark.parametrize("name", ["builtin", "./policies", "policies/ml", "../p", "C:\\policies"])
def test_paths(name: str) -> None:
    assert not is_remote(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("--upload-pack=touch x", "characters that no address has"),
        ("--upload-pack=x", "is no policy pack"),
        ("-", "is no policy pack"),
        ("ext::sh -c id", "characters that no address has"),
        ("ext::sh", "is no policy pack"),
        ("git+ext::sh", "names no repository"),
        ("git+ext::https://h/a@v1", "names no repository"),
        ("git+ext://h/a@v1", "https or ssh, and this is ext"),
        (f"git+http://{HOST}/a@v1", "https or ssh, and this is http"),
        (f"git+git://{HOST}/a@v1", "https or ssh, and this is git"),
        ("git+fd://7/a@v1", "https or ssh, and this is fd"),
        (f"http://{HOST}/a@v1", "is no policy pack"),
        (f"https://{HOST}/a@v1", "is no policy pack"),
        (f"git@{HOST}:a/b.git", "is no policy pack"),
        ("git+-oProxyCommand=x", "names no repository"),
        ("git+ssh://-oProxyCommand=x/a@v1", "is no host"),
        (f"git+ssh://-x@{HOST}/a@v1", "a user or a password"),
        (f"git+ssh://{HOST}:0/a@v1", "is no host"),
        ("git+https:///a@v1", "is no host"),
        ("git+file://host/a@v1", "has no host"),
        ("git+file://host", "names no repository"),
        (f"git+ssh://{HOST}/-x/a@v1", "as an option does"),
        (f"git+https://{HOST}/a@--upload-pack=x", "is no name of a branch"),
        (f"git+https://{HOST}/a@-x", "is no name of a branch"),
        (f"git+https://{HOST}/a@a..b", "is no name of a branch"),
        (f"git+https://{HOST}/a@a:b", "is no name of a branch"),
        (f"git+https://{HOST}/a@+main", "is no name of a branch"),
        (f"git+https://{HOST}/a@v*", "is no name of a branch"),
        (f"git+https://{HOST}/a@v1^", "is no name of a branch"),
        (f"git+https://{HOST}/a@a@{{1}}", "is no name of a branch"),
        (f"git+https://{HOST}/a@v1.lock", "is no name of a branch"),
        (f"git+https://{HOST}/a", "says no branch, tag or commit"),
        (f"git+https://{HOST}/a@", "says no branch, tag or commit"),
        (f"git+https://{HOST}/a#ml", "says no branch, tag or commit"),
        (f"git+https://{HOST}/a.git//ml?ref=v3", "not said with"),
        (f"git+https://{HOST}/a.git?ref=v3", "not said with"),
        (f"git+https://{HOST}/../a@v1", "is no path of a repository"),
        (f"git+https://{HOST}/@v1", "is no path of a repository"),
        (f"git+https://{HOST}/a%0ahost=x@v1", "is no path of a repository"),
        (f"git+https://{HOST}/a%00@v1", "is no path of a repository"),
        (f"git+https://{HOST}/a$(id)@v1", "is no path of a repository"),
        (f"git+https://{HOST}/a@v1#", "is no folder"),
        (f"git+https://{HOST}/a@v1#..", "is no folder"),
        (f"git+https://{HOST}/a@v1#a/../b", "is no folder"),
        (f"git+https://{HOST}/a@v1#/etc", "is no folder"),
        (f"git+https://{HOST}/a@v1#-x", "is no folder"),
        (f"git+https://{HOST}/a@v1#.git/hooks", "is no folder"),
        (f"git+https://{HOST}/a@v1#subdirectory=ml", "is no folder"),
        (f"git+https://{HOST}/a@v1\n", "characters that no address has"),
        (f"git+https://{HOST}/ä@v1", "characters that no address has"),
        (f"git+https://{HOST}/{'a' * 2000}@v1", "too long"),
        ("oci://r.example.com/ml", "neither a tag nor a digest"),
        ("oci://ml:3", "does not begin with a registry's host"),
        ("oci://r.example.com/ml:3@sha256:12", "is not a digest"),
        ("oci://r.example.com/ML:3", "no capital letters"),
        ("oci://r.example.com/ml:3#../x", "is no folder"),
        ("oci:r.example.com/ml:3", "is no policy pack"),
    ],
)  # fmt: skip
def test_refused(name: str, message: str) -> None:
    assert is_remote(name)
    with pytest.raises(PackRefusedError, match=message) as refused:
        parse_pack(name)
    assert refused.value.fix


@pytest.mark.parametrize(
    "name",
    [
        f"git+https://s3cr3t@{HOST}/a@v1",
        f"git+https://user:s3cr3t@{HOST}/a@v1",
        f"git+https://user:s3cr3t@{HOST}/a@v1#../x",
        f"git+ssh://git:s3cr3t@{HOST}/a@v1",
        f"git+http://user:s3cr3t@{HOST}/a@v1",
        f"https://user:s3cr3t@{HOST}/a@v1",
        "oci://user:s3cr3t@r.example.com/ml:3",
        "oci://s3cr3t@r.example.com/ml:3",
    ],
)
def test_a_secret_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(PackRefusedError) as refused:
        parse_pack(name)
    assert "s3cr3t" not in f"{refused.value}{refused.value.fix}"


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        (f"git@{HOST}:a/b.git", f"write git+ssh://git@{HOST}/a/b.git"),
        (f"https://{HOST}/a", f"write git+https://{HOST}/a"),
    ],
)
def test_the_fix_shows_what_was_meant(name: str, fix: str) -> None:
    with pytest.raises(PackRefusedError) as refused:
        parse_pack(name)
    assert refused.value.fix.startswith(fix)


def test_a_wrong_name_is_a_finding_at_its_line_and_nothing_is_locked(packs: Packs) -> None:
    packs.name("builtin", "./own", f"git+http://{HOST}/a@v1")
    ran = packs.lock()
    assert ran.only.rule == "spec/value"
    assert ran.only.at.file == "fairway.yaml"
    assert ran.only.at.route == ("policies", 2)
    assert [index for index, _ in misnamed(packs.names)] == [2]
    with pytest.raises(UsageError, match="https or ssh"):
        pack_folders(packs.names[2:], str(packs.root), None)


def test_builtin_and_paths_have_their_folders(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    assert pack_folders(["builtin", "policies"], str(tmp_path), None) == [
        PackFolder("builtin", pack_folder("policies")),
        PackFolder("policies", str(tmp_path / "policies")),
    ]
    with pytest.raises(UsageError, match=r"the policy pack \./none does not exist") as missing:
        pack_folders(["./none"], str(tmp_path), None)
    assert missing.value.fix == "correct `policies`, or create the folder"


def test_reading_the_folders_imports_nothing_that_fetches() -> None:
    code = (
        "import sys, fairway.pack.folders, fairway.pack.cache\n"
        "heavy = {'subprocess', 'httpx', 'pydantic', 'concurrent.futures', 'ssl', 'tarfile'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
