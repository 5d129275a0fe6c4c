"""The device of tensors and the precision of matrix products."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from labelinfo.errors import ConfigError

_CPUINFO = Path("/proc/cpuinfo")


def resolve_device(wanted: str) -> torch.device:
    """Return the device for ``auto``, ``cpu`` or ``cuda``; a GPU is set to deterministic mode.

    Raises
    ------
    ConfigError
        If a GPU is requested and there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "Config key `machine.device` is 'cuda', but torch finds no GPU: set it to 'auto' or "
            "'cpu', or install a CUDA build of torch."
        )
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda":
        # float32 means float32: TF32 products have a mantissa of 10 bits
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        # the same bits each time: no algorithm whose order of addition depends on thread timing
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.benchmark = False
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False
    return torch.device(wanted)


def resolve_precision(wanted: str, device: torch.device) -> str:
    """Return ``bfloat16`` or ``float32``; ``auto`` chooses the faster matrix products.

    bfloat16 is faster with AMX, with AVX512-BF16 on non-Intel processors, and on GPUs of compute
    capability 8 or more. On Intel processors without AMX, AVX512-BF16 products take about twice as
    long as float32 (docs/speed.md).
    """
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        faster = torch.cuda.get_device_capability(device)[0] >= 8
    else:
        abilities = torch.cpu.get_capabilities()
        intel = "Intel" in abilities.get("cpu_name", "")
        avx = abilities.get("avx512_bf16", False) and not intel
        faster = abilities.get("amx_bf16", False) or avx
    return "bfloat16" if faster else "float32"


def device_name(device: torch.device) -> str:
    """Return the device's name for tables; devices of the same name round alike.

    A processor's name includes the instruction set in use, because clouds and environment
    variables can hide instructions.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    abilities = torch.cpu.get_capabilities()
    low = [name for name in ("avx512_bf16", "amx_bf16") if abilities.get(name)]
    instructions = " + ".join([torch.backends.cpu.get_cpu_capability(), *low])
    name = abilities.get("cpu_name", "unknown")
    return f"cpu ({', '.join(filter(None, (name, processor_generation(), instructions)))})"


def processor_generation() -> str:
    """Return family and model of the processor, empty where the system does not report them.

    Clouds give one name ("AMD EPYC") to several generations of processors that round differently.
    """
    try:
        text = _CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return ""
    found = [
        re.search(rf"^{key}\s*: (\d+)$", text, re.MULTILINE) for key in ("cpu family", "model")
    ]
    return "family {} model {}".format(*(match[1] for match in found)) if all(found) else ""


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one CPU thread in this block: splitting sums over threads changes their bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
