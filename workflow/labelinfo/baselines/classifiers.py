"""The convolutional classifier, trained end to end on pixels: C without a bottleneck."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from labelinfo.config.model_settings import TrainingSettings
from labelinfo.config.probe_settings import TaskClassifierSettings
from labelinfo.data.dataset import Dataset, Split, draw_binary
from labelinfo.errors import LabelinfoError
from labelinfo.io.checkpoints import alone, lock_of
from labelinfo.probes.label_distortion import LabelDistortion, label_distortion_nats
from labelinfo.seeds import derive_seed
from labelinfo.training.advance import Divergence, advance
from labelinfo.training.checkpoint import NO_CHECKPOINTS, Checkpoints
from labelinfo.training.device import resolve_precision
from labelinfo.training.engine import Engine
from labelinfo.training.job import TrainingJob
from labelinfo.training.schedule import EpochSchedule, Steps, steps_of_epoch

_EVALUATION_BATCH = 250


class ComplexImageClassifier(nn.Sequential):
    """c(y|x): five 5×5 convolutions, then two fully connected layers of ELU units, then K logits.

    Every convolution preserves height and width, and an ELU follows it. 2×2 max-pooling and dropout
    follow the third and the fifth.

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


class ClassifierLoop:
    """A convolutional classifier and its optimiser, advanced epoch by epoch.

    Intensities are binarised at random in each step. The test split is not used.
    ``identity`` is the root of all seeds.
    """

    remedy = "lower `classifier.learning_rate`"

    def __init__(
        self,
        dataset: Dataset,
        task: str,
        settings: TaskClassifierSettings,
        identity: tuple[str | int, ...],
        device: torch.device,
    ) -> None:
        torch.manual_seed(derive_seed(*identity, "initialise"))
        sizes = (settings.depth, settings.dropout, settings.hidden_units)
        network = ComplexImageClassifier(*sizes, len(dataset.classes[task]))
        self.name = "-".join(map(str, identity))
        self.model = network.to(device, memory_format=torch.channels_last)
        self.precision = resolve_precision(settings.precision, device)
        self.arithmetic = {"precision": self.precision}
        self.train, self.valid = dataset.train.to(device), dataset.valid
        self.task, self.identity, self.device = task, identity, device
        self.batch_size, self.steps = steps_of_epoch(len(self.train), settings.batch_size)
        self.round_images = self.batch_size * self.steps
        self.engine = Engine(
            self.model,
            self._gradients,
            records=1,
            learning_rate=settings.learning_rate,
            device=device,
        )
        self.optimizer = self.engine.optimizer

    def _gradients(self, index: Tensor) -> Tensor:
        x = draw_binary(self.train.images[index])
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            logits = self.model(x)
        loss = label_distortion_nats(logits, self.train.labels[self.task][index]).mean()
        loss.backward()
        return loss.detach()[None]

    def prepare(self) -> None:
        """Record a step as a CUDA graph if there is a GPU."""
        self.model.train()
        self.engine.prepare(self.steps, self.batch_size)

    def run(self, number: int, steps: Steps) -> tuple[dict[str, float], Divergence | None]:
        """Take the steps of an epoch and validate; return the curve's row, or the fault."""
        torch.manual_seed(derive_seed(*self.identity, "epoch", number))
        order = torch.randperm(len(self.train), device=self.device)[: self.round_images]
        self.model.train()
        losses = self.engine.run(order.view(self.steps, self.batch_size), steps.learning_rates)
        bad = ~torch.isfinite(losses[:, 0])
        if bad.any():
            step = int(bad.nonzero()[0])
            return {}, Divergence(step + 1, float(losses[step]))
        measured = measure_classifier(self.model, self.valid, self.task, self.device)
        nats = float(measured.per_image_nats.mean())
        if not math.isfinite(nats):
            return {}, Divergence(self.steps, nats)
        return {"train_loss_nats": float(losses.mean()), "valid_loss_nats": nats}, None

    def summary(self, row: dict[str, float]) -> str:
        """Return a row of the curve as a phrase for the log."""
        return (
            f"C {row['train_loss_nats']:.4f} nats on train, {row['valid_loss_nats']:.4f} on valid"
        )


def fit_complex_image(
    dataset: Dataset,
    task: str,
    settings: TaskClassifierSettings,
    identity: tuple[str | int, ...],
    device: torch.device,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
) -> tuple[ComplexImageClassifier, dict[str, Any]]:
    """Train on the training split; return the epoch of the smallest C on validation, and facts.

    Adam minimises the cross-entropy, with linear warm-up and cosine decay of the learning rate. A
    training resumes bit for bit from its checkpoint. Parameters are those of
    :class:`ClassifierLoop`.

    Raises
    ------
    LabelinfoError
        If the first epoch diverges.
    """
    loop = ClassifierLoop(dataset, task, settings, identity, device)
    given = settings.model_dump(include={"epochs", "learning_rate", "warmup_epochs"})
    # a classifier has no β: the schedule's stays at 1
    scheduled = TrainingSettings.of(given | {"beta_start": 1.0, "beta_warmup": 0.0})
    progress, _ = advance(loop, EpochSchedule(scheduled, 1.0, loop.steps), checkpoints)
    if not progress.best_epoch:
        raise LabelinfoError(
            f"The classifier of {task} with depth {settings.depth} and dropout "
            f"{settings.dropout:g} diverged, so that none of its epochs can be kept: lower the "
            "config key `classifier.learning_rate`."
        )
    loop.model.load_state_dict(progress.best_state)
    facts = {"best_epoch": progress.best_epoch, "precision": loop.precision}
    return loop.model.eval(), facts


def resume_complex_image(
    dataset: Dataset,
    task: str,
    settings: TaskClassifierSettings,
    identity: tuple[str | int, ...],
    output: Path | str,
    job: TrainingJob,
) -> tuple[ComplexImageClassifier, dict[str, Any]]:
    """Train as :func:`fit_complex_image` does, resuming from the checkpoint next to ``output``.

    If two processes make the same output, the second waits for the first. It then resumes from the
    finished checkpoint, or repeats the training if there is none.
    """
    checkpoints = job.checkpoints(output, identity, settings.as_dict(), settings.precision)
    with alone(lock_of(output)):
        return fit_complex_image(dataset, task, settings, identity, job.where, checkpoints)


@torch.no_grad()
def measure_classifier(
    model: nn.Module, split: Split, task: str, device: torch.device
) -> LabelDistortion:
    """Measure C of a classifier, in float32 and without dropout.

    C = −E log c(y|x) ≥ H(Y|X): an **upper** bound on the label's entropy given the image.
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
