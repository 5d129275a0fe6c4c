"""What the benchmarks time: training steps of one architecture on images of its own."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from labelinfo.config.completion import complete  # noqa: E402
from labelinfo.config.components import known_components, vae_spec  # noqa: E402
from labelinfo.data.dataset import Split  # noqa: E402
from labelinfo.machine import keep_freed_memory  # noqa: E402
from labelinfo.models.vae import VaeSpec  # noqa: E402
from labelinfo.training.engine import Engine  # noqa: E402
from labelinfo.training.objective import VaeObjective  # noqa: E402

IMAGES = 4096

# as a job does
keep_freed_memory()


def spec_of(architecture: str, width: float, model: dict[str, Any] | None = None) -> VaeSpec:
    """Return the spec of ``encoder-decoder-marginal``; ``model`` overrides defaults."""
    config = complete({"model": {"width": width, **(model or {})}})
    encoder, decoder, marginal = architecture.split("-")
    known = known_components(config, ())
    return VaeSpec(**vae_spec(config, known, encoder=encoder, decoder=decoder, marginal=marginal))


def random_images(count: int = IMAGES) -> Tensor:
    """Return binary images (N, 784) with as many ones as digits have."""
    generator = torch.Generator().manual_seed(0)
    return (torch.rand(count, 784, generator=generator) < 0.13).to(torch.uint8)


class Workload:
    """Steps of one training, ready to be timed.

    Attributes
    ----------
    prepare_seconds
        What compiling and recording took.
    """

    def __init__(
        self,
        architecture: str,
        *,
        width: float,
        precision: str,
        device: torch.device,
        compiled: bool,
        batch_size: int = 128,
        steps: int = 20,
        model: dict[str, Any] | None = None,
    ) -> None:
        torch.manual_seed(0)
        self.device = device
        self.images_per_round = steps * batch_size
        images = random_images()
        vae = spec_of(architecture, width, model).build()
        vae.initialise(images.view(-1, 1, 28, 28))
        split = Split(images.to(device), {})
        self.objective = VaeObjective(
            vae.to(device),
            split,
            split,
            beta=1.0,
            batch_size=batch_size,
            precision=precision,
            activations_mb=activations_mb() if device.type == "cpu" else None,
            compiled=compiled,
        )
        self.engine = Engine(
            vae,
            self.objective.gradients,
            records=3,
            learning_rate=1e-3,
            gradient_norm_max=100.0,
            scheduled=self.objective.training_beta,
            device=device,
        )
        self._batches = torch.randint(IMAGES, (steps, batch_size), device=device)
        started = time.perf_counter()
        self.engine.prepare(steps, batch_size)
        self.prepare_seconds = time.perf_counter() - started

    def images_per_second(self) -> float:
        """Time one round; reading its table waits for the device."""
        started = time.perf_counter()
        steps = len(self._batches)
        self.engine.run(self._batches, [1e-3] * steps, [1.0] * steps)
        return self.images_per_round / (time.perf_counter() - started)


def activations_mb() -> float:
    """Return the default of ``training.activations_mb``."""
    return complete({})["training"]["activations_mb"]


def gflop_per_image(architecture: str, width: float, batch_size: int = 128) -> float:
    """Count the products of one training step, forward and backward, in GFLOP an image."""
    cpu = torch.device("cpu")
    load = Workload(
        architecture, width=width, precision="float32", device=cpu, compiled=False,
        batch_size=batch_size, steps=1,
    )  # fmt: skip
    counter = FlopCounterMode(display=False)
    with counter:
        load.objective.gradients(torch.arange(batch_size))
    return counter.get_total_flops() / batch_size / 1e9


def matmul_gflops(precision: str, device: torch.device, seconds: float = 1.0) -> float:
    """Measure the fastest of many square products of matrices, in GFLOP/s.

    Each is taken as a product and as a 1×1 convolution, since on a CPU these are two libraries, of
    which the first may know a maker's processors worse than the second.
    """
    size = 8192 if device.type == "cuda" else 2048
    dtype = getattr(torch, precision)
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    image = a.view(size // 64, 8, 8, size).permute(0, 3, 1, 2)
    products = [lambda: a @ b, lambda: torch.conv2d(image, b[:, :, None, None])]
    return max(_gflops(product, size, device, seconds) for product in products)


def _gflops(
    product: Callable[[], Tensor], size: int, device: torch.device, seconds: float
) -> float:
    product()
    best, spent = float("inf"), 0.0
    while spent < seconds:
        started = time.perf_counter()
        product()
        if device.type == "cuda":
            torch.cuda.synchronize()
        taken = time.perf_counter() - started
        best, spent = min(best, taken), spent + taken
    return 2 * size**3 / best / 1e9
