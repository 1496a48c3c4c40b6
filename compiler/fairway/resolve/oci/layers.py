"""What the layers of a manifest are: files, tars of files, or the file system of an image.

Sources: oras-go v2 ``content/file`` (titles, unpacked folders), the CNCF ModelPack specification
v0.0.7 and modctl, its reference tool (a tar's names are paths in the model, whatever
``org.cncf.model.filepath`` says), and KServe 0.20's modelcars (files under ``/models``).
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.oci.manifest import Contents, Descriptor
from fairway.resolve.paths import check_paths

Form: TypeAlias = Literal["file", "tar", "tar+gzip"]

_TITLE = "org.opencontainers.image.title"
_UNPACK = "io.deis.oras.content.unpack"
_FILEPATH = "org.cncf.model.filepath"
_MODELPACK = "application/vnd.cncf.model."
_EMPTY = "application/vnd.oci.empty.v1+json"
_IMAGE_CONFIGS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
_FOREIGN = re.compile(r"\.nondistributable\.|\.foreign\.")
_PUSH = "push the model with `oras push`, as a ModelPack, or as an image with files in /models"
_MAX_LAYERS = 10_000


class Layer(NamedTuple):
    """A layer to be read: ``path`` is where its file goes, or the folder that its tar fills."""

    descriptor: Descriptor
    form: Form
    path: str = ""


class Packing(NamedTuple):
    """How a manifest holds a model; an image's layers cover each other, others' do not."""

    is_image: bool
    layers: tuple[Layer, ...]


def packing(contents: Contents, what: str) -> Packing:
    """Return the layers of a model and what each of them is.

    Raises ``SourceRefusedError`` for layers that are kept elsewhere, have no name, or are packed
    in a way that is not read: nothing of an artifact is left out in silence.
    """
    layers = tuple(each for each in contents.layers if each.media_type != _EMPTY)
    if not layers or len(layers) > _MAX_LAYERS:
        raise SourceRefusedError(f"{what} has no layers, or more than {_MAX_LAYERS:,}", _PUSH)
    for layer in layers:
        if layer.urls or _FOREIGN.search(layer.media_type):
            message = f"{what}: a layer of it is foreign, kept elsewhere than in the registry"
            raise SourceRefusedError(message, "push the layer itself to the registry")
    types = (contents.artifact_type, contents.config.media_type)
    if any(kind.startswith(_MODELPACK) for kind in types):
        return Packing(False, tuple(_modelpack(layer, what) for layer in layers))
    titled = all(_TITLE in layer.annotations for layer in layers)
    if contents.config.media_type in _IMAGE_CONFIGS and not titled:
        return Packing(True, tuple(Layer(layer, _form(layer, what)) for layer in layers))
    return Packing(False, tuple(_file_or_folder(layer, what) for layer in layers))


def _modelpack(layer: Descriptor, what: str) -> Layer:
    if not layer.media_type.startswith(_MODELPACK):
        message = f"{what}: a ModelPack holds a layer of another type, {layer.media_type[:100]!r}"
        raise SourceRefusedError(message, _PUSH)
    if layer.media_type.endswith(".raw"):
        return Layer(layer, "file", _path(layer, _FILEPATH, what))
    return Layer(layer, _form(layer, what))


def _file_or_folder(layer: Descriptor, what: str) -> Layer:
    if layer.annotations.get(_UNPACK) != "true":
        return Layer(layer, "file", _path(layer, _TITLE, what))
    title = layer.annotations.get(_TITLE, "").strip()
    path = "" if title in (".", "./") else _path(layer, _TITLE, what)
    return Layer(layer, _form(layer, what), path)


def _form(layer: Descriptor, what: str) -> Form:
    kind = layer.media_type
    if kind.endswith(("tar+gzip", "tar.gzip")):
        return "tar+gzip"
    if kind.endswith("tar"):
        return "tar"
    name = kind.rpartition("+")[2] if "tar+" in kind else repr(kind[:100])
    message = f"{what}: a layer is packed as {name}, which is not read"
    raise SourceRefusedError(message, "push it as a tar, with gzip or without compression")


def _path(layer: Descriptor, key: str, what: str) -> str:
    name = layer.annotations.get(key, "")
    if not name:
        message = f"{what}: the layer {layer.digest[:19]} has no file name ({key})"
        raise SourceRefusedError(message, _PUSH)
    path = name.removeprefix("./").rstrip("/")
    try:
        check_paths([path])
    except SourceRefusedError as error:
        raise SourceRefusedError(f"{what}: {error}", error.fix) from None
    return path
