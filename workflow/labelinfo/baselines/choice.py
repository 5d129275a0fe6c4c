"""The choice among the candidates of a search, on the validation split alone."""

from collections.abc import Mapping
from typing import Any

import pandas as pd


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
