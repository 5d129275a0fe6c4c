"""Features of every image from a frozen encoder, computed once, and codes drawn from them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from labelinfo.config.run import Run
from labelinfo.data.dataset import SPLITS, Dataset, draw_binary
from labelinfo.seeds import derive_seed

# images at once: at full width they fill a core's cache; this does not affect the bits
_ENCODING_BATCH = 200


@dataclass(frozen=True)
class Features:
    """Features of all images of a data set.

    Attributes
    ----------
    splits
        (D · N, F) of ``train``, (N, F) of ``valid`` and ``test``; the d-th binarisation of training
        image i is row d · N + i.
    binarizations
        D; 1 if the training images are already bits.
    """

    splits: dict[str, Tensor]
    binarizations: int

    def standardised(self) -> "Features":
        """Return each feature with mean 0 and deviation 1 on the training split.

        The map is invertible (a constant feature only loses its mean), so it preserves
        information. It only changes how well a probe of a given learning rate finds it.
        """
        deviation, mean = torch.std_mean(self.splits["train"], dim=0)
        scale = torch.where(deviation > 0, deviation, 1.0)
        scaled = {name: (split - mean) / scale for name, split in self.splits.items()}
        return Features(scaled, self.binarizations)


def encode_dataset(
    features: Callable[[Tensor], Tensor],
    dataset: Dataset,
    *,
    binarizations: int,
    identity: tuple[str | int, ...],
    device: torch.device,
) -> Features:
    """Apply ``features`` to every image of a data set.

    ``features`` maps bits (B, 1, 28, 28) to (B, F). Training images of intensities are binarised
    ``binarizations`` times, with seeds from ``identity``.
    """

    @torch.no_grad()
    def encode(images: Tensor, seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        batches = images.split(_ENCODING_BATCH)
        return torch.cat([features(draw_binary(batch, generator).to(device)) for batch in batches])

    draws = 1 if dataset.train.is_binary else binarizations
    seeds = [derive_seed(*identity, "binarize", draw) for draw in range(draws)]
    train = torch.cat([encode(dataset.train.images, seed) for seed in seeds])
    held_out = {name: encode(dataset.split(name).images, 0) for name in SPLITS[1:]}
    return Features({"train": train, **held_out}, draws)


class FeatureCodes:
    """z = f(x), for one probe; the features themselves are the code."""

    probes = 1

    def __init__(self, features: Features) -> None:
        self._splits = features.splits
        self.binarizations = features.binarizations
        self.device = features.splits["train"].device
        sample = self.draw("train", torch.zeros(1, dtype=torch.long, device=self.device))
        self.in_features = sample.shape[-1]

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, F)."""
        return self._splits[split][index].unsqueeze(0)


class VaeCodes(FeatureCodes):
    """Fresh samples z ~ p(z|x) of a frozen encoder, for one probe."""

    def __init__(self, encoder: nn.Module, features: Features) -> None:
        self._encoder = encoder.to(features.splits["train"].device).eval()
        super().__init__(features)

    @torch.no_grad()
    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, L)."""
        # rsample, because torch's sample of a normal distribution synchronises with the device
        return self._encoder.posterior(self._splits[split][index]).rsample().unsqueeze(0)


def codes_of_run(
    run: Run, encoder: nn.Module, dataset: Dataset, *, binarizations: int, device: torch.device
) -> VaeCodes:
    """Encode every image with a run's frozen encoder; see :func:`encode_dataset`."""
    encoder = encoder.to(device)
    features = encode_dataset(
        encoder.features,
        dataset,
        binarizations=binarizations,
        identity=run.identity,
        device=device,
    )
    return VaeCodes(encoder, features)
