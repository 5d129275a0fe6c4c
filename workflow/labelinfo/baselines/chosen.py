"""The settings that a search has chosen."""

from pathlib import Path
from typing import TypeVar

from labelinfo.config.field_types import Settings
from labelinfo.config.probe_settings import TaskProbeSettings
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_table

T = TypeVar("T", bound=Settings)
Probes = TypeVar("Probes", bound=TaskProbeSettings)

# the settings that the searches of the convolutional classifier and of the strong probe vary
NETWORK = ("depth", "dropout")
RECIPE = ("learning_rate", "hidden_units", "dropout")


def with_choice(settings: T, names: tuple[str, ...], choices: list[Path | str]) -> T:
    """Return settings with the values ``names`` of the chosen row of a table of candidates.

    ``choices`` has the file of the table; it is empty without a search.

    Raises
    ------
    StorageError
        If the table has no choice or several.
    """
    for choice in choices:
        table = read_table(choice)
        rows = table[table["chosen"]] if "chosen" in table else table.iloc[:0]
        if len(rows) != 1:
            raise StorageError(f"The table {choice} names no one choice: delete it and run again.")
        chosen = {name: rows[name].iloc[0].item() for name in names}
        settings = settings.model_copy(update=chosen)
    return settings


def with_recipe(settings: Probes, choices: list[Path | str]) -> Probes:
    """Return the settings of both probes, with the recipe that a search chose."""
    recipe = with_choice(settings.strong_probe, RECIPE, choices)
    return settings.model_copy(update={"strong_probe": recipe})
