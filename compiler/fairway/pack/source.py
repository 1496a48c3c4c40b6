"""How ``policies`` of ``fairway.yaml`` names a pack: ``builtin``, a path, git, or a registry.

    git+https://HOST[:PORT]/PATH@REF[#FOLDER]
    git+ssh://[USER@]HOST[:PORT]/PATH@REF[#FOLDER]
    git+file:///PATH@REF[#FOLDER]
    oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:HEX][#FOLDER]

Source: pip's form for version control (``git+SCHEME://…@REF``, topics/vcs-support), and OCI's
references. Stricter than pip: REF is a must, since a default branch is nobody's decision, and the
first ``@`` of the path begins it, so that a tag such as ``policies@3.0`` can be named. A secret in
an address would be committed, so none is read.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

_REMOTE = re.compile(r"-|[A-Za-z][A-Za-z0-9+.-]*:(?://|:)|git\+|oci:|[^/@\s]+@[^/:\s]+:")
# Not compiled here: most projects name no pack from elsewhere.
_GIT = (
    r"git\+(?P<scheme>[a-z]+)://(?P<place>[^/]*)(?P<path>/[^@#?]*)"
    r"(?:@(?P<ref>[^#?]*))?(?P<query>\?[^#]*)?(?:#(?P<folder>.*))?"
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?"
_USER = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
# No control character, not even encoded: a credential helper reads lines.
_PATH = r"(?:[A-Za-z0-9._~/+=,()-]|%(?![01]|7[Ff])[0-9A-Fa-f]{2})+"
# A subset of what git-check-ref-format(1) allows, without anything that a shell or git expands.
_REF = r"[A-Za-z0-9_][A-Za-z0-9_./@+=-]*"
_COMMIT = r"[0-9a-f]{40}|[0-9a-f]{64}"
_FOLDER = r"[A-Za-z0-9_.][A-Za-z0-9_.+@-]*(?:/[A-Za-z0-9_.][A-Za-z0-9_.+@-]*)*"
_MAX = 1000
_EXAMPLE = "git+https://git.example.com/platform/policies.git@v3"
_LOGIN = (
    "leave it out, and revoke it if it was a secret: credentials come from git's own helpers,"
    " from an SSH agent or from `docker login`"
)


class PackRefusedError(Exception):
    """A pack that cannot be used as it is named or as it is; ``fix`` says what mends it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class GitPack(NamedTuple):
    """A pack in a git repository: what git is asked for, the ref, and the folder in it."""

    name: str
    url: str
    ref: str
    folder: str = ""

    @property
    def scheme(self) -> str:
        """How git reaches it: ``https``, ``ssh`` or ``file``."""
        return self.url.partition(":")[0]

    @property
    def pinned(self) -> str | None:
        """The commit that the name itself pins."""
        return self.ref if re.fullmatch(_COMMIT, self.ref) else None


class OciPack(NamedTuple):
    """A pack in a registry: its reference without scheme (with tag, digest or both), the folder."""

    name: str
    reference: str
    folder: str = ""

    @property
    def pinned(self) -> str | None:
        """The manifest's digest that the name itself pins."""
        return self.reference.partition("@")[2] or None


RemotePack: TypeAlias = GitPack | OciPack


def is_remote(name: str) -> bool:
    """Return whether a name means a pack elsewhere, rather than ``builtin`` or a path."""
    return _REMOTE.match(name) is not None


def parse_pack(name: str) -> RemotePack:
    """Return what a remote name says; ``PackRefusedError`` says which part of it is wrong.

    No message repeats a user or a password of an address.
    """
    shown = without_secret(name)
    if not name.isascii() or not name.isprintable() or " " in name or len(name) > _MAX:
        message = f"{shown[:200]!r} holds characters that no address has, or is too long"
        raise PackRefusedError(message, f"write it like {_EXAMPLE}")
    if name.startswith("git+"):
        return _git(name, shown)
    if name.startswith("oci://"):
        return _oci(name, shown)
    message = f"{shown} is no policy pack: `builtin`, a path, git+https://, git+ssh:// or oci://"
    raise PackRefusedError(message, _meant(name))


def without_secret(text: str) -> str:
    """Return a text without what stands before the ``@`` of an address in it."""
    return re.sub(r"(//)[^/\s]*@", r"\1", text)


