"""How far the C of each run lies from that of the networks that it is compared with."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.losses import read_losses
from labelinfo.seeds import derive_seed
from labelinfo.tables.bootstrap import interval, resampled_means

IDENTITY = ["dataset", "task", "encoder", "decoder", "marginal", "beta", "seed"]
COLUMNS = [
    *IDENTITY,
    "baseline",
    "baseline_seeds",
    "difference_nats",
    "difference_nats_se",
    "difference_low_nats",
    "difference_high_nats",
    "confidence",
    "resamples",
    "images",
]

Pair = tuple[str, str]


def compare_runs(
    runs: Iterable[Path | str],
    levels: Iterable[Path | str],
    *,
    resamples: int,
    confidence: float,
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Compare each run with each baseline of unbounded rate, image by image.

    ``difference_nats`` is C of the run less C of the baseline, whose losses are the mean over its
    seeds; positive where the run knows less of the label. See
    :func:`labelinfo.tables.bootstrap.paired_bootstrap` for what its interval says.

    Parameters
    ----------
    runs, levels
        Tables of losses on the test split, each naming whose they are. Those of a diverged run are
        empty and make no row.
    resamples, confidence
        Of the bootstrap.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`, one row per run, task and baseline.
    list
        The origins of the files read.

    Raises
    ------
    StorageError
        If two tables of one data set and task have different numbers of images.
    """
    origins: list[dict[str, Any]] = []
    measured: dict[Pair, list[tuple[dict[str, Any], np.ndarray]]] = defaultdict(list)
    references: dict[Pair, dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))
    for file in runs:
        losses, of, origin = read_losses(file)
        origins.append(origin)
        if len(losses):
            # as they are stored: of thousands of runs, wider ones would fill the memory
            measured[of["dataset"], of["task"]].append((of, losses[0].astype(np.float32)))
    for file in levels:
        losses, of, origin = read_losses(file)
        origins.append(origin)
        if len(losses):
            references[of["dataset"], of["task"]][of["baseline"]].append(losses[0])
    rows: list[dict[str, Any]] = []
    for pair, ours in measured.items():
        theirs = references[pair]
        lengths = {len(loss) for _, loss in ours} | {len(x) for xs in theirs.values() for x in xs}
        if len(lengths) > 1:
            raise StorageError(
                f"The losses of {pair[0]}, {pair[1]}, are of {sorted(lengths)} test images: delete "
                "those of another number and run the workflow again."
            )
        levels_of = [np.mean(seeds, axis=0) for seeds in theirs.values()]
        losses = np.array([*(loss for _, loss in ours), *levels_of], dtype=float)
        means, count = losses.mean(axis=1), len(ours)
        # means are linear: what is resampled once serves the differences from every baseline
        resampled = resampled_means(
            losses, resamples=resamples, seed=derive_seed(*pair, "bootstrap")
        )
        for level, (baseline, seeds) in enumerate(theirs.items(), start=count):
            found = interval(
                means[:count] - means[level],
                resampled[:, :count] - resampled[:, level, None],
                confidence=confidence,
            )
            rows += [
                {key: of[key] for key in IDENTITY}
                | {
                    "baseline": baseline,
                    "baseline_seeds": len(seeds),
                    "difference_nats": found.mean[number],
                    "difference_nats_se": found.standard_error[number],
                    "difference_low_nats": found.low[number],
                    "difference_high_nats": found.high[number],
                    "confidence": confidence,
                    "resamples": resamples,
                    "images": losses.shape[1],
                }
                for number, (of, _) in enumerate(ours)
            ]
    types = dict.fromkeys(("seed", "baseline_seeds", "resamples", "images"), "Int64")
    numbers = [name for name in COLUMNS if name.endswith(("nats", "nats_se"))]
    types |= dict.fromkeys(["beta", "confidence", *numbers], "float64")
    return pd.DataFrame(rows, columns=COLUMNS).astype(types), origins
