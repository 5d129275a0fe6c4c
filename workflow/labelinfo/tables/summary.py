"""The summary of an experiment: headline sentences, counts of runs, and paths of results."""

import textwrap

import numpy as np
import pandas as pd

from labelinfo.errors import LabelinfoError
from labelinfo.information import nats_to_bits
from labelinfo.paper import BEST_PCA_DIMENSION, DATASETS
from labelinfo.tables.lines import is_selected
from labelinfo.tables.probe_views import PAPER, rows_of_probe
from labelinfo.tables.results import Panel, architecture_of, countable, run_name

# a code keeps most of the label if it retains this share of the label's entropy
MOST = 0.8
CEILING = "complex_image"


def summarise(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    differences: pd.DataFrame,
    panels: list[dict[str, str]],
    places: dict[str, str],
) -> str:
    """Return the summary of an experiment as plain text.

    ``panels`` have ``dataset, task, title, caveat``; ``places`` has the paths of the results by
    name.
    """
    lines: list[str] = []
    for panel in panels:
        lines.append(panel["title"])
        found = sentences(runs, baselines, differences, panel["dataset"], panel["task"])
        items = [(f"  {number}. ", sentence) for number, sentence in enumerate(found, start=1)]
        if panel["caveat"]:
            items.append(("  Note: ", panel["caveat"]))
        for start, text in items:
            lines += textwrap.wrap(text, 96, initial_indent=start, subsequent_indent="     ")
        lines.append("")
    counts = runs["status"].value_counts()
    lines.append(f"Rows finished: {counts.get('ok', 0)} of {len(runs)}.")
    lines += [f"Rows {status}: {count}." for status, count in counts.items() if status != "ok"]
    flags = {"violations": "Rows that break an inequality", "warnings": "Rows with warnings"}
    for column, title in flags.items():
        flagged = runs[runs[column] != ""]
        lines.append(f"{title}: {len(flagged)}.")
        lines += [
            f"  {row['dataset']}, {row['task']}, {run_name(row)}, seed {row['seed']}: {row[column]}"
            for _, row in flagged.iterrows()
        ]
    lines.append("")
    width = max(map(len, places))
    lines += [f"{name:<{width}}  {path}" for name, path in places.items()]
    return "\n".join(lines) + "\n"


def check_runs(runs: pd.DataFrame, on_divergence: str) -> str:
    """Return one line on the outcomes of the runs.

    Raises
    ------
    LabelinfoError
        If a training diverged and ``on_divergence`` is ``fail``.
    """
    diverged = runs[runs["status"] == "diverged"]
    if len(diverged) and on_divergence == "fail":
        names = dict.fromkeys(
            f"{row['dataset']} {architecture_of(row)} β={row['beta']:g} seed {row['seed']} (epoch "
            f"{row['diverged_epoch']}, step {row['diverged_step']})"
            for _, row in diverged.iterrows()
        )
        raise LabelinfoError(
            f"{len(names)} training(s) diverged: {'; '.join(names)}. All tables and figures are "
            "made and hold them as rows with that status. Lower `training.learning_rate`, leave "
            "these β out, or accept them with `sweep.on_divergence: report`."
        )
    counts = runs["status"].value_counts().items()
    return f"rows by status: {', '.join(f'{count} {status}' for status, count in counts)}\n"


def sentences(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    differences: pd.DataFrame,
    dataset: str,
    task: str,
) -> list[str]:
    """Return some sentences on one data set and task.

    Countable runs are chosen on validation; their numbers are of the test split. Differences are by
    the paper's probe.
    """
    runs, baselines, differences = map(Panel(dataset, task).rows_of, (runs, baselines, differences))
    finished = runs[runs["status"] == "ok"]
    runs = countable(finished)
    found = []
    if len(runs):
        discard = baselines[baselines["baseline"] == "random_discard"].sort_values("rate_nats")
        best = runs.loc[runs["label_distortion_valid_nats"].idxmin()]
        found = [
            _lowest(best, task),
            *_distance(best, baselines, differences),
            _smallest_rate(runs, discard["rate_nats"].max(), task),
            _comparison(runs, baselines, discard),
        ]
    elif finished.empty:
        found = [f"No run of {dataset}, {task}, is finished yet."]
    else:
        broken = finished["violations_valid"].str.split("; ").explode().value_counts()
        named = ", ".join(f"{name} ({count})" for name, count in broken.items())
        found = [
            f"All {len(finished)} finished runs of {dataset}, {task}, break an inequality on "
            f"validation, so none counts: {named}."
        ]
    return found + _best_dimension(baselines, dataset, task)


def _lowest(best: pd.Series, task: str) -> str:
    kept = 1 - best["label_distortion_nats"] / best["label_entropy_nats"]
    left = _with_error(best, "label_distortion_nats")
    return (
        f"The run best on validation leaves C = {left} nats "
        f"({nats_to_bits(best['label_distortion_nats']):.3f} bits) of the {task}'s "
        f"{best['label_entropy_nats']:.3f} nats, so it keeps {kept:.0%} (accuracy "
        f"{best['label_accuracy']:.1%}), at R = {best['rate_nats']:.1f} nats ({run_name(best)})."
    )


