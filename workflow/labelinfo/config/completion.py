"""Check a configuration, fill in its defaults, and name its keys."""

import difflib
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError

from labelinfo.config.field_types import LARGEST_INTEGER
from labelinfo.config.settings import ExperimentSettings
from labelinfo.errors import ConfigError

Config = dict[str, Any]
JsonSchema = dict[str, Any]
# Far beyond any experiment. With nested aliases, a few lines of YAML can expand to more values than
# fit in memory, or to a value that contains itself.
MOST_VALUES = 20_000
_MOST_LEVELS = 32
# parts of pydantic's messages to drop: its subject, and its count of the entries found
_LIBRARY_WORDS = re.compile("^(Input|String|List|Value error,) | after validation, not .*")
# pydantic's mark of an error in a key of a map
_OF_KEY = "[key]"


def complete(config: Config) -> Config:
    """Return ``config``, with overlays merged, with every default filled in, after checking it.

    The default of a map is merged with the user's map, key by key; any other default is used whole.
    Equivalent configurations (keys in another order, a default spelt out, 1 for 1.0) give the same
    result, so neither makes the other's results stale. Raises ConfigError at the first fault. The
    message names the key, the allowed values and, for an unknown key, the most similar known one.
    """
    check_values(config)
    try:
        settings = ExperimentSettings.model_validate(config)
    except ValidationError as error:
        first = min(error.errors(include_url=False), key=_rank)
        raise ConfigError(_sentence(first)) from None
    return _in_order(settings.model_dump(by_alias=True))


def check_values(config: Any) -> None:
    """Refuse values that are invalid for every key, and too many values or levels.

    Invalid are keys that are not text, unprintable text, and numbers that are not finite or exact.
    Raises ConfigError, whose message names the key.
    """
    pending: list[tuple[Any, tuple[Any, ...]]] = [(config, ())]
    count = 0
    while pending:
        value, path = pending.pop()
        count += 1
        if count > MOST_VALUES or len(path) > _MOST_LEVELS:
            raise ConfigError(
                f"Config key {_key_name(path[:1])} holds more than {MOST_VALUES} values or "
                f"{_MOST_LEVELS} levels: write less there, and no alias that repeats itself."
            )
        if fault := _fault(value):
            raise ConfigError(f"Config key {_key_name(path)} {fault}.")
        if isinstance(value, dict):
            pending += ((item, (*path, key)) for key, item in value.items())
        elif isinstance(value, list | tuple):
            # aliases can repeat the same list thousands of times
            pending += ((x, (*path, place)) for place, x in enumerate(value[: MOST_VALUES + 1]))


def _fault(value: Any) -> str:
    """Return the fault of a single value or of a map's keys, or nothing."""
    unprintable = "the character U+{:04X}, which cannot be printed: remove it"
    for key in value if isinstance(value, dict) else ():
        if not isinstance(key, str):
            shown = "of an enormous number" if _is_enormous(key) else repr(key)
            return f"holds the key {shown}, which is not text: put it in quotes"
        if odd := [letter for letter in key if not letter.isprintable()]:
            return f"holds a key with {unprintable.format(ord(odd[0]))}"
    if isinstance(value, str):
        # control characters except line feeds and tabs, and UTF-16 surrogates
        odd = [x for x in value if x not in "\n\t" and unicodedata.category(x) in ("Cc", "Cs")]
        return f"has {unprintable.format(ord(odd[0]))}" if odd else ""
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value}: give a finite number"
    return "is an integer beyond ±2^53: give a smaller number" if _is_enormous(value) else ""


def _is_enormous(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > LARGEST_INTEGER


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return value


def _rank(error: dict[str, Any]) -> tuple[bool, int, str]:
    # Misspelt keys first: they often cause the other errors, such as a missing required key.
    return (error["type"] != "extra_forbidden", len(error["loc"]), str(error["loc"]))


def _sentence(error: dict[str, Any]) -> str:
    where = [part for part in error["loc"] if part != _OF_KEY]
    name, kind = _key_name(where), error["type"]
    if kind == "extra_forbidden":
        *above, unknown = where
        known = _keys_below(_known_name(above))
        near = difflib.get_close_matches(unknown, known, n=3, cutoff=0.5)
        # prefer transposed letters: for short words, other keys may be equally similar
        best = min(near, key=lambda other: sorted(other) != sorted(unknown), default=None)
        hint = f"did you mean {_key_name([*above, best])}?" if best else f"known are: {known}."
        return f"Config key {name} is unknown; {hint}"
    if kind == "missing":
        return f"Config key {name} is missing."
    expected = _LIBRARY_WORDS.sub("", error["msg"])
    if kind in ("dict_type", "model_type"):
        expected = "should be a map of keys"
    if error["loc"][-1:] == (_OF_KEY,):
        return f"Config key {name} is badly named; it {expected}."
    value = repr(error["input"])
    if len(value) > 80:
        value = value[:77] + "..."
    description = schema_of_keys().get(_known_name(where), {}).get("description", "")
    meaning = f" Meaning: {description}" if description else ""
    return f"Config key {name} is {value}; it {expected}.{meaning}"


def _key_name(path: Iterable[Any]) -> str:
    """Return the name of the key at ``path`` for messages: `` `sweep.betas.deconv[1]` ``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return f"`{text}`" if text else "(top level)"


@cache
def schema_of_keys() -> dict[str, JsonSchema]:
    """Return the JSON schema of every key by its full name, section by section.

    ``<name>`` stands for a key of the user's choice, as in ``datasets.<name>.title``.
    """
    schema = ExperimentSettings.model_json_schema()
    return dict(_walk(schema, "", schema["$defs"]))


def _walk(
    schema: JsonSchema, above: str, classes: dict[str, JsonSchema]
) -> Iterator[tuple[str, JsonSchema]]:
    for key, below in schema.get("properties", {}).items():
        found = _resolved(below, classes)
        # the defaults of a section override those of its class
        if isinstance(schema.get("default"), dict) and key in schema["default"]:
            found["default"] = schema["default"][key]
        found["description"] = " ".join(found.get("description", "").split())
        yield f"{above}{key}", found
        yield from _walk(found, f"{above}{key}.", classes)
        others = [found.get("additionalProperties"), *found.get("patternProperties", {}).values()]
        for other in others:
            if isinstance(other, dict):
                yield from _walk(_resolved(other, classes), f"{above}{key}.<name>.", classes)


def _resolved(schema: JsonSchema, classes: dict[str, JsonSchema]) -> JsonSchema:
    return {**classes.get(schema.get("$ref", "").rpartition("/")[2], {}), **schema}


def _known_name(path: Iterable[Any]) -> str:
    """Return the full name of the key at a path, or of the nearest known key above it."""
    name = ""
    for part in path:
        for option in (f"{name}.{part}".lstrip("."), f"{name}.<name>"):
            if option in schema_of_keys() or _keys_below(option):
                name = option
                break
    return name


def _keys_below(name: str) -> list[str]:
    """Return the last parts of the names of the keys directly below ``name``."""
    split = (key.rpartition(".") for key in schema_of_keys())
    return [last for above, _, last in split if above == name]
