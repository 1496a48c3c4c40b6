"""Puts the server together: socket, contract, model, application."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from time import perf_counter
from typing import Final

import uvicorn
from kserve import ModelRepository  # type: ignore[import-untyped,import-not-found,unused-ignore]
from kserve.protocol.dataplane import DataPlane  # type: ignore[import-untyped,import-not-found,unused-ignore]
from pydantic import ValidationError

from fairway.serve.app import App
from fairway.serve.contract import Contract
from fairway.serve.drain import DrainingServer
from fairway.serve.errors import StartupError
from fairway.serve.lifecycle import Lifecycle
from fairway.serve.log import log, log_to_stderr
from fairway.serve.model import ServedModel, load_predictor
from fairway.serve.options import Options
from fairway.serve.request import RequestReader
from fairway.serve.warmup import warm_up

_PLATFORMS: Final = {
    "skops": "sklearn_skops",
    "joblib": "sklearn_joblib",
    "onnx": "onnxruntime_onnx",
    "python": "python",
}


def serve(options: Options) -> int:
    """Serve until SIGTERM or SIGINT; return 0, or 3 if requests outlived the grace.

    Raises ``StartupError`` if the server cannot start.
    """
    # The address first: it is the cheapest thing to be wrong.
    listener = _bind(options.host, options.port)
    log_to_stderr(options.log_level)
    lifecycle = Lifecycle()
    app = _assemble(options, lifecycle)
    server = DrainingServer(
        _config(app, options), lifecycle, drain=options.drain, grace=options.grace
    )
    _listen(listener)
    server.run(sockets=[listener])
    return 3 if server.cut_off else 0


def _assemble(options: Options, lifecycle: Lifecycle) -> App:
    """Load the model, run its examples and put it behind the application."""
    contract = _read_contract(options.contract)
    reader = RequestReader(options.name, options.version, contract, options.max_rows)
    started = perf_counter()
    model = _load(options, contract)
    differing = warm_up(model, reader, contract)
    log_to_stderr(options.log_level)
    log(
        logging.INFO,
        "model loaded",
        model=options.name,
        version=options.version,
        format=options.format,
        seconds=round(perf_counter() - started, 3),
        examples=len(contract.examples),
        differing=differing,
    )
    repository = ModelRepository()
    repository.update(model)
    return App(
        DataPlane(repository),
        reader,
        lifecycle,
        name=options.name,
        version=options.version,
        platform=_PLATFORMS[options.format],
        max_body=options.max_body,
        access_log=options.access_log,
    )


def _config(app: App, options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        ws="none",
        interface="asgi3",
        timeout_keep_alive=options.keep_alive,
    )


def _bind(host: str, port: int) -> socket.socket:
    """Bind, without listening yet: until the model is loaded, connections are refused."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise StartupError(
            f"cannot bind {host} port {port}: {error.strerror or error}", exit_code=3
        ) from error
    return listener


def _listen(listener: socket.socket) -> None:
    # Two processes may bind one port while neither listens; only the second to listen fails.
    try:
        listener.listen(2048)
    except OSError as error:
        raise StartupError(f"cannot listen: {error.strerror}", exit_code=3) from error


def _read_contract(path: Path) -> Contract:
    try:
        return Contract.model_validate_json(path.read_bytes())
    except OSError as error:
        raise StartupError(f"--contract {path}: {error.strerror}") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, line['loc']))}: {line['msg']}" for line in error.errors()
        )
        raise StartupError(f"--contract {path}: {problems}") from error


def _load(options: Options, contract: Contract) -> ServedModel:
    try:
        predictor = load_predictor(options, contract)
    except StartupError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise StartupError(f"the model does not load: {kind}: {error}") from error
    return ServedModel(options.name, options.version, contract, predictor, options.threads)
