"""``pydantic_core`` without its catalogue of schema types.

``pydantic_core`` imports 4,000 lines of ``TypedDict`` for type checkers: 15 ms of the 100 ms that
a run may take, and nothing at run time needs them but pydantic itself. They stand aside while the
Rust module is imported; when pydantic asks for them later it gets the real ones.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

_CATALOGUE = "pydantic_core.core_schema"


def _import_core() -> Any:
    if "pydantic_core" in sys.modules:
        return sys.modules["pydantic_core"]
    stand_in = ModuleType(_CATALOGUE)
    for name in ("CoreConfig", "CoreSchema", "CoreSchemaType", "ErrorType"):
        setattr(stand_in, name, Any)
    sys.modules[_CATALOGUE] = stand_in
    try:
        core = import_module("pydantic_core")
    except ImportError:
        # A version that needs more of the catalogue: import it as it is.
        for name in [name for name in sys.modules if name.startswith("pydantic_core")]:
            del sys.modules[name]
        return import_module("pydantic_core")
    finally:
        if sys.modules.get(_CATALOGUE) is stand_in:
            del sys.modules[_CATALOGUE]
    vars(core).pop("core_schema", None)
    return core


if TYPE_CHECKING:
    from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError
    from pydantic_core import __version__ as core_version
else:
    _core = _import_core()
    PydanticCustomError = _core.PydanticCustomError
    SchemaValidator = _core.SchemaValidator
    ValidationError = _core.ValidationError
    core_version = _core.__version__

__all__ = ["PydanticCustomError", "SchemaValidator", "ValidationError", "core_version"]
