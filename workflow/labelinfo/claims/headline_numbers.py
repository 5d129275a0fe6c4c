"""Headline numbers: how far codes compress images at the label's ceiling, and preference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.claims.errors import with_total_errors
from labelinfo.claims.hulls import Preference, hull_crossing, preference
from labelinfo.curves import lower_hull
from labelinfo.tables.lines import Level, numbers
from labelinfo.tables.probe_views import baselines_of_probe, probes_of, rows_of_probe, runs_of_probe
from labelinfo.tables.results import Panel, TaskResults, countable, select_results
from labelinfo.tables.stack import typed

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
_TEXTS = (
    "dataset", "task", "decoders", "probe", "data_entropy_kind", "encoder", "decoder", "marginal",
)  # fmt: skip

Losses = Mapping[tuple[Any, ...], np.ndarray]


@dataclass(frozen=True)
class _Task:
    """The results of one data set and task by one probe, its losses and differences."""

    data: TaskResults
    probe: str
    losses: Losses
    differences: pd.DataFrame
    z: float
    tolerance_nats: float

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

    - The countable run of the smallest rate whose C is within ``tolerance_nats`` of the
      convolutional classifier's mean, chosen on validation: its compression factor H(X) / R, and
      its C less the classifier's, on test.
    - The rate at which the runs' hull crosses that C (:func:`labelinfo.claims.hulls.
      hull_crossing`), and its factor.
    - The preference scores (:func:`labelinfo.claims.hulls.preference`), against random discarding
      down to C = 0, and down to C of the best image classifier.

    Intervals hold with ``confidence`` over test images, with H(X) and H(Y) taken as known exactly;
    those of scores and crossings hold as often **or more**. H(X) is an upper bound of the kind
    ``data_entropy_kind``, so factors and scores are **upper** bounds.

    Parameters
    ----------
    losses
        (N,) of the test images in nats, by data set, task, the columns :data:`RUN` and probe.
    pairs
        (data set, task).

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`; ``decoders`` is ``all`` or a decoder.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rows = []
    for probe in probes_of(runs):
        ours, theirs = runs_of_probe(runs, probe), baselines_of_probe(baselines, probe)
        compared = rows_of_probe(differences, probe)
        for dataset, task in pairs:
            data = select_results(ours, theirs, Panel(dataset, task))
            of_task = _Task(data, probe, losses, compared, z, tolerance_nats)
            rows += _rows(of_task, countable(data.runs, rate_min_nats))
    table = pd.DataFrame(rows, columns=COLUMNS).assign(
        tolerance_nats=tolerance_nats, confidence=confidence
    )
    return typed(table, str=_TEXTS, Int64=("runs", "seed", "hull_runs"))


def _rows(task: _Task, runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    data = task.data
    for decoders in (ALL, *sorted(set(runs["decoder"]))):
        chosen = runs if decoders == ALL else runs[runs["decoder"] == decoders]
        yield {
            "dataset": data.panel.dataset,
            "task": data.panel.task,
            "decoders": decoders,
            "probe": task.probe,
            "runs": len(chosen),
            "label_entropy_nats": data.label_entropy_nats,
            "data_entropy_nats": data.data_entropy_nats,
            "data_entropy_kind": data.data_entropy_kind,
            **({} if task.ceiling is None else _at_ceiling(chosen, task, task.ceiling)),
            **_preferences(chosen, task),
        }


def _at_ceiling(runs: pd.DataFrame, task: _Task, ceiling: Level) -> dict[str, Any]:
    """Return C of the classifier, the run of smallest rate near it, and the hull's crossing."""
    found: dict[str, Any] = {"ceiling_nats": ceiling.mean_nats}
    near = runs["label_distortion_valid_nats"] <= ceiling.valid_nats + task.tolerance_nats
    if near.any():
        first = runs.loc[runs["rate_valid_nats"].where(near).idxmin()]
        found |= first[[*RUN, "rate_nats", "rate_nats_se", "label_distortion_nats"]].to_dict()
        rows = task.data.panel.rows_of(task.differences)
        rows = rows[(rows["baseline"] == CEILING) & (rows[RUN] == first[RUN]).all(axis=1)]
        if len(rows):
            found |= rows.iloc[0][[f"difference{end}_nats" for end in _ENDS]].to_dict()
        rate, error = first["rate_nats"], task.z * first["rate_nats_se"]
        found |= _factors("compression_factor_upper", task, (rate, rate - error, rate + error))
    if task.data.label_entropy_nats is not None and len(runs):
        crossing = hull_crossing(
            with_total_errors(runs),
            ceiling,
            label_entropy_nats=task.data.label_entropy_nats,
            tolerance_nats=task.tolerance_nats,
            z=task.z,
        )
        names = (f"crossing_rate{end}_nats" for end in _ENDS)
        found |= dict(zip(names, crossing, strict=True))
        found |= _factors("crossing_factor_upper", task, crossing)
    return found


def _factors(name: str, task: _Task, rates: tuple[float, float, float]) -> dict[str, Any]:
    """Return H(X) / R and its interval by columns, empty without H(X)."""
    entropy, (rate, low, high) = task.data.data_entropy_nats, rates
    if entropy is None or not rate > 0:
        return {}
    factors = (entropy / rate, entropy / high, entropy / low if low > 0 else np.inf)
    return {f"{name}{end}": factor for end, factor in zip(_ENDS, factors, strict=True)}


def _preferences(runs: pd.DataFrame, task: _Task) -> dict[str, Any]:
    data = task.data
    if data.data_entropy_nats is None or data.label_entropy_nats is None or runs.empty:
        return {}
    paper = _preference(runs, task, Level(0.0, 0.0, 0.0, 0.0), "preference_score_upper")
    if data.classifier is None:
        return paper
    # hull_runs counts the hull of the paper's score
    name = "classifier_preference_score_upper"
    return _preference(runs, task, data.classifier, name) | paper


def _preference(runs: pd.DataFrame, task: _Task, end: Level, name: str) -> dict[str, Any]:
    """Return the score against the line that ends at (H(X), C of ``end``).

    It is the score of C − C_end with H(Y) − C_end against a line that ends at 0. The effect of the
    error of C_end is added to its error.
    """
    data = task.data
    valid = numbers(runs, "rate_valid_nats", "label_distortion_valid_nats")
    corner = (data.data_entropy_nats, end.valid_nats)
    hull = runs.iloc[lower_hull(*valid, data.label_entropy_nats, corner)]
    losses = task.losses_of(hull)
    if losses is None:
        return {}
    rates, rate_errors = numbers(hull, "rate_nats", "rate_nats_se")

    def against(c_end: float) -> Preference:
        return preference(
            rates,
            losses - c_end,
            rate_errors=rate_errors,
            label_entropy=data.label_entropy_nats - c_end,
            data_entropy=data.data_entropy_nats,
        )

    found, half = against(end.mean_nats), end.standard_error_nats
    by_end = abs(against(end.mean_nats + half).score - against(end.mean_nats - half).score) / 2
    error = found.standard_error + by_end
    ends = (
        found.score,
        error,
        max(0.0, found.score - task.z * error),
        min(1.0, found.score + task.z * error),
    )
    score = {f"{name}{end}": x for end, x in zip(_SCORE, ends, strict=True)}
    return score | {"hull_runs": len(hull)}
