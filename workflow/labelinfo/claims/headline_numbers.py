"""Headline numbers: how far codes compress images at the label's ceiling, and preference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.claims.errors import with_total_errors
from labelinfo.claims.hulls import hull_crossing, preference
from labelinfo.curves import lower_hull
from labelinfo.tables.probe_views import (
    PAPER,
    STRONG,
    baselines_of_probe,
    has_strong_probe,
    rows_of_probe,
    runs_of_probe,
)
from labelinfo.tables.results import Level, Panel, TaskResults, countable, select_results

ALL = "all"
CEILING = "complex_image"
RUN = ["encoder", "decoder", "marginal", "beta", "seed"]
_ENDS = ("", "_low", "_high")
_SCORE = ("", "_se", "_low", "_high")
COLUMNS = [
    "dataset", "task", "decoders", "probe", "runs", "label_entropy_nats", "data_entropy_nats",
    "data_entropy_kind", "ceiling_nats", "tolerance_nats", *RUN, "rate_nats", "rate_nats_se",
    *(f"compression_factor_upper{end}" for end in _ENDS),
    "label_distortion_nats",
    *(f"difference{end}_nats" for end in _ENDS),
    *(f"crossing_rate{end}_nats" for end in _ENDS),
    *(f"crossing_factor_upper{end}" for end in _ENDS),
    *(f"preference_score_upper{end}" for end in _SCORE),
    *(f"classifier_preference_score_upper{end}" for end in _SCORE),
    "hull_runs", "confidence",
]  # fmt: skip
_TEXTS = {
    "dataset", "task", "decoders", "probe", "data_entropy_kind", "encoder", "decoder", "marginal",
}  # fmt: skip
_COUNTS = {"runs", "seed", "hull_runs"}

Losses = Mapping[tuple[Any, ...], np.ndarray]


@dataclass(frozen=True)
class _Task:
    """The results of one data set and task by one probe, its losses and differences."""

    data: TaskResults
    probe: str
    losses: Losses
    differences: pd.DataFrame
    z: float

    @property
    def ceiling(self) -> Level | None:
        return self.data.levels.get(CEILING)

    def losses_of(self, runs: pd.DataFrame) -> np.ndarray | None:
        """Return the losses (M, N) of M runs in nats, None if some are missing."""
        rows = runs[["dataset", "task", *RUN]].itertuples(index=False, name=None)
        keys = [(*row, self.probe) for row in rows]
        if not all(key in self.losses for key in keys):
            return None
        return np.array([self.losses[key] for key in keys])


def headline_numbers(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    differences: pd.DataFrame,
    losses: Losses,
    pairs: Iterable[tuple[str, str]],
    *,
    tolerance_nats: float,
    rate_min_nats: float,
    confidence: float,
) -> pd.DataFrame:
    """Return the headline numbers of each data set and task, over all runs and by decoder.

    - The run of the smallest rate whose C is within ``tolerance_nats`` of the convolutional
      classifier's (mean over its seeds), its compression factor H(X) / R, and its C less the
      classifier's. R and C on validation choose the run; all numbers are of the test split. Empty
      where there is none.
    - The rate at which the lower convex hull of the runs crosses that C
      (:func:`labelinfo.claims.hulls.hull_crossing`), and its factor. Their intervals cover R and
      C.
    - The preference scores (:func:`labelinfo.claims.hulls.preference`), against random
      discarding down to C = 0, and down to C of the best classifier of the image. The runs on the
      hull are chosen by R and C of the validation split.

    Intervals hold with ``confidence`` over test images, for the models as they are trained; those
    of factors and scores take the estimates to be normal, and H(X) and H(Y) as known exactly. That
    of a score holds as often **or more**, as its error is what it is at most. H(X) is an upper
    bound, of the kind in ``data_entropy_kind``, so factors and scores are **upper** bounds.

    Parameters
    ----------
    runs, baselines, differences
        The tables. Runs count by :func:`labelinfo.tables.results.countable`.
    losses
        The losses (N,) of the test images in nats, by data set, task, the columns :data:`RUN` and
        probe.
    pairs
        (data set, task).
    tolerance_nats, rate_min_nats, confidence
        See above.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`; ``decoders`` is ``all`` or a decoder.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    probes = [PAPER, *([STRONG] if has_strong_probe(runs) else [])]
    rows = []
    for probe in probes:
        ours, theirs = runs_of_probe(runs, probe), baselines_of_probe(baselines, probe)
        compared = rows_of_probe(differences, probe)
        for dataset, task in pairs:
            data = select_results(ours, theirs, Panel(dataset, task))
            of_task = _Task(data, probe, losses, compared, z)
            rows += [
                row | {"tolerance_nats": tolerance_nats, "confidence": confidence}
                for row in _rows(of_task, tolerance_nats, rate_min_nats)
            ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    types = {name: "Int64" if name in _COUNTS else "float64" for name in COLUMNS}
    types |= dict.fromkeys(_TEXTS, "str")
    table[sorted(_TEXTS)] = table[sorted(_TEXTS)].astype(object).fillna("")
    return table.astype(types)


def _rows(task: _Task, tolerance_nats: float, rate_min_nats: float) -> Iterator[dict[str, Any]]:
    data = task.data
    ours = countable(data.runs, rate_min_nats)
    for decoders in (ALL, *sorted(set(ours["decoder"]))):
        chosen = ours if decoders == ALL else ours[ours["decoder"] == decoders]
        yield {
            "dataset": data.panel.dataset,
            "task": data.panel.task,
            "decoders": decoders,
            "probe": task.probe,
            "runs": len(chosen),
            "label_entropy_nats": data.label_entropy_nats,
            "data_entropy_nats": data.data_entropy_nats,
            "data_entropy_kind": data.data_entropy_kind,
            "ceiling_nats": np.nan if task.ceiling is None else task.ceiling.mean_nats,
            **_smallest_rate(chosen, task, tolerance_nats),
            **_crossing(chosen, task, tolerance_nats),
            **_preferences(chosen, task),
        }


def _smallest_rate(runs: pd.DataFrame, task: _Task, tolerance_nats: float) -> dict[str, Any]:
    if task.ceiling is None:
        return {}
    highest = task.ceiling.valid_nats + tolerance_nats
    near = runs[runs["label_distortion_valid_nats"] <= highest]
    if near.empty:
        return {}
    first = near.loc[near["rate_valid_nats"].idxmin()]
    found = task.data.panel.rows_of(task.differences)
    found = found[(found["baseline"] == CEILING) & (found[RUN] == first[RUN]).all(axis=1)]
    row = first[[*RUN, "rate_nats", "rate_nats_se", "label_distortion_nats"]].to_dict()
    if len(found):
        row |= found.iloc[0][[f"difference{end}_nats" for end in _ENDS]].to_dict()
    rate, error = first["rate_nats"], task.z * first["rate_nats_se"]
    return row | _factors("compression_factor_upper", task, rate, rate - error, rate + error)


def _crossing(runs: pd.DataFrame, task: _Task, tolerance_nats: float) -> dict[str, Any]:
    if task.ceiling is None or task.data.label_entropy_nats is None or runs.empty:
        return {}
    rate, low, high = hull_crossing(
        with_total_errors(runs),
        task.ceiling,
        label_entropy_nats=task.data.label_entropy_nats,
        tolerance_nats=tolerance_nats,
        z=task.z,
    )
    ends = zip(_ENDS, (rate, low, high), strict=True)
    return {f"crossing_rate{end}_nats": value for end, value in ends} | _factors(
        "crossing_factor_upper", task, rate, low, high
    )


def _factors(name: str, task: _Task, rate: float, low: float, high: float) -> dict[str, Any]:
    """Return H(X) / R and its interval by columns; without H(X) none."""
    entropy = task.data.data_entropy_nats
    if entropy is None or not rate > 0:
        return {}
    return {
        name: entropy / rate,
        f"{name}_low": entropy / high,
        f"{name}_high": entropy / low if low > 0 else np.inf,
    }


def _preferences(runs: pd.DataFrame, task: _Task) -> dict[str, Any]:
    data = task.data
    if data.data_entropy_nats is None or data.label_entropy_nats is None or runs.empty:
        return {}
    paper = _preference(runs, task, Level(0.0, 0.0, 0.0, 0.0), "preference_score_upper")
    if data.classifier is None:
        return paper
    # the hull that is counted is the paper's
    name = "classifier_preference_score_upper"
    return _preference(runs, task, data.classifier, name) | paper


def _preference(runs: pd.DataFrame, task: _Task, end: Level, name: str) -> dict[str, Any]:
    """Return the score against the line that ends at (H(X), C of ``end``).

    With C − C_end in place of C and H(Y) − C_end in place of H(Y), it is the score against a line
    that ends at 0. To its error is added what the error of C_end makes.
    """
    data, rates = task.data, runs["rate_valid_nats"].to_numpy(dtype=float)
    valid = runs["label_distortion_valid_nats"].to_numpy(dtype=float)
    corner = (data.data_entropy_nats, end.valid_nats)
    hull = runs.iloc[lower_hull(rates, valid, data.label_entropy_nats, corner)]
    losses = task.losses_of(hull)
    if losses is None:
        return {}

    def against(c_end: float) -> Any:
        return preference(
            hull["rate_nats"].to_numpy(dtype=float),
            losses - c_end,
            rate_errors=hull["rate_nats_se"].to_numpy(dtype=float),
            label_entropy=data.label_entropy_nats - c_end,
            data_entropy=data.data_entropy_nats,
        )

    found, half = against(end.mean_nats), end.standard_error_nats
    by_end = abs(against(end.mean_nats + half).score - against(end.mean_nats - half).score) / 2
    error = found.standard_error + by_end
    return {
        name: found.score,
        f"{name}_se": error,
        f"{name}_low": max(0.0, found.score - task.z * error),
        f"{name}_high": min(1.0, found.score + task.z * error),
        "hull_runs": len(hull),
    }
