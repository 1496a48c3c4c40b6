"""What every part of the language shares: strict, frozen models and typed scalars."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from fairway.spec import forms, units
from fairway.spec.choice import exactly_one


class SpecModel(BaseModel):
    """A map of the language: camelCase keys, none unknown, no coercion, never changed."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        defer_build=True,
        hide_input_in_errors=True,
    )


class Choice(SpecModel):
    """A map whose keys in ``ONE_OF`` exclude each other; exactly one must be given."""

    ONE_OF: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        return exactly_one(self)


def field(description: str, example: Any, default: Any = ..., **extra: Any) -> Any:
    """Return a field with what editors show: a description and an example.

    A default is written as a spec would write it, and read like any other value.
    """
    if default is ...:
        return Field(description=description, examples=[example], **extra)
    check = default is not None and default != []
    return Field(
        default, description=description, examples=[example], validate_default=check, **extra
    )


def _text(form: str) -> Any:
    schema = {"type": "string", "pattern": forms.PATTERNS[form]}
    return (PlainValidator(forms.PARSERS[form]), WithJsonSchema(schema))


Text: TypeAlias = Annotated[
    str, PlainValidator(forms.parse_text), WithJsonSchema({"type": "string", "minLength": 1})
]
Name: TypeAlias = Annotated[str, *_text("name")]
Label: TypeAlias = Annotated[str, *_text("label")]
VersionName: TypeAlias = Annotated[str, *_text("version")]
Uri: TypeAlias = Annotated[str, *_text("uri")]
RelativePath: TypeAlias = Annotated[str, *_text("path")]
Host: TypeAlias = Annotated[str, *_text("host")]
Entrypoint: TypeAlias = Annotated[str, *_text("entrypoint")]
Owner: TypeAlias = Annotated[str, *_text("owner")]
EnvironmentVariable: TypeAlias = Annotated[str, *_text("environment-variable")]
SecretReference: TypeAlias = Annotated[str, *_text("secret")]
ImageRepository: TypeAlias = Annotated[str, *_text("image")]
PinnedImage: TypeAlias = Annotated[str, *_text("pinned-image")]
Digest: TypeAlias = Annotated[str, *_text("digest")]
HttpPath: TypeAlias = Annotated[str, *_text("http-path")]
HttpAddress: TypeAlias = Annotated[str, *_text("http-address")]
Header: TypeAlias = Annotated[str, *_text("header")]
NamespacePattern: TypeAlias = Annotated[str, *_text("namespace")]
Cidr: TypeAlias = Annotated[
    str, PlainValidator(forms.parse_cidr), WithJsonSchema({"type": "string", "pattern": "/"})
]


def as_written(value: object) -> object:
    """Return a value with a unit as a spec writes it; plain numbers and strings stay."""
    return value if isinstance(value, int | float | str) or value is None else str(value)


def count_as_written(value: units.CountOrPercentage) -> int | str:
    """Return a number of pods, or a share of them, as a spec writes it."""
    return value.value


def _unit(parser: Any, pattern: str, *, numbers: bool = False) -> Any:
    text: dict[str, Any] = {"type": "string", "pattern": pattern}
    schema = {"anyOf": [text, {"type": "number", "exclusiveMinimum": 0}]} if numbers else text
    return (PlainValidator(parser), PlainSerializer(as_written), WithJsonSchema(schema))


_N = r"([0-9]+(\.[0-9]+)?|\.[0-9]+)"
_DURATION = rf"({_N}(ms|s|m|h|d|w))+"
_PERCENTAGE = rf"{_N} ?%"
Duration: TypeAlias = Annotated[units.Duration, *_unit(units.parse_duration, rf"^{_DURATION}$")]
Percentage: TypeAlias = Annotated[
    units.Percentage, *_unit(units.parse_percentage, rf"^{_PERCENTAGE}$")
]
Points: TypeAlias = Annotated[units.PercentagePoints, *_unit(units.parse_points, rf"^{_N} ?pp$")]
Rate: TypeAlias = Annotated[units.Rate, *_unit(units.parse_rate, rf"^{_N}/(s|m|h|d)$")]
Cpu: TypeAlias = Annotated[units.Cpu, *_unit(units.parse_cpu, rf"^{_N}m?$", numbers=True)]
Memory: TypeAlias = Annotated[
    units.Memory, *_unit(units.parse_memory, rf"^{_N}(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)$")
]
CountOrPercentage: TypeAlias = Annotated[
    units.CountOrPercentage,
    PlainValidator(units.parse_count_or_percentage),
    PlainSerializer(count_as_written),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+%$"}]}
    ),
]
Bound: TypeAlias = Annotated[
    float | units.Percentage | units.Duration,
    PlainValidator(units.parse_bound),
    PlainSerializer(as_written),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "pattern": f"^({_PERCENTAGE}|{_DURATION})$"},
            ]
        }
    ),
]
ScalingTarget: TypeAlias = Annotated[
    float | units.Percentage,
    *_unit(units.parse_scaling_target, rf"^{_PERCENTAGE}$", numbers=True),
]
Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
