"""A model server of one version: its locked bytes in a folder, and the process that serves them."""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from fairway.deployment import Deployment, ModelVersion
from fairway.errors import FairwayError, UsageError
from fairway.evidence.staging import FORMATS, OtherBytesError, source_path, stage
from fairway.evidence.subject import Subject
from fairway.local.child import Child, Children
from fairway.local.ports import HOST
from fairway.lock.digest import SourceRefusedError
from fairway.serve.contract import Contract
from fairway.spec.nearest import listed

if TYPE_CHECKING:
    from fairway.spec.model import Evidence

_OPTIONS: Final = ("--port", "0", "--drain", "0", "--grace", "2", "--no-access-log")
_SECONDS: Final = 2.0
_INHERITED: Final = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Bytes(NamedTuple):
    """What decides what a server does: two of a kind need not be started twice."""

    workload: str
    version: str
    model: str
    contract: str
    entrypoint: str


class Server(NamedTuple):
    """A server that was started; ``bytes`` is what it was started with."""

    bytes: Bytes
    child: Child

    def port(self) -> int:
        """Return the port that it says it serves on, 0 until it does."""
        for line in self.child.log.read_bytes().splitlines():
            try:
                record = json.loads(line)
                if record["message"] == "serving":
                    return int(record["port"])
            except (ValueError, TypeError, KeyError, RecursionError):
                continue  # whatever a model's code prints
        return 0


def answers(port: int, path: str) -> bool:
    """Whether something on loopback answers 200 at ``path``; nothing does at port 0."""
    if not port:
        return False
    connection = http.client.HTTPConnection(HOST, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def require_serving(deployment: Deployment) -> None:
    """Raise ``UsageError`` for what our own model server cannot serve on this machine."""
    runtime = deployment.spec.serving.runtime
    if runtime != "fairway":
        raise UsageError(
            f"{deployment.name}: the runtime {runtime} is an image, and none is run here",
            "run it in a cluster; here is `runtime: fairway` only",
        )
    missing = [name for name in ("kserve", "numpy") if find_spec(name) is None]
    if missing:
        message = f"serving models needs {listed(missing)}"
        raise UsageError(message, "pip install 'fairway[local]'")


def bytes_of(deployment: Deployment, workload: str, version: str) -> Bytes:
    """Return what a server of a workload would be started with."""
    known = deployment.versions[version]
    entrypoint = ",".join(f"{file.digest}:{name}" for file, name in known.entrypoint)
    return Bytes(workload, version, known.locked.digest, known.contract.digest, entrypoint)


def start_server(
    children: Children, deployment: Deployment, root: str, wanted: Bytes, folder: Path, log: Path
) -> Server:
    """Copy a version's bytes to ``folder``, verify them, and start its server.

    ``root`` is the project's folder. Raises ``FairwayError`` when the bytes are not those that
    were locked, cannot be had, or may not be loaded.
    """
    version = deployment.versions[wanted.version]
    subject = _subject(deployment, version, Path(root) / deployment.folder)
    if version.format not in FORMATS:
        raise UsageError(f"version {version.name}: {version.format} is not served here")
    if subject.refusal:
        why = f"version {version.name} is not run: {subject.refusal}"
        raise FairwayError(why, "run `fairway lock`")
    folder.mkdir(parents=True)
    try:
        flags = stage(subject, folder).flags
    except OtherBytesError as error:
        fix = "restore the files, or lock them with `fairway lock`"
        raise FairwayError(f"version {version.name}: {error}", fix) from error
    except SourceRefusedError as error:
        raise FairwayError(f"version {version.name}: {error}", error.fix) from error
    command = [sys.executable, "-I", "-B", "-m", "fairway.serve", *flags, "--host", HOST, *_OPTIONS]
    environment = _environment(deployment, folder)
    return Server(wanted, children.start(wanted.workload, command, log, environment))


def contract_of(deployment: Deployment, root: str, version: str) -> Contract:
    """Return the contract of a version, which was checked before."""
    path = Path(root) / deployment.folder / deployment.versions[version].contract.path
    return Contract.model_validate_json(path.read_bytes())


def _subject(deployment: Deployment, version: ModelVersion, folder: Path) -> Subject:
    paths = (version.contract.path, *(file.path for file, _ in version.entrypoint))
    files = {path: (folder / path).read_bytes() for path in paths}
    evidence: Evidence = deployment.spec.evidence  # type: ignore[assignment] # nothing is tested
    return Subject(
        deployment=deployment.name,
        version=version,
        contract=Contract.model_validate_json(files[version.contract.path]),
        evidence=evidence,
        files=files,
        trusted=tuple(deployment.project.trust.skops_types),
        path_of=source_path(folder, deployment.project),
    )


def unset_secrets(deployment: Deployment) -> list[str]:
    """Return the variables that servers get from Secrets, and that are not set on this machine."""
    return [each.name for each in deployment.spec.serving.secrets if each.name not in os.environ]


def _environment(deployment: Deployment, folder: Path) -> Mapping[str, str]:
    """Return what a server inherits: its secrets, and else nothing that is somebody's own.

    One thread each, since all of them share this machine.
    """
    named = (*_INHERITED, *(each.name for each in deployment.spec.serving.secrets))
    kept = {name: os.environ[name] for name in named if name in os.environ}
    return {**kept, **dict.fromkeys(_THREADS, "1"), "HOME": str(folder), "TMPDIR": str(folder)}
