"""The table of baselines: one row per measured point."""

import json
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

# random discarding has two ends
IDENTITY = ["dataset", "task", "baseline", "params", "seed", "rate_nats"]

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
    *PROBE_COLUMNS,
    "label_entropy_nats",
    *LABEL_COLUMNS,
    *SELECTION_COLUMNS,
    *(f"strong_{name}" for name in SELECTION_COLUMNS),
]
# of one type each, also where all are null or there is no row
_KEYS = dict.fromkeys(COLUMNS[:4], "str") | {"seed": "int64"}
_NUMBERS = {name: "boolean" if name in CONVERGED else float for name in COLUMNS[5:]}


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
    table = points.reindex(columns=[*_NUMBERS]).astype(_NUMBERS)
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
        return pd.DataFrame(columns=COLUMNS, dtype=object).astype(_KEYS | _NUMBERS), origins
    table = drop_repeated(pd.concat(tables, ignore_index=True), IDENTITY, "points of a baseline")
    _check_one_grid(table)
    return table, origins


def _check_one_grid(table: pd.DataFrame) -> None:
    """Check that each data set and task has one PCA grid, as k is selected on a whole one."""
    pca = table[table["baseline"] == "pca"]
    for (dataset, task), rows in pca.groupby(["dataset", "task"]):
        settings = map(json.loads, rows["params"])
        if len({setting["k"] for setting in settings if setting.get("selected")}) > 1:
            raise StorageError(
                f"Two PCA grids of {dataset}, {task}, are to be joined: leave one of them out."
            )


def setting_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setting of a row of the table of baselines."""
    return json.loads(row["params"])


def data_entropy_of(baselines: pd.DataFrame) -> float | None:
    """Return H(X) in nats of the random-discard line in a table, None without that line.

    Examples
    --------
    >>> row = {"baseline": "random_discard", "params": '{"data_entropy_nats": 79.78}'}
    >>> data_entropy_of(pd.DataFrame([row]))
    79.78
    """
    lines = baselines[baselines["baseline"] == "random_discard"]
    return None if lines.empty else float(setting_of(lines.iloc[0])["data_entropy_nats"])
