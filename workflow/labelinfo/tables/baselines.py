"""The table of baselines: one row per measured point."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.baselines.rate_axes import SELECTION_COLUMNS
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_with_provenance
from labelinfo.tables.label_columns import (
    CONVERGED,
    LABEL_COLUMNS,
    PROBE_COLUMNS,
    with_label_columns,
)
from labelinfo.tables.stack import drop_repeated

# the settings of points and their types; null if a baseline does not have the setting
SETTING_COLUMNS = {
    "k": "Int64",
    "sigma": float,
    "selected": "boolean",
    "hidden_units": "Int64",
    "width": float,
    "depth": "Int64",
    "dropout": float,
    "searched": "boolean",
    "best_epoch": "Int64",
    "precision": "str",
    "data_entropy_nats": float,
    "data_entropy_kind": "str",
    "data_entropy_source": "str",
}
# R is included, because random discarding has two ends
IDENTITY = ["dataset", "task", "baseline", *SETTING_COLUMNS, "seed", "rate_nats"]

COLUMNS = [
    "dataset",
    "task",
    "baseline",
    *SETTING_COLUMNS,
    "seed",
    "rate_nats",
    "label_distortion_nats",
    "label_distortion_nats_se",
    "label_accuracy",
    "label_accuracy_se",
    "label_distortion_valid_nats",
    *PROBE_COLUMNS,
    "label_entropy_nats",
    *LABEL_COLUMNS,
    *SELECTION_COLUMNS,
    *(f"strong_{name}" for name in SELECTION_COLUMNS),
]
# one type each, even if all values are null or there is no row
_TYPES = (
    dict.fromkeys(COLUMNS, float)
    | dict.fromkeys(COLUMNS[:3], "str")
    | SETTING_COLUMNS
    | {"seed": "int64"}
    | dict.fromkeys(CONVERGED, "boolean")
)


def baseline_rows(
    dataset: str,
    task: str,
    baseline: str,
    points: pd.DataFrame,
    seed: int = 0,
) -> pd.DataFrame:
    """Bring the points of one baseline into the common columns.

    Settings and quantities that a baseline lacks are null or empty text. An unbounded rate is null.
    :func:`aggregate_baselines` adds H(Y) and the columns that depend on it.
    """
    named = points.assign(dataset=dataset, task=task, baseline=baseline, seed=seed)
    return _typed(named.reindex(columns=COLUMNS)).reset_index(drop=True)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name, kind in _TYPES.items() if kind == "str"]
    table[texts] = table[texts].astype(object).fillna("")
    return table.astype(_TYPES)


def aggregate_baselines(
    files: Iterable[Path | str],
    label_entropies: Mapping[tuple[str, str], float],
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Stack the baselines' tables; return them with the origins of the files.

    ``label_entropies`` has H(Y) of the test split in nats by (data set, task).
    """
    tables, origins = [], []
    for file in files:
        table, origin = read_with_provenance(file)
        pairs = zip(table["dataset"], table["task"], strict=True)
        entropies = [label_entropies.get(pair, math.nan) for pair in pairs]
        tables.append(with_label_columns(table.assign(label_entropy_nats=entropies))[COLUMNS])
        origins.append(origin)
    if not tables:
        return _typed(pd.DataFrame(columns=COLUMNS, dtype=object)), origins
    table = drop_repeated(pd.concat(tables, ignore_index=True), IDENTITY, "points of a baseline")
    _check_one_grid(table)
    return table, origins


def _check_one_grid(table: pd.DataFrame) -> None:
    """Check that each data set and task has one PCA grid: k was selected on a whole grid."""
    pca = table[table["baseline"] == "pca"]
    for (dataset, task), rows in pca.groupby(["dataset", "task"]):
        if rows.loc[rows["selected"].fillna(value=False), "k"].nunique() > 1:
            raise StorageError(
                f"Two PCA grids of {dataset}, {task}, are to be joined: leave one of them out."
            )


def data_entropy_of(baselines: pd.DataFrame) -> float | None:
    """Return H(X) in nats of the random-discard line in a table, or None without that line.

    Examples
    --------
    >>> row = {"baseline": "random_discard", "data_entropy_nats": 79.78}
    >>> data_entropy_of(pd.DataFrame([row]))
    79.78
    """
    lines = baselines[baselines["baseline"] == "random_discard"]
    return None if lines.empty else float(lines["data_entropy_nats"].iloc[0])
