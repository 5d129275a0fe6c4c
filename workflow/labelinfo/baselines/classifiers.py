"""The convolutional classifier, trained end to end on pixels: how well the label can be known."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from labelinfo.data.dataset import Dataset, Split, draw_binary
from labelinfo.errors import LabelinfoError
from labelinfo.io.checkpoints import checkpoint_of, lock_of
from labelinfo.io.locks import alone
from labelinfo.probes.label_distortion import LabelDistortion, label_distortion_nats
from labelinfo.seeds import derive_seed
from labelinfo.training.checkpoint import (
    Progress,
    load_checkpoint,
    save_checkpoint,
    snapshot,
    training_fingerprint,
)
from labelinfo.training.device import resolve_precision
from labelinfo.training.engine import Engine
from labelinfo.training.schedule import learning_rate_at

logger = logging.getLogger(__name__)

_EVALUATION_BATCH = 250


class ComplexImageClassifier(nn.Sequential):
    """c(y|x): five 5×5 convolutions, then two fully connected layers of ELU units, then K logits.

    2×2 max-pooling and dropout follow the third and the fifth convolution; every convolution keeps
    height and width and is followed by an ELU.

    Parameters
    ----------
    depth
        Filters of each convolution.
    dropout
        Share of activations dropped in training, from 0 to 1.
    hidden_units
        Units in each fully connected layer.
    classes
        K.

    References
    ----------
    Fertig, Arbabi & Alemi (2018), https://arxiv.org/abs/1812.02682, section 3.
    """

    def __init__(self, depth: int, dropout: float, hidden_units: int, classes: int) -> None:
        layers: list[nn.Module] = []
        for layer in range(5):
            layers += [nn.Conv2d(depth if layer else 1, depth, 5, padding=2), nn.ELU()]
            if layer in (2, 4):
                layers += [nn.MaxPool2d(2), nn.Dropout(dropout)]
        super().__init__(
            *layers,
            nn.Flatten(),
            nn.Linear(7 * 7 * depth, hidden_units),
            nn.ELU(),
            nn.Linear(hidden_units, hidden_units),
            nn.ELU(),
            nn.Linear(hidden_units, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map binary images (B, 1, 28, 28) to logits (B, K)."""
        return super().forward(2 * x - 1).float()


