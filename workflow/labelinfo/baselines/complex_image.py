"""The baseline `complex_image`: the convolutional classifier, trained and measured."""

from pathlib import Path
from typing import Any

import torch

from labelinfo.baselines.chosen import NETWORK
from labelinfo.baselines.classifiers import measure_classifier, resume_complex_image
from labelinfo.baselines.points import Point, write_point
from labelinfo.data.dataset import load_dataset
from labelinfo.provenance import describe
from labelinfo.training.job import TrainingJob


def train_classifier(
    task: str,
    seed: int,
    settings: dict[str, Any],
    *,
    files: dict[str, Path | str],
    device: str,
    code: str,
    network: dict[str, Any] | None = None,
    checkpoint_seconds: float = 0.0,
) -> None:
    """Train the convolutional classifier and write C and accuracy: `complex_image`.

    Parameters
    ----------
    settings
        The configuration's section ``classifier`` with the task's depth and dropout.
    files
        Input ``dataset``; outputs ``table`` of one row and ``losses`` of each test image.
    network
        Depth and dropout chosen by a search, which replace those in ``settings``.
    """
    dataset = load_dataset(files["dataset"]).labelled(task)
    job = TrainingJob(files["dataset"], device, code, torch.get_num_threads(), checkpoint_seconds)
    where = job.where
    settings = settings | (network or {})
    identity = (dataset.name, "complex_image", task, seed)
    model, facts = resume_complex_image(dataset, task, settings, identity, files["table"], job)
    test, valid = (
        measure_classifier(model, dataset.split(name), task, where) for name in ("test", "valid")
    )
    row = test.row(0) | {"label_distortion_valid_nats": float(valid.nats[0])}
    setting = {key: settings[key] for key in NETWORK}
    setting |= {"searched": network is not None, **facts}
    write_point(
        files["table"],
        {files["losses"]: (test.per_image_nats, {})},
        dataset,
        Point(task, "complex_image", seed, setting),
        row,
        describe("train_classifier", code=code, config=settings, data=dataset.digests),
    )
