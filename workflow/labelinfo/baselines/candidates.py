"""Candidates of the search for the convolutional classifier's depth and dropout."""

import logging
from pathlib import Path

import pandas as pd
import torch

from labelinfo.baselines.classifiers import measure_classifier, resume_complex_image
from labelinfo.config.probe_settings import TaskClassifierSettings
from labelinfo.data.dataset import load_dataset
from labelinfo.io.tables import write_table
from labelinfo.provenance import describe
from labelinfo.training.job import TrainingJob

logger = logging.getLogger(__name__)


def train_candidate(
    task: str,
    settings: TaskClassifierSettings,
    *,
    dataset_file: Path | str,
    target: Path | str,
    device: str,
    code: str,
    checkpoint_seconds: float = 0.0,
) -> None:
    """Train one candidate on the training split and write its C on validation; test is not read.

    ``code`` is the digest of the stage's code. Checkpoints are at least ``checkpoint_seconds``
    apart.
    """
    dataset = load_dataset(dataset_file).labelled(task)
    job = TrainingJob(dataset_file, device, code, torch.get_num_threads(), checkpoint_seconds)
    where = job.where
    network = {"depth": settings.depth, "dropout": settings.dropout}
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
        "epochs": settings.epochs,
        **facts,
    }
    logger.info("%s: C %.4f nats on valid", network, row["label_distortion_valid_nats"])
    config = settings.as_dict()
    origin = describe("train_candidate", code=code, config=config, data=dataset.digests)
    write_table(target, pd.DataFrame([row]), origin)
