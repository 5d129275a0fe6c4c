"""The types of settings: strict, except for text that spells a value of the right type.

Snakemake passes all values nested in ``--config key={...}`` as text, and YAML reads 1e-4 as text.
So keys for numbers, truth values or null also accept text that spells such a value.
"""

import math
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

T = TypeVar("T")

# larger integers are not exact as JSON numbers
LARGEST_INTEGER = 2**53
_WITHOUT_DEFAULTS = "without defaults"


class Settings(BaseModel):
    """A section of the configuration; the string below a field is its description."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _merge_defaults(cls, given: Any) -> Any:
        """Merge the default of a map with the user's map, key by key."""
        if not isinstance(given, dict):
            return given
        fields = cls.model_fields
        return {
            key: merge(fields[key].default, value) if key in fields else value
            for key, value in given.items()
        }

    @model_validator(mode="after")
    def _drop_defaults(self, info: Any) -> Self:
        if info.context == _WITHOUT_DEFAULTS:
            for key in type(self).model_fields.keys() - self.model_fields_set:
                del self.__dict__[key]
        return self

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Return the settings of a stage, which have no defaults.

        A rule's params have the keys that make its results stale. Reading another key raises
        AttributeError, because its default may differ from the user's value.
        """
        return cls.model_validate(given, context=_WITHOUT_DEFAULTS)

    def as_dict(self) -> dict[str, Any]:
        """Return the given keys, for provenance."""
        return self.model_dump(exclude_unset=True)


def merge(base: Any, over: Any) -> Any:
    """Return ``over``; if both are maps or sections, add the keys that only ``base`` has."""
    if isinstance(base, BaseModel):
        base = base.model_dump(by_alias=True)
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: merge(base.get(key), value) for key, value in over.items()}


def _read_integer(value: Any) -> Any:
    if isinstance(value, str):
        number = _read_number(value)
        if _is_whole(number):
            text = f"YAML reads {value.strip()} as text: write {int(number)}"
            raise ValueError(f"should be a valid integer; {text}")
        return number if isinstance(number, int) else value
    return int(value) if _is_whole(value) else value


def _is_whole(value: Any) -> bool:
    """Return whether a float is an integer, as 100.0 is."""
    return isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_INTEGER


def _read_number(value: Any) -> Any:
    """Return the number that a text spells, or the value."""
    for read in (int, float) if isinstance(value, str) else ():
        try:
            number = read(value)
        except ValueError:
            continue
        return value if read is int and abs(number) > LARGEST_INTEGER else number
    return value


def _read_flag(value: Any) -> Any:
    spelt = {"true": True, "false": False}
    return spelt.get(value.lower(), value) if isinstance(value, str) else value


def _read_null(value: Any) -> Any:
    return None if isinstance(value, str) and value in ("null", "~") else value


def _read_option(value: Any) -> Any:
    """Read an argument of a user's class: convert text as YAML does, and also 1e-4."""
    value = _read_null(_read_flag(_read_number(value)))
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("should be a finite number")
    if not (value is None or isinstance(value, bool | int | float | str)):
        raise ValueError("should be a number, text, a truth value or null")
    return int(value) if _is_whole(value) else value


def _differ(entries: list[T]) -> list[T]:
    if len(set(entries)) < len(entries):
        raise ValueError("should have entries that differ from each other")
    return entries


def _one_line(text: str) -> str:
    """Return a text without line breaks, such as the one that ends a block of YAML."""
    # Snakemake's report has the configuration inside a script
    if "</script" in text.lower():
        raise ValueError("should not contain </script, which would end a script of the report")
    return " ".join(text.split())


# the validators come last in each type, so that the schema of the keys has the bounds
INTEGER = BeforeValidator(_read_integer)
NUMBER = BeforeValidator(_read_number)

Flag = Annotated[bool, BeforeValidator(_read_flag)]
OneLine = Annotated[str, AfterValidator(_one_line)]
Option = Annotated[Any, BeforeValidator(_read_option)]
OrNull = Annotated[T | None, BeforeValidator(_read_null)]
Distinct = Annotated[list[T], AfterValidator(_differ)]
Some = Annotated[list[T], Field(min_length=1), AfterValidator(_differ)]

Count = Annotated[int, Field(ge=1), INTEGER]
Units = Annotated[int, Field(ge=1, le=65_536), INTEGER]
SeedIndex = Annotated[int, Field(ge=0, le=1_000_000), INTEGER]
Positive = Annotated[float, Field(gt=0), NUMBER]
NonNegative = Annotated[float, Field(ge=0), NUMBER]
Beta = Annotated[float, Field(gt=0, le=1_000_000), NUMBER]
Share = Annotated[float, Field(ge=0, le=1), NUMBER]
PositiveShare = Annotated[float, Field(gt=0, le=1), NUMBER]
ShareBelowOne = Annotated[float, Field(ge=0, lt=1), NUMBER]
Fraction = Annotated[float, Field(gt=0, lt=1), NUMBER]

Precision = Literal["auto", "bfloat16", "float32"]
# a key of the user's choice that names folders
Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_]{0,63}$")]
