"""Check a configuration against the schema and fill in its defaults."""

import copy
import difflib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from labelinfo.config.values import (
    key_name,
    refuse_keys_and_text,
    refuse_numbers,
    refuse_sprawl,
)
from labelinfo.errors import ConfigError

Config = dict[str, Any]


def _matches(
    _validator: Any, pattern: str, value: Any, _schema: Config
) -> Iterator[ValidationError]:
    # "$" of Python's also stands before a line feed at the end, JSON schema's does not
    ends = re.sub(r"\$$", r"\\Z", pattern)
    if isinstance(value, str) and not re.search(ends, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _differ(
    _validator: Any, wanted: bool, value: Any, _schema: Config
) -> Iterator[ValidationError]:
    # the library's own compares every two entries of a list of several types
    if wanted and isinstance(value, list) and len(set(map(_same, value))) < len(value):
        yield ValidationError("entries are equal")


def _same(entry: Any) -> Any:
    """Return what two entries of a list have in common if they are equal as JSON is: 1 and 1.0."""
    scalar = entry is None or isinstance(entry, str | int | float)
    return (isinstance(entry, bool), entry) if scalar else repr(entry)


_Validator = extend(Draft202012Validator, {"pattern": _matches, "uniqueItems": _differ})


def load_schema(path: Path | str) -> Config:
    """Read the JSON schema, kept as YAML."""
    with Path(path).open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def complete(config: Config, schema: Config) -> Config:
    """Return ``config`` with every default of ``schema`` filled in, after checking it.

    Parameters
    ----------
    config
        What the user wrote, overlays merged. It is not changed.
    schema
        The JSON schema. The default of a map is merged with the user's map, key by key; every
        other default is taken whole where the user says nothing. Two ways of writing the same
        configuration (keys in another order, a default spelt out, 1 for 1.0) come out as one, so
        that neither makes the other's results stale.

    Raises
    ------
    ConfigError
        At the first thing wrong, naming the key, what is allowed, and for an unknown key the
        nearest right one.
    """
    refuse_sprawl(config)
    refuse_keys_and_text(config)
    completed = _fill(config, schema)
    refuse_numbers(completed)
    errors = sorted(_Validator(schema).iter_errors(completed), key=_rank)
    if errors:
        raise ConfigError(_sentence(errors[0]))
    return completed


def _fill(value: Any, schema: Config) -> Any:
    if isinstance(value, str):
        value = _read_text(value, schema)
    if isinstance(value, list):
        return [_fill(item, schema.get("items", {})) for item in value]
    if isinstance(value, float) and value.is_integer() and "integer" in _types(schema):
        # JSON Schema takes 100.0 for an integer; Python's range does not
        return int(value)
    if type(value) is int and "number" in _types(schema) and "integer" not in _types(schema):
        return float(value) if abs(value) < 2**53 else value
    if not isinstance(value, dict):
        return copy.deepcopy(value)
    if isinstance(schema.get("default"), dict):
        value = _merge(schema["default"], value)
    filled = {}
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties")
    for key, item in value.items():
        below = properties.get(key, others if isinstance(others, dict) else {})
        filled[key] = _fill(item, below)
    for key, below in properties.items():
        if key not in filled and "default" in below:
            filled[key] = _fill(below["default"], below)
    # keys that are not text are refused later
    return dict(sorted(filled.items(), key=lambda item: str(item[0])))


def _read_text(text: str, schema: Config) -> Any:
    """Turn text into the number, truth value or null that the schema wants there, if it is one.

    Snakemake hands all that is nested in ``--config key={...}`` over as text, and YAML reads 1e-4
    as text. Where text is allowed, it stays text.
    """
    wanted = _types(schema)
    if {"string", "number", "integer", "boolean"} <= wanted:
        # anything at all: what YAML would make of it, and then 1e-4, which YAML reads as text
        wanted = wanted - {"string"}
    if "string" in wanted or not wanted:
        # null is spelt as in YAML where both are allowed
        return None if "null" in wanted and text in ("null", "~") else text
    if "null" in wanted and text in ("null", "~"):
        return None
    if "boolean" in wanted and text.lower() in ("true", "false"):
        return text.lower() == "true"
    for read in (int, float) if "number" in wanted else (int,) if "integer" in wanted else ():
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _types(schema: Config) -> set[str]:
    wanted = schema.get("type", [])
    return {wanted} if isinstance(wanted, str) else set(wanted)


def _merge(base: Config, over: Config) -> Config:
    merged = copy.deepcopy(base)
    for key, item in over.items():
        both = isinstance(item, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], item) if both else copy.deepcopy(item)
    return merged


def _rank(error: ValidationError) -> tuple[bool, int, str]:
    # A misspelt key first: it often is the cause of the rest, such as a required key missing.
    return (error.validator != "additionalProperties", len(error.path), str(list(error.path)))


def _sentence(error: ValidationError) -> str:
    where = list(error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = next(key for key in error.instance if key not in known)
        near = _nearest(unknown, known)
        hint = f"did you mean {key_name([*where, near])}?" if near else f"known are: {known}."
        return f"Config key {key_name([*where, unknown])} is unknown; {hint}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"Config key {key_name([*where, missing])} is missing."
    if "propertyNames" in error.absolute_schema_path:
        return (
            f"Config key {key_name([*where, error.instance])} is badly named; {_expected(error)}."
        )
    description = " ".join(str(error.schema.get("description", "")).split())
    meaning = f" Meaning: {description}" if description else ""
    value = repr(error.instance)
    if len(value) > 80:
        value = value[:77] + "..."
    sentence = f"Config key {key_name(where)} is {value}; {_expected(error)}."
    number = _integer_meant(error)
    if number is not None:
        sentence += f" YAML reads {error.instance.strip()} as text: write {number!r}."
    return sentence + meaning


def _nearest(word: str, known: list[str]) -> str | None:
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    # letters that changed places come first: of short words, others may look as near
    return min(near, key=lambda other: sorted(other) != sorted(word), default=None)


def _integer_meant(error: ValidationError) -> int | None:
    if error.validator != "type" or "integer" not in error.validator_value:
        return None
    try:
        number = float(error.instance) if isinstance(error.instance, str) else math.nan
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _expected(error: ValidationError) -> str:
    wanted = error.validator_value
    match error.validator:
        case "type":
            types = [wanted] if isinstance(wanted, str) else wanted
            return f"it has to be of type {' or '.join(types)}"
        case "enum":
            return f"it has to be one of {wanted}"
        case "minimum":
            return f"it has to be at least {wanted}"
        case "maximum":
            return f"it has to be at most {wanted}"
        case "exclusiveMinimum":
            return f"it has to be greater than {wanted}"
        case "exclusiveMaximum":
            return f"it has to be less than {wanted}"
        case "minItems" | "minLength":
            return "it must not be empty"
        case "uniqueItems":
            return "its entries have to differ from each other"
        case "maxLength":
            return f"it must not be longer than {wanted} characters"
        case "pattern":
            return f"it has to match {wanted}"
        case "not":
            return "that name is reserved"
        case _:
            return error.message
