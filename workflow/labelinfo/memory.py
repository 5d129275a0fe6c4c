"""The C library's allocator, told to keep what tensors leave behind."""

import ctypes

# of glibc's malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MMAP_THRESHOLD_BYTES = 32 << 20  # the largest that glibc takes
_TRIM_THRESHOLD_BYTES = 1 << 30


def keep_freed_memory() -> bool:
    """Let this process reuse freed memory instead of handing it back; return whether it could.

    A training step frees its activations and asks for as many again. By default large ones go back
    to the system each time and come back, page by page, each cleared, which on a CPU takes an
    eighth of a training's time (docs/speed.md). Addresses change, results do not.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return False
    return bool(
        mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES)
        and mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES)
    )
