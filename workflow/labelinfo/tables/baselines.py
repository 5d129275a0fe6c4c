"""The table of baselines: one row per measured point."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.baselines.rate_axes import SELECTION_COLUMNS
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_with_provenance
from labelinfo.tables import label_columns
from labelinfo.tables.stack import drop_repeated, typed

# the settings of points; null if a baseline does not have the setting
SETTING_COLUMNS = [
    "k", "sigma", "selected", "hidden_units", "width", "depth", "dropout", "searched", "best_epoch",
    "precision", "data_entropy_nats", "data_entropy_kind", "data_entropy_source",
]  # fmt: skip
# R is included, because random discarding has two ends
IDENTITY = ["dataset", "task", "baseline", *SETTING_COLUMNS, "seed", "rate_nats"]

COLUMNS = [
    *IDENTITY, "label_distortion_nats", "label_distortion_nats_se", "label_accuracy",
    "label_accuracy_se", "label_distortion_valid_nats", *label_columns.PROBE_COLUMNS,
    "label_entropy_nats", *label_columns.LABEL_COLUMNS, *SELECTION_COLUMNS,
    *(f"strong_{name}" for name in SELECTION_COLUMNS),
]  # fmt: skip
_TYPES = {
    "str": [
        "dataset", "task", "baseline", "precision", "data_entropy_kind", "data_entropy_source",
    ],
    "Int64": ["k", "hidden_units", "depth", "best_epoch"],
    "int64": ["seed"],
    "boolean": ["selected", "searched", *label_columns.CONVERGED],
}  # fmt: skip


def baseline_rows(
    dataset: str, task: str, baseline: str, points: pd.DataFrame, seed: int = 0
) -> pd.DataFrame:
    """Bring the points of one baseline into the common columns.

    Settings and quantities that a baseline lacks are null or empty text. An unbounded rate is null.
    :func:`aggregate_baselines` adds H(Y) and the columns that depend on it.
    """
    named = points.assign(dataset=dataset, task=task, baseline=baseline, seed=seed)
    return typed(named.reindex(columns=COLUMNS), **_TYPES).reset_index(drop=True)


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
        tables.append(
            label_columns.with_label_columns(table.assign(label_entropy_nats=entropies))[COLUMNS]
        )
        origins.append(origin)
    if not tables:
        return typed(pd.DataFrame(columns=COLUMNS, dtype=object), **_TYPES), origins
    table = drop_repeated(pd.concat(tables, ignore_index=True), IDENTITY, "points of a baseline")
    # k was selected on a whole grid
    selected = table[(table["baseline"] == "pca") & table["selected"].fillna(value=False)]
    for (dataset, task), dimensions in selected.groupby(["dataset", "task"])["k"]:
        if dimensions.nunique() > 1:
            raise StorageError(
                f"Two PCA grids of {dataset}, {task}, are to be joined: leave one of them out."
            )
    return table, origins


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
