"""The baseline `complex_image`: the convolutional classifier, trained and measured."""

from pathlib import Path

import torch

from labelinfo.baselines.classifiers import measure_classifier, resume_complex_image
from labelinfo.baselines.points import Point, write_point
from labelinfo.config.probe_settings import TaskClassifierSettings
from labelinfo.data.dataset import load_dataset
from labelinfo.provenance import describe
from labelinfo.training.job import TrainingJob


def train_classifier(
    task: str,
    seed: int,
    settings: TaskClassifierSettings,
    *,
    files: dict[str, Path | str],
    device: str,
    code: str,
    searched: bool = False,
    checkpoint_seconds: float = 0.0,
) -> None:
    """Train the convolutional classifier and write C and accuracy: `complex_image`.

    Parameters
    ----------
    files
        Input ``dataset``; outputs ``table`` of one row and ``losses`` of each test image.
    searched
        Whether a search chose depth and dropout.
    """
    dataset = load_dataset(files["dataset"]).labelled(task)
    job = TrainingJob(files["dataset"], device, code, torch.get_num_threads(), checkpoint_seconds)
    where = job.where
    identity = (dataset.name, "complex_image", task, seed)
    model, facts = resume_complex_image(dataset, task, settings, identity, files["table"], job)
    test, valid = (
        measure_classifier(model, dataset.split(name), task, where) for name in ("test", "valid")
    )
    row = test.row(0) | {"label_distortion_valid_nats": float(valid.nats[0])}
    setting = {"depth": settings.depth, "dropout": settings.dropout, "searched": searched, **facts}
    write_point(
        files["table"],
        {files["losses"]: (test.per_image_nats, {})},
        dataset,
        Point(task, "complex_image", seed, setting),
        row,
        describe("train_classifier", code=code, config=settings.as_dict(), data=dataset.digests),
    )
