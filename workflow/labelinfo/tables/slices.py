"""Slices of a sweep: the packed tables of its jobs, for publishing and joining with others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.errors import ConfigError, StorageError
from labelinfo.io.losses import pack_losses
from labelinfo.io.tables import peek_provenance, read_provenance, read_table, write_table
from labelinfo.provenance import collect, describe
from labelinfo.tables.stack import stack_tables

RUN_LOSSES, LEVEL_LOSSES = "run_losses", "level_losses"


def slice_files(folders: Iterable[Path | str], kind: str) -> list[str]:
    """Return the files of one kind in the folders of slices.

    Raises
    ------
    ConfigError
        If a folder holds no slice.
    """
    files = []
    for folder in map(Path, folders):
        # losses have one file per data set and task; a slice may lack baselines
        files += [*folder.glob(f"{kind}.parquet"), *sorted(folder.glob(f"{kind}_*.parquet"))]
        if not (folder / "summaries.parquet").exists():
            raise ConfigError(
                f"Config key `combine` names {str(folder)!r}, which holds no slice: name a folder "
                "with summaries.parquet, as `snakemake pack_slice` makes it."
            )
    return [str(file) for file in files]


def pack_slice(
    folder: Path,
    tables: dict[str, Iterable[Path | str]],
    *,
    paths: Iterable[Path | str],
    run_losses: Iterable[Path | str],
    level_losses: Iterable[Path | str],
    code: str,
) -> None:
    """Write a slice: one packed table per kind of job table, and the losses.

    Parameters
    ----------
    tables
        The jobs' tables by kind; kinds without tables are left out.
    paths
        The records of the paths behind cooled runs; their provenance is kept with the trainings.
    run_losses, level_losses
        Losses of runs, and of baselines of unbounded rate, on the test split.
    """
    own = describe("pack_slice", code=code, config={})
    folder.mkdir(parents=True, exist_ok=True)
    for kind, files in tables.items():
        if files:
            table, origins = stack_tables(files)
            if kind == "training":
                origins += [read_provenance(file) for file in paths]
            write_table(folder / f"{kind}.parquet", table, collect([*origins, own]))
    for kind, files in ((RUN_LOSSES, run_losses), (LEVEL_LOSSES, level_losses)):
        by_pair: dict[tuple[str, str], list[Path | str]] = defaultdict(list)
        for file in files:
            of = peek_provenance(file)["of"]
            by_pair[of["dataset"], of["task"]].append(file)
        for pair, each in by_pair.items():
            pack_losses(folder / f"{kind}_{'_'.join(pair)}.parquet", each, own)


def with_rows_of_slices(expected: pd.DataFrame, probes: Iterable[Path | str]) -> pd.DataFrame:
    """Return the rows that a sweep expects, then the further rows of packed tables of probes."""
    packed = [read_table(file)[list(expected.columns)] for file in probes]
    # a sweep of no runs has columns without types
    rows = [each for each in (expected, *packed) if len(each)] or [expected]
    return pd.concat(rows).drop_duplicates(ignore_index=True)


def check_slices_fit(files: Iterable[Path | str]) -> None:
    """Check that packed tables of summaries or of probes have the same images, labels and probes.

    Raises
    ------
    StorageError
        If two differ; the message names both files and the difference.
    """
    known: dict[tuple[str, str], tuple[Any, str]] = {}
    for file in map(str, files):
        for what, of, value in _settings(collect([peek_provenance(file)])):
            first, where = known.setdefault((what, of), (value, file))
            if first != value:
                raise StorageError(
                    f"The slices do not fit together: {what} in {file} are not those in {where}. "
                    "Leave one of them out of `combine`."
                )


def _settings(origins: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str, Any]]:
    """Yield each setting that all slices must share: its name, its data and its value."""
    for origin in origins.get("prepare_dataset", ()):
        for name in origin["config"]["datasets"]:
            yield f"the images and labels of {name}", "", origin["data"]
    for origin in origins.get("train_probe", ()):
        task = origin["config"]["task"]
        # two data sets may have tasks of the same name, each with its own probes
        yield f"the settings of the probes of {task}", repr(origin["data"]), origin["config"]
