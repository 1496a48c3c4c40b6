"""``fairway sign``: a signature of a model's files."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import SourceRefusedError
from fairway.signing import dsse
from fairway.signing.bundle import read_bundle
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.keys import PrivateKey, load_private_key
from fairway.signing.model import SignedModel, sign_model, signature_path

PASSWORD_VARIABLE = "FAIRWAY_KEY_PASSWORD"  # noqa: S105 - where the password is, not what it is
_LONGEST_PASSWORD = 4096


@click.command
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path),
    help="The private key: PEM, elliptic curve P-256, P-384 or P-521.",
)
@click.option(
    "--key-password-file",
    type=click.Path(path_type=Path),
    help=f"The file that holds the key's password; default: the variable {PASSWORD_VARIABLE}.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The signature; default: PATH.sig.",
)
@click.option("--force", is_flag=True, help="Replace a signature by another key.")
def command(
    path: Path, key: Path, key_password_file: Path | None, output: Path | None, force: bool
) -> None:
    """Sign a model's files, names included, and print the path of the signature.

    PATH is the folder of a version, or its file. The signature is an OpenSSF model signature (a
    Sigstore bundle), which lies beside it. `fairway lock` verifies it with the public keys that
    the project trusts. A signature by the same key is replaced.

    \b
      fairway sign specs/fraud-detector/models/3.1.0 --key model.key
    """
    private = load_private_key(key, _password(key_password_file))
    if not force:
        _check_old(output or signature_path(path), private)
    signed = _sign(path, private, output)
    noun = "file" if signed.files == 1 else "files"
    click.echo(
        f"{path}: {signed.files} {noun} signed\n"
        f"  digest {signed.digest}\n"
        f"  key    {private.key_id}",
        err=True,
    )
    click.echo(str(signed.path))


def _sign(path: Path, private: PrivateKey, output: Path | None) -> SignedModel:
    try:
        return sign_model(path, private, output)
    except SourceRefusedError as error:
        raise UsageError(f"{path} cannot be signed: {error}", error.fix) from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FairwayError(f"{error.filename or path}: cannot be read: {why}") from error


def _check_old(signature: Path, private: PrivateKey) -> None:
    """Refuse to replace what somebody else signed, or what is no signature at all."""
    if not signature.exists():
        return
    try:
        dsse.verify(read_bundle(signature).envelope, [private.public])
    except (SignatureRefusedError, OSError) as error:
        message = f"{signature} is there and is not a signature by this key, so it is kept"
        raise UsageError(message, "give --force to replace it, or another --output") from error


def _password(path: Path | None) -> bytes | None:
    if path is None:
        return os.environ.get(PASSWORD_VARIABLE, "").encode("utf-8", "surrogateescape") or None
    try:
        with path.open("rb") as stream:
            data = stream.read(_LONGEST_PASSWORD + 1)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"{path}: the password cannot be read: {why}", "correct it") from error
    password = data.removesuffix(b"\n").removesuffix(b"\r")
    if not password or len(data) > _LONGEST_PASSWORD:
        raise UsageError(f"{path} holds no password", "write the password into it, on one line")
    return password
