"""Models in a registry: artifacts, ModelPacks and images, in every way that they are packed."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from resolve.oci.registry_server import (
    FILEPATH,
    GZIP,
    TAR,
    TITLE,
    UNPACK,
    Pusher,
    RegistryServer,
    digest_of,
    files_below,
    folder,
    link,
    tar_of,
)

from fairway.lock.digest import SourceRefusedError, digest_files
from fairway.resolve.oci.registry import Registry
from fairway.resolve.oci.source import OciSource
from fairway.resolve.source import Wanted
from fairway.resolve.store import Store
from fairway.spec.lock import LockedFile

Fetch = Callable[[str], Path]
MODELPACK = "application/vnd.cncf.model"
WEIGHTS = bytes(range(256)) * 400


def uri(pusher: Pusher, tag: str = "1.0") -> str:
    return f"oci://{pusher.host}/{pusher.repository}:{tag}"


def packed_folder(pusher: Pusher, title: str, tar: bytes) -> dict[str, object]:
    return pusher.blob(gzip.compress(tar), GZIP, annotations={TITLE: title, UNPACK: "true"})


def locked(**files: bytes) -> tuple[LockedFile, ...]:
    return tuple(
        LockedFile(path=path, size=len(data), digest=digest_of(data))
        for path, data in files.items()
    )


def test_tag_becomes_the_digest_of_its_manifest(pusher: Pusher, source: OciSource):
    digest = pusher.artifact("1.0", [pusher.file("model.skops", WEIGHTS)])
    resolved = source.resolve(uri(pusher))
    assert resolved.tag == "1.0"
    assert resolved.uri == f"oci://{pusher.host}/{pusher.repository}@{digest}"
    assert source.resolve(resolved.uri) == resolved.model_copy(update={"tag": None})


def test_tag_that_moved_resolves_to_the_new_digest(pusher: Pusher, source: OciSource):
    pusher.artifact("1.0", [pusher.file("model.skops", b"old")])
    before = source.resolve(uri(pusher))
    pusher.artifact("1.0", [pusher.file("model.skops", b"new")])
    assert source.resolve(uri(pusher)).uri != before.uri
    assert files_below(source.fetch(Wanted(before))) == {"model.skops": b"old"}


def test_file_of_an_artifact(pusher: Pusher, fetch: Fetch):
    pusher.artifact("1.0", [pusher.file("model.skops", WEIGHTS)])
    path = fetch(uri(pusher))
    assert files_below(path) == {"model.skops": WEIGHTS}
    assert [file.path for file in digest_files(path)] == ["model.skops"]


def test_files_and_folders_of_an_artifact(pusher: Pusher, fetch: Fetch):
    tar = tar_of(folder("data"), ("data/a.bin", b"A" * 513), ("data/deep/b", b""))
    layers = [pusher.file("model.onnx", WEIGHTS), packed_folder(pusher, "data", tar)]
    layers.append(pusher.file("./copy/model.onnx", WEIGHTS))
    pusher.artifact("1.0", layers)
    assert files_below(fetch(uri(pusher))) == {
        "model.onnx": WEIGHTS,
        "data/a.bin": b"A" * 513,
        "data/deep/b": b"",
        "copy/model.onnx": WEIGHTS,
    }


def test_folder_that_holds_files_beside_itself_is_refused(pusher: Pusher, fetch: Fetch):
    tar = tar_of(("data/a.bin", b"A"), ("model.onnx", b"other"))
    pusher.artifact("1.0", [packed_folder(pusher, "data", tar)])
    with pytest.raises(SourceRefusedError, match=r"'model\.onnx' is not inside of data"):
        fetch(uri(pusher))


def test_modelpack(pusher: Pusher, fetch: Fetch):
    """A tar's names are paths in the model, whatever its annotation says."""
    tar = tar_of(("config/config.json", b"{}"))
    layers = [
        pusher.blob(WEIGHTS, f"{MODELPACK}.weight.v1.raw", annotations={FILEPATH: "w/model.onnx"}),
        pusher.blob(tar, f"{MODELPACK}.weight.config.v1.tar", annotations={FILEPATH: "config"}),
        pusher.blob(gzip.compress(tar_of(("README.md", b"Hi"))), f"{MODELPACK}.doc.v1.tar+gzip"),
    ]
    kind = {"artifact_type": f"{MODELPACK}.manifest.v1+json"}
    pusher.artifact("1.0", layers, config_type=f"{MODELPACK}.config.v1+json", **kind)
    expected = {"w/model.onnx": WEIGHTS, "config/config.json": b"{}", "README.md": b"Hi"}
    assert files_below(fetch(uri(pusher))) == expected


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (f"{MODELPACK}.weight.v1.tar+zstd", "packed as zstd"),
        (f"{MODELPACK}.weight.v1", "is not read"),
        (f"{MODELPACK}.weight.v1.raw", "has no file name"),
        ("application/octet-stream", "layer of another type"),
    ],
)
def test_modelpack_layers_that_are_not_read(pusher: Pusher, fetch: Fetch, kind: str, message: str):
    layers = [pusher.blob(b"x", kind)]
    pusher.artifact("1.0", layers, artifact_type=f"{MODELPACK}.manifest.v1+json")
    with pytest.raises(SourceRefusedError, match=message) as refused:
        fetch(uri(pusher))
    assert refused.value.fix