def _meant(name: str) -> str:
    scp = re.fullmatch(r"([^/@:\s]+)@([^/:\s]+):([^:\s][^\s]*)", name)
    if scp is not None and not name.startswith("-"):
        return f"write git+ssh://{scp[1]}@{scp[2]}/{scp[3].lstrip('/')}"
    if name.startswith(("https://", "ssh://")) and "@" not in name.split("/")[2]:
        return f"write git+{name}, with the tag after `@`, if it is a git repository"
    return f"write it like {_EXAMPLE}"


def _git(name: str, shown: str) -> GitPack:
    parts = re.fullmatch(_GIT, name)
    if parts is None:
        raise PackRefusedError(f"{shown} names no repository", f"write it like {_EXAMPLE}")
    scheme, place, path, ref, folder = parts.group("scheme", "place", "path", "ref", "folder")
    if scheme not in ("https", "ssh", "file"):
        message = f"{shown}: git is spoken to by https or ssh, and this is {scheme}"
        raise PackRefusedError(message, "write git+https:// or git+ssh://")
    _check_place(scheme, place, shown)
    if parts["query"] or "//" in path:
        message = f"{shown}: the ref and the folder are not said with `?` and `//`"
        raise PackRefusedError(message, f"write the ref after `@`, and the folder: {_EXAMPLE}#ml")
    steps = path.split("/")[1:]
    if not re.fullmatch(_PATH, path) or any(step in ("", ".", "..") for step in steps):
        message = f"{shown}: {path} is no path of a repository"
        raise PackRefusedError(message, "correct it; odd characters are encoded, as %20")
    if any(step.startswith("-") for step in steps):
        message = f"{shown}: a part of the path begins with `-`, as an option does"
        raise PackRefusedError(message, "rename the repository")
    if not ref:
        message = f"{shown} says no branch, tag or commit"
        raise PackRefusedError(message, f"add one, best a tag: {_EXAMPLE}")
    _check_ref(ref, shown)
    return GitPack(name, f"{scheme}://{place}{path}", ref, _folder(folder, shown))


def _check_place(scheme: str, place: str, shown: str) -> None:
    user, at, host = place.rpartition("@")
    if at and (scheme != "ssh" or not re.fullmatch(_USER, user)):
        message = f"{shown}: a user or a password stands in the address"
        raise PackRefusedError(message, _LOGIN)
    if scheme == "file":
        if place:
            message = f"{shown}: a file's address has no host"
            raise PackRefusedError(message, "write git+file:/// and an absolute path")
        return
    port = re.search(r":([0-9]+)$", host)
    if not re.fullmatch(_HOST, host) or (port is not None and not 0 < int(port[1]) < 65536):
        message = f"{shown}: {host[:100]!r} is no host"
        raise PackRefusedError(message, "write a host name, with a port where it needs one")


def _check_ref(ref: str, shown: str) -> None:
    odd = any(each in ref for each in ("..", "//", "@{", "/.", "./"))
    if re.fullmatch(_REF, ref) and not odd and not ref.endswith((".lock", "/", ".")) and ref != "@":
        return
    message = f"{shown}: {ref[:100]!r} is no name of a branch, tag or commit"
    raise PackRefusedError(message, "name a branch or a tag, or a commit by its whole hash")


def _oci(name: str, shown: str) -> OciPack:
    from fairway.lock.digest import SourceRefusedError
    from fairway.resolve.oci.reference import parse_oci_uri

    address, _, folder = name.partition("#")
    if "@" in address.removeprefix("oci://").partition("/")[0]:
        message = f"{shown}: a user or a password stands in the address"
        raise PackRefusedError(message, _LOGIN)
    try:
        reference = parse_oci_uri(address)
    except SourceRefusedError as error:
        raise PackRefusedError(str(error), error.fix) from None
    return OciPack(name, str(reference), _folder(folder if "#" in name else None, shown))


def _folder(text: str | None, shown: str) -> str:
    if text is None:
        return ""
    folder = text.removesuffix("/")
    if re.fullmatch(_FOLDER, folder) and not {".", "..", ".git"} & set(folder.lower().split("/")):
        return folder
    message = f"{shown}: {text[:100]!r} is no folder inside of the source"
    raise PackRefusedError(message, "write its path after `#`, such as #packs/ml")
