"""Candidates of the search for the convolutional classifier's depth and dropout."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from labelinfo.baselines.classifiers import measure_classifier, resume_complex_image
from labelinfo.data.dataset import load_dataset
from labelinfo.io.tables import write_table
from labelinfo.provenance import describe
from labelinfo.training.job import TrainingJob

logger = logging.getLogger(__name__)


def train_candidate(
    task: str,
    settings: dict[str, Any],
    *,
    dataset_file: Path | str,
    target: Path | str,
    device: str,
    code: str,
    checkpoint_seconds: float = 0.0,
) -> None:
    """Train one candidate on the training split and write its C on validation; test is not read.

    ``settings`` is the configuration's ``classifier`` section with the candidate's ``depth`` and
    ``dropout``; ``code`` is the digest of the stage's code. Checkpoints are at least
    ``checkpoint_seconds`` apart.
    """
    dataset = load_dataset(dataset_file).labelled(task)
    job = TrainingJob(dataset_file, device, code, torch.get_num_threads(), checkpoint_seconds)
    where = job.where
    network = {key: settings[key] for key in ("depth", "dropout")}
    identity = (dataset.name, "candidate", task, *network.values())
    model, facts = resume_complex_image(dataset, task, settings, identity, target, job)
    measured = measure_classifier(model, dataset.valid, task, where).row(0)
    row = {
        "dataset": dataset.name,
        "task": task,
        **network,
        "label_distortion_valid_nats": measured["label_distortion_nats"],
        "label_distortion_valid_nats_se": measured["label_distortion_nats_se"],
        "label_accuracy_valid": measured["label_accuracy"],
        "epochs": settings["epochs"],
        **facts,
    }
    logger.info("%s: C %.4f nats on valid", network, row["label_distortion_valid_nats"])
    origin = describe("train_candidate", code=code, config=settings, data=dataset.digests)
    write_table(target, pd.DataFrame([row]), origin)
