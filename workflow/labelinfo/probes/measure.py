"""C and accuracy of a batch of trained probes on one split."""

from collections.abc import Callable

import torch
from torch import Tensor

from labelinfo.probes.codes import Codes
from labelinfo.probes.label_distortion import LabelDistortion, label_distortion_nats

# images per batch of an evaluation
_EVALUATION_BATCH = 1000


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
        Maps codes (P, B, F) to logits (P, B, K), without dropout. If ``codes`` are of one probe
        and ``probes`` of several, all probes see the same draws.
    labels
        (N,) int64, of the split or of the images ``index``.
    seed
        Seed of the draws.
    index
        Images to measure on, (N,); None for the whole split.
    """
    torch.manual_seed(seed)
    index = torch.arange(len(labels)) if index is None else index
    losses, hits = [], []
    for start in range(0, len(labels), _EVALUATION_BATCH):
        batch = slice(start, start + _EVALUATION_BATCH)
        target, images = labels[batch].to(codes.device), index[batch].to(codes.device)
        # float64: sums over the draws lose no digits
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
