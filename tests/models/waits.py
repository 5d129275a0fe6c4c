"""Print which operations of a step would wait for a GPU. A program, so that zuko is not loaded."""

import sys

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from labelinfo.data.dataset import Split
from labelinfo.models.registry import DECODERS, ENCODERS, MARGINALS
from labelinfo.models.vae import VaeSpec
from labelinfo.training.objective import VaeObjective

WAITING = ("_local_scalar_dense", "is_nonzero", "nonzero")


class Counting(TorchDispatchMode):
    """Notes the operations that read numbers back."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        """Note the operation, and do it."""
        name = function.overloadpacket.__name__
        if name in WAITING:
            self.waits.append(name)
        return function(*arguments, **(options or {}))


def main(marginal):
    """Print what a step of training and a validation wait for."""
    paths = ENCODERS["gaussian"], DECODERS["deconv"], MARGINALS[marginal]
    options = {"marginal": {"components": 5}} if marginal == "vamp" else {}
    model = VaeSpec(*paths, 3, 0.125, options).build()
    split = Split(torch.bernoulli(torch.full((8, 784), 0.5)).byte(), {})
    objective = VaeObjective(model, split, split, beta=1.0, batch_size=4, precision="float32")
    with Counting() as counting:
        objective.gradients(torch.arange(4))
        objective._validation_sums()
    assert "zuko" not in sys.modules
    print(counting.waits)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
