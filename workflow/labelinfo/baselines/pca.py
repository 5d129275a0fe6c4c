"""Randomised PCA: whitened principal components plus Gaussian noise."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from labelinfo.baselines.pca_selection import select_dimension
from labelinfo.data.dataset import Dataset, draw_binary
from labelinfo.errors import ConfigError
from labelinfo.information import label_entropy_nats
from labelinfo.probes.fit import fit_probes, measure_probes
from labelinfo.seeds import derive_seed
from labelinfo.training.device import one_thread

logger = logging.getLogger(__name__)


def pca_rate_nats(k: int, sigma: float) -> float:
    """Return k/2 · ln(1 + 1/σ²), the rate of k whitened components plus N(0, σ²) noise, in nats.

    It equals I(X; Z) if the whitened components are jointly Gaussian. Whatever their distribution,
    with unit covariance (which whitening gives on the images that it is fitted to) it is an
    **upper** bound on I(X; Z), as the Gaussian has the largest entropy of all with that covariance.

    References
    ----------
    Fertig, Arbabi & Alemi (2018), https://arxiv.org/abs/1812.02682, eq. 5.
    """
    return 0.5 * k * float(np.log1p(sigma**-2))


class WhitenedPCA:
    """Projection on the leading principal components, each scaled to unit variance.

    z_j = u_j · (x − mean) / √λ_j with λ_j, u_j the eigenvalues and eigenvectors of the covariance
    of the images it is fitted to, largest first; eigenvectors are signed so that the entry of the
    largest magnitude is positive.

    Parameters
    ----------
    bits
        (N, 784) float images to fit to.
    k_max
        Components to keep.

    Raises
    ------
    ConfigError
        If the images span fewer than ``k_max`` dimensions.
    """

    def __init__(self, bits: Tensor, k_max: int) -> None:
        x = bits.double()
        self.mean = x.mean(dim=0)
        centred = x - self.mean
        covariance = centred.T @ centred / (len(x) - 1)
        eigenvalues, vectors = torch.linalg.eigh(covariance)
        eigenvalues, vectors = eigenvalues.flip(0), vectors.flip(1)
        rank = int((eigenvalues > 1e-10 * eigenvalues[0]).sum())
        if k_max > rank:
            raise ConfigError(
                f"Config key `pca.dims` asks for {k_max} components, but the training images span "
                f"only {rank} dimensions: leave out what is above."
            )
        largest = vectors.abs().argmax(dim=0)
        signs = vectors.gather(0, largest.unsqueeze(0)).sign()
        self.projection = (vectors * signs)[:, :k_max] / eigenvalues[:k_max].sqrt()

    def __call__(self, bits: Tensor) -> Tensor:
        """Map images (N, 784) to whitened components (N, k_max), float32."""
        return ((bits.double() - self.mean) @ self.projection).float()


class PcaCodes:
    """z = PCA_k(x) + σ ε for one k and many σ at once, one probe for each σ.

    All σ share the draw of ε, so a noise level added to the grid changes no other's.
    """

    def __init__(
        self, components: dict[str, list[Tensor]], k: int, sigmas: list[float], device: torch.device
    ) -> None:
        self._components = {
            split: torch.cat([draw[:, :k] for draw in draws]).to(device)
            for split, draws in components.items()
        }
        self.binarizations = len(components.get("train", []))
        self._sigmas = torch.tensor(sigmas, device=device).view(-1, 1, 1)
        self.probes = len(sigmas)
        self.in_features = k
        self.device = device

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (P, B, k)."""
        clean = self._components[split][index]
        return clean + self._sigmas * torch.randn_like(clean)


def measure_pca(
    dataset: Dataset,
    task: str,
    settings: dict[str, Any],
    probe_settings: dict[str, Any],
    *,
    device: torch.device,
    compiled_folder: Path | None = None,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Measure C for every k and σ of the grid; the probes of one k train as one batch.

    ``probe_settings`` has its ``precision`` resolved; compiled code is kept in ``compiled_folder``.

    Returns
    -------
    DataFrame
        One row per (k, σ): ``k, sigma, rate_nats``, C and accuracy on test with standard errors,
        ``label_distortion_valid_nats``, and what :func:`select_dimension` says of the best k, which
        is chosen on the validation split.
    ndarray
        Losses of the test images in nats, one row per row of the table.
    """
    dims, sigmas = sorted(settings["dims"]), sorted(settings["sigmas"], reverse=True)
    identity = (dataset.name, task, "pca")
    draws = 1 if dataset.train.is_binary else probe_settings["binarizations"]

    def train_bits(draw: int) -> Tensor:
        return _flat(dataset.train.images, derive_seed(dataset.name, "pca", "binarize", draw))

    with one_thread():
        pca = WhitenedPCA(train_bits(0), dims[-1])
        components = {
            "train": [pca(train_bits(draw)) for draw in range(draws)],
            "valid": [pca(_flat(dataset.valid.images, 0))],
            "test": [pca(_flat(dataset.test.images, 0))],
        }
    names = [f"{sigma:.12g}" for sigma in sigmas]
    rows, losses, valid_losses = [], [], []
    for k in dims:
        codes = PcaCodes(components, k, sigmas, device)
        probes = fit_probes(
            codes,
            dataset.train.labels[task],
            len(dataset.classes[task]),
            probe_settings,
            (*identity, k),
            names,
            compiled_folder=compiled_folder,
        )
        measured = {
            split: measure_probes(
                probes,
                codes,
                split,
                dataset.split(split).labels[task],
                samples=probe_settings["samples"],
                seed=derive_seed(*identity, k, "measure", split),
            )
            for split in ("valid", "test")
        }
        losses.append(measured["test"].per_image_nats)
        valid_losses.append(measured["valid"].per_image_nats)
        logger.info("k = %d: %d noise levels measured", k, len(sigmas))
        rows += [
            {
                "k": k,
                "sigma": sigma,
                "rate_nats": pca_rate_nats(k, sigma),
                **measured["test"].row(probe),
                "label_distortion_valid_nats": measured["valid"].row(probe)[
                    "label_distortion_nats"
                ],
            }
            for probe, sigma in enumerate(sigmas)
        ]
    table = select_dimension(
        pd.DataFrame(rows),
        np.concatenate(valid_losses),
        label_entropy_nats(dataset.valid.labels[task].numpy()),
        settings["selection_rate_max_nats"],
    )
    return table, np.concatenate(losses)


def _flat(images: Tensor, seed: int) -> Tensor:
    return draw_binary(images, torch.Generator().manual_seed(seed)).flatten(1)
