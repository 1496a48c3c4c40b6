"""Reading the contracts of a deployment's versions, where their digests say that they differ."""

from __future__ import annotations

import json

from fairway.compatibility.change import Change
from fairway.compatibility.compare import changes
from fairway.compatibility.tensors import Tensors, contract_tensors
from fairway.deployment import OwnFile
from fairway.errors import FairwayError
from fairway.source.folder import Folder


def contract_changes(folder: Folder, stable: OwnFile, candidate: OwnFile) -> tuple[Change, ...]:
    """Return what changed between two versions' contracts; equal ones are not read at all.

    Raises ``FairwayError`` for a file that is not what it was when the spec was read.
    """
    if stable.digest == candidate.digest:
        return ()
    return changes(read_tensors(folder, stable), read_tensors(folder, candidate))


def read_tensors(folder: Folder, contract: OwnFile) -> Tensors:
    """Return the tensors of a contract in the deployment's ``folder``, already well formed.

    Raises ``FairwayError`` for a file that cannot be read, or changed since.
    """
    content = folder.file(contract.path)
    if isinstance(content, str):
        raise FairwayError(f"{folder.shown_path(contract.path)}: {content}")
    if content.digest != contract.digest:
        where = folder.shown_path(contract.path)
        raise FairwayError(f"{where} changed while it was used", fix="run the command again")
    return contract_tensors(json.loads(content.data))
