"""The settings that a search has chosen."""

from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from labelinfo.config.field_types import Settings
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_table

T = TypeVar("T", bound=Settings)

# the settings that the searches of the convolutional classifier and of the strong probe vary
NETWORK = ("depth", "dropout")
RECIPE = ("learning_rate", "hidden_units", "dropout")


def chosen_settings(
    table: pd.DataFrame, names: tuple[str, ...], source: Path | str
) -> dict[str, Any]:
    """Return the settings ``names`` of the chosen row of a table of candidates.

    Raises
    ------
    StorageError
        If the table, read from ``source``, has no choice or several.
    """
    rows = table[table["chosen"]] if "chosen" in table else table.iloc[:0]
    if len(rows) != 1:
        raise StorageError(f"The table {source} names no one choice: delete it and run again.")
    return {name: rows[name].iloc[0].item() for name in names}


def with_choice(settings: T, names: tuple[str, ...], choices: list[Path | str]) -> T:
    """Return settings with those that a search chose; unchanged without a search."""
    for choice in choices:
        chosen = chosen_settings(read_table(choice), names, choice)
        settings = settings.model_copy(update=chosen)
    return settings


def chosen_recipe(recipe: dict[str, Any], choices: list[Path | str]) -> dict[str, Any]:
    """Return a recipe with the settings that a search chose; unchanged without a search."""
    for choice in choices:
        recipe = recipe | chosen_settings(read_table(choice), RECIPE, choice)
    return recipe
