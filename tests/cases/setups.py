"""What git cannot hold, or an editor would mend: made here when its case runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

SPEC = "deployment.yaml"


def _spec_is_a_directory(folder: Path) -> None:
    (folder / SPEC).unlink()
    (folder / SPEC).mkdir()


def _spec_is_a_broken_link(folder: Path) -> None:
    (folder / SPEC).unlink()
    (folder / SPEC).symlink_to("../shared/deployment.yaml")


def _spec_is_empty(folder: Path) -> None:
    (folder / SPEC).write_bytes(b"")


def _utf_16(folder: Path) -> None:
    text = (folder / SPEC).read_text("utf-8")
    (folder / SPEC).write_bytes(text.encode("utf-16"))


def _utf_16_without_mark(folder: Path) -> None:
    text = (folder / SPEC).read_text("utf-8")
    (folder / SPEC).write_bytes(text.encode("utf-16-le"))


def _latin_1(folder: Path) -> None:
    text = (folder / SPEC).read_text("utf-8")
    (folder / SPEC).write_bytes(text.encode("latin-1"))


def _nul_in_the_team(folder: Path) -> None:
    data = (folder / SPEC).read_bytes()
    (folder / SPEC).write_bytes(data.replace(b"growth", b"gro\0wth", 1))


def _escape_in_the_description(folder: Path) -> None:
    data = (folder / SPEC).read_bytes()
    (folder / SPEC).write_bytes(data.replace(b"Predicts", b"\x1b[31mPredicts", 1))


def _crlf_and_byte_order_mark(folder: Path) -> None:
    data = (folder / SPEC).read_bytes()
    (folder / SPEC).write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))


def _carriage_returns_only(folder: Path) -> None:
    data = (folder / SPEC).read_bytes()
    (folder / SPEC).write_bytes(data.replace(b"\n", b"\r"))


def _one_mebibyte_and_one_byte(folder: Path) -> None:
    data = (folder / SPEC).read_bytes()
    (folder / SPEC).write_bytes(data + b"#" * (2**20 + 1 - len(data)))


def _too_many_values(folder: Path) -> None:
    with (folder / SPEC).open("a", encoding="utf-8") as stream:
        stream.write("x: [" + "1," * 100_000 + "]\n")


def _lock_is_missing(folder: Path) -> None:
    (folder / "deployment.lock.json").unlink()


def _contract_is_missing(folder: Path) -> None:
    (folder / "contract.json").unlink()


def _contract_is_a_link(folder: Path) -> None:
    (folder / "contract.json").unlink()
    (folder / "contract.json").symlink_to("../../elsewhere.json")


def _model_is_missing(folder: Path) -> None:
    (folder / "models/1.1.0/model.onnx").unlink()
    (folder / "models/1.1.0").rmdir()


def _model_is_other_bytes(folder: Path) -> None:
    (folder / "models/1.1.0/model.onnx").write_bytes(b"\x08\x08another model\n")


def _model_runs_a_command(folder: Path) -> None:
    (folder / "models/1.1.0/model.onnx").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")


def _signature_is_none(folder: Path) -> None:
    (folder / "models/1.1.0.sig").write_text("signed, truly", "utf-8")


def _artifact_is_missing(folder: Path) -> None:
    (folder.parent.parent / "rendered/staging/churn/kustomization.yaml").unlink()


def _project_is_missing(folder: Path) -> None:
    (folder.parent / "fairway.yaml").unlink()


def _second_deployment_of_the_same_name(folder: Path) -> None:
    twin = folder.parent / "other" / "churn"
    twin.mkdir(parents=True)
    for name in (SPEC, "contract.json", "deployment.lock.json"):
        (twin / name).write_bytes((folder / name).read_bytes())


SETUPS: Mapping[str, Callable[[Path], None]] = {
    "carriage-returns-only": _carriage_returns_only,
    "contract-is-a-link": _contract_is_a_link,
    "contract-is-missing": _contract_is_missing,
    "crlf-and-byte-order-mark": _crlf_and_byte_order_mark,
    "escape-character": _escape_in_the_description,
    "latin-1": _latin_1,
    "lock-is-missing": _lock_is_missing,
    "lock-check-finds-other-bytes": _model_is_other_bytes,
    "lock-finds-a-command-in-the-model": _model_runs_a_command,
    "lock-finds-a-wrong-signature": _signature_is_none,
    "lock-cannot-find-the-model": _model_is_missing,
    "name-is-taken": _second_deployment_of_the_same_name,
    "nul-character": _nul_in_the_team,
    "output-is-stale": _artifact_is_missing,
    "project-is-missing": _project_is_missing,
    "spec-is-a-broken-link": _spec_is_a_broken_link,
    "spec-is-a-directory": _spec_is_a_directory,
    "spec-is-empty": _spec_is_empty,
    "spec-is-too-large": _one_mebibyte_and_one_byte,
    "spec-has-too-many-values": _too_many_values,
    "utf-16": _utf_16,
    "utf-16-without-mark": _utf_16_without_mark,
}
"""By case: changes the deployment's folder after it was copied."""
