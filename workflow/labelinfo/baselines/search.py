"""Searches for settings: the choice among candidates on validation, and reading a choice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.tables import read_table

# the settings that the searches of the convolutional classifier and of the strong probe vary
NETWORK = ("depth", "dropout")
RECIPE = ("learning_rate", "hidden_units", "dropout")


def choose_candidate(
    candidates: pd.DataFrame,
    *,
    configured: Mapping[str, Any],
    paper: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return the candidates of one data set and task, best first, with the choice marked.

    The smallest C on validation is chosen; of equal ones the one with the smaller settings, in the
    order of ``configured``. The smallest of many noisy numbers is biased low, so it is no estimate
    of the C that the chosen candidate reaches on other images.

    Parameters
    ----------
    configured, paper
        The configuration's settings, and the paper's for this task, if any; each is marked.

    Returns
    -------
    DataFrame
        The candidates with ``excess_valid_nats`` (C on validation less that of the chosen), and
        ``chosen``, ``configured`` and ``paper``, true or false.
    """
    order = ["label_distortion_valid_nats", *configured]
    table = candidates.sort_values(order, ignore_index=True)
    nats = table["label_distortion_valid_nats"]
    return table.assign(
        excess_valid_nats=nats - nats.iloc[0],
        chosen=table.index == 0,
        configured=_is(table, configured),
        paper=_is(table, paper),
    )


def _is(table: pd.DataFrame, settings: Mapping[str, Any] | None) -> pd.Series:
    if settings is None:
        return pd.Series(False, index=table.index)
    return table[[*settings]].eq(pd.Series(settings)).all(axis=1)


def chosen_settings(
    table: pd.DataFrame, names: tuple[str, ...], source: Path | str
) -> dict[str, Any]:
    """Return the settings ``names`` of the chosen row of a table of candidates.

    Raises
    ------
    StorageError
        If the table, read from ``source``, names no choice or several.
    """
    rows = table[table["chosen"]] if "chosen" in table else table.iloc[:0]
    if len(rows) != 1:
        raise StorageError(f"The table {source} names no one choice: delete it and run again.")
    return {name: rows[name].iloc[0].item() for name in names}


def chosen_recipe(recipe: dict[str, Any], choices: list[Path | str]) -> dict[str, Any]:
    """Return a recipe with the settings that a search chose, if there was one."""
    for choice in choices:
        recipe = recipe | chosen_settings(read_table(choice), RECIPE, choice)
    return recipe
