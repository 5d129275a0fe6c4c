"""D + βR of a VAE on the images of a data set, for the engine."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from labelinfo.bounds import objective_nats
from labelinfo.data.dataset import Split, draw_binary
from labelinfo.models.vae import VAE
from labelinfo.training.compiling import compile_function
from labelinfo.training.engine import captured


class VaeObjective:
    """The objective's gradients on training images, and its value on validation images.

    The gradient is computed in two parts that meet at z. The decoder's comes first, in chunks of
    images where their activations would fill the memory; the encoder's and the marginal's follow.
    It is exact, because D's gradient reaches the encoder only through z.

    Parameters
    ----------
    beta
        β on validation images, and in training until the scalar ``training_beta`` is set.
    precision
        ``bfloat16`` runs the networks under autocast, ``float32`` does not.
    activations_mb
        Megabytes of activations that the decoder may keep at once; None for no limit.
    compiled
        Whether the networks are compiled; β is not part of the compiled code.
    """

    RECORDS = ("rate_nats", "distortion_nats", "loss_nats")

    def __init__(
        self,
        model: VAE,
        train: Split,
        valid: Split,
        *,
        beta: float,
        batch_size: int,
        precision: str,
        activations_mb: float | None = None,
        compiled: bool = False,
    ) -> None:
        self.model = model
        self.beta = beta
        self.precision = precision
        self._train = train.images
        self._valid = valid.images
        self._device = train.images.device
        self.training_beta = torch.tensor(beta, device=self._device)
        self._validation: Callable[[], Tensor] | None = None
        self.chunk = batch_size
        if activations_mb is not None:
            bytes_per_image = self._decoder_bytes_per_image()
            self.chunk = _largest_divisor(batch_size, int(activations_mb * 1e6 / bytes_per_image))
        # without gradients few activations are kept, but the live ones are as large
        self._evaluation_batch = 4 * self.chunk
        self._encode, self._distortion = model.encode, model.distortion_nats
        if compiled:
            self._encode = compile_function(model.encode)
            self._distortion = compile_function(model.distortion_nats)

    def gradients(self, index: Tensor) -> Tensor:
        """Add the gradients of the batch's mean D + βR to the parameters; return R, D, D + βR."""
        x = draw_binary(self._train[index])
        with self._autocast():
            z, rate = self._encode(x)
        z_leaf = z.detach().requires_grad_()
        distortions = []
        for z_chunk, x_chunk in zip(z_leaf.split(self.chunk), x.split(self.chunk), strict=True):
            with self._autocast():
                distortion = self._distortion(z_chunk, x_chunk)
            (distortion.sum() / len(x)).backward()
            distortions.append(distortion.detach())
        distortion = torch.cat(distortions).mean()
        rate = rate.mean()
        torch.autograd.backward([self.training_beta * rate, z], [None, z_leaf.grad])
        rate = rate.detach()
        loss = objective_nats(rate, distortion, self.training_beta)
        return torch.stack([rate, distortion, loss])

    def validate(self) -> tuple[float, float, float]:
        """Return mean R, D and D + βR on the validation images, in nats, from one draw of z each.

        The draws come from torch's global random state.
        """
        if self._validation is None:
            with torch.random.fork_rng(
                devices=[self._device] if self._device.type == "cuda" else []
            ):
                self._validation = captured(self._validation_sums, self._device)
        rate, distortion = (self._validation() / len(self._valid)).tolist()
        return rate, distortion, objective_nats(rate, distortion, self.beta)

    @torch.no_grad()
    def _validation_sums(self) -> Tensor:
        sums = torch.zeros(2, dtype=torch.float64, device=self._device)
        with self._autocast():
            marginal = self.model.marginal(self.model.encoder)
        for images in self._valid.split(self._evaluation_batch):
            with self._autocast():
                terms = self.model(draw_binary(images), marginal)
            sums += torch.stack(terms).double().sum(dim=1)
        return sums

    def _autocast(self) -> AbstractContextManager:
        # float32 enters no context, so that a caller's autocast stays in force
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self._device.type, torch.bfloat16)

    def _decoder_bytes_per_image(self) -> float:
        """Return the bytes that the decoder keeps per image for its gradient."""
        # running statistics of layers must not change here
        buffers = [buffer.detach().clone() for buffer in self.model.buffers()]
        few, more = (self._decoder_bytes(images) for images in (2, 4))
        for buffer, before in zip(self.model.buffers(), buffers, strict=True):
            buffer.copy_(before)
        return (more - few) / 2

    def _decoder_bytes(self, images: int) -> int:
        kept: dict[int, int] = {}

        def pack(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.random.fork_rng(devices=[]), self._autocast():
            x = draw_binary(self._train[:1]).expand(images, -1, -1, -1)
            z, _ = self.model.encode(x)
            with saved_tensors_hooks(pack, lambda tensor: tensor):
                # hold the graph: an address is unique only among live tensors
                _distortion = self.model.distortion_nats(z.detach().requires_grad_(), x)
        return sum(kept.values())


def _largest_divisor(number: int, limit: int) -> int:
    """Return the largest divisor up to ``limit``: chunks of one size are compiled once."""
    fitting = (size for size in range(min(number, limit), 0, -1) if number % size == 0)
    return next(fitting, 1)
