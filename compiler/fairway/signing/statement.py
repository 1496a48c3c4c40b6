"""The statement that a model's signature signs: its files by name and digest.

Source: OpenSSF Model Signing specification v1.0: an in-toto Statement v1 with the predicate
``https://model_signing/signature/v1.0``. Its subject is the root digest, its resources are the
files. What ``allow_symlinks`` says makes no difference here, since a model that is locked has no
links. ``ignore_paths`` says what the signer left out: such a file is signed by nobody, so it is
refused like any other that is not among the resources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from fairway.lock.digest import FileDigest, root_digest
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.strict import read_object

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
# What the specification calls the one file of a model that is no folder.
_SINGLE = "."
_SHA256 = re.compile(r"[0-9a-f]{64}")
_AGAIN = "sign the model again with `fairway sign`"
_MOST_NAMED = 3


class Signed(NamedTuple):
    """What a signature vouches for: the root digest, and the digest (hex) of each file."""

    digest: str
    files: Mapping[str, str]
    ignored: tuple[str, ...]


def statement_text(name: str, files: Sequence[FileDigest], *, folder: bool, inside: str) -> bytes:
    """Return the JSON of the statement about a model.

    ``inside`` is the path of the signature where it lies in the model's own folder, else empty.
    """
    serialization: dict[str, object] = {
        "method": "files",
        "hash_type": "sha256",
        "allow_symlinks": False,
    }
    if inside:
        serialization["ignore_paths"] = [inside]
    value = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": root_digest(files).removeprefix("sha256:")}}
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "serialization": serialization,
            "resources": [
                {
                    "name": file.path if folder else _SINGLE,
                    "algorithm": "sha256",
                    "digest": file.sha256,
                }
                for file in files
            ],
        },
    }
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def read_statement(payload: bytes, payload_type: str) -> Signed:
    """Return what a payload, whose signature is right, vouches for.

    Raises ``SignatureRefusedError`` when it is a statement about something else, or of a kind
    that cannot be compared file by file.
    """
    if payload_type != PAYLOAD_TYPE:
        message = f"it signs {payload_type[:80]}, not an in-toto statement"
        raise SignatureRefusedError(message, _AGAIN)
    value = read_object(payload, "the signed statement", _AGAIN)
    kinds = (value.get("_type"), value.get("predicateType"))
    if kinds != (STATEMENT_TYPE, PREDICATE_TYPE):
        found = json.dumps(kinds[1])[:80]
        message = f"it signs a statement of another kind than a model's signature: {found}"
        raise SignatureRefusedError(message, _AGAIN)
    predicate = _object(value, "predicate")
    serialization = _object(predicate, "serialization")
    _check_method(serialization)
    files = _resources(predicate.get("resources"))
    ignored = serialization.get("ignore_paths", [])
    if not isinstance(ignored, list) or not all(isinstance(each, str) for each in ignored):
        raise SignatureRefusedError("the statement's ignore_paths are no list of paths", _AGAIN)
    return Signed(_subject(value.get("subject")), files, tuple(ignored))


def compare(signed: Signed, files: Sequence[FileDigest], *, folder: bool) -> None:
    """Raise ``SignatureRefusedError`` unless exactly these files were signed, names included."""
    actual = {file.path if folder else _SINGLE: file.sha256 for file in files}
    # The one file of a model may have been signed as the folder that holds it.
    if not folder and signed.files.keys() == {files[0].path}:
        actual = {files[0].path: files[0].sha256}
    words = [
        f"{name} has other bytes than were signed"
        for name in sorted(actual.keys() & signed.files.keys())
        if actual[name] != signed.files[name]
    ]
    gone = {name: signed.files[name] for name in sorted(signed.files.keys() - actual.keys())}
    for name in sorted(actual.keys() - signed.files.keys()):
        before = next((old for old, digest in gone.items() if digest == actual[name]), None)
        if before is not None:
            del gone[before]
            words.append(f"{name} was signed as {before}")
        elif any(PurePosixPath(name).is_relative_to(each) for each in signed.ignored):
            words.append(f"{name} was left out when it was signed (ignore_paths)")
        else:
            words.append(f"{name} was not signed")
    words += [f"{name} was signed and is missing" for name in gone]
    if words:
        more = len(words) - _MOST_NAMED
        listed = "; ".join(words[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        raise SignatureRefusedError(f"its signature is over other files: {listed}", _MEND)
    if signed.digest != root_digest(files):
        message = "the statement's subject is not the root digest of the files that it lists"
        raise SignatureRefusedError(message, _AGAIN)


_MEND = "restore the files that were signed, or sign these with `fairway sign`"


def _check_method(serialization: Mapping[str, object]) -> None:
    method, algorithm = serialization.get("method"), serialization.get("hash_type")
    if method == "shards":
        message = "it signs the files in shards, and only whole files can be compared with the lock"
        raise SignatureRefusedError(message, "sign it by files: `fairway sign`, or model_signing")
    if method != "files":
        message = f"it signs files by the unknown method {json.dumps(method)[:80]}"
        raise SignatureRefusedError(message, _AGAIN)
    if algorithm != "sha256":
        message = f"it signs {json.dumps(algorithm)[:80]} digests, and the lock holds sha256"
        raise SignatureRefusedError(message, _AGAIN)


def _resources(found: object) -> dict[str, str]:
    if not isinstance(found, list) or not found:
        raise SignatureRefusedError("the statement lists no files", _AGAIN)
    files: dict[str, str] = {}
    for each in found:
        resource = each if isinstance(each, dict) else {}
        name, digest = resource.get("name"), resource.get("digest")
        if not isinstance(name, str) or not _is_sha256(digest):
            raise SignatureRefusedError("a file of the statement has no name or digest", _AGAIN)
        if resource.get("algorithm") != "sha256":
            raise SignatureRefusedError(f"the digest of {name[:80]} is not a sha256", _AGAIN)
        if name in files:
            raise SignatureRefusedError(f"the statement lists {name[:80]} twice", _AGAIN)
        files[name] = str(digest)
    return files


def _subject(found: object) -> str:
    subject = found[0] if isinstance(found, list) and len(found) == 1 else None
    digests = subject.get("digest") if isinstance(subject, dict) else None
    digest = digests.get("sha256") if isinstance(digests, dict) else None
    if not _is_sha256(digest):
        raise SignatureRefusedError("the statement has not one subject with a sha256", _AGAIN)
    return f"sha256:{digest}"


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _object(value: Mapping[str, object], key: str) -> dict[str, object]:
    found = value.get(key)
    if not isinstance(found, dict):
        raise SignatureRefusedError(f"the statement has no `{key}`", _AGAIN)
    return found
