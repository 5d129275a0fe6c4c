"""What no key of a configuration may hold, whatever its type."""

import math
import unicodedata
from collections.abc import Iterable
from typing import Any

from labelinfo.config.field_types import LARGEST_INTEGER
from labelinfo.errors import ConfigError

# Far beyond any experiment. A few lines of YAML whose aliases name one another can stand for more
# values than memory holds, or for a value that holds itself.
MOST_VALUES = 20_000
_MOST_LEVELS = 32


def key_name(path: Iterable[Any]) -> str:
    """Return the name of the key at ``path`` as messages have it: `` `sweep.betas.deconv[1]` ``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return f"`{text}`" if text else "(top level)"


def refuse_sprawl(config: Any) -> None:
    """Refuse a configuration of too many values or levels, without walking through all of them.

    Raises
    ------
    ConfigError
        Naming the key at the top under which they are.
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
            # no more than decide: the same list may stand here thousands of times
            pending += ((item, level + 1, top) for item in value[: MOST_VALUES + 1])


def refuse_odd_values(value: Any, path: tuple[Any, ...] = ()) -> None:
    """Refuse what no key may hold: keys that are not text, unprintable text, odd numbers.

    Text may have several lines. Numbers have to be finite, integers exact everywhere.

    Raises
    ------
    ConfigError
        At the first one, naming where it is.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_key(key, path)
            refuse_odd_values(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            refuse_odd_values(item, (*path, index))
    elif isinstance(value, str):
        # except line feeds and tabs: control characters, and halves of what UTF-16 writes as two
        bad = (x for x in value if x not in "\n\t" and unicodedata.category(x) in ("Cc", "Cs"))
        _refuse_letter(None if value.isprintable() else next(bad, None), path, "has")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"Config key {key_name(path)} is {value}: give a finite number.")
    elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ConfigError(
            f"Config key {key_name(path)} is an integer beyond ±2^53: give a smaller number."
        )


def _refuse_key(key: Any, path: tuple[Any, ...]) -> None:
    if not isinstance(key, str):
        # an enormous integer cannot even be printed
        enormous = isinstance(key, int) and abs(key) > LARGEST_INTEGER
        raise ConfigError(
            f"Config key {key_name(path)} holds the key "
            f"{'of an enormous number' if enormous else repr(key)}, which is not text: "
            "put it in quotes."
        )
    _refuse_letter(next((x for x in key if not x.isprintable()), None), path, "holds a key with")


def _refuse_letter(letter: str | None, path: tuple[Any, ...], has: str) -> None:
    if letter is not None:
        raise ConfigError(
            f"Config key {key_name(path)} {has} the character U+{ord(letter):04X}, which cannot be "
            "printed: remove it."
        )
