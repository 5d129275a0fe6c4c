"""Many independent label probes, trained at once as batched matrix products."""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class BatchedMLP(nn.Module):
    """P classifiers c_p(y|z) of one shape: two hidden layers of ELU units, then class logits.

    Each has its own parameters and its own input; no number passes from one to another, so a
    probe in a batch is the probe that would be trained alone.

    Parameters
    ----------
    seeds
        One seed per probe for its initial parameters: uniform in ±1/√fan-in, weights and biases
        alike, as ``torch.nn.Linear`` does.
    in_features, hidden_units, classes
        Sizes F, H and K.
    """

    def __init__(self, seeds: list[int], in_features: int, hidden_units: int, classes: int) -> None:
        super().__init__()
        sizes = [in_features, hidden_units, hidden_units, classes]
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        for fan_in, fan_out in itertools.pairwise(sizes):
            bound = 1 / math.sqrt(fan_in)
            for shape, parameters in (
                ((fan_in, fan_out), self.weights),
                ((1, fan_out), self.biases),
            ):
                draws = [torch.rand(shape, generator=generator) for generator in generators]
                parameters.append(nn.Parameter(bound * (2 * torch.stack(draws) - 1)))

    def apart(self) -> list["BatchedMLP"]:
        """Return a copy of each probe, as a batch of its own."""
        in_features, hidden_units = self.weights[0].shape[1:]
        classes, device = self.biases[-1].shape[-1], self.biases[-1].device
        batches = []
        for probe in range(len(self.biases[-1])):
            alone = BatchedMLP([0], in_features, hidden_units, classes).to(device)
            alone.load_state_dict(
                {name: values[probe : probe + 1] for name, values in self.state_dict().items()}
            )
            batches.append(alone)
        return batches

    def forward(self, z: Tensor) -> Tensor:
        """Map codes (P, B, F) to logits (P, B, K)."""
        h = z
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if layer:
                h = functional.elu(h)
            h = torch.baddbmm(bias, h, weight)
        return h


def label_distortion_nats(logits: Tensor, labels: Tensor) -> Tensor:
    """Return −log c(y|z) for each probe and image.

    Its mean C over p(x, y) p(z|x) satisfies C ≥ H(Y|Z) = H(Y) − I(Z; Y) for any normalised c:
    H(Y) − C is a **lower** bound on the mutual information I(Z; Y).

    Parameters
    ----------
    logits
        (P, B, K).
    labels
        (B,) int64.

    Returns
    -------
    Tensor
        Nats, (P, B).
    """
    log_probabilities = functional.log_softmax(logits, dim=-1)
    index = labels.expand(logits.shape[:-1]).unsqueeze(-1)
    return -log_probabilities.gather(-1, index).squeeze(-1)
