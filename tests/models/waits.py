"""Print the operations of a step that wait for a GPU; a program, so that zuko is not loaded."""

import sys

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from labelinfo.data.dataset import Split
from labelinfo.models.registry import DECODERS, ENCODERS, MARGINALS
from labelinfo.models.vae import VaeSpec
from labelinfo.training.objective import VaeObjective

WAITING = ("_local_scalar_dense", "is_nonzero", "nonzero")


class Counting(TorchDispatchMode):
    """Records the operations that copy numbers to the CPU."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        """Record and run the operation."""
        name = function.overloadpacket.__name__
        if name in WAITING:
            self.waits.append(name)
        return function(*arguments, **(options or {}))


def main(marginal):
    """Print the waiting operations of a training step and of a validation."""
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
