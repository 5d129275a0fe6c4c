"""What a claim may look at: the tables of one experiment, by data set and task."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from labelinfo.claims.curves import front
from labelinfo.paper import DATASETS
from labelinfo.tables.panels import Panel, PanelData, select_panel

# a run in the rate plane, with the standard error of its C
POINT = ("rate_nats", "label_distortion_nats", "label_distortion_nats_se")
# what runs are chosen by
_CHOOSING = ["rate_valid_nats", "label_distortion_valid_nats"]


@dataclass(frozen=True)
class Settings:
    """What the paper leaves open in its claims; the configuration's section ``claims``.

    Attributes
    ----------
    near_nats
        C this close to the ceiling counts as equal to it.
    nearly_all_share
        The share 1 − C / H(Y) from which on nearly all of the label is retained.
    about_share
        A number this close to the paper's, relative to it, is about the paper's.
    near_line_share
        A C this close to a baseline's line, relative to H(Y), is near that line.
    many_share
        This share of the runs is many of them; more than it, most of them.
    as_a_rule_share
        What is so for this share of the runs or rates, or for more, is so as a rule.
    much_weaker_share
        A preference score below this share of another is much weaker than it.
    runs_min
        Fewer runs than this decide nothing.
    standard_errors
        Beyond so many of them a difference counts.
    """

    near_nats: float
    nearly_all_share: float
    about_share: float
    near_line_share: float
    many_share: float
    as_a_rule_share: float
    much_weaker_share: float
    runs_min: int
    standard_errors: float


@dataclass(frozen=True)
class Sweep:
    """The tables of an experiment and what decides a claim."""

    runs: pd.DataFrame
    baselines: pd.DataFrame
    differences: pd.DataFrame
    headlines: pd.DataFrame
    settings: Settings

    def results(self, kind: str, task: str) -> PanelData | None:
        """Return the runs and baselines of a data set of the paper, None without finished runs.

        ``kind`` is ``mnist`` or ``omniglot``. Runs that break an inequality are left out.
        """
        for dataset in DATASETS[kind]:
            data = select_panel(self.runs, self.baselines, Panel(dataset, task, ""))
            sound = (data.runs["violations"].fillna("") == "").to_numpy(dtype=bool)
            good = data.runs[sound].dropna(subset=_CHOOSING)
            if len(good):
                return PanelData(**(vars(data) | {"runs": good}))
        return None

    def dataset(self, kind: str, task: str) -> str | None:
        """Return the name of that data set in this experiment's table of baselines."""
        present = self.baselines[self.baselines["task"] == task]["dataset"]
        return next((name for name in DATASETS[kind] if (present == name).any()), None)

    def difference(self, data: PanelData, run: pd.Series, baseline: str) -> pd.Series | None:
        """Return the row that compares a run with a baseline, if there is one."""
        keys = ("encoder", "decoder", "marginal", "beta", "seed")
        found = self.differences[
            (self.differences["dataset"] == data.panel.dataset)
            & (self.differences["task"] == data.panel.task)
            & (self.differences["baseline"] == baseline)
        ]
        for key in keys:
            found = found[found[key] == run[key]]
        return None if found.empty else found.iloc[0]

    def headline(self, data: PanelData) -> pd.Series | None:
        """Return the headline numbers over all runs of a data set and task."""
        rows = self.headlines[
            (self.headlines["dataset"] == data.panel.dataset)
            & (self.headlines["task"] == data.panel.task)
            & (self.headlines["scope"] == "all")
        ]
        return None if rows.empty else rows.iloc[0]


def name_of(run: pd.Series) -> str:
    """Return a run's architecture and β as text."""
    return f"{run['encoder']}-{run['decoder']}-{run['marginal']}, β = {run['beta']:g}"


def numbers(runs: pd.DataFrame, *names: str) -> list[np.ndarray]:
    """Return columns of a table as arrays of floats."""
    return [runs[name].to_numpy(dtype=float) for name in names]


def best_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that no other beats in both R and C on validation, by their R on test."""
    kept = front(*numbers(runs, "rate_valid_nats", "label_distortion_valid_nats"))
    return runs.iloc[kept].sort_values("rate_nats")


def caveat(results: Sequence[PanelData | None]) -> str:
    """Say which stand-in the evidence comes from, if it is one."""
    names = {data.panel.dataset for data in results if data is not None}
    stand_ins = sorted(names & {"omniglot_rebuilt"})
    return f" (on {', '.join(stand_ins)}, another split than the paper's)" if stand_ins else ""
