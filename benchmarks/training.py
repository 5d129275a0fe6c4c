"""Training speed by architecture and precision, next to the machine's peak and pythae.

    python benchmarks/training.py             # all architectures, on this machine's device
    python benchmarks/training.py --pythae    # also pythae (benchmarks/requirements.txt)

Rounds of the variants alternate, so that a machine that speeds up or slows down does so for all;
medians are reported.
"""

import argparse
import itertools
import json
import statistics
from pathlib import Path

import torch
from workload import Workload, gflop_per_image, matmul_gflops, random_images

from labelinfo.models.registry import MARGINALS
from labelinfo.training.device import device_name, resolve_device

PAPERS = itertools.product(("gaussian", "iaf"), ("deconv", "pixelcnn"), MARGINALS)
FURTHER = [("gaussian", "pixelcnn_short", "gaussian"), *(("mlp", "mlp", m) for m in MARGINALS)]
EVERY = ["-".join(names) for names in (*PAPERS, *FURTHER)]


def main() -> None:
    """Measure and print a table; keep it as JSON with ``--output``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--architectures", nargs="+", default=EVERY, metavar="E-D-M")
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--steps", type=int, help="steps a round (4; on a GPU, 100)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--plain", action="store_true", help="also without compiling")
    parser.add_argument("--pythae", action="store_true", help="also the same networks in pythae")
    parser.add_argument("--output", type=Path, help="a JSON file")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = resolve_device(options.device)
    steps = options.steps or (100 if device.type == "cuda" else 4)
    where = f"{device_name(device)}, torch {torch.__version__}"
    if device.type == "cpu":
        where += f", {options.threads} threads"
    peaks = {precision: matmul_gflops(precision, device) for precision in options.precisions}
    print(f"{where}; width {options.width:g}, batch {options.batch_size}")
    for precision, peak in peaks.items():
        print(f"matrix products in {precision}: {peak:,.0f} GFLOP/s")
    rows = []
    for architecture in options.architectures:
        gflop = gflop_per_image(architecture, options.width, options.batch_size)
        timed = {}
        for precision, compiled in itertools.product(
            options.precisions, [True, False] if options.plain else [True]
        ):
            timed[precision, compiled] = Workload(
                architecture,
                width=options.width,
                precision=precision,
                device=device,
                compiled=compiled,
                batch_size=options.batch_size,
                steps=steps,
            )
        prepared = {key: load.prepare_seconds for key, load in timed.items()}
        if options.pythae and architecture == "gaussian-deconv-gaussian":
            from pythae_vae import PythaeTrainer

            timed["float32", "pythae"] = PythaeTrainer(
                random_images(steps * options.batch_size),
                width=options.width,
                batch_size=options.batch_size,
                beta=1.0,
                device=device,
            )
        rates = {key: [] for key in timed}
        for _ in range(options.rounds):
            for key, load in timed.items():
                rates[key].append(load.images_per_second())
        medians = {key: statistics.median(values) for key, values in rates.items()}
        for (precision, how), rate in medians.items():
            row = {
                "architecture": architecture,
                "precision": precision,
                "engine": how if isinstance(how, str) else "compiled" if how else "plain",
                "images_per_second": rate,
                "slowest_round": min(rates[precision, how]),
                "fastest_round": max(rates[precision, how]),
                "gflop_per_image": gflop,
                "share_of_peak": rate * gflop / peaks[precision],
                "prepare_seconds": prepared.get((precision, how)),
            }
            if ("float32", "pythae") in medians:
                row["ratio_to_pythae"] = rate / medians["float32", "pythae"]
            rows.append(row)
            print(
                "| {architecture} | {precision} | {engine} | {images_per_second:,.0f} | "
                "{share_of_peak:.0%} | {seconds:.3g} |".format(
                    **row, seconds=50_000 / rate if rate else 0
                )
                + (f" {row['ratio_to_pythae']:.2f} × pythae" if "ratio_to_pythae" in row else ""),
                flush=True,
            )
    if options.output:
        facts = {"where": where, "peaks_gflops": peaks, **vars(options) | {"output": None}}
        options.output.write_text(json.dumps({"facts": facts, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
