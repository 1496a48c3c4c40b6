"""The signature in an ``MLmodel`` file.

Source: ``mlflow.models.ModelSignature.to_dict`` of MLflow 3.17: JSON texts under ``inputs`` and
``outputs``, each a list of columns (``type``, ``name``, ``required``; before 2.6 ``optional``) or
of tensors (``tensor-spec`` with ``dtype`` and ``shape``), never both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairway.finding import Severity
from fairway.signature.datatype import MLFLOW, NUMPY
from fairway.signature.errors import OwnSignatureError
from fairway.signature.own import OwnColumn, OwnSignature, OwnTensor
from fairway.signature.schema import element_schema, object_schema
from fairway.source.build import parse
from fairway.source.file import read_file
from fairway.source.strict_json import unique

FILE = "MLmodel"
_DEEPEST = 16
_AGAIN = "log the model again with a signature of this MLflow format"
_Columns = tuple[OwnTensor, ...] | tuple[OwnColumn, ...]


def mlflow_signature(folder: Path) -> OwnSignature | None:
    """Return the signature of a logged model; None when it was logged without one.

    Raises ``OwnSignatureError`` when ``MLmodel`` or its signature is malformed.
    """
    source, findings = read_file(str(folder / FILE), FILE)
    if source is None:
        raise OwnSignatureError(f"{FILE}: {findings[0].message}", _AGAIN)
    document, more = parse(source)
    faults = [each for each in [*findings, *more] if each.severity >= Severity.ERROR]
    if faults or not isinstance(document.value, dict):
        why = faults[0].message if faults else "it is no mapping"
        raise OwnSignatureError(f"{FILE} cannot be read: {why}", _AGAIN)
    signature = document.value.get("signature")
    if signature is None:
        return None
    if not isinstance(signature, dict):
        raise OwnSignatureError(f"{FILE}: `signature` is no mapping", _AGAIN)
    inputs = _parts(signature.get("inputs"), "inputs")
    outputs = _parts(signature.get("outputs"), "outputs")
    return OwnSignature(FILE, inputs, outputs) if inputs or outputs else None


def _parts(text: object, side: str) -> _Columns:
    if text is None:
        return ()
    where = f"{FILE}: `signature.{side}`"
    items = _json(text, where)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise OwnSignatureError(f"{where} is no list of columns or tensors", _AGAIN)
    kinds = {item.get("type") == "tensor" for item in items}
    if len(kinds) > 1:
        raise OwnSignatureError(f"{where} mixes columns and tensors", _AGAIN)
    names = [item["name"] for item in items if item.get("name") is not None]
    if len(names) not in (0, len(items)) or len({*map(str, names)}) != len(names):
        raise OwnSignatureError(f"{where} names only some parts, or one name twice", _AGAIN)
    if kinds == {True}:
        return tuple(_tensor(item, where) for item in items)
    return tuple(_column(item, where) for item in items)


def _json(text: object, where: str) -> object:
    import json

    if not isinstance(text, str):
        raise OwnSignatureError(f"{where} is not the JSON text that MLflow writes", _AGAIN)
    try:
        value: object = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise OwnSignatureError(f"{where} is not JSON", _AGAIN) from error
    return value


def _tensor(item: Mapping[str, Any], where: str) -> OwnTensor:
    spec = item.get("tensor-spec")
    dtype = spec.get("dtype") if isinstance(spec, dict) else None
    shape = spec.get("shape") if isinstance(spec, dict) else None
    whole = isinstance(shape, list) and all(type(size) is int for size in shape)
    if not isinstance(dtype, str) or not isinstance(shape, list) or not whole:
        raise OwnSignatureError(f"{where} has a tensor without a dtype and a shape", _AGAIN)
    sizes = tuple(size if size >= 0 else None for size in shape)
    return OwnTensor(_name(item, where), NUMPY.get(dtype), dtype, sizes)


def _column(item: Mapping[str, Any], where: str) -> OwnColumn:
    kind = item.get("type")
    if not isinstance(kind, str):
        raise OwnSignatureError(f"{where} has a column without a type", _AGAIN)
    name, required = _name(item, where), _required(item)
    if kind in MLFLOW:
        return OwnColumn(name, MLFLOW[kind], kind, required)
    return OwnColumn(name, None, kind, required, _nested(item, where, 0))


def _nested(item: object, where: str, depth: int) -> dict[str, Any]:
    """Return the JSON Schema of a column that is no number and no text."""
    kind = item.get("type") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(kind, str) or depth > _DEEPEST:
        raise OwnSignatureError(f"{where} has a type that cannot be read", _AGAIN)
    if kind in MLFLOW:
        return element_schema(MLFLOW[kind])
    if kind == "array":
        return {"type": "array", "items": _nested(item.get("items"), where, depth + 1)}
    if kind == "sparkml_vector":
        return {"type": "array", "items": {"type": "number"}}
    if kind == "map":
        values = _nested(item.get("values"), where, depth + 1)
        return {"type": "object", "additionalProperties": values}
    if kind == "object" and isinstance(item.get("properties"), dict):
        properties = item["properties"]
        schemas = {name: _nested(part, where, depth + 1) for name, part in properties.items()}
        required = [name for name, part in properties.items() if _required(part)]
        return object_schema(schemas, required)
    if kind in ("binary", "datetime"):
        return {"type": "string", "x-datatype": kind}
    if kind == "any":
        return {}
    raise OwnSignatureError(f"{where} has the unknown type {kind[:80]!r}", _AGAIN)


def _required(item: Mapping[str, Any]) -> bool:
    return item.get("required", not item.get("optional", False)) is not False


def _name(item: Mapping[str, Any], where: str) -> str:
    name = item.get("name")
    if name is None:
        return ""
    # Data frames may have whole numbers for names, and so may their signatures.
    if not isinstance(name, str | int) or name == "":
        raise OwnSignatureError(f"{where} has a name that is no text", _AGAIN)
    return str(name)
