"""Training steps of a batch of probes with products in bfloat16, each step in one function."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from labelinfo.probes.mlp import BatchedMLP
from labelinfo.training.compiling import compile_function

_LOW = torch.bfloat16
# the defaults of torch.optim.Adam
_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-8


class _State(NamedTuple):
    """The tensors that a step changes; Adam's moments list the weights first, then the biases."""

    weights: list[Tensor]
    biases: list[Tensor]
    rounded: list[Tensor]
    moments: list[Tensor]
    squares: list[Tensor]


class Bfloat16Steps:
    """Adam steps on Σ_p C_p whose matrix products have bfloat16 factors and float32 sums.

    Parameters, moments, biases, activation functions and losses are float32. Only the factors of
    products are rounded: codes, activations, weights and the gradients of layers. Autocast rounds
    the same factors.

    After the random draws, a step is one function of tensors. Compiled, it reads and writes each
    number once; on a CPU, memory traffic takes as long as the products. Gradients are written out
    by hand, because autograd steps take 1.5 to 2.6 times as long, compiled or not (docs/speed.md).

    Parameters
    ----------
    probes
        The network to train.
    draw
        Called with the indices of a batch, (B,) for all probes or (P, B) for each. It returns
        float32 codes (P, B, F) and the dropout masks, as :meth:`Streams.draw` does.
    labels
        (N,) int64, by index.
    compiled
        Whether to compile the function.
    mask_scale
        Factor of the activations that dropout keeps.
    """

    def __init__(
        self,
        probes: BatchedMLP,
        draw: Callable[[Tensor], tuple[Tensor, list[Tensor]]],
        labels: Tensor,
        *,
        compiled: bool,
        mask_scale: float = 1.0,
    ) -> None:
        self._draw, self._labels, self._mask_scale = draw, labels, mask_scale
        weights = [weight.detach() for weight in probes.weights]
        biases = [bias.detach() for bias in probes.biases]
        self._state = _State(
            weights,
            biases,
            rounded=[weight.to(_LOW) for weight in weights],
            moments=[torch.zeros_like(parameter) for parameter in weights + biases],
            squares=[torch.zeros_like(parameter) for parameter in weights + biases],
        )
        self._taken = 0
        self._step = _compiled_step() if compiled else _step
        if compiled and weights[0].shape[1] > 1:
            # one compiled function for any number F of features
            state = self._state
            for tensors in (state.weights, state.rounded, state.moments, state.squares):
                torch._dynamo.mark_dynamic(tensors[0], 1)

    @torch.no_grad()
    def prepare(self, batches: Tensor) -> None:
        """Compile for batches of this shape, (S, B) or (S, P, B); do nothing if not compiled."""
        if self._step is not _step:
            kept = [[tensor.clone() for tensor in tensors] for tensors in self._state]
            self._one(batches[0], 0.0)
            for tensors, values in zip(self._state, kept, strict=True):
                torch._foreach_copy_(tensors, values)
            self._taken = 0

    @torch.no_grad()
    def run(self, batches: Tensor, rates: list[float]) -> Tensor:
        """Take a step for each row of ``batches``, (S, B) or (S, P, B); return C_p, (S, P) nats."""
        return torch.stack(
            [self._one(index, rate) for index, rate in zip(batches, rates, strict=True)]
        )

    def _one(self, index: Tensor, rate: float) -> Tensor:
        self._taken += 1
        z, masks = self._draw(index)
        if self._step is not _step and z.shape[-1] > 1:
            torch._dynamo.mark_dynamic(z, 2)
        # step size and bias correction of the second moment; a tensor, because the compiler would
        # turn Python numbers into constants
        scalars = [rate / (1 - _DECAY**self._taken), (1 - _SQUARE_DECAY**self._taken) ** -0.5]
        scalars.append(self._mask_scale)
        numbers = torch.tensor(scalars, device=z.device)
        return self._step(self._state, z, masks, self._labels[index], numbers)


@cache
def _compiled_step() -> Callable[..., Tensor]:
    return compile_function(_step, dynamic=None)


def _step(state: _State, z: Tensor, masks: list[Tensor], labels: Tensor, scalars: Tensor) -> Tensor:
    """Update the state in place; return the losses before the step, (P,)."""
    weights, biases, rounded, moments, squares = state
    last = len(weights) - 1
    inputs, slopes = [z.to(_LOW)], []
    for layer in range(last):
        h = functional.elu(torch.bmm(inputs[-1], rounded[layer]).float() + biases[layer])
        # ELU'(a) = min(1, 1 + ELU(a)), from the rounded activation
        slope = (h.to(_LOW).float() + 1).clamp(max=1)
        if masks:
            kept = masks[layer] * scalars[2]
            h, slope = h * kept, slope * kept
        inputs.append(h.to(_LOW))
        slopes.append(slope)
    logits = torch.bmm(inputs[last], rounded[last]).float() + biases[last]
    log_probabilities = torch.log_softmax(logits, dim=-1)
    target = functional.one_hot(labels, logits.shape[-1]).to(logits.dtype)
    losses = -(log_probabilities * target).sum(dim=-1).mean(dim=1)
    delta = (log_probabilities.exp() - target) / labels.shape[-1]
    # all gradients first: the chain rule needs the weights before the update
    gradients = {}
    for layer in range(last, -1, -1):
        gradients[last + 1 + layer] = delta.sum(dim=1, keepdim=True)
        low = delta.to(_LOW)
        gradients[layer] = torch.bmm(inputs[layer].mT, low).float()
        if layer:
            delta = torch.bmm(low, rounded[layer].mT).float() * slopes[layer - 1]
    size, correction = scalars[0], scalars[1]
    for number, parameter in enumerate([*weights, *biases]):
        gradient, moment, square = gradients[number], moments[number], squares[number]
        moment.lerp_(gradient, 1 - _DECAY)
        square.mul_(_SQUARE_DECAY).add_(gradient * gradient * (1 - _SQUARE_DECAY))
        parameter.sub_(size * moment / (square.sqrt() * correction + _EPSILON))
    for weight, copy in zip(weights, rounded, strict=True):
        copy.copy_(weight)
    return losses
