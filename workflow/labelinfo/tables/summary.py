"""The summary of an experiment: headline sentences, counts of runs, and paths of results."""

import textwrap

import numpy as np
import pandas as pd

from labelinfo.paper import BEST_PCA_DIMENSION, DATASETS
from labelinfo.tables.lines import is_selected
from labelinfo.tables.probe_views import PAPER, rows_of_probe
from labelinfo.tables.results import countable
from labelinfo.units import nats_to_bits

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

    Parameters
    ----------
    runs, baselines, differences
        The tables.
    panels
        ``dataset, task, title, caveat`` of each panel of Figure 1.
    places
        Paths of the results by name.
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
    finished = int(counts.get("ok", 0))
    lines.append(f"Rows finished: {finished} of {len(runs)}.")
    lines += [f"Rows {status}: {count}." for status, count in counts.items() if status != "ok"]
    lines += _flagged(runs, "violations", "Rows that break an inequality")
    lines += _flagged(runs, "warnings", "Rows with warnings")
    lines.append("")
    width = max(map(len, places))
    lines += [f"{name:<{width}}  {path}" for name, path in places.items()]
    return "\n".join(lines) + "\n"


def _flagged(runs: pd.DataFrame, column: str, title: str) -> list[str]:
    flagged = runs[runs[column] != ""]
    return [f"{title}: {len(flagged)}."] + [
        f"  {row['dataset']}, {row['task']}, {row['encoder']}-{row['decoder']}-{row['marginal']}, "
        f"β = {row['beta']:g}, seed {row['seed']}: {row[column]}"
        for _, row in flagged.iterrows()
    ]


def sentences(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    differences: pd.DataFrame,
    dataset: str,
    task: str,
) -> list[str]:
    """Return some sentences on one data set and task.

    Runs are chosen on validation; their numbers are of the test split. Only countable runs
    (:func:`labelinfo.tables.results.countable`) and differences by the paper's probe are used.
    """
    runs, baselines, differences = (
        table[(table["dataset"] == dataset) & (table["task"] == task)]
        for table in (runs, baselines, differences)
    )
    finished = runs[runs["status"] == "ok"]
    runs = countable(finished)
    if runs.empty:
        found = [_without_runs(finished, f"{dataset}, {task}")]
    else:
        discard = baselines[baselines["baseline"] == "random_discard"]
        data_entropy = float(discard["rate_nats"].max()) if len(discard) else float("nan")
        best = runs.loc[runs["label_distortion_valid_nats"].idxmin()]
        found = [
            _lowest(best, task),
            *_distance(best, baselines, differences),
            _smallest_rate(runs, data_entropy, task),
            _comparison(runs, baselines, discard),
        ]
    return found + _best_dimension(baselines, dataset, task)


def _without_runs(finished: pd.DataFrame, what: str) -> str:
    """Return the reason why no run counts: none is finished, or all break an inequality."""
    if finished.empty:
        return f"No run of {what}, is finished yet."
    broken = finished["violations_valid"].str.split("; ").explode().value_counts()
    named = ", ".join(f"{name} ({count})" for name, count in broken.items())
    return (
        f"All {len(finished)} finished runs of {what}, break an inequality on validation, so none "
        f"counts: {named}."
    )


def _lowest(best: pd.Series, task: str) -> str:
    kept = 1 - best["label_distortion_nats"] / best["label_entropy_nats"]
    left = _with_error(best, "label_distortion_nats")
    return (
        f"The run best on validation leaves C = {left} nats "
        f"({nats_to_bits(best['label_distortion_nats']):.3f} bits) of the {task}'s "
        f"{best['label_entropy_nats']:.3f} nats, so it keeps {kept:.0%} (accuracy "
        f"{best['label_accuracy']:.1%}), at R = {best['rate_nats']:.1f} nats ({_name(best)})."
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
        f"R = {_with_error(first, 'rate_nats')} nats{factor} ({_name(first)})."
    )


