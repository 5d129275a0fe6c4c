"""Tables of a sweep in which every claim holds, and changes to them."""

import itertools
import math

import numpy as np
import pandas as pd

from labelinfo import paper
from labelinfo.claims.claim import decide_by_both_probes
from labelinfo.claims.claims import CLAIMS, judge
from labelinfo.claims.evidence import Evidence, Settings
from rows import baseline_row, run_row

SETTINGS = Settings(
    near_nats=0.05,
    nearly_all_share=0.95,
    about_share=0.3,
    near_line_share=0.1,
    many_share=0.5,
    as_a_rule_share=0.65,
    much_weaker_share=0.5,
    rate_min_nats=0.5,
    runs_min=6,
    standard_errors=2.0,
)
TASKS = {
    ("mnist_static", "digit"): (2.3, 79.78),
    ("omniglot", "alphabet"): (3.7, 90.0),
    ("omniglot", "character"): (7.0, 90.0),
}
RATES = {"deconv": (1, 2, 3, 5, 8, 12, 17, 20, 25, 40), "pixelcnn": (1, 2, 3, 4, 5, 6, 7)}
MARGINALS = {"gaussian": 0.0, "maf": 0.5, "vamp": 1.0}
EARLY = {"decoder": "pixelcnn", "marginal": "maf", "rate_nats": 8.0}  # the single run


def run(dataset, task, decoder, marginal, rate, c):
    entropy, _ = TASKS[dataset, task]
    parts = {"decoder": decoder, "marginal": marginal, "beta": 1 / rate}
    return run_row((dataset, task), rate, c, **parts, label_entropy_nats=entropy)


def chance(dataset, task, rate):
    entropy, data_entropy = TASKS[dataset, task]
    return entropy * (1 - rate / data_entropy)


def pca(dataset, task, rate):
    entropy, _ = TASKS[dataset, task]
    if task == "digit":
        return entropy * math.exp(-rate / 15)
    # below the random-discard line by a realistic amount for Omniglot
    return chance(dataset, task, rate) - 0.06 * entropy * (1 - math.exp(-rate))


def all_runs():
    """Return a sweep in which every claim holds."""
    rows = []
    for (dataset, task), decoder in itertools.product(TASKS, RATES):
        entropy = TASKS[dataset, task][0]
        for (marginal, shift), rate in itertools.product(MARGINALS.items(), RATES[decoder]):
            if task == "digit":
                length = {"deconv": 4.5, "pixelcnn": 9.0}[decoder]
                c = entropy * math.exp(-rate / length) + 0.03 + 0.002 * shift
            else:
                c = pca(dataset, task, rate) + 0.12 * entropy * shift
            rows.append(run(dataset, task, decoder, marginal, rate, c))
    rows.append(run("mnist_static", "digit", "pixelcnn", "maf", 8, 0.1))
    rows.append(
        run("omniglot", "alphabet", "deconv", "vamp", 10, chance("omniglot", "alphabet", 10) - 0.5)
    )
    return pd.DataFrame(rows)


def all_baselines():
    rows = []

    def add(pair, baseline, rate, c, excess=math.nan, error=math.nan, **settings):
        row = baseline_row(pair, baseline, rate, c, **settings)
        row |= {"selection_rate_max_nats": TASKS[pair][1], "selection_flat": 1.0}
        for axis in ("", "_20", "_40", "_data_entropy"):
            row[f"selection_excess{axis}_nats2"] = excess
            row[f"selection_excess{axis}_nats2_se"] = error
        rows.append(row)

    for pair, (entropy, data_entropy) in TASKS.items():
        ends = {"data_entropy_nats": data_entropy}
        add(pair, "random_discard", 0.0, entropy, **ends)
        add(pair, "random_discard", data_entropy, 0.0, **ends)
        best = paper.BEST_PCA_DIMENSION[pair[1]]
        for k, rate in itertools.product((10, best), (0.5, *range(1, 46))):
            c = pca(*pair, rate)
            excess = (0.0, 0.0) if k == best else (4.0, 0.5)
            add(pair, "pca", rate, c, *excess, k=k, selected=k == best)
        for seed in range(3):
            add(pair, "complex_image", math.nan, 0.02, seed=seed)
            add(pair, "random_convolutional", math.nan, 0.1 + 0.01 * seed, seed=seed)
    return pd.DataFrame(rows)


def all_differences(runs, ceiling=0.02, random=-0.05, seeds=3):
    parts = []
    for baseline, nats in (("complex_image", ceiling), ("random_convolutional", random)):
        table = runs[["dataset", "task", "encoder", "decoder", "marginal", "beta", "seed"]].copy()
        table["baseline"], table["confidence"] = baseline, 0.95
        table["baseline_seeds"] = seeds
        table["difference_nats"] = nats
        table["difference_low_nats"], table["difference_high_nats"] = nats - 0.01, nats + 0.01
        parts.append(table)
    return pd.concat(parts)


def all_headlines(**scores):
    scores = {"digit": 0.8, "alphabet": 0.05, "character": 0.15} | scores
    rows = []
    for dataset, task in TASKS:
        row = {"dataset": dataset, "task": task, "decoders": "all", "probe": "paper", "runs": 40}
        for name in ("preference_score_upper", "classifier_preference_score_upper"):
            row |= {name: scores[task]}
            row |= {f"{name}_low": scores[task] - 0.02, f"{name}_high": scores[task] + 0.02}
        rows.append(row)
    return pd.DataFrame(rows)


def evidence(runs=None, **tables):
    runs = all_runs() if runs is None else runs
    made = {
        "baselines": all_baselines(),
        "differences": all_differences(runs),
        "headlines": all_headlines(),
    }
    return Evidence(runs=runs, **(made | tables), settings=SETTINGS)


def decided(number, made):
    """Return the decision on one claim, to save the time of judging all."""
    return decide_by_both_probes(CLAIMS[number - 1], made)


def verdicts(made):
    return judge(made).set_index("claim")["verdict"].to_dict()


def changed(runs, chosen, c):
    """Return runs with another C on both splits in the rows ``chosen``."""
    table = runs.copy()
    for column in ("label_distortion_nats", "label_distortion_valid_nats"):
        table.loc[chosen, column] = c(table.loc[chosen]) if callable(c) else c
    return table


def by(runs, **values):
    return np.logical_and.reduce([runs[key] == value for key, value in values.items()])


def another_dimension(behind=("", "_20", "_40", "_data_entropy"), excess=4.0):
    """Return baselines in which the paper's k of one task is behind on some axes."""
    table = all_baselines()
    is_pca = table["baseline"] == "pca"
    for row in table[is_pca & (table["task"] == "character")].index:
        k = table.loc[row, "k"]
        table.loc[row, "selected"] = k == 10
        for axis in ("", "_20", "_40", "_data_entropy"):
            names = [f"selection_excess{axis}_nats2", f"selection_excess{axis}_nats2_se"]
            is_behind = k != 10 and axis in behind
            table.loc[row, names] = (excess, 0.5) if is_behind else (0.0, 0.5)
    return table
