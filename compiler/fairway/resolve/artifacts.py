"""Artifacts that an MLflow server hands on: listed folder by folder, downloaded file by file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from fairway.errors import FairwayError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import shown_url
from fairway.resolve.download import Download, Downloader
from fairway.resolve.http import Http
from fairway.resolve.paths import MAX_FILES, check_paths
from fairway.resolve.source import Wanted
from fairway.resolve.store import Allowance, Blob, Store
from fairway.resolve.version import RemoteFile, fetch_version
from fairway.spec.lock import LockedFile

_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
_MAX_FOLDERS = 10_000


class ProxiedArtifacts:
    """The files below an ``mlflow-artifacts:`` URI of the server at ``server``.

    Such a URI may name another host than the registry's; it is refused, because the registry's
    credentials would go there.
    """

    def __init__(
        self,
        server: str,
        root: str,
        http: Http,
        downloader: Downloader,
        headers: Mapping[str, str],
    ) -> None:
        parts = urlsplit(root)
        if parts.netloc and parts.netloc != urlsplit(server).netloc:
            message = f"the registry says that the files are at {shown_url(root)}, another server"
            raise SourceRefusedError(message, "write that server into fairway.yaml, or move them")
        self._base = f"{server}{_ARTIFACTS}"
        self._root = parts.path.strip("/")
        self._http = http
        self._downloader = downloader
        self._headers = headers

    def fetch(self, store: Store, wanted: Wanted) -> Path:
        """Return the folder that holds them all."""
        return fetch_version(store, wanted, self._files(), self._get)

    def _get(self, file: RemoteFile, known: LockedFile | None, allowance: Allowance) -> Blob:
        digest = known.digest if known is not None else None
        size = known.size if known is not None else file.size
        download = Download(file.address, file.path, self._headers, digest, size)
        return self._downloader.get(download, allowance)

    def _files(self) -> list[RemoteFile]:
        files: list[RemoteFile] = []
        todo = [""]
        folders = 0
        while todo:
            folder = todo.pop()
            folders += 1
            if folders > _MAX_FOLDERS or len(files) > MAX_FILES:
                message = f"{self._root} holds more files or folders than a model has"
                raise SourceRefusedError(message, "register the model's own folder")
            for entry in self._list(folder):
                path = f"{folder}/{entry['path']}" if folder else str(entry["path"])
                check_paths([path])
                if entry.get("is_dir"):
                    todo.append(path)
                else:
                    address = f"{self._base}/{quote(f'{self._root}/{path}')}"
                    files.append(RemoteFile(path, address, _size(entry.get("file_size"))))
        return files

    def _list(self, folder: str) -> list[dict[str, Any]]:
        path = f"{self._root}/{folder}".rstrip("/")
        value = self._http.get(self._base, self._headers, params={"path": path}).json()
        files = value.get("files", []) if isinstance(value, dict) else None
        if not isinstance(files, list) or not all(
            isinstance(each, dict) and isinstance(each.get("path"), str) for each in files
        ):
            message = f"{shown_url(self._base)}: the answer is not a list of files"
            raise FairwayError(message, "check `mlflow.tracking` in fairway.yaml")
        return files


def _size(value: object) -> int | None:
    """Return a size; MLflow's JSON has it as a number or, for 64 bits, as a string."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and value >= 0 else None
