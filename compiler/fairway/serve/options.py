"""The flags of ``python -m fairway.serve``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fairway.serve.cpu import available_cpus

FORMATS: Final = ("skops", "onnx", "joblib", "python")


@dataclass(frozen=True, slots=True)
class Options:
    """What to serve, where and within which limits; durations are seconds, sizes bytes."""

    name: str
    version: str
    format: str
    model: Path
    contract: Path
    host: str
    port: int
    trusted_types: tuple[str, ...]
    entrypoint: str | None
    grace: float
    drain: float
    keep_alive: int
    max_rows: int
    max_body: int
    threads: int
    cpu_threads: int
    log_level: str
    access_log: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the flags; a wrong one ends the process with status 2 and the usage on stderr."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.format == "python" and not given.entrypoint:
        parser.error("--format python needs --entrypoint FILE.py:CLASS")
    if given.drain > given.grace:
        parser.error("--drain is a part of --grace and cannot be longer")
    patterns: list[str] = list(given.trusted_type)
    for path in given.trusted_types:
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            parser.error(f"--trusted-types {path}: {error}")
        stripped = (line.partition("#")[0].strip() for line in lines)
        patterns += [line for line in stripped if line]
    # One at a time by default where the code is the team's own and may keep state.
    threads = given.threads or (1 if given.format == "python" else min(4, available_cpus()))
    return Options(
        name=given.name,
        version=given.version,
        format=given.format,
        model=given.model,
        contract=given.contract,
        host=given.host,
        port=given.port,
        trusted_types=tuple(patterns),
        entrypoint=given.entrypoint,
        grace=given.grace,
        drain=given.drain,
        keep_alive=given.keep_alive,
        max_rows=given.max_rows,
        max_body=given.max_body,
        threads=threads,
        cpu_threads=given.cpu_threads or min(4, available_cpus()),
        log_level=given.log_level,
        access_log=given.access_log,
    )


def _parser() -> argparse.ArgumentParser:
    about = "Serve one model over HTTP, Open Inference Protocol v2."
    parser = argparse.ArgumentParser("fairway.serve", description=about, allow_abbrev=False)
    add = parser.add_argument
    add("--name", type=_label, required=True, help="name of the model in paths and metrics")
    add("--version", type=_label, required=True, help="version in responses and metrics")
    add("--format", choices=FORMATS, required=True)
    add("--model", type=Path, required=True, metavar="DIR", help="folder of the model's files")
    add("--contract", type=Path, required=True, metavar="FILE", help="the model's contract.json")
    add("--host", default="127.0.0.1", help="address to bind (default %(default)s)")
    add("--port", type=_port, default=8080, help="port, 0 for any (default %(default)s)")
    add("--trusted-type", action="append", default=[], metavar="PATTERN",
        help="type that a skops file may hold, such as 'sklearn.*'; repeatable")  # fmt: skip
    add("--trusted-types", action="append", default=[], metavar="FILE",
        help="file of such patterns, one a line, # for comments; repeatable")  # fmt: skip
    add("--entrypoint", metavar="FILE.py:CLASS", help="class to serve, for --format python")
    add("--grace", type=_seconds, default=25.0, metavar="SECONDS",
        help="longest time from SIGTERM to the end (default %(default)s)")  # fmt: skip
    add("--drain", type=_seconds, default=1.0, metavar="SECONDS",
        help="time after SIGTERM in which connections are still accepted, while routers "
        "learn of it (default %(default)s)")  # fmt: skip
    # Longer than Envoy's upstream idle timeout of one hour: whichever side closes an idle
    # connection first may cross a request on the wire, and only the proxy can retry it.
    add("--keep-alive", type=_count, default=3620, metavar="SECONDS",
        help="idle time after which a connection is closed (default %(default)s)")  # fmt: skip
    add("--max-rows", type=_count, default=10_000, metavar="N",
        help="rows in one request (default %(default)s)")  # fmt: skip
    add("--max-body", type=_count, default=32 * 1024 * 1024, metavar="BYTES",
        help="size of a request body (default %(default)s)")  # fmt: skip
    add("--threads", type=_count, metavar="N",
        help="predictions at the same time (default: the CPUs, at most 4; python: 1)")  # fmt: skip
    add("--cpu-threads", type=_count, metavar="N",
        help="threads of one prediction: BLAS, OpenMP, ONNX (default: the CPUs, at most 4)",
        )  # fmt: skip
    add("--log-level", choices=("debug", "info", "warning", "error"), default="info")
    add("--access-log", action=argparse.BooleanOptionalAction, default=True,
        help="log every inference request")  # fmt: skip
    return parser


def _label(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not letters, digits and ._+-")
    return text


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value
