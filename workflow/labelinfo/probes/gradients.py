"""The gradients of a batch of probes, written out."""

import torch
from torch import Tensor
from torch.nn import functional

from labelinfo.probes.mlp import BatchedMLP


class ProbeGradients:
    """Gradients of Σ_p C_p, with C_p the mean of −log c_p(y|z_p) over a batch.

    The chain rule layer by layer: δ = (softmax(logits) − onehot(y)) / B at the top, ∂W = hᵀδ and
    ∂b = Σ_b δ in each layer, and δ Wᵀ ⊙ ELU'(a) below it, where ELU'(a) = min(1, 1 + ELU(a)). It is
    what autograd computes, but in memory that is kept from step to step: to ask for it anew takes
    as long on a CPU as the products themselves.

    Parameters
    ----------
    probes
        What is trained; gradients are left in its parameters' ``grad``.
    batch_size
        B.
    """

    def __init__(self, probes: BatchedMLP, batch_size: int) -> None:
        self._weights, self._biases = list(probes.weights), list(probes.biases)
        self._gradients = [torch.empty_like(parameter) for parameter in probes.parameters()]
        self._parameters = list(probes.parameters())

        def room(layer: int) -> Tensor:
            count, _, units = self._weights[layer].shape
            return self._weights[layer].new_empty(count, batch_size, units)

        layers = range(len(self._weights))
        self._activations = [room(layer) for layer in layers]
        self._deltas = [room(layer) for layer in layers]

    @torch.no_grad()
    def __call__(self, z: Tensor, labels: Tensor) -> Tensor:
        """Leave the gradients for codes z (P, B, F) and labels (B,); return C_p (P,) in nats."""
        for parameter, gradient in zip(self._parameters, self._gradients, strict=True):
            parameter.grad = gradient
        inputs, last = [z], len(self._weights) - 1
        for layer, (weight, bias) in enumerate(zip(self._weights, self._biases, strict=True)):
            h = torch.baddbmm(bias, inputs[-1], weight, out=self._activations[layer])
            inputs.append(functional.elu_(h) if layer < last else h)
        log_probabilities = torch.log_softmax(inputs.pop(), dim=-1)
        target = labels.expand(log_probabilities.shape[:-1]).unsqueeze(-1)
        losses = -log_probabilities.gather(-1, target).squeeze(-1).mean(dim=1)
        delta = torch.exp(log_probabilities, out=self._deltas[last])
        delta.scatter_add_(-1, target, delta.new_full((), -1.0).expand(target.shape))
        delta /= len(labels)
        for layer in range(last, -1, -1):
            weight, bias, h = self._weights[layer], self._biases[layer], inputs[layer]
            torch.bmm(h.mT, delta, out=weight.grad)
            torch.sum(delta, dim=1, keepdim=True, out=bias.grad)
            if layer:
                delta = torch.bmm(delta, weight.mT, out=self._deltas[layer - 1])
                delta *= h.add_(1).clamp_(max=1)
        return losses
