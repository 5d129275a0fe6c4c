"""Train one run of the sweep and keep its files."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.io.digest import file_sha256
from labelinfo.io.tables import write_table
from labelinfo.io.tensors import save_tensors
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import describe, versions
from labelinfo.training.device import device_name, resolve_device, resolve_precision
from labelinfo.training.trainer import train

logger = logging.getLogger(__name__)


def train_run(
    run: Run,
    spec: VaeSpec,
    settings: dict[str, Any],
    *,
    dataset_file: Path | str,
    best_file: Path | str,
    last_file: Path | str,
    curve_file: Path | str,
    record_file: Path | str,
    device: str,
    code: str,
    threads: int,
    checkpoint_seconds: float = 0.0,
    compiled_folder: Path | str | None = None,
) -> None:
    """Train ``run``, or go on with it, and write its weights, learning curve and record.

    The checkpoint lies beside the weights as ``checkpoint.safetensors``, no declared output, so
    that it outlives a failed job; it is removed once the outputs are whole.

    Parameters
    ----------
    run, spec, settings
        What to train; ``settings`` is the configuration's ``training`` section.
    dataset_file
        The prepared data set.
    best_file, last_file
        Weights at the best validation objective, and the last good ones.
    curve_file, record_file
        Tables: one row per epoch, and one row in all.
    device
        ``auto``, ``cpu`` or ``cuda``.
    code
        Digest of the stage's code.
    threads
        Threads that torch uses.
    checkpoint_seconds
        How old a checkpoint gets, at least, before the next is written.
    compiled_folder
        Where compiled code is kept for the other trainings of this architecture.
    """
    where = resolve_device(device)
    dataset = load_dataset(dataset_file)
    config = {"training": settings, "model": spec.as_dict()}
    fingerprint = {
        "identity": list(run.identity),
        "config": config,
        "code": code,
        "data": file_sha256(dataset_file),
        "device": device_name(where),
        "precision": resolve_precision(settings["precision"], where),
        "threads": threads,
        "versions": versions(),
    }
    checkpoint = Path(best_file).with_name("checkpoint.safetensors")
    logger.info("Training %s on %s.", "-".join(map(str, run.identity)), device_name(where))
    result = train(
        spec,
        dataset,
        float(run.beta),
        settings,
        run.identity,
        device=where,
        checkpoint=checkpoint,
        checkpoint_seconds=checkpoint_seconds,
        compiled_folder=compiled_folder and Path(compiled_folder),
        fingerprint=fingerprint,
    )
    origin = describe("train_vae", code=code, config=config, data=dataset.digests)
    metadata = {"run": run.columns, "spec": spec.as_dict(), "status": result.record["status"]}
    save_tensors(best_file, result.best_state, metadata)
    save_tensors(last_file, result.last_state, metadata)
    write_table(curve_file, result.curve, origin)
    record = pd.DataFrame([{**run.columns, **result.record, "device": device_name(where)}])
    write_table(record_file, record, origin)
    with suppress(FileNotFoundError):
        checkpoint.unlink()
