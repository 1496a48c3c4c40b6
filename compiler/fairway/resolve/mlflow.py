"""``models:/name/7`` and ``models:/name@alias``: models of an MLflow registry, by plain HTTP.

Source: MLflow 3.17, REST API 2.0: ``registered-models/alias``, ``model-versions/get``,
``model-versions/get-download-uri``, ``logged-models/{id}``, ``runs/get``; artifacts that the
server hands on (``mlflow-artifacts:``) from ``/api/2.0/mlflow-artifacts/artifacts``. Credentials
are those of MLflow's client: ``MLFLOW_TRACKING_TOKEN``, or ``MLFLOW_TRACKING_USERNAME`` and
``MLFLOW_TRACKING_PASSWORD``; or netrc.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import shown_url, status_fault
from fairway.resolve.artifacts import ProxiedArtifacts
from fairway.resolve.download import Downloader
from fairway.resolve.http import Http, refuse_userinfo
from fairway.resolve.source import Progress, Source, Wanted
from fairway.resolve.store import Store
from fairway.resolve.version import cached_version
from fairway.spec.lock import Resolved

_URI = re.compile(r"models:/([^/@]+)(?:/([0-9]+)|@([^/@]+))")
_MODEL_ID = re.compile(r"models:/(m-[A-Za-z0-9-]+)/?")
_RUN = re.compile(r"runs:/([A-Za-z0-9]+)(?:/(.+))?")
_API = "/api/2.0/mlflow/"
_REGISTER = "register the version with a server that hands on artifacts (`--serve-artifacts`)"


class Registered(NamedTuple):
    """What a ``models:/`` URI names: a model, and its version or an alias."""

    name: str
    version: str | None
    alias: str | None


def parse_models_uri(uri: str) -> Registered:
    """Return the parts of a ``models:/`` URI; ``SourceRefusedError`` when it is none."""
    match = _URI.fullmatch(uri)
    if match is None:
        message = f"{uri} names no registered model"
        raise SourceRefusedError(message, "write models:/name/7 or models:/name@alias")
    return Registered(*match.groups())


class MlflowSource:
    """Models of the registry at ``tracking``, the address in ``fairway.yaml``.

    ``buckets`` fetches artifacts that the registry keeps in s3:// or gs://; ``environment`` holds
    the credentials (default: the process's).
    """

    def __init__(
        self,
        tracking: str | None,
        http: Http,
        store: Store,
        buckets: Source,
        progress: Progress | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._tracking = tracking.rstrip("/") if tracking is not None else None
        self._http = http
        self._store = store
        self._buckets = buckets
        self._downloader = Downloader(http, store, progress)
        self._headers = _credentials(os.environ if environment is None else environment)

    def resolve(self, uri: str) -> Resolved:
        """Return the version that ``uri`` stands for now, with the run and model that made it."""
        name, version, alias = parse_models_uri(uri)
        if alias is not None:
            path, said = "registered-models/alias", {"name": name, "alias": alias}
        else:
            path, said = "model-versions/get", {"name": name, "version": str(version)}
        found = self._ask(path, said, uri).get("model_version", {})
        number = str(found.get("version", ""))
        if not re.fullmatch("[0-9]{1,18}", number) or found.get("name") != name:
            raise self._strange(uri, "names no version of the model")
        status = found.get("status", "READY")
        if status != "READY":
            message = f"{uri}: version {number} is not ready in the registry ({status!s:.60})"
            raise SourceRefusedError(message, "register the version again")
        model_id = found.get("model_id") or _group(_MODEL_ID, str(found.get("source", "")))
        return Resolved.model_validate(
            {
                "uri": f"models:/{name}/{number}",
                "name": name,
                "alias": alias,
                "version": number,
                "runId": _identifier(found.get("run_id")),
                "modelId": _identifier(model_id),
            }
        )

    def fetch(self, wanted: Wanted) -> Path:
        """Return the folder of the version's artifacts."""
        cached = cached_version(self._store, wanted)
        if cached is not None:
            return cached
        uri = wanted.resolved.uri
        where = self._artifact_root(uri)
        scheme = urlsplit(where).scheme
        if scheme in ("s3", "gs"):
            folder = f"{where.rstrip('/')}/"
            resolved = self._buckets.resolve(folder)
            return self._buckets.fetch(Wanted(resolved, wanted.files))
        if scheme != "mlflow-artifacts":
            shown = shown_url(where) if "://" in where else scheme or where
            message = f"{uri}: its files are at {shown}, which only the MLflow server itself reads"
            raise SourceRefusedError(message, _REGISTER)
        artifacts = ProxiedArtifacts(
            self._server(uri), where, self._http, self._downloader, self._headers
        )
        return artifacts.fetch(self._store, wanted)

    def _artifact_root(self, uri: str) -> str:
        name, version, _ = parse_models_uri(uri)
        said = {"name": name, "version": str(version)}
        found = self._ask("model-versions/get-download-uri", said, uri)
        where = str(found.get("artifact_uri", ""))
        model = _group(_MODEL_ID, where)
        if model is not None:
            info = self._ask(f"logged-models/{quote(model)}", {}, uri).get("model", {})
            where = str(info.get("info", {}).get("artifact_uri", ""))
        run = _RUN.fullmatch(where)
        if run is not None:
            info = self._ask("runs/get", {"run_id": run[1]}, uri).get("run", {})
            root = str(info.get("info", {}).get("artifact_uri", ""))
            where = f"{root.rstrip('/')}/{run[2] or ''}"
        if not where:
            raise self._strange(uri, "does not say where its files are")
        return where

    def _ask(self, path: str, params: Mapping[str, str], uri: str) -> dict[str, Any]:
        url = f"{self._server(uri)}{_API}{path}"
        answer = self._http.request("GET", url, self._headers, params=params)
        if answer.status in (400, 404) and b"error_code" in answer.body:
            said = answer.json().get("message", "")
            message = f"{uri}: the registry at {shown_url(self._server(uri))} says: {_line(said)}"
            raise SourceRefusedError(message, "correct the model, version or alias in the spec")
        if answer.status != 200:
            raise status_fault(
                answer.status, url, f"{uri}: {shown_url(url)}", _access(answer.status)
            )
        value = answer.json()
        if not isinstance(value, dict):
            raise self._strange(uri, "is not a JSON object")
        return value

    def _server(self, uri: str) -> str:
        if self._tracking is None:
            message = f"{uri}: the project does not say where its MLflow server is"
            raise SourceRefusedError(message, "add `mlflow: {tracking: URL}` to fairway.yaml")
        if urlsplit(self._tracking).scheme not in ("http", "https"):
            message = f"{uri}: `mlflow.tracking` in fairway.yaml is not an http or https address"
            raise SourceRefusedError(message, "write its URL, such as https://mlflow.example.com")
        refuse_userinfo(self._tracking)
        return self._tracking

    def _strange(self, uri: str, what: str) -> FairwayError:
        message = f"{uri}: the answer of {shown_url(self._server(uri))} {what}"
        return FairwayError(message, "check `mlflow.tracking` in fairway.yaml")


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    token = environment.get("MLFLOW_TRACKING_TOKEN", "")
    user = environment.get("MLFLOW_TRACKING_USERNAME", "")
    password = environment.get("MLFLOW_TRACKING_PASSWORD", "")
    if user and password:  # they come first in MLflow's client too
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    if not token:
        return {}
    if not re.fullmatch(r"[!-~]+", token):
        message = "MLFLOW_TRACKING_TOKEN holds a blank or another character that no token has"
        raise UsageError(message, "set it to the token alone")
    return {"Authorization": f"Bearer {token}"}


def _access(status: int) -> str:
    if status in (401, 403):
        return (
            "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and"
            " MLFLOW_TRACKING_PASSWORD, to those of an account that may read the model"
        )
    return "check `mlflow.tracking` in fairway.yaml"


def _identifier(value: object) -> str | None:
    known = isinstance(value, str) and re.fullmatch(r"[\w.:-]{1,200}", value)
    return str(value) if known else None


def _group(pattern: re.Pattern[str], value: str) -> str | None:
    match = pattern.fullmatch(value)
    return match[1] if match else None


def _line(value: object) -> str:
    """Return a server's words as one short line of printable characters."""
    return "".join(each if each.isprintable() else " " for each in str(value))[:200]
