"""The codes of a frozen VAE."""

import torch
from torch import Tensor, nn

from labelinfo.data.dataset import Dataset
from labelinfo.probes.feature_codes import FeatureCodes


class VaeCodes(FeatureCodes):
    """Fresh samples z ~ p(z|x) of a frozen encoder, for one probe.

    The encoder's deterministic part runs once per image (and binarisation), not once per draw.
    """

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
        super().__init__(
            self.encoder.features,
            dataset,
            binarizations=binarizations,
            identity=identity,
            device=device,
        )

    @torch.no_grad()
    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, L)."""
        # rsample, as torch's sample of a normal distribution waits for the device
        return self.encoder.posterior(self._features[split][index]).rsample().unsqueeze(0)
