"""The three numbers to take home, one sentence each."""

import json

import numpy as np
import pandas as pd

from labelinfo.units import nats_to_bits

# A code "keeps most of the label" if it retains this share of its entropy.
MOST = 0.8


def headlines(runs: pd.DataFrame, baselines: pd.DataFrame, dataset: str, task: str) -> list[str]:
    """Return three sentences on one data set and task.

    Runs are chosen on the validation split; what is said of them was measured on test.

    Parameters
    ----------
    runs, baselines
        The tables; only rows with status ``ok`` that break no inequality count.
    dataset, task
        Which rows.
    """
    runs = runs[(runs["dataset"] == dataset) & (runs["task"] == task)]
    runs = runs[(runs["status"] == "ok") & (runs["violations"] == "")]
    baselines = baselines[(baselines["dataset"] == dataset) & (baselines["task"] == task)]
    if runs.empty:
        return [f"No run of {dataset}, {task}, is finished, so there is nothing to say yet."]
    discard = baselines[baselines["baseline"] == "random_discard"]
    data_entropy = float(discard["rate_nats"].max()) if len(discard) else float("nan")
    return [
        _lowest(runs, task),
        _smallest_rate(runs, data_entropy, task),
        _comparison(runs, baselines, discard),
    ]


def _lowest(runs: pd.DataFrame, task: str) -> str:
    best = runs.loc[runs["label_distortion_valid_nats"].idxmin()]
    kept = 1 - best["label_distortion_nats"] / best["label_entropy_nats"]
    left = _with_error(best, "label_distortion_nats")
    return (
        f"The run that knows the {task} best leaves C = {left} "
        f"nats ({nats_to_bits(best['label_distortion_nats']):.3f} bits) of its "
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
        factor = f", a compression of the image's {data_entropy:.1f} nats by {ratio:.1f}"
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
    pca = pca[[bool(json.loads(params)["selected"]) for params in pca["params"]]]
    if len(pca):
        pca = pca.sort_values("rate_nats")
        low, high = pca["rate_nats"].min(), pca["rate_nats"].max()
        if low <= best["rate_nats"] <= high:
            there = float(
                np.interp(best["rate_nats"], pca["rate_nats"], pca["label_distortion_nats"])
            )
            k = json.loads(pca["params"].iloc[0])["k"]
            text += f" and randomised PCA with k = {k} leaves {there:.2f}"
    return text + "."


def _with_error(row: pd.Series, column: str) -> str:
    return f"{row[column]:.3f} ± {row[f'{column}_se']:.3f}"


def _name(row: pd.Series) -> str:
    return f"{row['encoder']}-{row['decoder']}-{row['marginal']}, β = {row['beta']:g}"
