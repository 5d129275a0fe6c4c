"""Differences of C between each run and the baselines of unbounded rate."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.losses import probe_of, read_each
from labelinfo.seeds import derive_seed
from labelinfo.tables.bootstrap import interval, resampled_means, resampled_seed_mean

IDENTITY = ["dataset", "task", "encoder", "decoder", "marginal", "beta", "seed"]
COLUMNS = [
    *IDENTITY, "probe", "baseline", "baseline_seeds", "difference_nats", "difference_nats_se",
    "difference_low_nats", "difference_high_nats", "confidence", "resamples", "n_images",
]  # fmt: skip

Pair = tuple[str, str]
Origins = list[dict[str, Any]]


@dataclass(frozen=True)
class Measured:
    """The losses (N,) of one network or code on the test images, in nats, and its identity."""

    of: dict[str, Any]
    losses: np.ndarray


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
    bootstrap: over the baseline's seeds (:func:`labelinfo.tables.bootstrap.resampled_seed_mean`)
    and over images (:func:`labelinfo.tables.bootstrap.resampled_means`). They do not cover another
    training of the **run**.

    Parameters
    ----------
    runs, levels
        Tables of losses on the test split, each with the identity of its run or baseline. The
        tables of diverged runs are empty and give no row. C of the strong probe is compared with
        the baseline's C by the same probe, or with the only C of a baseline without a probe.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`, one row per run, task, probe and baseline.
    list
        The origins of the files read.

    Raises
    ------
    StorageError
        If two tables of one data set and task have different numbers of images.
    """
    origins: Origins = []
    ours, theirs = _read(runs, origins), _read(levels, origins)
    rows: list[dict[str, Any]] = []
    for pair, measured in ours.items():
        _check_lengths(pair, [*measured, *theirs[pair]])
        rows += _compare(pair, measured, theirs[pair], resamples, confidence)
    types = dict.fromkeys(("seed", "baseline_seeds", "resamples", "n_images"), "Int64")
    numbers = [name for name in COLUMNS if name.endswith(("nats", "nats_se"))]
    types |= dict.fromkeys(["beta", "confidence", *numbers], "float64")
    # also in a table without rows
    types |= dict.fromkeys([name for name in COLUMNS if name not in types], "str")
    return pd.DataFrame(rows, columns=COLUMNS).astype(types), origins


def _read(files: Iterable[Path | str], origins: Origins) -> dict[Pair, list[Measured]]:
    found: dict[Pair, list[Measured]] = defaultdict(list)
    for file in files:
        each, origin = read_each(file)
        origins.append(origin)
        for of, losses in each:
            # float32, because float64 losses of thousands of runs would fill the memory
            found[of["dataset"], of["task"]].append(Measured(of, losses.astype(np.float32)))
    return found


def _check_lengths(pair: Pair, measured: list[Measured]) -> None:
    lengths = {len(each.losses) for each in measured}
    if len(lengths) > 1:
        raise StorageError(
            f"The losses of {pair[0]}, {pair[1]}, are of {sorted(lengths)} test images: delete "
            "those of another number and run the workflow again."
        )


def _compare(
    pair: Pair, ours: list[Measured], theirs: list[Measured], resamples: int, confidence: float
) -> Iterator[dict[str, Any]]:
    losses = np.array([each.losses for each in [*ours, *theirs]], dtype=float)
    means = losses.mean(axis=1)
    # means are linear, so one resampling serves all baselines
    resampled = resampled_means(losses, resamples=resamples, seed=derive_seed(*pair, "bootstrap"))
    for probe in dict.fromkeys(probe_of(each.of) for each in ours):
        rows = [place for place, each in enumerate(ours) if probe_of(each.of) == probe]
        for baseline, seeds in _levels_of(theirs, probe).items():
            level = [len(ours) + place for place in seeds]
            drawn = resampled_seed_mean(
                resampled[:, level],
                confidence=confidence,
                seed=derive_seed(*pair, baseline, "bootstrap seeds"),
            )
            found = interval(
                means[rows] - means[level].mean(),
                resampled[:, rows] - drawn.for_errors[:, None],
                confidence=confidence,
                for_intervals=resampled[:, rows] - drawn.for_intervals[:, None],
            )
            for number, place in enumerate(rows):
                yield {key: ours[place].of[key] for key in IDENTITY} | {
                    "probe": probe,
                    "baseline": baseline,
                    "baseline_seeds": len(seeds),
                    "difference_nats": found.mean[number],
                    "difference_nats_se": found.standard_error[number],
                    "difference_low_nats": found.low[number],
                    "difference_high_nats": found.high[number],
                    "confidence": confidence,
                    "resamples": resamples,
                    "n_images": losses.shape[1],
                }


def _levels_of(levels: list[Measured], probe: str) -> dict[str, list[int]]:
    """Return the positions of each baseline's seeds, for the baselines of a probe's runs."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(levels):
        if each.of.get("probe", probe) == probe:
            found[each.of["baseline"]].append(place)
    return found
