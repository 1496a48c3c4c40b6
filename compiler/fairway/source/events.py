"""PyYAML's C parser and its events, without the rest of PyYAML.

``import yaml`` loads every reader, resolver and writer that it has: 25 ms of the 100 ms that a
run may take. The C parser needs their exception classes only, so these stand in for the modules
while it is imported. Whoever imports ``yaml`` later gets all of it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

_NEEDED = ("error", "tokens", "events", "nodes")
_STAND_INS = {
    "reader": "ReaderError",
    "scanner": "ScannerError",
    "parser": "ParserError",
    "composer": "ComposerError",
    "constructor": "ConstructorError",
    "emitter": "EmitterError",
    "serializer": "SerializerError",
    "representer": "RepresenterError",
}


def _import_parser() -> None:
    """Import ``yaml._yaml`` and the modules that it needs, and leave no trace of the others."""
    found = find_spec("yaml")
    if found is None or found.submodule_search_locations is None:
        raise ImportError("PyYAML is not installed")
    package = ModuleType("yaml")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["yaml"] = package
    try:
        for name in _NEEDED:
            setattr(package, name, import_module(f"yaml.{name}"))
        fault = package.error
        for name, error in _STAND_INS.items():
            module = ModuleType(f"yaml.{name}")
            base = fault.YAMLError if name == "reader" else fault.MarkedYAMLError
            # ReaderError is made from the input's name, an offset, a character and a reason.
            members = {"__init__": _reader_error} if name == "reader" else {}
            setattr(module, error, type(error, (base,), members))
            sys.modules[f"yaml.{name}"] = module
            setattr(package, name, module)
        import_module("yaml._yaml")
    finally:
        for name in ("yaml", *(f"yaml.{name}" for name in _STAND_INS)):
            sys.modules.pop(name, None)


def _reader_error(self: Exception, name: str, position: int, *rest: object) -> None:
    Exception.__init__(self, name, position, *rest)
    self.position = position  # type: ignore[attr-defined]
    self.reason = str(rest[-1])  # type: ignore[attr-defined]


if "yaml" not in sys.modules and not TYPE_CHECKING:
    try:
        _import_parser()
    except (ImportError, AttributeError, TypeError):
        # A PyYAML that is built otherwise: all of it, then.
        for _name in [name for name in sys.modules if name.partition(".")[0] == "yaml"]:
            del sys.modules[_name]

if TYPE_CHECKING or "yaml._yaml" not in sys.modules:
    from yaml import YAMLError
    from yaml._yaml import CParser
    from yaml.events import (
        AliasEvent,
        DocumentEndEvent,
        DocumentStartEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        SequenceStartEvent,
        StreamEndEvent,
    )
else:
    _events = sys.modules["yaml.events"]
    YAMLError = sys.modules["yaml.error"].YAMLError
    CParser = sys.modules["yaml._yaml"].CParser
    AliasEvent = _events.AliasEvent
    DocumentEndEvent = _events.DocumentEndEvent
    DocumentStartEvent = _events.DocumentStartEvent
    MappingEndEvent = _events.MappingEndEvent
    MappingStartEvent = _events.MappingStartEvent
    ScalarEvent = _events.ScalarEvent
    SequenceEndEvent = _events.SequenceEndEvent
    SequenceStartEvent = _events.SequenceStartEvent
    StreamEndEvent = _events.StreamEndEvent

__all__ = [
    "AliasEvent",
    "CParser",
    "DocumentEndEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "StreamEndEvent",
    "YAMLError",
]
