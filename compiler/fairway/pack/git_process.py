"""Git as a process: nothing of a repository runs, and neither time, memory nor disk runs out.

No working tree is ever made, so there are no checkout filters, attributes, submodules or LFS; and
no hooks, since the repository is made without a template and ``core.hooksPath`` leads nowhere.
The user's own configuration stays: credential helpers, proxies and ``insteadOf`` are how people
reach their servers, and it is theirs as much as ``PATH`` is. What it could be made to do by an
address is shut off: only the transports that the address may have are allowed, helpers such as
``ext::`` never (git-config(1), ``protocol.allow``; git(1), ``GIT_ALLOW_PROTOCOL``). Nobody is asked
for a password; the repository that Fairway runs in, or a hook of it, has no say.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from fairway.errors import FairwayError, UsageError
from fairway.pack.source import PackRefusedError, without_secret

_SECONDS = 300.0
_MOST_BYTES = 512 << 20
_MOST_MEMORY = 4 << 30
_POLL = 0.02
_KEPT = (
    *("GIT_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_EXEC_PATH"),
    *("GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_COUNT"),
)
_KEPT_PREFIXES = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_SSL_", "GIT_PROXY_", "GIT_HTTP_")
_OPTIONS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.bigFileThreshold": "1m",  # larger files are streamed, not held in memory
    "core.commitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "transfer.bundleURI": "false",
    "http.lowSpeedLimit": "100",
    "http.lowSpeedTime": "60",
    "protocol.version": "2",
    "protocol.ext.allow": "never",
    "protocol.fd.allow": "never",
}
_TRANSPORTS = {"https": "https:ssh", "ssh": "https:ssh", "file": "file"}
_LOGIN = (
    "correct the address, or log in as git does: a credential helper, GIT_ASKPASS, or a key in the"
    " SSH agent; `git ls-remote` with the same address must succeed"
)
_MISSING = (
    *("not found", "not our ref", "unadvertised object", "couldn't find remote ref"),
    *("does not appear to be a git repository", "dubious ownership", "no such remote"),
)
_DENIED = (
    *("could not read username", "could not read password", "authentication failed"),
    *("permission denied", "host key verification failed", "access denied", "returned error: 403"),
)


class Done(NamedTuple):
    """What a command that succeeded wrote, in a file, and how many bytes that is."""

    path: Path
    size: int

    def read(self, most: int, what: str) -> bytes:
        """Return its bytes; ``PackRefusedError`` when they are more than ``most``."""
        if self.size > most:
            message = f"{what}: git lists more than {most >> 20} MiB"
            raise PackRefusedError(message, "keep the packs in a repository of their own")
        return self.path.read_bytes()


class Git:
    """Runs git in a folder that is its own; ``what`` names the repository in errors.

    All commands together may take five minutes, and all files 512 MiB.
    """

    def __init__(self, folder: Path, scheme: str, what: str) -> None:
        program = shutil.which("git")
        if program is None:
            raise UsageError(f"{what} needs git, which is not on PATH", "install git")
        self._program = program
        self._folder = folder
        self._what = what
        self._end = time.monotonic() + _SECONDS
        self._environment = _environment(folder, scheme)
        self._count = 0

    def init(self, *, sha256: bool) -> None:
        """Make an empty repository, which the commands that follow use."""
        form = "sha256" if sha256 else "sha1"
        folder = self._folder / "git"
        self.run("init", "-q", "--bare", "--template=", f"--object-format={form}", str(folder))
        self._environment["GIT_DIR"] = str(folder)

    def run(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Run one command to its end.

        Raises ``PackRefusedError`` for a repository, ref or object that is not there or may not
        be read, and ``FairwayError`` for a server that fails, or takes too long or too much.
        """
        self._count += 1
        given = self._folder / f"in-{self._count}"
        out = self._folder / f"out-{self._count}"
        said = self._folder / f"said-{self._count}"
        given.write_bytes(stdin)
        options = [part for key, value in _OPTIONS.items() for part in ("-c", f"{key}={value}")]
        with given.open("rb") as source, out.open("wb") as sink, said.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - no shell, and the arguments are checked
                [self._program, *options, *arguments],
                cwd=self._folder,
                env=self._environment,
                stdin=source,
                stdout=sink,
                stderr=log,
                start_new_session=True,  # no terminal, so nothing can ask
            )
            try:
                _limit_memory(process.pid)
                code = self._wait(process)
            finally:
                _end(process)
        if code:
            raise self._fault(said)
        return Done(out, out.stat().st_size)

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        code = None
        while code is None:
            try:
                code = process.wait(_POLL)
            except subprocess.TimeoutExpired:
                if time.monotonic() > self._end:
                    message = f"{self._what}: git takes longer than {_SECONDS:.0f} seconds"
                    fix = "try again later, or ask who runs the server"
                    raise FairwayError(message, fix) from None
            if _size(self._folder) > _MOST_BYTES:
                message = f"{self._what}: the repository brings more than {_MOST_BYTES >> 20} MiB"
                raise PackRefusedError(message, "keep the packs in a repository of their own")
        return code

    def _fault(self, said: Path) -> Exception:
        with said.open("rb") as stream:
            text = stream.read(64 << 10).decode("utf-8", "replace")
        why = _reason(text)
        message = f"{self._what}: git says: {why}"
        lower = text.lower()
        if any(each in lower for each in _DENIED):
            return PackRefusedError(message, _LOGIN)
        if any(each in lower for each in _MISSING):
            return PackRefusedError(message, "correct the address, or push what is missing")
        return FairwayError(message, "try again later, or ask who runs the server")


def _environment(folder: Path, scheme: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    kept.pop("SSH_ASKPASS", None)
    return {
        **kept,
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": _TRANSPORTS[scheme],
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "SSH_ASKPASS_REQUIRE": "never",
    }


def _limit_memory(pid: int) -> None:
    if sys.platform == "linux":
        import resource

        try:
            resource.prlimit(pid, resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        except (ProcessLookupError, PermissionError, ValueError):
            return  # over already, or limited more by somebody else


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and what it has started, when it did not end by itself."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue  # git renames and removes what it is done with
    return total


def _reason(text: str) -> str:
    """Return what git complains of: the line that says so, without secrets, on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith(("fatal:", "remote:", "error:", "ERROR:"))]
    line = (marked or lines or ["nothing"])[0].removeprefix("fatal: ")
    return "".join(each if each.isprintable() else " " for each in without_secret(line))[:300]
