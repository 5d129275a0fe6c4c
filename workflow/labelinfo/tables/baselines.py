"""The table of baselines: one row per measured point."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.io.tables import read_with_provenance
from labelinfo.tables.label_columns import LABEL_COLUMNS, with_label_columns

COLUMNS = [
    "dataset",
    "task",
    "baseline",
    "params",
    "seed",
    "rate_nats",
    "label_distortion_nats",
    "label_distortion_nats_se",
    "label_accuracy",
    # beyond what the figures need
    "label_accuracy_se",
    "label_distortion_valid_nats",
    "label_entropy_nats",
    *LABEL_COLUMNS,
    "selection_area_nats2",
    "selection_excess_nats2",
    "selection_excess_nats2_se",
]


def baseline_rows(
    dataset: str,
    task: str,
    baseline: str,
    points: pd.DataFrame,
    *,
    params: list[str],
    seed: int = 0,
) -> pd.DataFrame:
    """Bring the points of one baseline into the common columns.

    The columns ``params`` of ``points`` become JSON text; quantities that a baseline does not have
    are NaN. An unbounded rate is NaN too. H(Y) and what rests on it come with
    :func:`aggregate_baselines`.
    """
    table = points.reindex(columns=COLUMNS[5:]).astype(float)
    table.insert(0, "seed", seed)
    texts = [json.dumps(row, sort_keys=True) for row in points[params].to_dict("records")]
    table.insert(0, "params", texts)
    table.insert(0, "baseline", baseline)
    table.insert(0, "task", task)
    table.insert(0, "dataset", dataset)
    return table[COLUMNS].reset_index(drop=True)


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
        return pd.DataFrame({column: pd.Series(dtype=object) for column in COLUMNS}), origins
    return pd.concat(tables, ignore_index=True), origins


def setting_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setting of a row of the table of baselines."""
    return json.loads(row["params"])
