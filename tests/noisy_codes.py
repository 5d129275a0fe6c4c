"""Codes of known distribution, instead of those of an encoder."""

import torch


class NoisyCodes:
    """z = clean + σ ε with clean codes by split; one probe for each σ, all sharing ε."""

    def __init__(self, clean, sigmas=(0.0,), *, binarizations=1, device="cpu"):
        self.device, self.binarizations = torch.device(device), binarizations
        self.clean = {split: z.to(device) for split, z in clean.items()}
        self.sigmas = torch.tensor(sigmas, device=device).view(-1, 1, 1)
        self.probes, self.in_features = len(sigmas), clean["train"].shape[1]
        self.asked = []

    def draw(self, split, index):
        """Return codes (P, B, F), and record the request."""
        self.asked.append((split, index))
        clean = self.clean[split][index]
        return clean + self.sigmas.to(clean.dtype) * torch.randn_like(clean)


def two_signs(count, sigmas, **options):
    """Return labels 0 and 1, and codes that are −1 or 1 by the label, plus noise."""
    labels = torch.arange(count) % 2
    clean = (2.0 * labels - 1).unsqueeze(1)
    return labels, NoisyCodes({"train": clean, "test": clean}, sigmas, **options)
