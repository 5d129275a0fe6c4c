"""C and accuracy of a batch of trained probes on one split."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from labelinfo.data.dataset import SPLITS, Dataset
from labelinfo.probes.codes import Codes, PartOfCodes
from labelinfo.probes.label_distortion import LabelDistortion, label_distortion_nats

# Images per step when nothing is learned.
_EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class TaskLabels:
    """The labels of one task, of the images that have one.

    Attributes
    ----------
    splits
        (N,) int64 by split.
    classes
        K.
    rows
        Which images of a split these labels are of, (N,) by split; none of a split whose images all
        have a label.
    images
        Number of training images, with a label or without.
    """

    splits: dict[str, Tensor]
    classes: int
    rows: dict[str, Tensor] = field(default_factory=dict)
    images: int = 0

    @classmethod
    def of(cls, dataset: Dataset, task: str) -> "TaskLabels":
        """Return a data set's labels of a task."""
        labels = {name: dataset.split(name).labels[task] for name in SPLITS}
        rows = {name: codes >= 0 for name, codes in labels.items()}
        return cls(
            {name: codes[rows[name]] for name, codes in labels.items()},
            len(dataset.classes[task]),
            {name: of.nonzero().squeeze(1) for name, of in rows.items() if not of.all()},
            len(dataset.train),
        )

    def codes_of(self, codes: Codes) -> Codes:
        """Return those of the codes of all images that are of images with a label."""
        return PartOfCodes(codes, self.rows, self.images) if self.rows else codes


@torch.no_grad()
def measure_probes(
    probes: Callable[[Tensor], Tensor],
    codes: Codes,
    split: str,
    labels: Tensor,
    *,
    samples: int,
    seed: int,
    index: Tensor | None = None,
) -> LabelDistortion:
    """Measure C of each probe on a split, averaged over ``samples`` draws of z per image.

    Parameters
    ----------
    probes
        Maps codes (P, B, F) to logits (P, B, K), without dropout. Where ``codes`` are of one probe
        and ``probes`` of several, all see the same draws.
    codes, split
        Where codes come from.
    labels
        (N,) int64, of the split or of the images ``index``.
    samples
        Draws of z per image.
    seed
        Of these draws.
    index
        Images to measure on, (N,); None for the whole split.
    """
    torch.manual_seed(seed)
    index = torch.arange(len(labels)) if index is None else index
    losses, hits = [], []
    for start in range(0, len(labels), _EVALUATION_BATCH):
        batch = slice(start, start + _EVALUATION_BATCH)
        target, images = labels[batch].to(codes.device), index[batch].to(codes.device)
        # float64 adds up draws without rounding them away
        drawn = [_loss_and_hit(probes, codes.draw(split, images), target) for _ in range(samples)]
        loss, hit = (sum(part) / samples for part in zip(*drawn, strict=True))
        losses.append(loss.cpu())
        hits.append(hit.cpu())
    return LabelDistortion(torch.cat(losses, dim=1).numpy(), torch.cat(hits, dim=1).numpy())


def _loss_and_hit(
    probes: Callable[[Tensor], Tensor], z: Tensor, target: Tensor
) -> tuple[Tensor, Tensor]:
    logits = probes(z)
    return (
        label_distortion_nats(logits, target).double(),
        (logits.argmax(dim=-1) == target).double(),
    )