def _comparison(runs: pd.DataFrame, baselines: pd.DataFrame, discard: pd.DataFrame) -> str:
    if discard.empty:
        return "Without the random-discard line there is nothing to compare the runs with."
    ends = discard.sort_values("rate_nats")
    by_chance = np.interp(runs["rate_valid_nats"], ends["rate_nats"], ends["label_distortion_nats"])
    best = runs.loc[(by_chance - runs["label_distortion_valid_nats"]).idxmax()]
    chance = float(np.interp(best["rate_nats"], ends["rate_nats"], ends["label_distortion_nats"]))
    text = (
        f"At R = {best['rate_nats']:.1f} nats ({_name(best)}) a β-VAE leaves "
        f"C = {_with_error(best, 'label_distortion_nats')} nats, where random discarding would "
        f"leave {chance:.2f}"
    )
    pca = baselines[baselines["baseline"] == "pca"]
    pca = pca[is_selected(pca)]
    if len(pca):
        pca = pca.sort_values("rate_nats")
        low, high = pca["rate_nats"].min(), pca["rate_nats"].max()
        if low <= best["rate_nats"] <= high:
            there = float(
                np.interp(best["rate_nats"], pca["rate_nats"], pca["label_distortion_nats"])
            )
            k = int(pca["k"].iloc[0])
            text += f" and randomised PCA with k = {k} leaves {there:.2f}"
    return text + "."


def _distance(best: pd.Series, baselines: pd.DataFrame, differences: pd.DataFrame) -> list[str]:
    """Compare the best run with the convolutional classifier of the images."""
    ours = rows_of_probe(differences[differences["baseline"] == CEILING], PAPER)
    for key in ("encoder", "decoder", "marginal", "beta", "seed"):
        ours = ours[ours[key] == best[key]]
    if ours.empty:
        return []
    found = ours.iloc[0]
    ceiling = baselines.loc[baselines["baseline"] == CEILING, "label_distortion_nats"]
    trainings = f"mean of {len(ceiling)} trainings" if len(ceiling) > 1 else "one training"
    return [
        f"Compared with the convolutional classifier of the image (C = {ceiling.mean():.3f} nats, "
        f"{trainings}), that run's C is {found['difference_nats']:+.3f} nats "
        f"({found['confidence']:.0%} interval over test images and the classifier's trainings: "
        f"{found['difference_low_nats']:+.3f} to {found['difference_high_nats']:+.3f})."
    ]


def _best_dimension(baselines: pd.DataFrame, dataset: str, task: str) -> list[str]:
    """Name the best number of principal components; on the paper's data, compare it with theirs."""
    pca = baselines[baselines["baseline"] == "pca"]
    if pca.empty:
        return []
    best = pca.loc[is_selected(pca), "k"]
    if best.empty:
        return []
    text = (
        f"Of the numbers of principal components in the grid, {int(best.iloc[0])} is best: the "
        f"smallest area under C against R, up to R = {pca['selection_rate_max_nats'].iloc[0]:.1f} "
        "nats, on the validation split"
    )
    # the best k of a small sample is not evidence about the paper's k
    is_papers = dataset != "sample" and any(dataset in names for names in DATASETS.values())
    papers = BEST_PCA_DIMENSION.get(task) if is_papers else None
    if papers is None:
        return [text + "."]
    if papers == best.iloc[0]:
        return [f"{text}; the paper has the same."]
    theirs = pca[(pca["k"] == papers).to_numpy(dtype=bool)]
    if theirs.empty:
        return [f"{text}; the paper's {papers} is not in the grid."]
    excess = _with_error(theirs.iloc[0], "selection_excess_nats2")
    return [f"{text}; with the paper's {papers} the area is larger by {excess} nats²."]


def _with_error(row: pd.Series, column: str) -> str:
    return f"{row[column]:.3f} ± {row[f'{column}_se']:.3f}"


def _name(row: pd.Series) -> str:
    return f"{row['encoder']}-{row['decoder']}-{row['marginal']}, β = {row['beta']:g}"
