"""Check a configuration and fill in its defaults."""

import difflib
import re
from typing import Any

from pydantic import ValidationError

from labelinfo.config.keys import keys_below, known_name, schema_of_keys
from labelinfo.config.settings import ExperimentSettings
from labelinfo.config.values import key_name, refuse_odd_values, refuse_sprawl
from labelinfo.errors import ConfigError

Config = dict[str, Any]
# parts of pydantic's messages to drop: its subject, and its count of the entries found
_LIBRARY_WORDS = re.compile("^(Input|String|List|Value error,) | after validation, not .*")
# pydantic's mark of an error in a key of a map
_OF_KEY = "[key]"


def complete(config: Config) -> Config:
    """Return ``config`` with every default filled in, after checking it.

    ``config`` is the user's configuration with overlays merged; it is not changed. The default of a
    map is merged with the user's map, key by key; any other default is used whole. Equivalent
    configurations (keys in another order, a default spelt out, 1 for 1.0) give the same result, so
    neither makes the other's results stale.

    Raises
    ------
    ConfigError
        At the first fault. The message names the key, the allowed values and, for an unknown key,
        the most similar known one.
    """
    refuse_sprawl(config)
    refuse_odd_values(config)
    try:
        settings = ExperimentSettings.model_validate(config)
    except ValidationError as error:
        first = min(error.errors(include_url=False), key=_rank)
        raise ConfigError(_sentence(first)) from None
    return _in_order(settings.model_dump(by_alias=True))


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return value


def _rank(error: dict[str, Any]) -> tuple[bool, int, str]:
    # Misspelt keys first: they often cause the other errors, such as a missing required key.
    return (error["type"] != "extra_forbidden", len(error["loc"]), str(error["loc"]))


def _sentence(error: dict[str, Any]) -> str:
    where = [part for part in error["loc"] if part != _OF_KEY]
    kind = error["type"]
    if kind == "extra_forbidden":
        *above, unknown = where
        known = keys_below(known_name(above))
        near = _nearest(unknown, known)
        hint = f"did you mean {key_name([*above, near])}?" if near else f"known are: {known}."
        return f"Config key {key_name(where)} is unknown; {hint}"
    if kind == "missing":
        return f"Config key {key_name(where)} is missing."
    expected = _LIBRARY_WORDS.sub("", error["msg"])
    if kind in ("dict_type", "model_type"):
        expected = "should be a map of keys"
    if error["loc"][-1:] == (_OF_KEY,):
        return f"Config key {key_name(where)} is badly named; it {expected}."
    value = repr(error["input"])
    if len(value) > 80:
        value = value[:77] + "..."
    description = schema_of_keys().get(known_name(where), {}).get("description", "")
    meaning = f" Meaning: {description}" if description else ""
    return f"Config key {key_name(where)} is {value}; it {expected}.{meaning}"


def _nearest(word: str, known: list[str]) -> str | None:
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    # prefer transposed letters: for short words, other keys may be equally similar
    return min(near, key=lambda other: sorted(other) != sorted(word), default=None)