def fit_complex_image(
    dataset: Dataset,
    task: str,
    settings: dict[str, Any],
    identity: tuple[str | int, ...],
    *,
    device: torch.device,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 0.0,
    fingerprint: dict[str, Any] | None = None,
    after_epoch: Callable[[int], None] | None = None,
) -> tuple[ComplexImageClassifier, dict[str, Any]]:
    """Train on the training split; return the state of the smallest C on validation, and facts.

    Adam on cross-entropy, linear warm-up and cosine decay of the learning rate, dynamic
    binarisation where the images are intensities. The test split is not touched.

    Parameters
    ----------
    dataset, task
        Images, and which of their labels.
    settings
        The configuration's ``classifier`` section for this task, with ``depth`` and ``dropout``.
    identity
        Root of all seeds.
    device
        Where to train.
    checkpoint, checkpoint_seconds, fingerprint, after_epoch
        As for :func:`labelinfo.training.trainer.train`: a training goes on from its last
        checkpoint, to the same bits.
    """
    torch.manual_seed(derive_seed(*identity, "initialise"))
    classes = len(dataset.classes[task])
    model = ComplexImageClassifier(
        settings["depth"], settings["dropout"], settings["hidden_units"], classes
    )
    model = model.to(device, memory_format=torch.channels_last)
    precision = resolve_precision(settings["precision"], device)
    low = precision == "bfloat16"
    train = dataset.train.to(device)
    labels = train.labels[task]

    def gradients(index: Tensor) -> Tensor:
        x = draw_binary(train.images[index])
        with torch.autocast(device.type, torch.bfloat16, enabled=low):
            logits = model(x)
        loss = label_distortion_nats(logits, labels[index]).mean()
        loss.backward()
        return loss.detach()[None]

    engine = Engine(
        model, gradients, records=1, learning_rate=settings["learning_rate"], device=device
    )
    batch_size = min(settings["batch_size"], len(train))
    steps = len(train) // batch_size
    model.train()
    fingerprint = {**(fingerprint or {}), "precision": precision}
    progress = checkpoint and load_checkpoint(checkpoint, model, engine.optimizer, fingerprint)
    if progress:
        logger.info("Going on after epoch %d.", progress.epoch)
    else:
        progress = Progress(best_state=snapshot(model))
    engine.prepare(steps, batch_size)
    kept = time.monotonic()
    for epoch in range(progress.epoch, settings["epochs"]):
        started = time.monotonic()
        rates = [
            learning_rate_at(
                epoch * steps + step,
                peak=settings["learning_rate"],
                warmup_steps=settings["warmup_epochs"] * steps,
                total_steps=settings["epochs"] * steps,
            )
            for step in range(steps)
        ]
        torch.manual_seed(derive_seed(*identity, "epoch", epoch))
        order = torch.randperm(len(train), device=device)[: steps * batch_size]
        model.train()
        losses = engine.run(order.view(steps, batch_size), rates)
        nats = float(measure_classifier(model, dataset.valid, task, device).per_image_nats.mean())
        logger.info(
            "epoch %d: C %.4f nats on train, %.4f on valid", epoch + 1, float(losses.mean()), nats
        )
        if nats < progress.best_loss_nats:
            progress.best_state = snapshot(model)
            progress.best_loss_nats, progress.best_epoch = nats, epoch + 1
        progress.epoch += 1
        progress.seconds += time.monotonic() - started
        age = progress.seconds if progress.epoch == settings["epochs"] else time.monotonic() - kept
        if checkpoint and age >= checkpoint_seconds:
            save_checkpoint(checkpoint, model, engine.optimizer, progress, fingerprint)
            kept = time.monotonic()
        if after_epoch:
            after_epoch(progress.epoch)
    if not progress.best_epoch:
        raise LabelinfoError(
            f"The classifier of {task} with depth {settings['depth']} and dropout "
            f"{settings['dropout']:g} diverged, so that none of its epochs can be kept: lower the "
            "config key `classifier.learning_rate`."
        )
    model.load_state_dict(progress.best_state)
    return model.eval(), {"best_epoch": progress.best_epoch, "precision": precision}


def resume_complex_image(
    dataset: Dataset,
    task: str,
    settings: dict[str, Any],
    identity: tuple[str | int, ...],
    *,
    device: torch.device,
    output: Path | str,
    code: str,
    dataset_file: Path | str,
    checkpoint_seconds: float,
) -> tuple[ComplexImageClassifier, dict[str, Any]]:
    """Train as :func:`fit_complex_image` does, resuming from the checkpoint next to ``output``.

    Of two processes that make the same output the second waits, and then finds the work
    done, or, if it took no longer than ``checkpoint_seconds``, does it again.
    """
    fingerprint = training_fingerprint(
        identity,
        settings,
        code=code,
        dataset_file=dataset_file,
        device=device,
        precision=resolve_precision(settings["precision"], device),
        threads=torch.get_num_threads(),
    )
    with alone(lock_of(output)):
        return fit_complex_image(
            dataset,
            task,
            settings,
            identity,
            device=device,
            checkpoint=checkpoint_of(output),
            checkpoint_seconds=checkpoint_seconds,
            fingerprint=fingerprint,
        )


@torch.no_grad()
def measure_classifier(
    model: nn.Module, split: Split, task: str, device: torch.device
) -> LabelDistortion:
    """Measure C of a classifier, in float32 and without dropout.

    C = −E log c(y|x) ≥ H(Y|X): an **upper** bound on what the image leaves open of the label.
    """
    model.eval()
    losses, hits = [], []
    batches = zip(
        split.images.split(_EVALUATION_BATCH),
        split.labels[task].split(_EVALUATION_BATCH),
        strict=True,
    )
    for images, labels in batches:
        target = labels.to(device)
        logits = model(draw_binary(images.to(device)))
        losses.append(label_distortion_nats(logits, target).double().cpu())
        hits.append((logits.argmax(dim=-1) == target).double().cpu())
    return LabelDistortion(torch.cat(losses)[None].numpy(), torch.cat(hits)[None].numpy())
