"""Signatures of models: where they lie, whether they are right, and how they are made.

The one rule. The signature of the model at ``PATH``, a folder or a file, is the file
``PATH.sig`` beside it; a folder without one may hold it as ``model.sig`` at its root, which is
how models come out of registries that know nothing but a folder. A ``model.sig`` at the root
that is a Sigstore bundle is never part of the model, whether or not there is a ``PATH.sig``, so
a model's digest does not depend on what lies beside it. Any other file of that name is a file of
the model like every other, and is refused as a signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import FileDigest, digest_files, root_digest
from fairway.signing import dsse
from fairway.signing.bundle import bundle_text, is_bundle, read_bundle
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.statement import PAYLOAD_TYPE, compare, read_statement, statement_text

if TYPE_CHECKING:
    from fairway.signing.keys import PrivateKey, PublicKey
    from fairway.spec.lock import Signer

SIGNATURE_NAME = "model.sig"


class SignedModel(NamedTuple):
    """What came of signing: the signature's path, the root digest, and how many files it covers."""

    path: Path
    digest: str
    files: int


def signature_path(model: Path) -> Path:
    """Return where the signature of a model is written: ``PATH.sig``."""
    named = model.resolve() if model.name in ("", "..") else model
    return named.with_name(f"{named.name}.sig")


def find_signature(model: Path) -> Path | None:
    """Return the file that holds a model's signature, or None when it has none."""
    beside = signature_path(model)
    if beside.is_file():
        return beside
    inside = model / SIGNATURE_NAME
    return inside if inside.is_file() else None


def model_files(model: Path) -> tuple[FileDigest, ...]:
    """Return the files of a model as ``digest_files`` does, without a signature at its root."""
    signed = model.is_dir() and is_bundle(model / SIGNATURE_NAME)
    return digest_files(model, (SIGNATURE_NAME,) if signed else ())


def verify_model(
    model: Path, files: Sequence[FileDigest], keys: Sequence[PublicKey]
) -> Signer | None:
    """Return whose signature of exactly ``files`` is right; None when the model has none.

    ``files`` are those of ``model_files``. Raises ``SignatureRefusedError`` when there is a
    signature that does not count: malformed, by no key of ``keys``, or over other files; and
    when it is keyless, which ``fairway.signing.keyless`` verifies.
    """
    path = find_signature(model)
    return None if path is None else verify_signature(path, files, keys, folder=model.is_dir())


def verify_signature(
    path: Path, files: Sequence[FileDigest], keys: Sequence[PublicKey], *, folder: bool
) -> Signer:
    """Return whose signature in the file ``path`` is right for exactly ``files``.

    ``folder`` is whether the model is one. Raises ``SignatureRefusedError`` as ``verify_model``.
    """
    from fairway.spec.lock import Signer

    try:
        bundle = read_bundle(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SignatureRefusedError(f"{path.name}: {why}", "restore the signature") from error
    if bundle.keyless:
        message = f"{path.name} is signed with a certificate, not with a key"
        raise SignatureRefusedError(message, "trust its identity, or sign with a trusted key")
    try:
        verified = dsse.verify(bundle.envelope, keys)
        compare(read_statement(verified.payload, verified.payload_type), files, folder=folder)
    except SignatureRefusedError as error:
        raise SignatureRefusedError(f"{path.name}: {error}", error.fix) from error
    name = next(key.name for key in keys if key.key_id == verified.key_id)
    return Signer.model_validate({"name": name, "keyId": verified.key_id})


def sign_model(model: Path, key: PrivateKey, output: Path | None = None) -> SignedModel:
    """Sign the files of a model and write the signature, atomically, to ``output``.

    ``output`` is ``signature_path(model)`` when not given. Raises ``UsageError`` when it would be
    a file of the model, ``SourceRefusedError`` when the model cannot be signed, ``FairwayError``
    when the signature cannot be written and ``OSError`` when a file cannot be read.
    """
    from fairway.lock.write import write_beside

    path = output or signature_path(model)
    inside = _inside(path, model)
    files = model_files(model)
    name = model.name or model.resolve().name
    payload = statement_text(name, files, folder=model.is_dir(), inside=inside)
    try:
        write_beside(path, bundle_text(payload, PAYLOAD_TYPE, key))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FairwayError(f"{path}: cannot be written: {why}") from error
    return SignedModel(path, root_digest(files), len(files))


def _inside(path: Path, model: Path) -> str:
    """Return the signature's path inside the model's folder, empty when it is elsewhere."""
    where, whole = path.resolve(), model.resolve()
    if where != whole and not where.is_relative_to(whole):
        return ""
    if model.is_dir() and where == whole / SIGNATURE_NAME:
        if where.exists() and not is_bundle(where):
            message = f"{path} is a file of the model, and not its signature"
            raise UsageError(message, "rename it, or leave --output out")
        return SIGNATURE_NAME
    message = f"{path} lies in the model, whose bytes it would change"
    raise UsageError(message, f"leave --output out, or name it {model / SIGNATURE_NAME}")