def test_files_of_an_image_are_those_below_models(pusher: Pusher, fetch: Fetch):
    base = tar_of(folder("bin"), link("bin/sh", "busybox"), ("etc/passwd", b"root"))
    model = tar_of(folder("models"), ("./models/1/model.onnx", WEIGHTS), ("models/notes", b"n"))
    pusher.image("1.0", [base, model])
    assert files_below(fetch(uri(pusher))) == {"1/model.onnx": WEIGHTS, "notes": b"n"}


def test_layers_cover_each_other(pusher: Pusher, fetch: Fetch):
    """Whiteouts and opaque folders remove what lower layers hold, and only that."""
    lower = tar_of(
        ("models/replaced", b"old"),
        ("models/removed", b"x"),
        ("models/gone/a", b"x"),
        ("models/gone/b/c", b"x"),
        ("models/emptied/old", b"x"),
        ("models/was-file", b"x"),
        ("models/was-folder/a", b"x"),
        ("models/kept", b"kept"),
    )
    upper = tar_of(
        ("models/replaced", b"new"),
        ("models/.wh.removed", b""),
        ("models/.wh.gone", b""),
        ("models/emptied/new", b"new"),
        ("models/emptied/.wh..wh..opq", b""),
        ("models/was-file/inside", b"in"),
        ("models/was-folder", b"now a file"),
        ("models/.wh..wh.plnk", b""),
    )
    pusher.image("1.0", [lower, upper])
    assert files_below(fetch(uri(pusher))) == {
        "replaced": b"new",
        "emptied/new": b"new",
        "was-file/inside": b"in",
        "was-folder": b"now a file",
        "kept": b"kept",
    }


@pytest.mark.parametrize("whiteout", [".wh.models", ".wh..wh..opq", "models/.wh..wh..opq"])
def test_layer_that_removes_all_models(pusher: Pusher, fetch: Fetch, whiteout: str):
    layers = [tar_of(("models/old", b"x")), tar_of((whiteout, b""), ("models/new", b"n"))]
    pusher.image("1.0", layers)
    assert files_below(fetch(uri(pusher))) == {"new": b"n"}


def test_folder_over_a_file_hides_the_file(pusher: Pusher, fetch: Fetch):
    lower = tar_of(("models/a", b"x"), ("models/b", b"b"))
    pusher.image("1.0", [lower, tar_of(folder("models/a"))])
    assert files_below(fetch(uri(pusher))) == {"b": b"b"}


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (tar_of(link("models", "srv")), "is a link or a device"),
        (tar_of(("models", b"a file")), "is a link or a device"),
        (tar_of(link("models/a", "/etc/passwd")), "is a link or a device"),
        (tar_of(("/models/a", b"x")), "leads out of"),
        (tar_of(("models/../a", b"x")), "leads out of"),
        (tar_of(("srv/../models/a", b"x")), "leads out of"),
        (tar_of(("models/a", b"x"), ("models/a", b"y")), "twice"),
        (tar_of(("srv/a", b"x")), "no files in /models"),
        (tar_of(("models/a/b", b"x"), ("models/a", b"y")), "as a file and as the folder"),
    ],
)
def test_images_that_are_refused(pusher: Pusher, fetch: Fetch, layer: bytes, message: str):
    pusher.image("1.0", [layer])
    with pytest.raises(SourceRefusedError, match=message) as refused:
        fetch(uri(pusher))
    assert refused.value.fix


def test_index_gives_the_image_for_linux_amd64(pusher: Pusher, fetch: Fetch):
    arm = pusher.image("arm", [tar_of(("models/arch", b"arm"))], architecture="arm64")
    amd = pusher.image("amd", [tar_of(("models/arch", b"amd"))])
    attestation = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    entries = [
        pusher.entry(arm, "linux/arm64/v8"),
        pusher.entry(arm, "unknown/unknown", **attestation),
        pusher.entry(amd, "linux/amd64"),
    ]
    digest = pusher.index("1.0", entries)
    assert files_below(fetch(uri(pusher))) == {"arch": b"amd"}
    assert files_below(fetch(uri(pusher, "arm"))) == {"arch": b"arm"}
    pusher.index("2.0", [pusher.entry(digest, "linux/amd64")])
    with pytest.raises(SourceRefusedError, match="an index inside of an index"):
        fetch(uri(pusher, "2.0"))


def test_index_without_a_fitting_platform_is_refused(pusher: Pusher, fetch: Fetch):
    arm = pusher.image("arm", [tar_of(("models/a", b"a"))], architecture="arm64")
    entries = [pusher.entry(arm, "linux/arm64/v8"), pusher.entry(arm, "linux/riscv64")]
    pusher.index("1.0", entries)
    message = "no image for linux/amd64; its platforms are: linux/arm64/v8, linux/riscv64"
    with pytest.raises(SourceRefusedError, match=message):
        fetch(uri(pusher))


