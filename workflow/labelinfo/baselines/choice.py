"""The choice among the candidates of a search, by the validation split only."""

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

    The smallest C on validation is chosen; ties go to the smaller settings, compared in the order
    of ``configured``. The smallest of many noisy numbers is biased low, so it does not estimate
    the chosen candidate's C on other images.

    Parameters
    ----------
    configured, paper
        The configuration's settings, and the paper's for this task, if any. Their rows are marked.

    Returns
    -------
    DataFrame
        The candidates with ``excess_valid_nats`` (C on validation minus that of the choice) and the
        booleans ``chosen``, ``configured`` and ``paper``.
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
