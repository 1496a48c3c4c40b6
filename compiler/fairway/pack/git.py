"""Packs in git repositories: what a ref stands for, and the files of a commit.

Only what is needed is asked for, where the server can leave out the rest (protocol v2, partial
clone): one commit, its trees, and then the files of the pack. They are read as objects, which git
has held against their hashes, and are never checked out.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from fairway.pack.cache import beside, unwritable
from fairway.pack.content import MAX_BYTES, belongs, select, too_large
from fairway.pack.git_process import Git
from fairway.pack.source import GitPack, PackRefusedError

_REMOTE = "fairway"
_FILTER = "blob:none"
_MOST_LISTED = 64 << 20
_FILE_MODES = frozenset({"100644", "100755", "100664"})
_PINNED = "the commit is not in the repository any more, or its server gives out branches only"


class Ref(NamedTuple):
    """What a ref stands for now: ``kind`` is branch, tag, ref or commit; the commit is whole."""

    kind: str
    commit: str


class _Entry(NamedTuple):
    mode: str
    object_id: str
    path: str


def resolve_git(pack: GitPack) -> Ref:
    """Return the commit that a pack's ref stands for now.

    Raises ``PackRefusedError`` for a ref that is not there, or is a branch and a tag, and what
    ``Git.run`` raises.
    """
    if pack.pinned is not None:
        return Ref("commit", pack.pinned)
    full = pack.ref.startswith("refs/")
    names = [pack.ref] if full else [f"refs/tags/{pack.ref}", f"refs/heads/{pack.ref}"]
    with _git(pack) as git:
        patterns = [each for name in names for each in (name, f"{name}^{{}}")]
        listed = git.run("ls-remote", "-q", "--", pack.url, *patterns)
        lines = listed.read(_MOST_LISTED, pack.name).decode("utf-8", "replace").splitlines()
    there = {name: commit for commit, _, name in (line.partition("\t") for line in lines)}
    found = [name for name in names if name in there]
    if not found:
        message = f"{pack.name}: the repository has no branch or tag {pack.ref}"
        raise PackRefusedError(message, "correct it; a commit is named by its whole hash")
    if len(found) > 1:
        message = f"{pack.name}: {pack.ref} is both a tag and a branch"
        raise PackRefusedError(message, f"write {' or '.join('@' + name for name in found)}")
    kinds = {"tags": "tag", "heads": "branch"}
    kind = kinds.get(found[0].split("/")[1], "ref")
    # An annotated tag is an object of its own, and `^{}` is the commit that it is about.
    return Ref(kind, there.get(f"{found[0]}^{{}}", there[found[0]]))


def fetch_git(pack: GitPack, commit: str) -> dict[str, bytes]:
    """Return the files of the pack in a commit (its whole hash), by name.

    Raises ``PackRefusedError`` for a commit or folder that is not there, for links and submodules
    where rules would be, and for what ``select`` refuses; and what ``Git.run`` raises.
    """
    with _git(pack) as git:
        git.init(sha256=len(commit) == 64)
        # Said here and not kept, so that the commands in between fetch nothing by themselves.
        said = {"url": pack.url, "promisor": "true", "partialclonefilter": _FILTER}
        partial = [each for key in said for each in ("-c", f"remote.{_REMOTE}.{key}={said[key]}")]
        fetch = ["fetch", "-q", "--no-tags", "--no-write-fetch-head", f"--filter={_FILTER}"]
        try:
            git.run(*partial, *fetch, "--depth=1", _REMOTE, commit)
        except PackRefusedError as error:
            raise _gone(error) from None
        entries = _entries(git, pack, commit)
        chosen = _chosen(entries, pack)
        objects = "".join(f"{each}\n" for each in dict.fromkeys(chosen.values())).encode()
        git.run(*partial, *fetch, "--stdin", _REMOTE, stdin=objects)
        return _contents(git, chosen, objects, pack)


def _gone(error: PackRefusedError) -> PackRefusedError:
    if "not our ref" not in str(error) and "unadvertised" not in str(error):
        return error
    fix = "name a tag that nobody moves, and lock it with `fairway lock --update`"
    return PackRefusedError(f"{error} ({_PINNED})", fix)


@contextmanager
def _git(pack: GitPack) -> Iterator[Git]:
    try:
        folder = Path(beside())
    except OSError as error:
        raise unwritable(error) from error
    try:
        yield Git(folder, pack.scheme, pack.name)
    except OSError as error:
        raise unwritable(error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _entries(git: Git, pack: GitPack, commit: str) -> list[_Entry]:
    """Return everything below the pack's folder, its path from there."""
    kind = git.run("cat-file", "-t", commit).read(1 << 10, pack.name).strip()
    if kind != b"commit":
        message = f"{pack.name}: {commit} is no commit, but a {kind.decode('ascii', 'replace')}"
        raise PackRefusedError(message, "name the commit itself")
    tree = f"{commit}:{pack.folder}"
    if pack.folder:
        answer = git.run("cat-file", "--batch-check", stdin=f"{tree}\n".encode())
        if answer.read(1 << 10, pack.name).split()[1:2] != [b"tree"]:
            message = f"{pack.name}: the repository has no folder {pack.folder} there"
            raise PackRefusedError(message, "correct what stands after `#`")
    listed = git.run("ls-tree", "-r", "-z", tree).read(_MOST_LISTED, pack.name)
    return [_entry(line) for line in listed.split(b"\0") if line]


