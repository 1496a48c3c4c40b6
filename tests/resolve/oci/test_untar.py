"""Layers that are hostile or damaged: refused, in bounded memory, and nothing is written."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resolve.oci.registry_server import Entry, link, tar_of

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.oci.tree import Kept, unpack
from fairway.resolve.oci.untar import Budget, open_archive
from fairway.resolve.store import Store

END = bytes(1024)


def contents(path: Path, store: Store, folder: str = "") -> dict[str, bytes]:
    """The files of an archive, by the names that the lock would have."""
    budget = Budget(store.allowance("the layer"), "the layer")
    kept = Kept(store, store.allowance("the layer"), budget, "the layer")
    compressed = path.read_bytes()[:2] == b"\x1f\x8b"
    with open_archive(path, "the layer", budget, compressed=compressed) as archive:
        files = list(unpack(archive, folder, kept))
    found = store.folder(files) if files else Path()
    return {file.path: (found / file.path).read_bytes() for file in files}


def header(name: str | bytes, kind: bytes = b"0", size: int | bytes = 0) -> bytes:
    """A header as it stands in a tar; ``size`` may be what no tool would write."""
    block = bytearray(tarfile.TarInfo("").tobuf(tarfile.USTAR_FORMAT))
    raw = name.encode() if isinstance(name, str) else name
    block[: len(raw)] = raw
    block[124:136] = size if isinstance(size, bytes) else b"%011o\0" % size
    block[156:157] = kind
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax(body: bytes, name: str = "a") -> bytes:
    padded = body + bytes(-len(body) % 512)
    return header("pax", b"x", len(body)) + padded + header(name) + END


HOSTILE = {
    "parent": tar_of(("../a", b"x")),
    "parent inside": tar_of(("a/../../b", b"x")),
    "absolute": tar_of(("/etc/cron.d/a", b"x")),
    "backslash": tar_of(("a\\..\\b", b"x")),
    "control": tar_of(("a\nb", b"x")),
    "not utf-8": header("café".encode("latin-1")) + END,
    "symbolic link": tar_of(link("a", "/etc/passwd")),
    "hard link": tar_of(("a", b"x"), Entry("b", kind=tarfile.LNKTYPE, link="a")),
    "device": tar_of(Entry("a", kind=tarfile.CHRTYPE)),
    "pipe": tar_of(Entry("a", kind=tarfile.FIFOTYPE)),
    "unknown type": header("a", b"Z") + END,
    "twice": tar_of(("a", b"x"), ("a", b"y")),
    "twice, spelt otherwise": tar_of(("a", b"x"), ("./a", b"y")),
    "file and folder": tar_of(("a", b"x"), ("a/b", b"y")),
    "path too long": tar_of(("a/" * 600 + "b", b"x")),
    "too deep": tar_of(("a/" * 100 + "b", b"x")),
    "negative size": header("a", size=b"\xff" * 12) + END,
    "size that goes back": header("a") + header("b", size=b"\xff" * 10 + b"\xfa\x00") + END,
    "folder with a size": header("a/", b"5", 512) + bytes(512) + END,
    "huge name": header("long", b"L", 1 << 33) + END,
    "huge pax": header("pax", b"x", 1 << 33) + END,
    "sparse": tar_of(Entry("a", kind=tarfile.GNUTYPE_SPARSE)),
    "sparse by pax": pax(b"22 GNU.sparse.major=1\n27 GNU.sparse.realsize=5000\n"),
    "pax without a length": pax(b"path=a\n"),
    "pax of other length": pax(b"90 path=a\n"),
    "pax that slows": pax(b"2 " * 8000),
    "pax of digits": pax(b"%d path=%s\n" % (20012, b"1" * 20000)),
    "chain of pax": header("p", b"x", 0) * 5000 + header("a") + END,
    "damaged header": tar_of(("a", b"x")) [:1024] + b"x" * 512 + tar_of(("b", b"y")),
    "bytes after the end": tar_of(("a", b"x")) + tar_of(("b", b"y")),
    "cut in a file": tar_of(("a", b"x" * 5000))[:2000],
    "cut in a header": tar_of(("a", b"x"), ("b", b"y"))[:1300],
    "no tar": b"hello" * 1000,
    "cut gzip": gzip.compress(tar_of(("a", bytes(5000) + b"x")))[:-20],
    "damaged gzip": gzip.compress(b"")[:10] + b"\xff" * 500,
    "gzip with a wrong checksum": gzip.compress(tar_of(("a", b"x")))[:-8] + b"\0" * 8,
    "bytes after the gzip": gzip.compress(tar_of(("a", b"x"))) + b"more",
}  # fmt: skip


WHY = {
    "leads out of": ("parent", "parent inside", "absolute"),
    "not a file's path": ("backslash", "control", "not utf-8"),
    "is a link or a device": ("symbolic link", "hard link", "device", "pipe", "unknown type"),
    "the file a twice": ("twice", "twice, spelt otherwise"),
    "as a file and as the folder": ("file and folder",),
    "path too long": ("path too long", "too deep"),
    "impossible size": ("negative size", "size that goes back", "folder with a size", "sparse"),
    "header of an entry is larger than 64 KiB": ("huge name", "huge pax", "chain of pax"),
    "a header that is not read": (
        "sparse by pax",
        "pax without a length",
        "pax of other length",
        "pax that slows",
    ),
    "a header that is too odd": ("pax of digits",),
    "bytes follow its end": ("damaged header", "bytes after the end", "cut in a header"),
    "ends inside of a file": ("cut in a file",),
    "not a tar archive": ("no tar", "damaged gzip"),
    "not a whole gzip": ("cut gzip", "gzip with a wrong checksum", "bytes after the gzip"),
}


def test_every_hostile_layer_has_its_reason():
    assert sorted(name for names in WHY.values() for name in names) == sorted(HOSTILE)


@pytest.mark.parametrize(("why", "name"), [(w, name) for w, names in WHY.items() for name in names])
def test_refused(why: str, name: str, tmp_path: Path, store: Store):
    path = tmp_path / "layer"
    path.write_bytes(HOSTILE[name])
    before = time.process_time()
    tracemalloc.start()
    with pytest.raises(SourceRefusedError, match=why) as refused:
        contents(path, store)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.fix
    assert peak < 16 << 20
    assert time.process_time() - before < 5
    assert sorted(each.name for each in tmp_path.iterdir()) in (["cache", "layer"], ["layer"])
    assert not list((tmp_path / "cache").glob("models/folders/*"))


@pytest.mark.parametrize("compressed", [True, False])
def test_bomb(tmp_path: Path, store: Store, compressed: bool):
    """4 GiB of zeros in a file of a few KiB, or announced in a header."""
    path = tmp_path / "layer"
    data = header("zeros", size=4 << 30)
    if compressed:
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
            stream.write(data)
            for _ in range(256):
                stream.write(bytes(1 << 20))
        data = packed.getvalue()
    path.write_bytes(data)
    with pytest.raises(SourceRefusedError, match=r"larger than the limit|expands|ends inside"):
        contents(path, store)


def test_archive_of_many_entries_is_refused(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fairway.resolve.oci.untar._MAX_ENTRIES", 100)
    path = tmp_path / "layer"
    path.write_bytes(tar_of(*((f"folder-{number}/", b"") for number in range(101))))
    with pytest.raises(SourceRefusedError, match="more than 100 entries"):
        contents(path, store)


def test_archive_of_many_files_is_refused(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fairway.resolve.oci.untar.MAX_FILES", 3)
    path = tmp_path / "layer"
    path.write_bytes(tar_of(*((f"file-{number}", b"") for number in range(4))))
    with pytest.raises(SourceRefusedError, match="more than 3 files"):
        contents(path, store)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_format_of_tar_is_read(tmp_path: Path, store: Store, form: int):
    name = "weights/" + "n" * 90 if form == tarfile.USTAR_FORMAT else "weights/" + "é" * 110
    path = tmp_path / "layer"
    path.write_bytes(tar_of((name, b"1" * 1025), ("b", b""), form=form))
    assert contents(path, store) == {name: b"1" * 1025, "b": b""}


def test_gzip_of_several_members_is_read(tmp_path: Path, store: Store):
    """As eStargz writes layers."""
    tar = tar_of(("a", b"A" * 3000), ("b", b"B"))
    path = tmp_path / "layer"
    parts = (tar[:700], tar[700:4000], tar[4000:], b"")
    path.write_bytes(b"".join(gzip.compress(part) for part in parts))
    assert contents(path, store) == {"a": b"A" * 3000, "b": b"B"}


def test_tar_without_its_end_is_read(tmp_path: Path, store: Store):
    """Some writers leave the blocks of zeros out; every reader takes the end of the file."""
    path = tmp_path / "layer"
    path.write_bytes(tar_of(("a", b"A" * 512))[:1024])
    assert contents(path, store) == {"a": b"A" * 512}


LETTERS = st.characters(codec="utf-8", exclude_characters="/\\\0", exclude_categories="C")
NAMES = st.text(LETTERS, min_size=1, max_size=40).filter(
    lambda name: name.strip() not in ("", ".", "..")
)


@given(files=st.dictionaries(NAMES, st.binary(max_size=2000), max_size=6), gz=st.booleans())
def test_what_tar_packs_is_what_comes_out(
    files: dict[str, bytes], gz: bool, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("tar")
    data = tar_of(*files.items())
    (folder / "layer").write_bytes(gzip.compress(data) if gz else data)
    assert contents(folder / "layer", Store(folder)) == files


@given(data=st.data())
def test_damage_is_refused_or_changes_bytes_only(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    """A bit that flips never makes another kind of error, nor a file outside of the model."""
    folder = tmp_path_factory.mktemp("tar")
    tar = bytearray(tar_of(("a/b", b"B" * 700), ("é" * 60, b"x")))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(tar) - 1))
        tar[place] ^= 1 << data.draw(st.integers(0, 7))
    (folder / "layer").write_bytes(tar)
    try:
        found = contents(folder / "layer", Store(folder))
    except SourceRefusedError:
        return
    assert all(".." not in name.split("/") and not name.startswith("/") for name in found)


def test_header_of_this_test_is_what_tarfile_reads():
    """The hostile headers above differ from sound ones in one thing only."""
    block = header("a", size=5)
    assert struct.unpack("12s", block[124:136])[0] == b"00000000005\0"
    with tarfile.open(fileobj=io.BytesIO(block + b"hello" + bytes(507) + END)) as tar:
        assert [(member.name, member.size) for member in tar] == [("a", 5)]
