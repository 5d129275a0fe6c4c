"""The results of one data set and task, taken from the tables of runs and baselines."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.errors import LabelinfoError

RUN_COLUMNS = (
    "dataset",
    "task",
    "encoder",
    "decoder",
    "marginal",
    "beta",
    "seed",
    "rate_nats",
    "rate_nats_se",
    "distortion_nats",
    "distortion_nats_se",
    "label_distortion_nats",
    "label_distortion_nats_se",
    "label_entropy_nats",
    "status",
    "violations",
)
BASELINE_COLUMNS = (
    "dataset",
    "task",
    "baseline",
    "params",
    "rate_nats",
    "label_distortion_nats",
)
_MEASURES = ["rate_nats", "distortion_nats", "label_distortion_nats"]


@dataclass(frozen=True)
class Panel:
    """One row of a figure: which data set and task, its title, and what readers must be told."""

    dataset: str
    task: str
    title: str
    caveat: str = ""


@dataclass(frozen=True)
class Curve:
    """A baseline of bounded rate: rates and label distortions in nats, sorted by rate."""

    rate_nats: np.ndarray
    label_distortion_nats: np.ndarray


@dataclass(frozen=True)
class Level:
    """A baseline of unbounded rate: label distortion in nats, mean and deviation over seeds."""

    mean_nats: float
    deviation_nats: float


@dataclass(frozen=True)
class PanelData:
    """The runs and baselines of one data set and task.

    ``runs`` holds the drawable rows alone, ``n_runs`` counts all; ``data_entropy_nats`` is H(X) of
    the random-discard line, None without one.
    """

    panel: Panel
    runs: pd.DataFrame
    n_runs: int
    label_entropy_nats: float | None
    data_entropy_nats: float | None
    discard: Curve | None
    curves: dict[str, Curve] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)


def require_columns(runs: pd.DataFrame, baselines: pd.DataFrame) -> None:
    """Check that both tables have the columns that the figures read.

    Raises
    ------
    LabelinfoError
        If one is lacking; the message names it.
    """
    tables = (("runs", runs, RUN_COLUMNS), ("baselines", baselines, BASELINE_COLUMNS))
    for name, table, needed in tables:
        lacking = [column for column in needed if column not in table.columns]
        if lacking:
            raise LabelinfoError(
                f"The table of {name} lacks {', '.join(lacking)}: delete it and run the workflow "
                "again."
            )


def select_panel(runs: pd.DataFrame, baselines: pd.DataFrame, panel: Panel) -> PanelData:
    """Take what ``panel`` shows from the tables.

    A run is drawable if its status is ``ok`` and its R, D and C are finite. Of a baseline with
    finite rates, rows whose parameters say ``"selected": false`` are left out; rows of equal rate
    differ by seed alone and are averaged.

    Raises
    ------
    LabelinfoError
        If the parameters of a baseline cannot be read.
    """
    ours = runs[(runs["dataset"] == panel.dataset) & (runs["task"] == panel.task)]
    finite = np.isfinite(ours[_MEASURES].to_numpy(dtype=float)).all(axis=1)
    drawable = ours[(ours["status"] == "ok").to_numpy(dtype=bool) & finite]

    theirs = baselines[(baselines["dataset"] == panel.dataset) & (baselines["task"] == panel.task)]
    theirs = theirs[np.isfinite(theirs["label_distortion_nats"].to_numpy(dtype=float))]
    discard, data_entropy = _random_discard(theirs[theirs["baseline"] == "random_discard"])
    curves: dict[str, Curve] = {}
    levels: dict[str, Level] = {}
    for name, rows in theirs[theirs["baseline"] != "random_discard"].groupby("baseline"):
        bounded = np.isfinite(rows["rate_nats"].to_numpy(dtype=float))
        if bounded.any():
            curve = _curve(str(name), rows[bounded])
            if curve is not None:
                curves[str(name)] = curve
        else:
            values = rows["label_distortion_nats"].to_numpy(dtype=float)
            deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
            levels[str(name)] = Level(float(values.mean()), deviation)
    return PanelData(
        panel=panel,
        runs=drawable,
        n_runs=len(ours),
        label_entropy_nats=_label_entropy(ours, discard),
        data_entropy_nats=data_entropy,
        discard=discard,
        curves=curves,
        levels=levels,
    )


def select_panels(
    runs: pd.DataFrame, baselines: pd.DataFrame, panels: Sequence[Panel]
) -> list[PanelData]:
    """Take what each of at least one panel shows from the tables.

    Raises
    ------
    LabelinfoError
        If a table lacks a column, a baseline's parameters cannot be read, or there is no panel.
    """
    require_columns(runs, baselines)
    if not panels:
        raise LabelinfoError("There is no panel to draw: name at least one data set and task.")
    return [select_panel(runs, baselines, panel) for panel in panels]


def _label_entropy(runs: pd.DataFrame, discard: Curve | None) -> float | None:
    entropies = runs["label_entropy_nats"].to_numpy(dtype=float)
    entropies = entropies[np.isfinite(entropies)]
    if entropies.size:
        return float(entropies.max())
    return None if discard is None else float(discard.label_distortion_nats.max())


def _random_discard(rows: pd.DataFrame) -> tuple[Curve | None, float | None]:
    if rows.empty:
        return None, None
    entropies = {
        _params(params, "random_discard")["data_entropy_nats"] for params in rows["params"]
    }
    if len(entropies) != 1:
        raise LabelinfoError(
            f"The random-discard line has several data entropies, {sorted(entropies)} nats: delete "
            "the table of baselines and run the workflow again."
        )
    rows = rows.sort_values("rate_nats")
    curve = Curve(
        rows["rate_nats"].to_numpy(dtype=float),
        rows["label_distortion_nats"].to_numpy(dtype=float),
    )
    return curve, float(entropies.pop())


def _curve(name: str, rows: pd.DataFrame) -> Curve | None:
    selected = [_params(params, name).get("selected", True) for params in rows["params"]]
    rows = rows[np.array(selected, dtype=bool)]
    if rows.empty:
        return None
    means = rows.groupby("rate_nats", sort=True)["label_distortion_nats"].mean()
    return Curve(means.index.to_numpy(dtype=float), means.to_numpy(dtype=float))


def _params(text: str, baseline: str) -> dict[str, Any]:
    needed: Iterable[str] = ("data_entropy_nats",) if baseline == "random_discard" else ()
    try:
        params = json.loads(text)
        for key in needed:
            float(params[key])
    except (TypeError, ValueError, KeyError) as error:
        raise LabelinfoError(
            f"The parameters {text!r} of the baseline {baseline} cannot be read: delete the table "
            "of baselines and run the workflow again."
        ) from error
    return params
