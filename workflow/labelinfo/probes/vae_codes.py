"""The codes of a frozen VAE."""

import torch
from torch import Tensor, nn

from labelinfo.data.dataset import Dataset, draw_binary
from labelinfo.seeds import derive_seed

_ENCODING_BATCH = 500


class VaeCodes:
    """Fresh samples z ~ p(z|x) of a frozen encoder, for one probe.

    The encoder's deterministic part runs once per image, not once per draw. Where the training
    images are intensities, it runs once for each of ``binarizations`` seeded binarisations of the
    split, which epochs use in turn.
    """

    probes = 1

    def __init__(
        self,
        encoder: nn.Module,
        dataset: Dataset,
        *,
        binarizations: int,
        identity: tuple[str | int, ...],
        device: torch.device,
    ) -> None:
        self.encoder = encoder.to(device).eval()
        self.device = device
        self.binarizations = 1 if dataset.train.is_binary else binarizations
        self._features = {
            "train": torch.cat(
                [
                    self._encode(dataset.train.images, derive_seed(*identity, "binarize", draw))
                    for draw in range(self.binarizations)
                ]
            ),
            "valid": self._encode(dataset.valid.images, 0),
            "test": self._encode(dataset.test.images, 0),
        }
        sample = self.draw("train", torch.zeros(1, dtype=torch.long, device=device))
        self.in_features = sample.shape[-1]

    @torch.no_grad()
    def _encode(self, images: Tensor, seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        batches = [
            self.encoder.features(draw_binary(batch, generator).to(self.device))
            for batch in images.split(_ENCODING_BATCH)
        ]
        return torch.cat(batches)

    @torch.no_grad()
    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, L)."""
        # rsample, as torch's sample of a normal distribution waits for the device
        return self.encoder.posterior(self._features[split][index]).rsample().unsqueeze(0)
