"""Recompute one published row by the workflow itself, in a separate folder."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from labelinfo.config.experiment import BASE
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_provenance, read_with_provenance
from labelinfo.verify.origin import EXPERIMENT, Origins

_RESULTS = f"results/{EXPERIMENT}"


def recompute_row(
    config: dict[str, Any], data: dict[str, str], folder: Path, *arguments: str, cores: int = 1
) -> tuple[pd.Series, Origins]:
    """Return the row that the configuration of one run and task makes, and its table's provenance.

    Parameters
    ----------
    data
        The digests that the data set must have.
    folder
        Working directory. Rows in one folder share a prepared data set and a path; only downloads
        are shared with the checkout.
    arguments
        Further arguments for Snakemake.
    cores
        Jobs at a time. The bits do not depend on it.

    Raises
    ------
    StorageError
        If a job fails, or if the files here are not those behind the published table.
    """
    (dataset,) = config["sweep"]["datasets"]
    downloads = BASE / "results" / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    shared = folder / "results" / "downloads"
    if not shared.exists():
        shared.parent.mkdir(parents=True)
        shared.symlink_to(downloads)
    text = yaml.safe_dump(config, allow_unicode=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    summary = f"{_RESULTS}/prepare_dataset/{dataset}/summary.parquet"
    if not (folder / summary).exists():
        _make(summary, folder, cores, arguments)
    found = read_provenance(folder / summary)["data"]
    if found != data:
        raise StorageError(
            f"The files of {dataset} here are not those behind the published table: its digests "
            f"are {data}, here they are {found}."
        )
    table = f"{_RESULTS}/tables/runs.parquet"
    _make(table, folder, cores, arguments)
    rows, origins = read_with_provenance(folder / table)
    return rows.iloc[0], origins


def _make(target: str, folder: Path, cores: int, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "snakemake", "--snakefile", BASE / "Snakefile"]
    command += ["--directory", folder, "--cores", str(cores), *arguments, "--", target]
    # the package of this checkout, whichever is installed
    paths = [str(BASE / "workflow"), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    # all that it prints goes to standard error
    if subprocess.run(command, env=environment, stdout=2, check=False).returncode:  # noqa: S603
        raise StorageError("The row cannot be recomputed: Snakemake's message above has the cause.")