def _smallest_rate(runs: pd.DataFrame, data_entropy: float, task: str) -> str:
    share = 1 - runs["label_distortion_valid_nats"] / runs["label_entropy_nats"]
    enough = runs[share >= MOST]
    if enough.empty:
        return f"No run keeps {MOST:.0%} of the {task}'s entropy, at any rate of this sweep."
    first = enough.loc[enough["rate_valid_nats"].idxmin()]
    factor = ""
    if np.isfinite(data_entropy):
        ratio = data_entropy / first["rate_nats"]
        factor = f", a compression of the image's {data_entropy:.1f} nats by at most {ratio:.1f}"
    return (
        f"The smallest rate that keeps {MOST:.0%} of the {task}'s entropy is "
        f"R = {_with_error(first, 'rate_nats')} nats{factor} ({run_name(first)})."
    )


def _comparison(runs: pd.DataFrame, baselines: pd.DataFrame, discard: pd.DataFrame) -> str:
    """Compare the run furthest below random discarding with that line and with PCA."""
    if discard.empty:
        return "Without the random-discard line there is nothing to compare the runs with."
    line = discard["rate_nats"], discard["label_distortion_nats"]
    ahead = np.interp(runs["rate_valid_nats"], *line) - runs["label_distortion_valid_nats"]
    best = runs.loc[ahead.idxmax()]
    rate = best["rate_nats"]
    text = (
        f"At R = {rate:.1f} nats ({run_name(best)}) a β-VAE leaves "
        f"C = {_with_error(best, 'label_distortion_nats')} nats, where random discarding would "
        f"leave {np.interp(rate, *line):.2f}"
    )
    pca = _selected(baselines).sort_values("rate_nats")
    if pca["rate_nats"].min() <= rate <= pca["rate_nats"].max():
        there = np.interp(rate, pca["rate_nats"], pca["label_distortion_nats"])
        text += f" and randomised PCA with k = {int(pca['k'].iloc[0])} leaves {there:.2f}"
    return text + "."


def _distance(best: pd.Series, baselines: pd.DataFrame, differences: pd.DataFrame) -> list[str]:
    """Compare the best run with the convolutional classifier of the images."""
    ours = rows_of_probe(differences[differences["baseline"] == CEILING], PAPER)
    keys = ["encoder", "decoder", "marginal", "beta", "seed"]
    ours = ours[(ours[keys] == best[keys]).all(axis=1)]
    if ours.empty:
        return []
    found = ours.iloc[0]
    nats = found["difference_nats"]
    ceiling = baselines.loc[baselines["baseline"] == CEILING, "label_distortion_nats"]
    trainings = f"mean of {len(ceiling)} trainings" if len(ceiling) > 1 else "one training"
    return [
        f"Compared with the convolutional classifier of the image (C = {ceiling.mean():.3f} nats, "
        f"{trainings}), that run's C is {abs(nats):.3f} nats {'higher' if nats > 0 else 'lower'} "
        f"({found['confidence']:.0%} interval over test images and the classifier's trainings: "
        f"{found['difference_low_nats']:+.3f} to {found['difference_high_nats']:+.3f})."
    ]


def _best_dimension(baselines: pd.DataFrame, dataset: str, task: str) -> list[str]:
    """Name the best number of principal components; on the paper's data, compare it with theirs."""
    pca, selected = baselines[baselines["baseline"] == "pca"], _selected(baselines)
    if selected.empty:
        return []
    best = int(selected["k"].iloc[0])
    text = (
        f"Of the numbers of principal components in the grid, {best} is best: the "
        f"smallest area under C against R, up to R = {pca['selection_rate_max_nats'].iloc[0]:.1f} "
        "nats, on the validation split"
    )
    # the best k of a small sample is not evidence about the paper's k
    is_papers = dataset != "sample" and any(dataset in names for names in DATASETS.values())
    papers = BEST_PCA_DIMENSION.get(task) if is_papers else None
    if papers is None:
        return [text + "."]
    if papers == best:
        return [f"{text}; the paper has the same."]
    theirs = pca[(pca["k"] == papers).to_numpy(dtype=bool)]
    if theirs.empty:
        return [f"{text}; the paper's {papers} is not in the grid."]
    excess = _with_error(theirs.iloc[0], "selection_excess_nats2")
    return [f"{text}; with the paper's {papers} the area is larger by {excess} nats²."]


def _selected(baselines: pd.DataFrame) -> pd.DataFrame:
    pca = baselines[baselines["baseline"] == "pca"]
    return pca if pca.empty else pca[is_selected(pca)]


def _with_error(row: pd.Series, column: str) -> str:
    return f"{row[column]:.3f} ± {row[f'{column}_se']:.3f}"
