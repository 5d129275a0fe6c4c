"""Recompute one published row: data, training, measuring, probe."""

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
from labelinfo.probes.encoding import encode_run
from labelinfo.probes.run import probe_run
from labelinfo.tables.label_columns import with_label_columns
from labelinfo.training.cooling import cool_run
from labelinfo.training.path import train_path_files
from labelinfo.training.run import TrainingFiles, train_run
from labelinfo.verify.origin import RowOrigin


def prepare_again(
    name: str,
    origin: dict[str, Any],
    files: dict[str, dict[str, Any]],
    target: Path,
    downloads: Path,
    root: Path,
) -> None:
    """Prepare a data set again from its provenance, from the files of the catalogue.

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
        # what was published was checked
        definition | {"matched_distinct_min_share": 0},
        sources,
        tasks=definition.get("tasks", ()),
        clamp=settings.get("naive_bayes_clamp"),
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
    """Train, measure and probe one run again; return its numbers by the names of their columns.

    Its bits depend on ``threads``; a job has one.
    """
    weights = folder / "best.safetensors"
    files = TrainingFiles(
        weights,
        folder / "last.safetensors",
        folder / "learning_curve.parquet",
        folder / "training.parquet",
    )
    how = {
        "dataset_file": dataset_file,
        "device": device,
        "code": "verify",
        "threads": threads,
        "compiled_folder": folder.parent / "compiled",
    }
    if origin.path is None:
        train_run(origin.run, origin.spec, origin.training, files=files, **how)
    else:
        settings = {"training": origin.training, "path": origin.path}
        record, snapshots = folder / "path.parquet", folder / "snapshots"
        train_path_files(
            origin.run.path_columns,
            origin.spec,
            settings,
            origin.betas,
            snapshots=snapshots,
            curve_file=folder / "path_curve.parquet",
            record_file=record,
            **how,
        )
        cool_run(
            origin.run,
            origin.spec,
            settings,
            origin.betas,
            snapshots=snapshots,
            path_record=record,
            files=files,
            **how,
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
    features = folder / "features.safetensors"
    encode_run(
        origin.run,
        origin.spec,
        binarizations=origin.probe["binarizations"],
        dataset_file=dataset_file,
        weights_file=weights,
        target=features,
        device=device,
    )
    probe_run(
        origin.run,
        origin.spec,
        origin.task,
        {"probe": origin.probe, "strong_probe": origin.strong_probe},
        files={
            "dataset": dataset_file,
            "weights": weights,
            "features": features,
            "table": folder / "probe.parquet",
            "losses": folder / "probe.losses.parquet",
            "strong_losses": folder / "probe.strong.losses.parquet",
        },
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
