"""Whether texts that deployments are rendered from hold no secret, asked once for their bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256

from fairway import kept
from fairway.packs import PACKAGE
from fairway.secrets.find import find_secrets


def are_clean(texts: Sequence[str]) -> bool:
    """Return whether none of ``texts`` holds a secret.

    That they are clean is kept between runs: reading all templates of all targets takes longer
    than a spec does.
    """
    content = sha256()
    for text in texts:
        content.update(f"{len(text)}\n{text}".encode("utf-8", "surrogatepass"))
    code = kept.sources(os.path.join(PACKAGE, "secrets"))
    place = kept.path("clean", content.hexdigest(), *code)
    if kept.load(place) is True:
        return True
    clean = not any(map(find_secrets, texts))
    if clean:
        kept.store(place, True)
    return clean
