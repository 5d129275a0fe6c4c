"""Make one published row anew: data, training, measuring, probe."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from labelinfo.data.dataset import load_dataset, save_dataset
from labelinfo.data.fetch import fetch_file
from labelinfo.data.prepare import Source, prepare_dataset
from labelinfo.errors import StorageError
from labelinfo.information import label_entropy_nats
from labelinfo.io.tables import read_table
from labelinfo.measure.run import measure_run
from labelinfo.probes.run import probe_run
from labelinfo.tables.label_columns import with_label_columns
from labelinfo.training.run import train_run
from labelinfo.verify.origin import RowOrigin


def prepare_again(
    name: str,
    origin: dict[str, Any],
    files: dict[str, dict[str, Any]],
    target: Path,
    downloads: Path,
    root: Path,
) -> None:
    """Prepare a data set anew as its origin tells, from the files of the catalogue.

    Parameters
    ----------
    name
        Of the data set.
    origin
        What the table of data sets says of its preparation.
    files
        The configuration's ``datasets.<name>.files``, by role.
    target
        The prepared data set.
    downloads, root
        Where fetched files are kept, and where relative paths of a user's own files start.

    Raises
    ------
    StorageError
        If the files are not those behind the published table.
    """
    mirror = os.environ.get("LABELINFO_MIRROR") or None
    sources = {}
    for role, file in files.items():
        checks = {key: file.get(key) for key in ("sha256", "git_blob_sha1")}
        size = file.get("bytes")
        path = root / file["path"] if "path" in file else downloads / file["name"]
        if "path" not in file and not path.exists():
            fetch_file(
                file["name"], path, **checks, size=size, urls=file.get("urls", ()), mirror=mirror
            )
        sources[role] = Source(path=path, **checks, size=size)
    definition = origin["config"]["datasets"][name]
    settings = origin["config"]["data"]
    dataset, _ = prepare_dataset(
        name,
        definition,
        sources,
        tasks=definition.get("tasks", ()),
        clamp=settings.get("naive_bayes_clamp"),
        # what was published was checked
        duplicates_max_share=1.0,
        device=torch.device("cpu"),
    )
    if dataset.digests != origin["data"]:
        raise StorageError(
            f"The files of {name} here are not those behind the published table: its digests are "
            f"{origin['data']}, here they are {dataset.digests}."
        )
    save_dataset(target, dataset)


def make_again(
    origin: RowOrigin,
    dataset_file: Path,
    folder: Path,
    device: str,
    threads: int = 1,
) -> pd.Series:
    """Train, measure and probe one run anew; return its numbers by the names of their columns.

    Its bits depend on ``threads``; a job has one.
    """
    weights = folder / "best.safetensors"
    train_run(
        origin.run,
        origin.spec,
        origin.training,
        dataset_file=dataset_file,
        best_file=weights,
        last_file=folder / "last.safetensors",
        curve_file=folder / "learning_curve.parquet",
        record_file=folder / "training.parquet",
        device=device,
        code="verify",
        threads=threads,
        compiled_folder=folder.parent / "compiled",
    )
    measure_run(
        origin.run,
        origin.spec,
        origin.measure,
        dataset_file=dataset_file,
        weights_file=weights,
        target=folder / "measure.parquet",
        device=device,
        code="verify",
    )
    probe_run(
        origin.run,
        origin.spec,
        origin.task,
        origin.probe,
        dataset_file=dataset_file,
        weights_file=weights,
        target=folder / "probe.parquet",
        losses_target=folder / "probe.losses.parquet",
        device=device,
        code="verify",
        compiled_folder=folder.parent / "compiled",
    )
    rows = [
        read_table(folder / f"{part}.parquet").iloc[0] for part in ("training", "measure", "probe")
    ]
    labels = load_dataset(dataset_file).test.labels[origin.task].numpy()
    row = {**rows[0], **rows[1], **rows[2], "label_entropy_nats": label_entropy_nats(labels)}
    return with_label_columns(pd.DataFrame([row])).iloc[0]
