"""Differences of C between each run and the baselines of unbounded rate."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.losses import probe_of, read_each
from labelinfo.seeds import derive_seed
from labelinfo.tables.bootstrap import interval, resampled_means, resampled_seed_mean
from labelinfo.tables.stack import typed

IDENTITY = ["dataset", "task", "encoder", "decoder", "marginal", "beta", "seed"]
COLUMNS = [
    *IDENTITY, "probe", "baseline", "baseline_seeds", "difference_nats", "difference_nats_se",
    "difference_low_nats", "difference_high_nats", "confidence", "resamples", "n_images",
]  # fmt: skip

Pair = tuple[str, str]
# the identity of a network or code, and its losses (N,) on the test images in nats
Measured = tuple[dict[str, Any], np.ndarray]
Origins = list[dict[str, Any]]


def compare_runs(
    runs: Iterable[Path | str],
    levels: Iterable[Path | str],
    *,
    resamples: int,
    confidence: float,
) -> tuple[pd.DataFrame, Origins]:
    """Compare each run with each baseline of unbounded rate, image by image.

    ``difference_nats`` is C of the run minus C of the baseline, a mean over the baseline's seeds.
    It is positive if the run keeps less label information. Error and interval come from a two-level
    bootstrap, over the baseline's seeds (:func:`labelinfo.tables.bootstrap.resampled_seed_mean`)
    and over images (:func:`labelinfo.tables.bootstrap.resampled_means`). They do not cover another
    training of the **run**.

    Parameters
    ----------
    runs, levels
        Tables of losses on the test split; those of diverged runs are empty. Both C of a comparison
        are by the same probe, unless the baseline has none.

    Returns
    -------
    tuple
        One row of :data:`COLUMNS` per run, task, probe and baseline, and the files' origins.

    Raises
    ------
    StorageError
        If two tables of one data set and task have different numbers of images.
    """
    origins: Origins = []
    ours, theirs = _read(runs, origins), _read(levels, origins)
    rows: list[tuple] = []
    for pair, measured in ours.items():
        lengths = {len(losses) for _, losses in [*measured, *theirs[pair]]}
        if len(lengths) > 1:
            raise StorageError(
                f"The losses of {pair[0]}, {pair[1]}, are of {sorted(lengths)} test images: delete "
                "those of another number and run the workflow again."
            )
        rows += _compare(pair, measured, theirs[pair], resamples, confidence)
    texts = ["dataset", "task", "encoder", "decoder", "marginal", "probe", "baseline"]
    integers = ["seed", "baseline_seeds", "resamples", "n_images"]
    return typed(pd.DataFrame(rows, columns=COLUMNS), str=texts, Int64=integers), origins


def _read(files: Iterable[Path | str], origins: Origins) -> dict[Pair, list[Measured]]:
    found: dict[Pair, list[Measured]] = defaultdict(list)
    for file in files:
        each, origin = read_each(file)
        origins.append(origin)
        for of, losses in each:
            # float32, because float64 losses of thousands of runs would fill the memory
            found[of["dataset"], of["task"]].append((of, losses.astype(np.float32)))
    return found


def _compare(
    pair: Pair, ours: list[Measured], theirs: list[Measured], resamples: int, confidence: float
) -> Iterator[tuple]:
    losses = np.array([losses for _, losses in [*ours, *theirs]], dtype=float)
    means = losses.mean(axis=1)
    # means are linear, so one resampling serves all baselines
    resampled = resampled_means(losses, resamples=resamples, seed=derive_seed(*pair, "bootstrap"))
    for probe in dict.fromkeys(probe_of(of) for of, _ in ours):
        rows = [place for place, (of, _) in enumerate(ours) if probe_of(of) == probe]
        levels: dict[str, list[int]] = defaultdict(list)
        for place, (of, _) in enumerate(theirs, start=len(ours)):
            if of.get("probe", probe) == probe:
                levels[of["baseline"]].append(place)
        for baseline, level in levels.items():
            drawn = resampled_seed_mean(
                resampled[:, level],
                confidence=confidence,
                seed=derive_seed(*pair, baseline, "bootstrap seeds"),
            )
            found = interval(
                means[rows] - means[level].mean(),
                resampled[:, rows] - drawn.for_errors[:, None],
                resampled[:, rows] - drawn.for_intervals[:, None],
                confidence=confidence,
            )
            for place, *numbers in zip(rows, *found, strict=True):
                yield (
                    *(ours[place][0][key] for key in IDENTITY), probe, baseline, len(level),
                    *numbers, confidence, resamples, losses.shape[1],
                )  # fmt: skip
