"""Speed of what surrounds the trainings: matching labels, probes, PCA, measuring.

    python benchmarks/stages.py

Each is reported in GFLOP/s of its matrix products and as a share of the machine's float32 peak.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from workload import ROOT, matmul_gflops, random_images, spec_of

from labelinfo.data.dataset import Split
from labelinfo.data.files import read_verified
from labelinfo.data.labels import match_originals
from labelinfo.data.readers.static_mnist import parse_idx
from labelinfo.measure.rate_distortion import measure_rate_distortion
from labelinfo.probes.label_distortion import label_distortion_nats
from labelinfo.probes.mlp import BatchedMLP
from labelinfo.training.device import device_name, resolve_device
from labelinfo.training.engine import Engine


def seconds(call: Callable[[], object], device: torch.device, rounds: int = 3) -> float:
    """Return the median time of a call, the first left out."""
    taken = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def digits(count: int) -> np.ndarray:
    """Return intensities (N, 784): the digits of the repository's sample, shifted about."""
    content = read_verified(ROOT / "workflow" / "sample" / "train-images-idx3-ubyte.gz")
    originals = parse_idx(content, "sample")
    shifts = [(down, right) for down in range(-2, 3) for right in range(-3, 4)]
    shifted = [np.roll(originals, shift, axis=(1, 2)) for shift in shifts]
    return np.concatenate(shifted)[:count].reshape(-1, 784)


def naive_bayes(device: torch.device, images: int) -> tuple[float, float]:
    """Match binary images with 60,000 originals; return seconds and GFLOP."""
    intensities = digits(60_000)
    random = np.random.default_rng(0)
    picked = intensities[random.permutation(60_000)[:images]]
    bits = (random.random(picked.shape) * 255 < picked).astype(np.uint8)
    used = int((bits.any(axis=0) | intensities.any(axis=0)).sum())
    taken = seconds(lambda: match_originals(bits, intensities, 1e-4, device), device, rounds=1)
    return taken, 2 * images * 60_000 * used / 1e9


def probes(device: torch.device, count: int, features: int, steps: int) -> tuple[float, float]:
    """Train ``count`` probes for some steps; return seconds and GFLOP."""
    batch = 128
    codes = torch.randn(5000, features, device=device)
    labels = torch.randint(10, (5000,), device=device)
    mlp = BatchedMLP(list(range(count)), features, 200, 10).to(device)

    def gradients(index: Tensor) -> Tensor:
        clean = codes[index].expand(count, -1, -1)
        losses = label_distortion_nats(mlp(clean + torch.randn_like(clean)), labels[index])
        losses.mean(dim=1).sum().backward()
        return losses.detach().mean(dim=1)

    engine = Engine(mlp, gradients, records=count, learning_rate=1e-4, device=device)
    engine.prepare(steps, batch)
    batches = torch.randint(5000, (steps, batch), device=device)
    taken = seconds(lambda: engine.run(batches, [1e-4] * steps), device)
    weights = sum(weight[0].numel() for weight in mlp.weights)
    # the codes need no gradient
    products = 3 * weights - mlp.weights[0][0].numel()
    return taken, 2 * products * count * batch * steps / 1e9


def measuring(device: torch.device, architecture: str, images: int) -> tuple[float, float]:
    """Measure R and D with 4 draws of z an image; return seconds and GFLOP."""
    model = spec_of(architecture, 1.0).build().to(device).eval().requires_grad_(False)
    split = Split(random_images(images), {})
    options = {"samples": 4, "batch_size": 125, "seed": 0}
    counter = FlopCounterMode(display=False)
    with counter:
        measure_rate_distortion(model, Split(random_images(125), {}), **options)
    taken = seconds(lambda: measure_rate_distortion(model, split, **options), device, rounds=1)
    return taken, counter.get_total_flops() * images / 125 / 1e9


def main() -> None:
    """Print one row a stage."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = resolve_device(options.device)
    large = device.type == "cuda"
    peak = matmul_gflops("float32", device)
    print(f"{device_name(device)}, torch {torch.__version__}, {options.threads} threads")
    print(f"matrix products in float32: {peak:,.0f} GFLOP/s")
    stages = {
        "naive Bayes, 60,000 originals": lambda: naive_bayes(device, 60_000 if large else 10_240),
        "1 probe, 64 features": lambda: probes(device, 1, 64, 400 if large else 200),
        "12 probes, 42 features": lambda: probes(device, 12, 42, 400 if large else 50),
        "measuring gaussian-deconv-gaussian": lambda: measuring(
            device, "gaussian-deconv-gaussian", 10_000 if large else 125
        ),
        "measuring gaussian-pixelcnn-gaussian": lambda: measuring(
            device, "gaussian-pixelcnn-gaussian", 5000 if large else 125
        ),
    }
    for name, stage in stages.items():
        taken, gflop = stage()
        speed = gflop / taken
        print(f"| {name} | {taken:.3f} | {speed:,.0f} | {speed / peak:.0%} |", flush=True)


if __name__ == "__main__":
    main()
