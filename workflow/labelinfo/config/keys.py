"""Full names of all keys of the configuration, for messages and for the page of all keys."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from labelinfo.config.settings import ExperimentSettings

JsonSchema = dict[str, Any]


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


def known_name(path: Iterable[Any]) -> str:
    """Return the full name of the key at a path, or of the nearest known key above it."""
    name = ""
    for part in path:
        options = (f"{name}.{part}".lstrip("."), f"{name}.<name>")
        name = next((option for option in options if _is_known(option)), name)
    return name


def _is_known(name: str) -> bool:
    return name in schema_of_keys() or bool(keys_below(name))


def keys_below(name: str) -> list[str]:
    """Return the last parts of the names of the keys directly below ``name``."""
    split = (key.rpartition(".") for key in schema_of_keys())
    return [last for above, _, last in split if above == name]