def test_index_of_one_artifact_is_that_artifact(pusher: Pusher, fetch: Fetch):
    digest = pusher.artifact("one", [pusher.file("model.skops", WEIGHTS)])
    pusher.index("1.0", [pusher.entry(digest, "")])
    assert files_below(fetch(uri(pusher))) == {"model.skops": WEIGHTS}


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"urls": ["https://example.com/layer"]}, "foreign"),
        ({"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar"}, "foreign"),
        ({"annotations": {}}, "no file name"),
        ({"annotations": {TITLE: "../../etc/cron.d/x"}}, "leads out of"),
        ({"annotations": {TITLE: "/etc/passwd"}}, "leads out of"),
        ({"annotations": {TITLE: "a\\b"}}, "not a file's path"),
        ({"annotations": {TITLE: "."}}, "not a file's path"),
        ({"annotations": {TITLE: "a", UNPACK: "true"}, "mediaType": "text/plain"}, "is not read"),
    ],
)
def test_layers_that_are_refused(
    pusher: Pusher, fetch: Fetch, layer: dict[str, object], message: str
):
    pusher.artifact("1.0", [pusher.file("model.skops", WEIGHTS) | layer])
    with pytest.raises(SourceRefusedError, match=message) as refused:
        fetch(uri(pusher))
    assert refused.value.fix


def test_two_layers_of_one_name_are_refused(pusher: Pusher, fetch: Fetch):
    pusher.artifact("1.0", [pusher.file("a", b"1"), pusher.file("./a", b"2")])
    with pytest.raises(SourceRefusedError, match="the file a twice"):
        fetch(uri(pusher))


def test_artifact_without_layers_is_refused(pusher: Pusher, fetch: Fetch):
    pusher.artifact("1.0", [])
    with pytest.raises(SourceRefusedError, match="has no layers"):
        fetch(uri(pusher))


def test_cached_version_needs_no_registry(
    pusher: Pusher, source: OciSource, server: RegistryServer
):
    pusher.artifact("1.0", [pusher.file("model.skops", WEIGHTS)])
    resolved = source.resolve(uri(pusher))
    path = source.fetch(Wanted(resolved))
    gone = resolved.model_copy(update={"uri": resolved.uri.replace(server.host, "127.0.0.1:9")})
    files = locked(**{"model.skops": WEIGHTS})
    assert source.fetch(Wanted(gone, files)) == path


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"model.skops": b"other"}, "model.skops differs"),
        ({"model.skops": WEIGHTS, "more": b""}, "more is gone"),
        ({"name": WEIGHTS}, "model.skops is new"),
    ],
)
def test_other_files_than_the_lock_has_are_refused(
    pusher: Pusher, source: OciSource, files: dict[str, bytes], message: str
):
    pusher.artifact("1.0", [pusher.file("model.skops", WEIGHTS)])
    with pytest.raises(SourceRefusedError, match=message):
        source.fetch(Wanted(source.resolve(uri(pusher)), locked(**files)))


def test_too_large_a_version_is_refused_before_it_is_downloaded(
    pusher: Pusher, registry: Registry, tmp_path: Path
):
    pusher.artifact("1.0", [pusher.file("model.skops", WEIGHTS)])
    small = Store(tmp_path / "small", limit=1000)
    source = OciSource(registry, small)
    with pytest.raises(SourceRefusedError, match="larger than the limit of 1000 bytes"):
        source.fetch(Wanted(source.resolve(uri(pusher))))
    assert not [path for path in (tmp_path / "small").rglob("*") if path.is_file()]


def test_tar_that_expands_beyond_the_limit_is_refused(
    pusher: Pusher, registry: Registry, tmp_path: Path
):
    packed = packed_folder(pusher, "data", tar_of(("data/zeros", bytes(3 << 20))))
    pusher.artifact("1.0", [packed])
    source = OciSource(registry, Store(tmp_path / "small", limit=1 << 20))
    with pytest.raises(SourceRefusedError, match="larger than the limit of 1 MiB"):
        source.fetch(Wanted(source.resolve(uri(pusher))))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("/nothing:1.0", "does not have it|no such repository"),
        ("/models", "neither a tag nor a digest"),
        ("/models:not there", "is not a tag"),
    ],
)
def test_references_that_are_not_there(
    server: RegistryServer, source: OciSource, reference: str, message: str
):
    with pytest.raises(SourceRefusedError, match=message) as refused:
        source.resolve(f"oci://{server.host}{reference}")
    assert refused.value.fix


def test_layer_type_decides_how_it_is_read(pusher: Pusher, fetch: Fetch):
    """A tar that is called gzip is not a gzip, and the other way round."""
    tar = tar_of(("data/a", b"A"))
    named = {"annotations": {TITLE: "data", UNPACK: "true"}}
    pusher.artifact("1.0", [pusher.blob(tar, GZIP, **named)])
    pusher.artifact("2.0", [pusher.blob(gzip.compress(tar), TAR, **named)])
    with pytest.raises(SourceRefusedError, match="is not a whole gzip file"):
        fetch(uri(pusher))
    with pytest.raises(SourceRefusedError, match="is not a tar archive"):
        fetch(uri(pusher, "2.0"))
