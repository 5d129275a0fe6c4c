"""Cost of the autoregressive decoder's reach: images a second by the dilations of its layers.

    python benchmarks/reach.py

Rounds of the variants alternate; medians are reported.
"""

import statistics

import torch
from workload import Workload

from labelinfo.training.device import device_name

VARIANTS = {
    "1, 1, 1 (`pixelcnn_short`)": [1, 1, 1],
    "1, 2, 4 (`pixelcnn`)": [1, 2, 4],
    "1, 6": [1, 6],
    "seven times 1": [1] * 7,
}


def main() -> None:
    """Measure and print a table for quarter and full width."""
    torch.set_num_threads(1)
    device = torch.device("cpu")
    print(f"{device_name(device)}, torch {torch.__version__}, one thread, batch 64")
    print("| dilations | rows and columns back | quarter width | full width |\n|---|---|---|---|")
    rates = {name: [] for name in VARIANTS}
    for width, steps in ((0.25, 6), (1.0, 3)):
        loads = {
            name: Workload(
                "gaussian-pixelcnn-gaussian",
                width=width,
                precision="bfloat16",
                device=device,
                compiled=True,
                batch_size=64,
                steps=steps,
                model={"pixelcnn": {"dilations": dilations}},
            )
            for name, dilations in VARIANTS.items()
        }
        rounds = [
            {name: load.images_per_second() for name, load in loads.items()} for _ in range(5)
        ]
        for name in VARIANTS:
            rates[name].append(statistics.median(each[name] for each in rounds))
    for name, dilations in VARIANTS.items():
        quarter, full = rates[name]
        print(f"| {name} | {4 * sum(dilations) + 2} | {quarter:.0f} | {full:.0f} |")


if __name__ == "__main__":
    main()
