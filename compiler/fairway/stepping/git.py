"""The working tree that a spec is in, asked through the user's own git.

Reads leave no trace in the repository. A commit is made as the user would make it: with their
identity, their hooks and their signature.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from fairway.errors import FairwayError, UsageError

_SECONDS = 120
_READS: Mapping[str, str] = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


class WorkTree:
    """The git working tree around a folder. Raises ``UsageError`` where there is none."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)
        self.top = self._read("rev-parse", "--show-toplevel").strip()
        self.head = self._read("rev-parse", "--verify", "--quiet", "HEAD", may_fail=True).strip()
        if not self.head:
            message = f"{folder} is in a git repository without a commit"
            raise UsageError(message, "commit first: what ran is read from history")

    @property
    def shallow(self) -> bool:
        """Whether the history is cut off somewhere."""
        return self._read("rev-parse", "--is-shallow-repository").strip() == "true"

    def path(self, file: str) -> str | None:
        """Return a file's path in the repository, None for one outside of it."""
        folder, name = os.path.split(file)
        real = os.path.join(os.path.realpath(folder or "."), name)
        relative = os.path.relpath(real, os.path.realpath(self.top)).replace(os.sep, "/")
        return None if relative.startswith("../") or os.path.isabs(relative) else relative

    def commits(self, paths: Sequence[str]) -> list[tuple[str, str]]:
        """Return the commits of HEAD's first-parent line that changed ``paths``, newest first.

        Each is a whole hash and the committer's time: where branches are merged, that of the merge.
        """
        said = self._read("log", "--first-parent", "--format=%H %cI", "HEAD", "--", *_exact(paths))
        parts = [line.partition(" ") for line in _lines(said)]
        return [(name, time) for name, _, time in parts]

    @contextmanager
    def blobs(self) -> Iterator[Blobs]:
        """Yield what reads files of commits, without a process for each."""
        process = subprocess.Popen(
            ["git", "cat-file", "--batch"],  # noqa: S607 - the user's own git
            cwd=self.top,
            env={**os.environ, **_READS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Blobs(process)
        finally:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            process.wait(_SECONDS)

    def staged(self) -> list[str]:
        """Return the paths whose staged content is not that of HEAD."""
        return _names(self._read("diff", "--cached", "--name-only", "-z", "--no-renames"))

    def changed(self, paths: Sequence[str]) -> list[str]:
        """Return those of ``paths`` that differ from HEAD, or are not tracked."""
        said = self._read("status", "--porcelain=v1", "-z", "--no-renames", "--", *_exact(paths))
        return [entry[3:] for entry in _names(said)]

    def ignored(self, paths: Sequence[str]) -> list[str]:
        """Return those of ``paths`` that are not tracked, ignored ones included."""
        known = set(_names(self._read("ls-files", "-z", "--", *_exact(paths))))
        return [path for path in paths if path not in known]

    def commit(self, paths: Sequence[str], message: str) -> str:
        """Commit ``paths`` as they are in the working tree, nothing else; return the hash."""
        done = self._run(
            ("commit", "--quiet", "--cleanup=verbatim", "-F", "-", "--only", "--", *_exact(paths)),
            {}, message,
        )  # fmt: skip
        if done.returncode:
            raise FairwayError(f"git commit: {_said(done.stdout + done.stderr)}", "mend that first")
        return self._read("rev-parse", "HEAD").strip()

    def _read(self, *arguments: str, may_fail: bool = False) -> str:
        done = self._run(arguments, _READS)
        if done.returncode and not may_fail:
            said = _said(done.stderr)
            if "not a git repository" in said or "work tree" in said:
                message = f"{self.folder} is in no git working tree, and git is where it is known"
                raise UsageError(f"{message} what ran, and since when", "run this in a clone")
            raise FairwayError(f"git {arguments[0]}: {said}", "mend that first")
        return done.stdout

    def _run(
        self, arguments: Sequence[str], environment: Mapping[str, str], given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603 - no shell, and paths come after `--`
                ["git", *arguments],  # noqa: S607 - the user's own git
                cwd=getattr(self, "top", self.folder),
                env={**os.environ, **environment},
                input=given,
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise UsageError("git is not on PATH", "install git") from None
        except subprocess.TimeoutExpired:
            message = f"git {arguments[0]} takes longer than {_SECONDS} seconds"
            raise FairwayError(message, "try it by hand to see what it waits for") from None


class Blobs:
    """Files of commits, read one after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def read(self, commit: str, path: str) -> bytes | None:
        """Return a file's bytes in a commit, None where it is not a file there."""
        given, answers = self._process.stdin, self._process.stdout
        if given is None or answers is None or "\n" in path:
            return None
        given.write(f"{commit}:{path}\n".encode("utf-8", "surrogateescape"))
        given.flush()
        parts = answers.readline().split()
        if len(parts) != 3 or not parts[2].isdigit():
            return None
        data = answers.read(int(parts[2]))
        answers.read(1)
        return data if parts[1] == b"blob" else None


def _exact(paths: Sequence[str]) -> list[str]:
    """Return paths as git takes them from the top of the tree, without patterns in them."""
    return [f":(top,literal){path}" for path in paths]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def _names(text: str) -> list[str]:
    return [name for name in text.split("\0") if name]


def _said(text: str) -> str:
    """Return what git complains of, on one line."""
    lines = _lines(text)
    marked = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return " ".join((marked or lines or ["it failed, and does not say why"])[:4])[:400]
