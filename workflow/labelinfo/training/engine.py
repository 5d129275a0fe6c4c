"""Gradient steps on one device, for every training of the project."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")

# Libraries choose algorithms and allocate in their first calls, which a graph cannot record.
_WARM_UP_CALLS = 3


class Engine:
    """Adam steps over batches of indices, without synchronising with the device in an epoch.

    Batches, learning rates and records are tensors on the device, indexed there by a step counter.
    So an epoch repeats one step, which a GPU replays as a CUDA graph.

    Parameters
    ----------
    module
        Holds the parameters, on the device.
    gradients
        Called with the indices (B,) of a batch. It adds the gradients of the batch's loss to the
        parameters' ``grad`` and returns M float32 numbers to record. It must not synchronise with
        the device.
    records
        M.
    learning_rate
        Initial learning rate; ``run`` sets the rate of every step.
    gradient_norm_max
        Gradients of a larger Euclidean norm are scaled down to it; None does not clip.
    scheduled
        A scalar on the device that ``gradients`` reads; ``run`` sets its value for every step.
    device
        Device of the computation.
    """

    def __init__(
        self,
        module: nn.Module,
        gradients: Callable[[Tensor], Tensor],
        *,
        records: int,
        learning_rate: float,
        gradient_norm_max: float | None = None,
        scheduled: Tensor | None = None,
        device: torch.device,
    ) -> None:
        self.module = module
        self.device = device
        self.optimizer = torch.optim.Adam(
            module.parameters(),
            # a tensor, so that a recorded step can read a new rate
            lr=torch.tensor(learning_rate, device=device),
            fused=True,
            capturable=device.type == "cuda",
        )
        self._gradients = gradients
        self._records = records
        self._gradient_norm_max = gradient_norm_max
        self._scheduled = scheduled
        self._replay: Callable[[], None] | None = None

    def prepare(self, steps: int, batch_size: int) -> None:
        """Compile and record a step, for epochs of ``steps`` batches of ``batch_size``.

        Call it after loading a checkpoint. It leaves parameters, optimiser and random state
        unchanged.
        """
        self._batches = torch.zeros(steps, batch_size, dtype=torch.long, device=self.device)
        self._rates = torch.zeros(steps, device=self.device)
        self._values = torch.zeros(steps, device=self.device)
        columns = self._records + (self._gradient_norm_max is not None)
        self._table = torch.zeros(steps, columns, device=self.device)
        self._at = torch.zeros(1, dtype=torch.long, device=self.device)
        before = [tensor.detach().clone() for tensor in self._state()]
        known = len(self.optimizer.state) > 0
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            self._replay = captured(self._step, self.device)
            self._replay()
        tensors = [tensor.detach() for tensor in self._state()]
        for tensor, value in zip(tensors, before, strict=False):
            tensor.copy_(value)
        if not known:
            # the warm-up created Adam's moments, which must be zero before the first step
            for tensor in tensors[len(before) :]:
                tensor.zero_()

    def run(self, batches: Tensor, rates: list[float], values: list[float] | None = None) -> Tensor:
        """Take one step for each row of ``batches``; return the records.

        Parameters
        ----------
        batches
            (S, B) int64 indices, S and B as in :meth:`prepare`.
        rates
            S learning rates.
        values
            S values of the scheduled scalar, if there is one.

        Returns
        -------
        Tensor
            On the CPU: the numbers that ``gradients`` returned, (S, M). Where gradients are
            clipped, (S, M + 1): the last column is the norm before clipping.
        """
        self._batches.copy_(batches)
        self._rates.copy_(torch.tensor(rates))
        if values is not None:
            self._values.copy_(torch.tensor(values))
        self._at.zero_()
        for _ in rates:
            self._replay()
        return self._table.to("cpu", copy=True)

    def _step(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"].copy_(self._rates.index_select(0, self._at)[0])
        if self._scheduled is not None:
            self._scheduled.copy_(self._values.index_select(0, self._at)[0])
        self.optimizer.zero_grad()
        row = self._gradients(self._batches.index_select(0, self._at)[0])
        if self._gradient_norm_max is not None:
            parameters = self.module.parameters()
            norm = torch.nn.utils.clip_grad_norm_(parameters, self._gradient_norm_max)
            row = torch.cat([row, norm[None]])
        self.optimizer.step()
        self._table.index_copy_(0, self._at, row[None])
        self._at.add_(1).remainder_(len(self._table))

    def _state(self) -> Iterator[Tensor]:
        """Yield every tensor that a step changes: parameters and buffers, then Adam's moments."""
        yield from self.module.state_dict(keep_vars=True).values()
        for state in self.optimizer.state.values():
            yield from state.values()


def captured(function: Callable[[], T], device: torch.device) -> Callable[[], T]:
    """Record the kernels of ``function`` on a GPU and return their replay; on a CPU, return it.

    A replay reads, writes and returns the recorded tensors themselves. So everything that changes
    between calls must be a tensor that is overwritten in place, and nothing may synchronise with
    the GPU. Each replay draws fresh random numbers from torch's global state. The function is
    called a few times before it is recorded, and those calls have their usual side effects.
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
