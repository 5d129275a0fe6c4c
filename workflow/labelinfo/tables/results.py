"""The results of one data set and task, from the tables of runs and baselines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from labelinfo.curves import Curve
from labelinfo.errors import LabelinfoError
from labelinfo.information import BEST_OF_SWEEP, PUBLISHED
from labelinfo.tables.lines import (
    Level,
    best_classifier,
    classifier_discard,
    convex_hull,
    curves_and_levels,
    random_discard,
    selected_dimension,
)

RUN_COLUMNS = (
    "dataset", "task", "encoder", "decoder", "marginal", "beta", "seed", "rate_nats",
    "rate_nats_se", "distortion_nats", "distortion_nats_se", "label_distortion_nats",
    "label_distortion_nats_se", "label_entropy_nats", "status", "violations",
)  # fmt: skip
BASELINE_COLUMNS = (
    "dataset", "task", "baseline", "k", "selected", "data_entropy_nats", "data_entropy_kind",
    "rate_nats", "label_distortion_nats", "label_distortion_nats_se",
    "label_distortion_valid_nats",
)  # fmt: skip
# the quantities that choose runs
_CHOOSING = ["rate_valid_nats", "label_distortion_valid_nats"]
_MEASURES = ["rate_nats", "distortion_nats", "label_distortion_nats"]


@dataclass(frozen=True)
class Panel:
    """One row of a figure: its data set and task, title, and a caveat for the small print."""

    dataset: str
    task: str
    title: str = ""
    caveat: str = ""

    def rows_of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of this data set and task."""
        return table[(table["dataset"] == self.dataset) & (table["task"] == self.task)]


@dataclass(frozen=True)
class TaskResults:
    """The runs and baselines of one data set and task.

    Attributes
    ----------
    runs, n_runs
        The drawable rows, and the number of all rows.
    data_entropy_nats, data_entropy_kind
        H(X) of the random-discard line, an upper bound, and its kind: ``published`` or
        ``best_of_sweep``. None and empty without that line.
    discard, classifier_discard
        The lines of random discarding from (0, H(Y)): to (H(X), 0), as in the paper, and to
        (H(X), C of the classifier).
    classifier
        The classifier of the image with the lowest C on validation.
    pca_hull
        See :func:`labelinfo.tables.lines.convex_hull`.
    curves, levels
        Baselines of bounded and of unbounded rate, by name.
    pca_dimension
        The selected k of PCA, or None.
    """

    panel: Panel
    runs: pd.DataFrame
    n_runs: int
    label_entropy_nats: float | None
    data_entropy_nats: float | None
    data_entropy_kind: str
    discard: Curve | None
    classifier: Level | None = None
    classifier_discard: Curve | None = None
    pca_hull: Curve | None = None
    curves: dict[str, Curve] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    pca_dimension: int | None = None

    @property
    def discards(self) -> dict[str, Curve]:
        """The lines of random discarding, by the names of their styles."""
        lines = {"random_discard": self.discard, "classifier_discard": self.classifier_discard}
        return {name: line for name, line in lines.items() if line is not None}

    @property
    def lines(self) -> dict[str, Curve]:
        """All lines of bounded rate, by the names of their styles."""
        hull = {} if self.pca_hull is None else {"pca_hull": self.pca_hull}
        return {**self.curves, **hull, **self.discards}

    @property
    def entropy_note(self) -> str:
        """One sentence on H(X), empty without a bound on it."""
        if self.data_entropy_nats is None:
            return ""
        kinds = {PUBLISHED: "published", BEST_OF_SWEEP: "the best R + D of this sweep"}
        return f"H(X) ≤ {self.data_entropy_nats:.2f} nats ({kinds[self.data_entropy_kind]})."


def require_columns(runs: pd.DataFrame, baselines: pd.DataFrame) -> None:
    """Check that both tables have the columns that the figures read.

    Raises
    ------
    LabelinfoError
        If one is missing; the message names it.
    """
    tables = (("runs", runs, RUN_COLUMNS), ("baselines", baselines, BASELINE_COLUMNS))
    for name, table, needed in tables:
        lacking = [column for column in needed if column not in table.columns]
        if lacking:
            raise LabelinfoError(
                f"The table of {name} lacks {', '.join(lacking)}: delete it and run the workflow "
                "again."
            )


def select_results(runs: pd.DataFrame, baselines: pd.DataFrame, panel: Panel) -> TaskResults:
    """Return the runs and baselines of one data set and task.

    A run is drawable if its status is ``ok`` and its R, D and C are finite. PCA has the selected k.
    Rows of a baseline with equal rate differ only by seed and are averaged.
    """
    ours, theirs = panel.rows_of(runs), panel.rows_of(baselines)
    finite = np.isfinite(ours[_MEASURES].to_numpy(dtype=float)).all(axis=1)
    drawable = ours[(ours["status"] == "ok").to_numpy(dtype=bool) & finite]
    theirs = theirs[np.isfinite(theirs["label_distortion_nats"].to_numpy(dtype=float))]
    discard, data_entropy, kind = random_discard(theirs[theirs["baseline"] == "random_discard"])
    label_entropy = _label_entropy(ours, discard)
    curves, levels = curves_and_levels(theirs[theirs["baseline"] != "random_discard"])
    classifier = best_classifier(levels)
    return TaskResults(
        panel=panel,
        runs=drawable,
        n_runs=len(ours),
        label_entropy_nats=label_entropy,
        data_entropy_nats=data_entropy,
        data_entropy_kind=kind,
        discard=discard,
        classifier=classifier,
        classifier_discard=classifier_discard(discard, classifier),
        pca_hull=convex_hull(theirs[theirs["baseline"] == "pca"], label_entropy),
        curves=curves,
        levels=levels,
        pca_dimension=selected_dimension(theirs[theirs["baseline"] == "pca"]),
    )


def countable(runs: pd.DataFrame, rate_min_nats: float = 0.0) -> pd.DataFrame:
    """Return the finished runs that a choice, a count or a verdict may use.

    A run of almost no rate cannot be far from any line, so ``rate_min_nats`` is the minimum R on
    validation. A run that breaks an inequality on validation does not count. A run that breaks one
    on test does, because test measurements must not choose.

    Examples
    --------
    >>> row = dict.fromkeys(_CHOOSING, 1.0)
    >>> rows = [row, row | {"rate_valid_nats": 0.1}, row | {"violations_valid": "rate_negative"}]
    >>> list(countable(pd.DataFrame(rows), rate_min_nats=0.5).index)
    [0]
    """
    known = runs.dropna(subset=_CHOOSING)
    broken = known.get("violations_valid", pd.Series("", index=known.index)).fillna("") != ""
    return known[~broken & (known["rate_valid_nats"].astype(float) >= rate_min_nats)]


def select_all_results(
    runs: pd.DataFrame, baselines: pd.DataFrame, panels: Sequence[Panel]
) -> list[TaskResults]:
    """Return the results of each panel.

    Raises
    ------
    LabelinfoError
        If a table lacks a column, or there is no panel.
    """
    require_columns(runs, baselines)
    if not panels:
        raise LabelinfoError("There is no panel to draw: name at least one data set and task.")
    return [select_results(runs, baselines, panel) for panel in panels]


def _label_entropy(runs: pd.DataFrame, discard: Curve | None) -> float | None:
    entropies = runs["label_entropy_nats"].to_numpy(dtype=float)
    entropies = entropies[np.isfinite(entropies)]
    if entropies.size:
        return float(entropies.max())
    return None if discard is None else float(discard.label_distortion_nats.max())