def _entry(line: bytes) -> _Entry:
    head, _, path = line.partition(b"\t")
    mode, _, object_id = head.decode("ascii").split(" ")
    return _Entry(mode, object_id, path.decode("utf-8", "backslashreplace"))


def _chosen(entries: list[_Entry], pack: GitPack) -> dict[str, str]:
    """Return the object of each file of the pack; a link or submodule in its place is refused."""
    for entry in entries:
        above = "/" not in entry.path and not entry.path.startswith(".")
        if entry.mode not in _FILE_MODES and (above or belongs(entry.path, pack.name)):
            what = "a submodule" if entry.mode == "160000" else "a symbolic link"
            message = f"{pack.name}: {entry.path} is {what}, which is not followed"
            fix = "put the files themselves there, or keep the rules in a folder of their own"
            raise PackRefusedError(message, f"{fix}, and name it after `#`")
    objects = {entry.path: entry.object_id for entry in entries}
    found = select(objects, "", pack.name)
    return {name: objects[path] for name, path in found.items()}


def _contents(git: Git, chosen: dict[str, str], objects: bytes, pack: GitPack) -> dict[str, bytes]:
    sizes = git.run("cat-file", "--batch-check=%(objecttype) %(objectsize)", stdin=objects)
    lines = sizes.read(1 << 20, pack.name).decode("ascii", "replace").split("\n")[:-1]
    kinds = [line.split(" ") for line in lines]
    if any(kind[0] != "blob" for kind in kinds):
        message = f"{pack.name}: the server does not send all files of the pack"
        raise PackRefusedError(message, "try again later, or ask who runs the server")
    by_id = dict(
        zip(objects.decode("ascii").split(), (int(kind[1]) for kind in kinds), strict=True)
    )
    if sum(by_id[each] for each in chosen.values()) > MAX_BYTES:
        raise too_large(pack.name)
    most = sum(by_id.values()) + 256 * len(by_id)
    data = git.run("cat-file", "--batch", stdin=objects).read(most, pack.name)
    blobs: dict[str, bytes] = {}
    at = 0
    for object_id, size in by_id.items():
        start = data.index(b"\n", at) + 1
        blobs[object_id] = data[start : start + size]
        at = start + size + 1
    return {name: blobs[object_id] for name, object_id in chosen.items()}
