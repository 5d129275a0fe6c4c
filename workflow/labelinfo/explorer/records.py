"""Runs as plain records for the explorer, with their pictures and learning curves."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.io.tables import read_table
from labelinfo.tables.results import Panel, TaskResults

RUN = ("dataset", "encoder", "decoder", "marginal", "beta", "seed")
# The columns of a record from the table of runs; the page's download uses these names.
COLUMNS = (
    "encoder", "decoder", "marginal", "beta", "seed", "rate_nats", "rate_nats_se",
    "distortion_nats", "distortion_nats_se", "label_distortion_nats",
    "label_distortion_nats_se", "label_accuracy", "strong_label_distortion_nats",
    "strong_label_distortion_nats_se", "strong_label_accuracy", "violations",
)  # fmt: skip
FIELDS = ("panel", *COLUMNS, "picture", "curve")
# columns of a learning curve, and the maximum number of its points
_CURVE = ("valid_rate_nats", "valid_distortion_nats")
_CURVE_POINTS = 40

Record = dict[str, Any]
Files = Mapping[tuple[Any, ...], Path | str]


def panel_id(panel: Panel) -> str:
    """Return the name of a panel in addresses: ``dataset/task``, independent of its title."""
    return f"{panel.dataset}/{panel.task}"


def run_records(results: Sequence[TaskResults], pictures: Files, curves: Files) -> list[Record]:
    """Return one record of :data:`FIELDS` per finished run and panel.

    ``picture`` and ``curve`` are the positions of the run's files in ``pictures`` and ``curves``,
    or None. Numbers are rounded to six significant digits.
    """
    places = [{key: place for place, key in enumerate(files)} for files in (pictures, curves)]
    records = []
    for data in results:
        for row in data.runs.to_dict("records"):
            key = tuple(row[name] for name in RUN)
            records.append(
                {name: plain(row.get(name)) for name in COLUMNS}
                | {
                    "panel": panel_id(data.panel),
                    "violations": row["violations"] or "",
                    "picture": places[0].get(key),
                    "curve": places[1].get(key),
                }
            )
    return records


def picture_uri(path: Path | str) -> str:
    """Return a PNG file as a data URI."""
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()


def curve_record(path: Path | str) -> dict[str, list[Any]]:
    """Return a validation learning curve at up to 40 epochs, including the first and the last."""
    table = read_table(path)
    kept = np.unique(np.linspace(0, len(table) - 1, min(len(table), _CURVE_POINTS)).round())
    table = table.iloc[kept.astype(int)]
    return {name: [plain(value) for value in table[name]] for name in ("epoch", *_CURVE)}


def plain(value: Any) -> Any:
    """Return a JSON value: numbers have six significant digits, and NaN becomes None."""
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    if value is pd.NA:
        return None
    return value.item() if isinstance(value, np.generic) else value
