"""The results of one data set and task, from the tables of runs and baselines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from labelinfo.curves import Curve
from labelinfo.errors import LabelinfoError
from labelinfo.information import BEST_OF_SWEEP, PUBLISHED
from labelinfo.tables import lines
from labelinfo.tables.lines import Level

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
# runs of one cell differ by seed alone
CELL = ["dataset", "task", "encoder", "decoder", "marginal", "beta"]


@dataclass(frozen=True)
class Panel:
    """A data set and task, the title of their figures, and a caveat for the small print."""

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
    classifier
        The classifier of the image with the lowest C on validation.
    discards
        The lines of random discarding from (0, H(Y)), by the names of their styles:
        ``random_discard`` to (H(X), 0), and ``classifier_discard`` to (H(X), C of the classifier).
    pca_hull, pca_dimension
        See :func:`labelinfo.tables.lines.convex_hull`; the selected k of PCA.
    curves, levels
        Other baselines of bounded and of unbounded rate, by name.
    """

    panel: Panel
    runs: pd.DataFrame
    n_runs: int
    label_entropy_nats: float | None
    data_entropy_nats: float | None
    data_entropy_kind: str
    discards: dict[str, Curve]
    classifier: Level | None = None
    pca_hull: Curve | None = None
    curves: dict[str, Curve] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    pca_dimension: int | None = None

    @cached_property
    def points(self) -> pd.DataFrame:
        """The runs with one row per cell; ``seeds`` is the number of its seeds.

        With several seeds, R, D and C are means, and their error columns hold the **standard
        deviation** over seeds instead of the standard error over test images. A row keeps the
        broken inequalities of all its seeds.
        """
        if self.runs.empty:
            return self.runs.assign(seeds=pd.Series(dtype=int))
        groups = self.runs.groupby(CELL, sort=False)
        points = groups.head(1).assign(seeds=groups.size().to_numpy()).reset_index(drop=True)
        several = (points["seeds"] > 1).to_numpy()
        for name in _MEASURES:
            for column, values in ((name, groups[name].mean()), (f"{name}_se", groups[name].std())):
                points[column] = points[column].astype(float).mask(several, values.to_numpy(float))
        flagged = self.runs[self.runs["violations"].fillna("") != ""].groupby(CELL, sort=False)
        if flagged.ngroups:
            broken = flagged["violations"].agg(lambda texts: "; ".join(dict.fromkeys(texts)))
            cells = pd.MultiIndex.from_frame(points[CELL])
            points["violations"] = broken.reindex(cells).fillna("").to_numpy(object)
        return points

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


def select_results(runs: pd.DataFrame, baselines: pd.DataFrame, panel: Panel) -> TaskResults:
    """Return the runs and baselines of one data set and task.

    A run is drawable if its status is ``ok`` and its R, D and C are finite. PCA has the selected k.
    Rows of a baseline with equal rate differ only by seed and are averaged.
    """
    ours, theirs = panel.rows_of(runs), panel.rows_of(baselines)
    finite = np.isfinite(ours[_MEASURES].to_numpy(dtype=float)).all(axis=1)
    drawable = ours[(ours["status"] == "ok").to_numpy(dtype=bool) & finite]
    theirs = theirs[np.isfinite(theirs["label_distortion_nats"].to_numpy(dtype=float))]
    is_discard, pca = theirs["baseline"] == "random_discard", theirs[theirs["baseline"] == "pca"]
    discard, data_entropy, kind = lines.random_discard(theirs[is_discard])
    # H(Y) of the test split is the same for all runs
    entropies = ours["label_entropy_nats"].to_numpy(dtype=float)
    if not np.isfinite(entropies).any():
        entropies = np.empty(0) if discard is None else discard.label_distortion_nats
    label_entropy = float(np.nanmax(entropies)) if entropies.size else None
    curves, levels = lines.curves_and_levels(theirs[~is_discard])
    classifier = lines.best_classifier(levels)
    second = lines.classifier_discard(discard, classifier)
    discards = {"random_discard": discard, "classifier_discard": second}
    dimensions = pca.loc[lines.is_selected(pca), "k"].unique()
    return TaskResults(
        panel=panel,
        runs=drawable,
        n_runs=len(ours),
        label_entropy_nats=label_entropy,
        data_entropy_nats=data_entropy,
        data_entropy_kind=kind,
        discards={name: line for name, line in discards.items() if line is not None},
        classifier=classifier,
        pca_hull=lines.convex_hull(pca, label_entropy),
        curves=curves,
        levels=levels,
        pca_dimension=int(dimensions[0]) if len(dimensions) == 1 else None,
    )


def architecture_of(run: pd.Series) -> str:
    """Return a run's encoder, decoder and marginal as text."""
    return f"{run['encoder']}-{run['decoder']}-{run['marginal']}"


def run_name(run: pd.Series) -> str:
    """Return a run's architecture and β as text."""
    return f"{architecture_of(run)}, β = {run['beta']:g}"


def countable(runs: pd.DataFrame, rate_min_nats: float = 0.0) -> pd.DataFrame:
    """Return the finished runs that a choice, a count or a verdict may use.

    A run of almost no rate cannot be far from any line, so ``rate_min_nats`` is the minimum R on
    validation. A run that breaks an inequality on validation does not count; test must not choose.

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
        If a table lacks a column that figures read, or there is no panel.
    """
    tables = (("runs", runs, RUN_COLUMNS), ("baselines", baselines, BASELINE_COLUMNS))
    for name, table, needed in tables:
        lacking = [column for column in needed if column not in table.columns]
        if lacking:
            raise LabelinfoError(
                f"The table of {name} lacks {', '.join(lacking)}: delete it and run the workflow "
                "again."
            )
    if not panels:
        raise LabelinfoError("There is no panel to draw: name at least one data set and task.")
    return [select_results(runs, baselines, panel) for panel in panels]
