"""CUDA graphs: a function's kernels recorded once and replayed without Python in between."""

from collections.abc import Callable
from typing import TypeVar

import torch

T = TypeVar("T")

# In their first calls libraries choose algorithms and allocate, which cannot be recorded.
_WARM_UP_CALLS = 3


def captured(function: Callable[[], T], device: torch.device) -> Callable[[], T]:
    """Record what ``function`` does on a GPU; return what replays it. On a CPU, return it as it is.

    A replay repeats the recorded kernels on the same memory: it reads and writes the tensors that
    the function used when it was recorded, and returns the very tensors that it returned then. So
    everything that changes from call to call has to be a tensor that is overwritten in place, and
    nothing may wait for the GPU. Random numbers are fresh in each replay, from torch's global
    state.

    The function is called a few times before it is recorded; whoever needs its side effects undone
    does so.
    """
    if device.type != "cuda":
        return function
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream):
        for _ in range(_WARM_UP_CALLS):
            function()
    torch.cuda.current_stream(device).wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = function()

    def replay() -> T:
        graph.replay()
        return result

    return replay
