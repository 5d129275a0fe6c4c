"""Checks of values that are invalid for every key of a configuration."""

import math
import unicodedata
from collections.abc import Iterable
from typing import Any

from labelinfo.config.field_types import LARGEST_INTEGER
from labelinfo.errors import ConfigError

# Far beyond any experiment. With nested aliases, a few lines of YAML can expand to more values than
# fit in memory, or to a value that contains itself.
MOST_VALUES = 20_000
_MOST_LEVELS = 32


def key_name(path: Iterable[Any]) -> str:
    """Return the name of the key at ``path`` for messages: `` `sweep.betas.deconv[1]` ``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return f"`{text}`" if text else "(top level)"


def refuse_sprawl(config: Any) -> None:
    """Refuse a configuration of too many values or levels, without visiting all of them.

    Raises
    ------
    ConfigError
        The message names the top-level key.
    """
    count = 0
    pending = [(config, 0, ())]
    while pending:
        value, level, top = pending.pop()
        count += 1
        if count > MOST_VALUES or level > _MOST_LEVELS:
            raise ConfigError(
                f"Config key {key_name(top)} holds more than {MOST_VALUES} values or "
                f"{_MOST_LEVELS} levels: write less there, and no alias that repeats itself."
            )
        if isinstance(value, dict):
            for key, item in value.items():
                shown = (key,) if isinstance(key, str) and key.isprintable() else ()
                pending.append((item, level + 1, top or shown))
        elif isinstance(value, list | tuple):
            # aliases can repeat the same list thousands of times
            pending += ((item, level + 1, top) for item in value[: MOST_VALUES + 1])


def refuse_odd_values(value: Any, path: tuple[Any, ...] = ()) -> None:
    """Refuse keys that are not text, unprintable text, and numbers that are not finite or exact.

    Text may have several lines.

    Raises
    ------
    ConfigError
        At the first one; the message names its key.
    """
    fault = ""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                shown = "of an enormous number" if _is_enormous(key) else repr(key)
                fault = f"holds the key {shown}, which is not text: put it in quotes"
            elif bad := [letter for letter in key if not letter.isprintable()]:
                fault = f"holds a key with {_unprintable(bad[0])}"
            if fault:
                break
            refuse_odd_values(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            refuse_odd_values(item, (*path, index))
    elif isinstance(value, str):
        # control characters except line feeds and tabs, and UTF-16 surrogates
        odd = [x for x in value if x not in "\n\t" and unicodedata.category(x) in ("Cc", "Cs")]
        fault = f"has {_unprintable(odd[0])}" if odd else ""
    elif isinstance(value, float) and not math.isfinite(value):
        fault = f"is {value}: give a finite number"
    elif _is_enormous(value):
        fault = "is an integer beyond ±2^53: give a smaller number"
    if fault:
        raise ConfigError(f"Config key {key_name(path)} {fault}.")


def _is_enormous(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > LARGEST_INTEGER


def _unprintable(letter: str) -> str:
    return f"the character U+{ord(letter):04X}, which cannot be printed: remove it"
