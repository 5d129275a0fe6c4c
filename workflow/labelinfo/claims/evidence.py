"""The tables of one experiment, by data set and task, and the settings of the claims."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

import pandas as pd

from labelinfo.claims.decision import UNDECIDED, Decision
from labelinfo.claims.errors import with_total_errors
from labelinfo.config.output_settings import ClaimsSettings as Settings
from labelinfo.curves import pareto_front
from labelinfo.paper import DATASETS, STAND_INS
from labelinfo.tables.lines import numbers
from labelinfo.tables.probe_views import baselines_of_probe, rows_of_probe, runs_of_probe
from labelinfo.tables.results import Panel, TaskResults, countable, select_results

MNIST = "static MNIST"
# the paper's data sets and tasks, by kind
TASKS = (("mnist", "digit"), ("omniglot", "alphabet"), ("omniglot", "character"))
# a run in the rate plane, with the standard error of its C
_RUN = ["dataset", "task", "encoder", "decoder", "marginal", "beta", "seed"]
POINT = ("rate_nats", "label_distortion_nats", "label_distortion_nats_se")


@dataclass(frozen=True)
class Evidence:
    """The tables of an experiment as one probe measured them, and the settings of claims."""

    runs: pd.DataFrame
    baselines: pd.DataFrame
    differences: pd.DataFrame
    headlines: pd.DataFrame
    settings: Settings

    def of_probe(self, probe: str) -> "Evidence":
        """Return the same tables as one of the two probes sees them."""
        return replace(
            self,
            runs=runs_of_probe(self.runs, probe),
            baselines=baselines_of_probe(self.baselines, probe),
            differences=rows_of_probe(self.differences, probe),
            headlines=rows_of_probe(self.headlines, probe),
        )

    def results(self, kind: str, task: str) -> TaskResults | None:
        """Return the countable runs of one of the paper's data sets, with total errors of C.

        ``kind`` is ``mnist`` or ``omniglot``; None without countable runs.
        """
        for dataset in DATASETS[kind]:
            data = select_results(self.runs, self.baselines, Panel(dataset, task))
            runs = countable(data.runs, self.settings.rate_min_nats)
            if len(runs):
                return replace(data, runs=with_total_errors(runs))
        return None

    def dataset(self, kind: str, task: str) -> str | None:
        """Return the name of that data set in this experiment's table of baselines."""
        present = self.baselines[self.baselines["task"] == task]["dataset"]
        return next((name for name in DATASETS[kind] if (present == name).any()), None)

    def baseline(self, dataset: str | None, task: str, name: str) -> pd.DataFrame:
        """Return the rows of a baseline."""
        table = self.baselines
        return table[
            (table["dataset"] == dataset) & (table["task"] == task) & (table["baseline"] == name)
        ]

    def difference(self, run: pd.Series, baseline: str) -> pd.Series | None:
        """Return the row that compares a run with a baseline, if there is one."""
        table = self.differences
        found = table[(table["baseline"] == baseline) & (table[_RUN] == run[_RUN]).all(axis=1)]
        return None if found.empty else found.iloc[0]

    def headline(self, data: TaskResults) -> pd.Series | None:
        """Return the headline numbers over all runs of a data set and task."""
        rows = data.panel.rows_of(self.headlines)
        rows = rows[rows["decoders"] == "all"]
        return None if rows.empty else rows.iloc[0]


def explorer_address(data: TaskResults, **filters: str) -> str:
    """Return the part of the explorer's address that shows the filtered runs.

    ``filters`` are the explorer's own: ``decoder="deconv"``, ``rate="..20"``, ``a`` for a run.
    """
    shown = {"panel": f"{data.panel.dataset}/{data.panel.task}", **filters}
    return "&".join(f"{name}={quote(value, safe='/.')}" for name, value in shown.items())


def no_runs(evidence: Evidence, needed: str) -> Decision:
    """Return an undecided verdict that names the needed data and the experiment's own data."""
    pairs = evidence.runs[["dataset", "task"]].drop_duplicates().itertuples(index=False)
    own = ", ".join(f"{dataset} ({task})" for dataset, task in pairs)
    has = f"this experiment has runs on {own}" if own else "this experiment has no runs"
    grounds = f"Needs finished runs on {needed} that count; {has}."
    return Decision(UNDECIDED, grounds, f"no runs on {needed}")


def best_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs on the Pareto front of R and C on validation, sorted by R on test."""
    kept = pareto_front(*numbers(runs, "rate_valid_nats", "label_distortion_valid_nats"))
    return runs.iloc[kept].sort_values("rate_nats")


def caveat(results: Sequence[TaskResults | None]) -> str:
    """Return the stand-in data sets behind the evidence in words, empty if there are none."""
    names = {data.panel.dataset for data in results if data is not None}
    said = [f"{name}, {STAND_INS[name]}" for name in sorted(names & STAND_INS.keys())]
    return f" (on {'; '.join(said)})" if said else ""
