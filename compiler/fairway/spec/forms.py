"""Strings with a form: names, hosts, references; each parser's message shows what is accepted.

Like ``units``, this needs ``pydantic_core`` only. ``PATTERNS`` are the same forms for editors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from fairway.source.scalar import kind_of
from fairway.spec.core import PydanticCustomError

_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
PATTERNS: dict[str, str] = {
    "name": r"^(?=.{1,40}$)[a-z]([a-z0-9-]*[a-z0-9])?$",
    "label": rf"^(?=.{{1,63}}$){_LABEL}$",
    "version": r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,28}[A-Za-z0-9])?$",
    "uri": r"^(\./.+|models:/[^/@]+(/[0-9]+|@[^/@]+)|https://.+|oci://.+|s3://.+|gs://.+)$",
    "path": r"^(?!/)(?!.*(^|/)\.\.(/|$)).+$",
    "host": rf"^(\*\.)?{_LABEL}(\.{_LABEL})+$",
    "entrypoint": r"^[A-Za-z0-9_./-]+\.py:[A-Za-z_][A-Za-z0-9_]*$",
    "owner": r"^(@[A-Za-z0-9][A-Za-z0-9/_.-]*|[^@\s]+@[^@\s]+\.[^@\s]+)$",
    "environment-variable": r"^[A-Za-z_][A-Za-z0-9_]*$",
    "secret": r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9._-]+$",
    "image": r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+$|^[a-z0-9._-]+(/[a-z0-9._-]+)*$",
    "pinned-image": r"^[^@\s]+@sha256:[0-9a-f]{64}$",
    "digest": r"^sha256:[0-9a-f]{64}$",
    "http-path": r"^/[^\s?#]*$",
    "http-address": r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s?#]*)?$",
    "header": r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$",
    "namespace": r"^[a-z0-9{}-]{1,63}$",
}

MEANINGS: dict[str, str] = {
    "name": "a name of at most 40 lower-case letters, digits and `-` that begins with a letter,"
    " such as fraud-detector",
    "label": "a name of at most 63 lower-case letters, digits and `-`, such as payments",
    "version": "a version of at most 30 letters, digits, `.`, `_` and `-`, such as 3.1.0",
    "uri": "a model's source: ./path, models:/name/7, models:/name@alias, https://, oci://,"
    " s3:// or gs://",
    "path": "a path inside the deployment's folder, such as data/holdout.csv",
    "host": "a host name such as fraud.ml.example.com",
    "entrypoint": "a Python file and a class in it, such as model.py:Model",
    "owner": "an owner: @team, @org/team or an e-mail address",
    "environment-variable": "an environment variable's name, such as FEATURE_STORE_TOKEN",
    "secret": "a Secret and a key in it, such as feature-store/token",
    "image": "an image's repository without tag, such as registry.example.com/ml/scorer",
    "pinned-image": "an image pinned by digest: repository:tag@sha256:<64 hexadecimal digits>",
    "digest": "a digest: sha256:<64 hexadecimal digits>",
    "http-path": "an absolute path such as /v2/health/ready",
    "http-address": "an address such as http://prometheus.monitoring:9090",
    "header": "a header's or cookie's name, such as x-user-id",
    "namespace": "a namespace, which may hold {team} or {name}, such as ml-{team}",
}


@lru_cache(maxsize=8192)
def _matches(form: str, value: str) -> bool:
    return re.match(PATTERNS[form], value) is not None and value[-1:] != "\n"


def _parser(form: str) -> Callable[[object], str]:
    meaning = MEANINGS[form]

    def parse(value: object) -> str:
        if type(value) is str:
            if _matches(form, value):
                return value
            shown = f"`{value[:80]}`" if value else "an empty string"
            context = {"shown": shown, "meaning": meaning}
            raise PydanticCustomError("value", "{shown} is not {meaning}", context)
        context = {"meaning": meaning, "kind": kind_of(value)}
        raise PydanticCustomError("string", "expected {meaning}, got {kind}", context)

    parse.__name__ = parse.__qualname__ = f"parse_{form.replace('-', '_')}"
    return parse


PARSERS: dict[str, Callable[[object], str]] = {form: _parser(form) for form in PATTERNS}
globals().update({parser.__name__: parser for parser in PARSERS.values()})  # found by name


def parse_text(value: object) -> str:
    """Return a string that is not blank."""
    if type(value) is not str:
        message = "expected a string, got {kind}"
        raise PydanticCustomError("string", message, {"kind": kind_of(value)})
    if not value.strip():
        raise PydanticCustomError("value", "it must not be empty", {})
    return value


def parse_cidr(value: object) -> str:
    """Return a block of addresses in canonical form."""
    from ipaddress import ip_network  # few specs need it

    try:
        if type(value) is str and "/" in value:
            return str(ip_network(value))
    except ValueError as error:
        raise PydanticCustomError("value", "{why}", {"why": str(error)}) from None
    raise PydanticCustomError("value", "expected a block of addresses such as 10.8.0.0/16", {})
