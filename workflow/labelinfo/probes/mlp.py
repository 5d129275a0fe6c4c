"""Many independent label probes, trained together by batched matrix products."""

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class BatchedMLP(nn.Module):
    """P classifiers c_p(y|z) of one shape: two hidden layers of ELU units, then class logits.

    Each has its own parameters and its own input; probes do not affect each other.

    Parameters
    ----------
    seeds
        One seed per probe for its initial weights and biases: uniform in ±1/√fan-in, as in
        ``torch.nn.Linear``.
    in_features, hidden_units, classes
        Sizes F, H and K.

    Examples
    --------
    A probe in a batch equals the probe built alone:

    >>> z = torch.ones(1, 5, 3)
    >>> both, second = (BatchedMLP(seeds, 3, 8, 2)(z) for seeds in ([1, 2], [2]))
    >>> both.shape, torch.allclose(both[1], second[0])
    (torch.Size([2, 5, 2]), True)
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

    def forward(self, z: Tensor, masks: Sequence[Tensor] = (), scale: float = 1.0) -> Tensor:
        """Map codes (P, B, F), or (1, B, F) for all probes, to logits (P, B, K).

        With dropout, ``masks`` holds the kept activations of each hidden layer, (P, B, H) or
        (1, B, H); kept activations are multiplied by ``scale``.
        """
        h = z.expand(len(self.biases[0]), -1, -1)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if layer:
                h = functional.elu(h)
                if masks:
                    h = h * (masks[layer - 1] * scale)
            h = torch.baddbmm(bias, h, weight)
        return h
