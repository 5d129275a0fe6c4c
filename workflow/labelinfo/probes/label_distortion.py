"""The label distortion C of classifiers c(y|z), image by image."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torch.nn import functional


def label_distortion_nats(logits: Tensor, labels: Tensor) -> Tensor:
    """Return −log c(y|z) for each probe and image.

    Its mean C over p(x, y) p(z|x) satisfies C ≥ H(Y|Z) = H(Y) − I(Z; Y) for any normalised c:
    H(Y) − C is a **lower** bound on the mutual information I(Z; Y).

    Shapes: logits (P, B, K), labels (B,) int64, result (P, B) in nats.

    Examples
    --------
    A probe that finds ten classes equally likely loses ln 10, whatever the label:

    >>> import torch
    >>> label_distortion_nats(torch.zeros(1, 2, 10), torch.tensor([3, 7])).exp()
    tensor([[10., 10.]])
    """
    log_probabilities = functional.log_softmax(logits, dim=-1)
    index = labels.expand(logits.shape[:-1]).unsqueeze(-1)
    return -log_probabilities.gather(-1, index).squeeze(-1)


@dataclass(frozen=True)
class LabelDistortion:
    """C on one split, for each of P probes.

    Attributes
    ----------
    per_image_nats, per_image_accuracy
        (P, N): means over the draws of z of −log c(y|z), and of whether the likeliest class is
        correct.
    """

    per_image_nats: np.ndarray
    per_image_accuracy: np.ndarray

    @property
    def nats(self) -> np.ndarray:
        """C of each probe, (P,)."""
        return self.per_image_nats.mean(axis=1)

    def mean(self) -> "LabelDistortion":
        """Return the mean over the probes as one probe, whose C is the mean C."""
        losses, hits = self.per_image_nats, self.per_image_accuracy
        return LabelDistortion(losses.mean(axis=0, keepdims=True), hits.mean(axis=0, keepdims=True))

    def row(self, probe: int) -> dict[str, float]:
        """Return means and standard errors s/√N over images, for one probe."""
        losses, hits = self.per_image_nats[probe], self.per_image_accuracy[probe]
        root = np.sqrt(len(losses))
        return {
            "label_distortion_nats": float(losses.mean()),
            "label_distortion_nats_se": float(losses.std(ddof=1) / root),
            "label_accuracy": float(hits.mean()),
            "label_accuracy_se": float(hits.std(ddof=1) / root),
        }
