"""Classes that are Gaussian in one number, and the C of any fixed probe by quadrature."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from labelinfo.probes.mlp import BatchedMLP

MEANS = torch.tensor([-1.5, 0.0, 1.0])
NOISE = 0.7


@dataclass(frozen=True)
class Truth:
    """What each of P probes comes to over x, y and z: C in nats and accuracy, (P,) each."""

    label_distortion_nats: np.ndarray
    accuracy: np.ndarray


class NoisyCodes:
    """z = x + NOISE · η for given x (N,), the same for P probes."""

    in_features, binarizations, device = 1, 1, torch.device("cpu")

    def __init__(self, x: Tensor, probes: int) -> None:
        self.x, self.probes = x, probes

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (P, B, 1)."""
        codes = self.x[index] + NOISE * torch.randn(len(index))
        return codes.expand(self.probes, -1).unsqueeze(-1)


def draw_labels(count: int, shares: Tensor) -> tuple[Tensor, Tensor]:
    """Return labels (N,) of these shares and x ~ N(MEANS[y], 1), (N,)."""
    labels = torch.multinomial(shares, count, replacement=True)
    return labels, MEANS[labels] + torch.randn(count)


def fixed_probes() -> BatchedMLP:
    """Return two probes that nobody fitted, one unsure and one surer than it may be."""
    probes = BatchedMLP([1, 4], in_features=1, hidden_units=8, classes=len(MEANS))
    with torch.no_grad():
        for layer in (0, 2):
            probes.weights[layer] *= torch.tensor([2.0, 3.0]).view(2, 1, 1)
    return probes


@torch.no_grad()
def truth_of(probes: BatchedMLP, shares: Tensor) -> Truth:
    """Return what probes come to, by the trapezoidal rule over z | y ~ N(MEANS[y], 1 + NOISE²)."""
    z = torch.linspace(-14, 14, 40_001)
    log_c = probes(z.expand(2, -1).unsqueeze(-1)).log_softmax(dim=-1).double()
    variance = 1 + NOISE**2
    density = torch.exp(-((z[:, None] - MEANS) ** 2) / (2 * variance)).double()
    joint = (shares * density / density.sum(dim=0))[None]  # sums to one over z and y
    hits = torch.nn.functional.one_hot(log_c.argmax(dim=-1), len(MEANS))
    return Truth(-(joint * log_c).sum(dim=(1, 2)).numpy(), (joint * hits).sum(dim=(1, 2)).numpy())
