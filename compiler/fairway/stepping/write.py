"""Writing two files together: both, or none, and neither over what somebody else has written."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from fairway.errors import FairwayError, UsageError


class Edited(NamedTuple):
    """A file's path, the bytes that it was read with, and those that it shall hold."""

    path: str
    before: bytes
    after: bytes


def write_all(files: Sequence[Edited]) -> None:
    """Write every file, or leave all of them as they are.

    Raises ``UsageError`` when one was changed since it was read, ``FairwayError`` when one cannot
    be written.
    """
    beside: list[tuple[str, Edited]] = []
    done: list[Edited] = []
    try:
        beside.extend((_beside(file), file) for file in files)
        for _, file in beside:
            _refuse_changed(file)
        for path, file in beside:
            os.replace(path, file.path)
            done.append(file)
    except BaseException as error:
        for file in done:
            restore(file)
        if isinstance(error, OSError):
            why = (error.strerror or str(error)).lower()
            message = f"{error.filename or files[0].path}: cannot be written: {why}"
            raise FairwayError(message, "nothing was changed; check the permissions") from error
        raise
    finally:
        for path, _ in beside:
            with suppress(OSError):
                os.unlink(path)


def restore(file: Edited) -> None:
    """Give a file back the bytes that it had."""
    os.replace(_beside(file._replace(after=file.before)), file.path)


def _beside(file: Edited) -> str:
    folder, name = os.path.split(file.path)
    path = os.path.join(folder, f".{name}.{os.getpid()}")
    mode = stat.S_IMODE(os.stat(file.path).st_mode)
    try:
        with open(path, "xb") as stream:
            stream.write(file.after)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(path, mode)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    return path


def _refuse_changed(file: Edited) -> None:
    with open(file.path, "rb") as stream:
        if stream.read() != file.before:
            message = f"{file.path} was changed meanwhile, so nothing was written"
            raise UsageError(message, "look at what changed, and run the command again")
