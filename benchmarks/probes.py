"""Speed of probes: all noise levels of PCA at once, or one after another.

    python benchmarks/probes.py

*Plain* is the loop that one would write in PyTorch for one probe; *alone* is this package's engine
with one probe; *batched* is what `measure_pca` does: float32, or compiled steps in bfloat16;
*3 seeds* are the probes of one run, each with its own order and noise; *strong* is the strong
probe, timed for as many images as a step of the others has. Rounds alternate and medians are
reported; one probe has one thread, which is faster for it than two.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import nn
from torch.nn import functional
from workload import matmul_gflops

from labelinfo.baselines.pca import PcaCodes
from labelinfo.config.completion import complete
from labelinfo.config.probe_settings import ProbeSettings, RecipeSettings
from labelinfo.probes.codes import TaskLabels
from labelinfo.probes.fit import fit_probes
from labelinfo.probes.recipe import PaperRecipe, Recipe, StrongRecipe
from labelinfo.training.device import device_name, resolve_device

DEFAULTS = complete({})
# enough steps for compiled ones to be chosen
EPOCHS = 32
IMAGES, BATCH, HIDDEN = 12_800, DEFAULTS["probe"]["batch_size"], DEFAULTS["probe"]["hidden_units"]


class Grid:
    """Probes of one k on made-up codes; each call trains ``epochs`` epochs and returns seconds."""

    def __init__(self, k: int, classes: int, device: torch.device) -> None:
        torch.manual_seed(0)
        self.k, self.classes, self.device = k, classes, device
        self.clean = torch.randn(IMAGES, k)
        self.labels = torch.randint(classes, (IMAGES,))

    def plain(self, sigma: float, epochs: int) -> None:
        """Train one probe as a loop in PyTorch."""
        probe = nn.Sequential(
            nn.Linear(self.k, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, HIDDEN), nn.ELU(),
            nn.Linear(HIDDEN, self.classes),
        ).to(self.device)  # fmt: skip
        optimizer = torch.optim.Adam(probe.parameters(), lr=1e-4)
        clean, labels = self.clean.to(self.device), self.labels.to(self.device)
        for _ in range(epochs):
            for index in torch.randperm(IMAGES, device=self.device).split(BATCH):
                x = clean[index]
                z = x + sigma * torch.randn_like(x)
                loss = functional.cross_entropy(probe(z), labels[index])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    def engine(self, sigmas: list[float], recipe: Recipe, epochs: int) -> None:
        """Train the probes of these noise levels as one batch."""
        codes = PcaCodes(
            {name: [self.clean] for name in ("train", "valid")}, self.k, sigmas, self.device
        )
        # what is measured on validation is next to nothing
        labels = TaskLabels({"train": self.labels, "valid": self.labels[:100]}, self.classes)
        recipe = replace(recipe, epochs=epochs)
        fit_probes(codes, labels, recipe, [("benchmark",)], list(map(str, sigmas)))

    def seeds(self, count: int, recipe: Recipe, epochs: int) -> None:
        """Train so many probes of one run, each with its own order and noise."""
        codes = PcaCodes(
            {name: [self.clean] for name in ("train", "valid")}, self.k, [1.0], self.device
        )
        labels = TaskLabels({"train": self.labels, "valid": self.labels[:100]}, self.classes)
        identities = [("benchmark", seed) for seed in range(count)]
        fit_probes(codes, labels, replace(recipe, epochs=epochs), identities, ["a"] * count)


def seconds_per_step(train: Callable[[int], None], threads: int, device: torch.device) -> float:
    """Time twice the epochs less the time of once: what is done once is left out."""
    torch.set_num_threads(threads)
    taken = []
    for count in (EPOCHS, 2 * EPOCHS):
        started = time.perf_counter()
        train(count)
        if device.type == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return (taken[1] - taken[0]) / (EPOCHS * (IMAGES // BATCH))


def main() -> None:
    """Print one row per way of training."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--k", type=int, default=42)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    options = parser.parse_args()
    device = resolve_device(options.device)
    sigmas = DEFAULTS["pca"]["sigmas"]
    grid = Grid(options.k, options.classes, device)
    batch = len(sigmas)
    everything = options.threads
    # way, what trains so many epochs, threads, probes
    ways = [("plain", lambda epochs: grid.plain(1.0, epochs), 1, 1)]
    for precision in options.precisions:
        paper = PaperRecipe.of(ProbeSettings(precision=precision))
        strong = StrongRecipe.of(RecipeSettings(), precision)
        ways += [
            (f"alone, {precision}", partial(grid.engine, [1.0], paper), 1, 1),
            (f"3 seeds, {precision}", partial(grid.seeds, 3, paper), 1, 3),
            (f"batched, {precision}, one thread", partial(grid.engine, sigmas, paper), 1, batch),
            (f"batched, {precision}", partial(grid.engine, sigmas, paper), everything, batch),
            (f"strong, 3 seeds, {precision}", partial(grid.seeds, 3, strong), 1, 3),
        ]
    for _, train, threads, _ in ways:  # compile, for so many threads
        torch.set_num_threads(threads)
        train(EPOCHS)
    times: dict[str, list[float]] = {way[0]: [] for way in ways}
    for _ in range(options.rounds):
        for name, train, threads, probes in ways:
            times[name].append(seconds_per_step(train, threads, device) / probes)
    torch.set_num_threads(options.threads)
    peaks = {precision: matmul_gflops(precision, device) for precision in options.precisions}
    weights = options.k * HIDDEN + HIDDEN * HIDDEN + HIDDEN * options.classes
    gflop = 2 * BATCH * (3 * weights - options.k * HIDDEN) / 1e9
    print(f"{device_name(device)}, torch {torch.__version__}, {options.threads} threads")
    print(f"k = {options.k}, {options.classes} classes, {batch} noise levels, batch {BATCH}")
    for precision, peak in peaks.items():
        print(f"matrix products in {precision}: {peak:,.0f} GFLOP/s")
    print("| way | ms a step of one probe | GFLOP/s | times plain |")
    plain = statistics.median(times["plain"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"| {name} | {1e3 * median:.3f} | {gflop / median:,.0f} | {plain / median:.1f} |")


if __name__ == "__main__":
    main()
