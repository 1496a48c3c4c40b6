"""What a model server shows over HTTP: answers, latency, throughput, robustness."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fairway.evidence.isolation.predictions import ModelFailedError
from fairway.evidence.isolation.probe import RESULT, TASK
from fairway.evidence.isolation.sandbox import Sandbox, how_it_ended

if TYPE_CHECKING:
    from fairway.serve.contract import Contract
    from fairway.serve.tensor import Array

_MODULE: Final = "fairway.evidence.isolation.probe"
_ROWS: Final = 200
_BYTES: Final = 16 << 20


class Load(NamedTuple):
    """How much is asked: requests one after the other, then connections for some seconds."""

    warmup: int = 50
    requests: int = 500
    connections: int = 4
    seconds: float = 2.0


class Served(NamedTuple):
    """What was seen of a server.

    ``examples`` are (name, why it is wrong or empty); ``robustness`` has a map for each kind of
    wrong request; ``after`` says why the server was not well afterwards, or is empty; ``latency``
    is in milliseconds, ``throughput`` answers a second, ``memory`` the peak in bytes.
    """

    examples: tuple[tuple[str, str], ...]
    rows: Mapping[str, Any]
    robustness: tuple[Mapping[str, Any], ...]
    after: str
    latency: tuple[float, ...]
    throughput: float
    connections: int
    memory: int
    isolated: bool


def serve_and_ask(
    sandbox: Sandbox,
    flags: Sequence[str],
    name: str,
    contract_path: Path,
    contract: Contract,
    inputs: Mapping[str, Array],
    load: Load,
) -> Served:
    """Run the model server of one version and ask it. Raises ``ModelFailedError``."""
    count = min(_ROWS, len(next(iter(inputs.values()))))
    task = {
        "flags": list(flags),
        "name": name,
        "contract": str(contract_path),
        "rows": [
            {t.name: _plain(inputs[t.name][number]) for t in contract.inputs}
            for number in range(count)
        ],
        **load._asdict(),
    }
    (sandbox.folder / TASK).write_text(json.dumps(task), "utf-8")
    ended = sandbox.run(_MODULE, [str(sandbox.folder)], threads=None)
    result = sandbox.folder / RESULT
    if ended.code != 0 or not result.is_file() or result.stat().st_size > _BYTES:
        raise ModelFailedError(f"the model server {how_it_ended(ended, sandbox.limits)}")
    seen = json.loads(result.read_bytes())
    if seen["error"] is not None:
        raise ModelFailedError(seen["error"])
    return Served(
        examples=tuple((each["name"], each["why"]) for each in seen["examples"]),
        rows=seen["rows"],
        robustness=tuple(seen["robustness"]),
        after=seen["after"],
        latency=tuple(seen["latency"]["ms"]),
        throughput=seen["throughput"]["answers"] / seen["throughput"]["seconds"],
        connections=load.connections,
        memory=seen["memory"],
        isolated=ended.isolated,
    )


def _plain(values: Array) -> list[Any]:
    """Return one row as JSON has it, NaN as null."""
    return [
        None if isinstance(value, float) and math.isnan(value) else value
        for value in values.reshape(-1).tolist()
    ]
