"""Recompute one published row: data, training, measuring, probe."""

import logging
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
from labelinfo.training.job import TrainingJob
from labelinfo.training.path import PathFiles, train_path_files
from labelinfo.training.run import TrainingFiles, train_run
from labelinfo.verify.origin import RowOrigin

logger = logging.getLogger(__name__)

# in place of the digest of a rule's code
_CODE = "verify"


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
    logger.info("preparing %s", name)
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
    compiled = folder.parent / "compiled"
    job = TrainingJob(dataset_file, device, _CODE, threads, compiled_folder=compiled)
    _train(origin, folder, job)
    how = {"dataset_file": dataset_file, "weights_file": weights, "device": device}
    logger.info("measuring R and D")
    table = folder / "measure.parquet"
    measure_run(origin.run, origin.spec, origin.measure, target=table, code=_CODE, **how)
    logger.info("encoding the images")
    features = folder / "features.safetensors"
    binarizations = origin.probe["binarizations"]
    encode_run(origin.run, origin.spec, binarizations=binarizations, target=features, **how)
    logger.info("training both probes of %s", origin.task)
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
        code=_CODE,
        compiled_folder=compiled,
    )
    rows = [
        read_table(folder / f"{part}.parquet").iloc[0] for part in ("training", "measure", "probe")
    ]
    labels = load_dataset(dataset_file).test.labels[origin.task].numpy()
    row = {**rows[0], **rows[1], **rows[2], "label_entropy_nats": label_entropy_nats(labels)}
    return with_label_columns(pd.DataFrame([row])).iloc[0]


def _train(origin: RowOrigin, folder: Path, job: TrainingJob) -> None:
    """Train the run, or its path and then the run."""
    files = TrainingFiles(
        folder / "best.safetensors",
        folder / "last.safetensors",
        folder / "learning_curve.parquet",
        folder / "training.parquet",
    )
    if origin.path is None:
        logger.info("training, %d epochs", origin.training["epochs"])
        train_run(origin.run, origin.spec, origin.training, files=files, job=job)
        return
    settings = {"training": origin.training, "path": origin.path}
    path = PathFiles(folder / "snapshots", folder / "path.parquet", folder / "path_curve.parquet")
    logger.info("training the path, %d snapshots", len(origin.betas))
    train_path_files(
        origin.run.path_columns, origin.spec, settings, origin.betas, files=path, job=job
    )
    logger.info("cooling down, %g epochs", origin.path["cooling_epochs"])
    cool_run(origin.run, origin.spec, settings, origin.betas, path=path, files=files, job=job)
