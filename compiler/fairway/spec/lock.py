"""The format of ``deployment.lock.json``, version 1."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from fairway.spec import base
from fairway.spec.base import SpecModel, field

_DIGEST = "sha256:" + "0" * 64
Size = Annotated[int, Field(ge=0)]


class LockedFile(SpecModel):
    """A file of a model version."""

    path: base.Text = field("The path inside the model, with forward slashes.", "model.skops")
    size: Size = field("The size in bytes.", 20480)
    digest: base.Digest = field("The sha256 of its bytes.", _DIGEST)


class LockedContract(SpecModel):
    """The contract that was found well formed, by its bytes."""

    path: base.RelativePath = field("The file, inside the deployment's folder.", "contract.json")
    digest: base.Digest = field("The sha256 of its bytes.", _DIGEST)


class Resolved(SpecModel):
    """What a registry said that the URI stood for when it was locked."""

    uri: base.Text = field("The URI of the bytes themselves.", "models:/fraud-detector/7")
    name: base.Text | None = field("The registered model.", "fraud-detector", None)
    alias: base.Text | None = field("The alias that was followed.", "challenger", None)
    version: base.Text | None = field("The registered version.", "7", None)
    run_id: base.Text | None = field("The run that made it.", "8f2c…", None)
    model_id: base.Text | None = field("The logged model.", "m-41a9…", None)
    tag: base.Text | None = field("The tag of an OCI artifact.", "3.1.0", None)
    revision: base.Text | None = field(
        "What the place itself calls these bytes: an ETag, an object's version or generation.",
        '"33a64df5"',
        None,
    )


class Signature(SpecModel):
    """The model's inputs and outputs as JSON Schemas (2020-12), and requests that fit them."""

    source: base.Text = field(
        "The file that says so: of the model, else the contract.", "contract.json"
    )
    inputs: dict[str, Any] = field("What the model takes.", {"type": "object"})
    outputs: dict[str, Any] = field("What the model gives.", {"type": "object"})
    examples: list[dict[str, Any]] = field(
        "The contract's example requests.", [{"name": "benign", "inputs": {"x": [[1.0]]}}], []
    )


class Signer(SpecModel):
    """Whose signature of the files was verified."""

    name: base.Text = field("The identity.", "risk@example.com")
    key_id: base.Text = field("The key.", "sha256:9f86…")
    file: LockedFile | None = field(
        "The signature where it lies in the model's folder, which does not count it.",
        {"path": "model.sig", "size": 2048, "digest": _DIGEST},
        None,
    )


class Scan(SpecModel):
    """What is inside the model's files."""

    result: Literal["clean"] = field(
        "Everything in them is allowed: no others are locked.", "clean"
    )
    scanner: base.Text = field("What looked.", "fairway 1")
    types: list[base.Text] = field("The types that loading would build.", ["sklearn.svm.SVC"], [])
    operators: list[base.Text] = field(
        "The operators that running would execute.", ["ai.onnx.ml.SVMClassifier"], []
    )


class LockedEvidence(SpecModel):
    """A test result of the version."""

    path: base.RelativePath = field("The file.", "evidence/3.1.0.test-result.json")
    digest: base.Digest = field("The sha256 of its bytes.", _DIGEST)


class LockedVersion(SpecModel):
    """A version's bytes, and what is known of them."""

    uri: base.Uri = field("The source as the spec named it.", "./models/3.1.0")
    resolved: Resolved | None = field(
        "What a registry's name stood for.", {"uri": "models:/fraud-detector/7"}, None
    )
    digest: base.Digest = field("The OpenSSF model-signing root digest of the files.", _DIGEST)
    files: Annotated[list[LockedFile], Field(min_length=1)] = field(
        "The files in path-parts order.", [{"path": "model.skops", "size": 1, "digest": _DIGEST}]
    )
    format: base.Text | None = field("The format found in the bytes.", "skops", None)
    contract: LockedContract = field(
        "The contract that the version keeps.", {"path": "contract.json", "digest": _DIGEST}
    )
    flavor: base.Text | None = field("The MLflow flavor found.", "sklearn", None)
    signature: Signature | None = field(
        "What the model takes and gives.",
        {"source": "contract.json", "inputs": {}, "outputs": {}},
        None,
    )
    signer: Signer | None = field(
        "Who signed it.", {"name": "risk@example.com", "keyId": "sha256:9f86…"}, None
    )
    scan: Scan | None = field(
        "What was found inside.", {"result": "clean", "scanner": "fairway 1"}, None
    )
    evidence: list[LockedEvidence] = field(
        "Test results.", [{"path": "evidence/3.1.0.test-result.json", "digest": _DIGEST}], []
    )


class LockedImage(SpecModel):
    """An image that was pushed: its tag, for people, and its digest."""

    tag: base.Text = field("The tag.", "3.1.0-8a6b7c9d0e1f")
    digest: base.Digest = field("The digest that the registry gave.", _DIGEST)


class Served(SpecModel):
    """Since when a version is the newest that answers in an environment, and by which commit."""

    version: base.VersionName = field("The version.", "3.1.0")
    commit: base.Text = field("The commit that made it serve.", "4f1d…")
    since: base.Text = field("The time of that commit (RFC 3339).", "2026-11-01T09:00:00Z")
    until: base.Text | None = field(
        "When that was about to end; the next command replaces it by the next version's record.",
        "2026-11-08T09:00:00Z",
        None,
    )


class Lock(SpecModel):
    """Everything that a deployment's names stand for."""

    lock_version: Literal[1] = field("The format's version.", 1)
    versions: dict[base.VersionName, LockedVersion] = field(
        "Every version of the spec.",
        {"3.1.0": {"uri": "./models/3.1.0", "digest": _DIGEST, "files": []}},
    )
    images: dict[base.VersionName, LockedImage] = field(
        "The images of our own that were pushed, by version.",
        {"3.1.0": {"tag": "3.1.0-8a6b7c9d0e1f", "digest": _DIGEST}},
        {},
    )
    served: dict[base.Label, list[Served]] = field(
        "What has served in each environment, oldest first.",
        {"staging": [{"version": "3.1.0", "commit": "4f1d…", "since": "2026-11-01T09:00:00Z"}]},
        {},
    )
