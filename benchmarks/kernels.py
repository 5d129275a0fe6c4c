"""What a training step spends its time on: its kernels, those that take longest first.

    python benchmarks/kernels.py
    python benchmarks/kernels.py --architecture gaussian-pixelcnn-vamp --rows 40

On a GPU these are the kernels as they ran, and the last line says for how much of the time none
did; on a CPU they are torch's operations and the loops that were compiled.
"""

import argparse
import time

import torch
from torch._inductor import config as inductor
from torch.profiler import ProfilerActivity, profile
from workload import Workload

from labelinfo.training.device import device_name, resolve_device


def main() -> None:
    """Print one row a kernel."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--architecture", default="gaussian-deconv-gaussian", metavar="E-D-M")
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--steps", type=int, help="steps that are looked at (4; on a GPU, 50)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--plain", action="store_true", help="without compiling")
    parser.add_argument("--rows", type=int, default=25)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    # compiled loops tell their names
    inductor.cpp.enable_kernel_profile = True
    device = resolve_device(options.device)
    on_gpu = device.type == "cuda"
    steps = options.steps or (50 if on_gpu else 4)
    load = Workload(
        options.architecture,
        width=options.width,
        precision=options.precision,
        device=device,
        compiled=not options.plain,
        batch_size=options.batch_size,
        steps=steps,
    )
    load.images_per_second()
    undisturbed = load.images_per_round / load.images_per_second() / steps
    activities = [ProfilerActivity.CUDA if on_gpu else ProfilerActivity.CPU]
    with profile(activities=activities) as profiled:
        started = time.perf_counter()
        load.images_per_second()
        watched = (time.perf_counter() - started) / steps
    kernels = sorted(
        (
            (event.self_device_time_total if on_gpu else event.self_cpu_time_total, event)
            for event in profiled.key_averages()
        ),
        key=lambda kernel: -kernel[0],
    )
    busy = sum(microseconds for microseconds, _ in kernels) / 1e6 / steps
    print(f"{device_name(device)}, torch {torch.__version__}, {options.threads} threads")
    print(
        f"{options.architecture}, {options.precision}: {1e3 * undisturbed:.3f} ms a step, "
        f"{1e3 * watched:.3f} while watched"
    )
    print("| ms a step | share | calls a step | kernel |\n|---|---|---|---|")
    for microseconds, event in kernels[: options.rows]:
        once = microseconds / 1e6 / steps
        row = [f"{1e3 * once:.3f}", f"{once / busy:.1%}", f"{event.count / steps:.3g}"]
        print(f"| {' | '.join(row)} | {event.key[:100]} |")
    print(f"All kernels: {1e3 * busy:.3f} ms a step; none runs for {1 - busy / watched:.0%} of it.")


if __name__ == "__main__":
    main()
