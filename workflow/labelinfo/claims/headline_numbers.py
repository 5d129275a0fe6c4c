"""How far images can be compressed while their label stays, and how much codes prefer it."""

from collections.abc import Iterable, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.claims.curves import lower_hull, preference
from labelinfo.tables.panels import Panel, PanelData, select_panel

ALL = "all"
CEILING = "complex_image"
RUN = ["encoder", "decoder", "marginal", "beta", "seed"]
COLUMNS = [
    "dataset",
    "task",
    "scope",
    "runs",
    "label_entropy_nats",
    "data_entropy_nats",
    "ceiling_nats",
    "tolerance_nats",
    *RUN,
    "rate_nats",
    "rate_nats_se",
    "compression_factor",
    "compression_factor_low",
    "compression_factor_high",
    "label_distortion_nats",
    "difference_nats",
    "difference_low_nats",
    "difference_high_nats",
    "preference_score",
    "preference_score_se",
    "preference_score_low",
    "preference_score_high",
    "hull_runs",
    "confidence",
]

Losses = Mapping[tuple[Any, ...], np.ndarray]


def headline_numbers(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    differences: pd.DataFrame,
    losses: Losses,
    pairs: Iterable[tuple[str, str]],
    *,
    tolerance_nats: float,
    confidence: float,
) -> pd.DataFrame:
    """Return the headline numbers of each data set and task, over all runs and by decoder.

    - The run of the smallest rate whose C is within ``tolerance_nats`` of that of the convolutional
      classifier (mean over its seeds), its compression factor H(X) / R, and how far its C lies from
      the classifier's. It is picked by R and C of the validation split; all numbers are of the test
      split. Empty where there is none.
    - The preference score (:func:`labelinfo.claims.curves.preference`). The runs on the hull are
      picked by R and C of the validation split.

    Intervals hold with ``confidence`` over test images, for the models as they are trained; those
    of factors and scores take the estimates to be normal, and H(X) and H(Y) as known exactly. That
    of a score holds as often **or more**, as its error is what it is at most.

    Parameters
    ----------
    runs, baselines, differences
        The tables. Runs that did not finish or break an inequality do not count.
    losses
        The losses (N,) of the test images in nats, by data set, task and the columns :data:`RUN`.
    pairs
        (data set, task).
    tolerance_nats, confidence
        See above.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`; ``scope`` is ``all`` or a decoder.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rows = []
    for dataset, task in pairs:
        data = select_panel(runs, baselines, Panel(dataset, task, ""))
        ours = data.runs[(data.runs["violations"].fillna("") == "").to_numpy(dtype=bool)]
        ceiling = baselines[
            (baselines["dataset"] == dataset)
            & (baselines["task"] == task)
            & (baselines["baseline"] == CEILING)
        ]
        for scope in (ALL, *sorted(set(ours["decoder"]))):
            chosen = ours if scope == ALL else ours[ours["decoder"] == scope]
            row: dict[str, Any] = {
                "dataset": dataset,
                "task": task,
                "scope": scope,
                "runs": len(chosen),
                "label_entropy_nats": data.label_entropy_nats,
                "data_entropy_nats": data.data_entropy_nats,
                "ceiling_nats": ceiling["label_distortion_nats"].mean(),
                "tolerance_nats": tolerance_nats,
                "confidence": confidence,
            }
            row |= _smallest_rate(chosen, data, ceiling, differences, tolerance_nats, z)
            rows.append(row | _preference(chosen, data, losses, z))
    table = pd.DataFrame(rows, columns=COLUMNS)
    texts = {"dataset", "task", "scope", "encoder", "decoder", "marginal"}
    counts = {"runs", "seed", "hull_runs"}
    types = {name: "Int64" if name in counts else "float64" for name in COLUMNS}
    types |= dict.fromkeys(texts, "str")
    table[sorted(texts)] = table[sorted(texts)].astype(object).fillna("")
    return table.astype(types)


def _smallest_rate(
    runs: pd.DataFrame,
    data: PanelData,
    ceiling: pd.DataFrame,
    differences: pd.DataFrame,
    tolerance_nats: float,
    z: float,
) -> dict[str, Any]:
    highest = ceiling["label_distortion_valid_nats"].mean() + tolerance_nats
    near = runs[runs["label_distortion_valid_nats"] <= highest]
    if near.empty:
        return {}
    first = near.loc[near["rate_valid_nats"].idxmin()]
    found = differences[
        (differences["dataset"] == data.panel.dataset)
        & (differences["task"] == data.panel.task)
        & (differences["baseline"] == CEILING)
        & (differences[RUN] == first[RUN]).all(axis=1)
    ]
    names = ("rate_nats", "rate_nats_se", "label_distortion_nats")
    row = {name: first[name] for name in (*RUN, *names)}
    if len(found):
        ends = ("difference_nats", "difference_low_nats", "difference_high_nats")
        row |= {name: found.iloc[0][name] for name in ends}
    if data.data_entropy_nats is not None and first["rate_nats"] > 0:
        rate, error = first["rate_nats"], z * first["rate_nats_se"]
        row["compression_factor"] = data.data_entropy_nats / rate
        row["compression_factor_low"] = data.data_entropy_nats / (rate + error)
        row["compression_factor_high"] = (
            data.data_entropy_nats / (rate - error) if rate > error else np.inf
        )
    return row


def _preference(runs: pd.DataFrame, data: PanelData, losses: Losses, z: float) -> dict[str, Any]:
    if data.data_entropy_nats is None or data.label_entropy_nats is None or runs.empty:
        return {}
    entropies = {
        "label_entropy": data.label_entropy_nats,
        "data_entropy": data.data_entropy_nats,
    }
    hull = runs.iloc[
        lower_hull(
            runs["rate_valid_nats"].to_numpy(dtype=float),
            runs["label_distortion_valid_nats"].to_numpy(dtype=float),
            **entropies,
        )
    ]
    pair = (data.panel.dataset, data.panel.task)
    keys = [(*pair, *key) for key in hull[RUN].itertuples(index=False, name=None)]
    if not all(key in losses for key in keys):
        return {}
    found = preference(
        hull["rate_nats"].to_numpy(dtype=float),
        np.array([losses[key] for key in keys]),
        rate_errors=hull["rate_nats_se"].to_numpy(dtype=float),
        **entropies,
    )
    return {
        "preference_score": found.score,
        "preference_score_se": found.standard_error,
        "preference_score_low": max(0.0, found.score - z * found.standard_error),
        "preference_score_high": min(1.0, found.score + z * found.standard_error),
        "hull_runs": len(hull),
    }
