"""What a project trusts, ready to be used: public keys read, patterns gathered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fairway.lock.digest import FileDigest
from fairway.project import LoadedProject
from fairway.scan.report import Allowed
from fairway.signing.bundle import read_bundle
from fairway.signing.model import find_signature, verify_model

if TYPE_CHECKING:
    from fairway.signing.keyless import Identity
    from fairway.signing.keys import PublicKey
    from fairway.spec.lock import Signer


class Trusted(NamedTuple):
    """Who may sign models, and what model files may hold besides the built-in lists.

    ``identities`` sign with certificates, which ``root`` (a Sigstore trusted root) verifies.
    """

    keys: tuple[PublicKey, ...] = ()
    allowed: Allowed = Allowed()
    identities: tuple[Identity, ...] = ()
    root: Path | None = None

    def signer(self, model: Path, files: Sequence[FileDigest]) -> Signer | None:
        """Return whose signature of exactly ``files`` is right; None when the model has none.

        Raises ``SignatureRefusedError`` when there is one that does not count.
        """
        path = find_signature(model)
        if path is None:
            return None
        if self.root is not None and read_bundle(path).keyless:
            from fairway.signing.keyless import verify_keyless

            folder = model.is_dir()
            return verify_keyless(path, files, self.identities, self.root, folder=folder)
        return verify_model(model, files, self.keys)


def trusted_by(loaded: LoadedProject) -> Trusted:
    """Return what a project trusts; ``UsageError`` names a key that cannot be used."""
    if loaded.project is None:
        return Trusted()
    trust, root = loaded.project.trust, Path(loaded.root)
    keys: tuple[PublicKey, ...] = ()
    identities: tuple[Identity, ...] = ()
    if trust.model_keys:
        from fairway.signing.keys import load_public_key

        keys = tuple(load_public_key(root / name, name) for name in trust.model_keys)
    if trust.model_identities and trust.trust_root:
        from fairway.signing.keyless import Identity

        identities = tuple(Identity(each.identity, each.issuer) for each in trust.model_identities)
    allowed = Allowed(tuple(trust.skops_types), tuple(trust.pickle_globals))
    return Trusted(keys, allowed, identities, root / trust.trust_root if trust.trust_root else None)
