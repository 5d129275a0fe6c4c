"""How many trainings on one GPU at a time give the most images a second in all.

    python benchmarks/sharing.py --jobs 1 2 4 8

Each is a process of its own, as Snakemake's jobs are; they are timed over the same seconds. Run it
with and without NVIDIA's MPS daemon (`nvidia-cuda-mps-control -d`), which lets the kernels of
several processes run side by side.
"""

import argparse
import time

import torch
import torch.multiprocessing as multiprocessing


def train(architecture: str, seconds: float, barrier: object, results: object) -> None:
    """Train in one of the processes; report images a second."""
    from workload import Workload

    from labelinfo.training.device import resolve_device

    device = resolve_device("auto")
    load = Workload(
        architecture, width=1.0, precision="bfloat16", device=device, compiled=True, steps=50
    )
    load.images_per_second()
    barrier.wait()
    started, rounds = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        load.images_per_second()
        rounds += 1
    results.put(rounds * load.images_per_round / (time.perf_counter() - started))


def main() -> None:
    """Print one row for each number of jobs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", nargs="+", type=int, default=[1, 2, 4, 8])
    parser.add_argument("--architecture", default="gaussian-deconv-gaussian")
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    for jobs in options.jobs:
        barrier, results = context.Barrier(jobs), context.Queue()
        arguments = (options.architecture, options.seconds, barrier, results)
        processes = [context.Process(target=train, args=arguments) for _ in range(jobs)]
        for process in processes:
            process.start()
        total = sum(results.get(timeout=300) for _ in processes)
        for process in processes:
            process.join()
        row = [options.architecture, str(jobs), f"{total:,.0f}", f"{50_000 * jobs / total:.2f}"]
        print(f"| {' | '.join(row)} | {50_000 / total:.2f} |", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
