"""Randomised PCA: whitened principal components plus Gaussian noise."""

import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from labelinfo.config.probe_settings import PcaSettings, TaskProbeSettings
from labelinfo.data.dataset import Dataset, draw_binary, load_dataset
from labelinfo.errors import ConfigError
from labelinfo.io.losses import write_losses
from labelinfo.io.tables import write_table
from labelinfo.probes.both import KINDS, LOSSES, ProbeRecipes, both_columns, probe_both
from labelinfo.probes.codes import TaskLabels
from labelinfo.provenance import describe
from labelinfo.seeds import derive_seed
from labelinfo.tables.baselines import baseline_rows
from labelinfo.training.device import one_thread, resolve_device

logger = logging.getLogger(__name__)


def pca_rate_nats(k: int, sigma: float) -> float:
    """Return k/2 · ln(1 + 1/σ²), the rate of k whitened components plus N(0, σ²) noise, in nats.

    It equals I(X; Z) if the whitened components are jointly Gaussian. For any distribution of unit
    covariance it is an **upper** bound on I(X; Z), because a Gaussian has the largest entropy for a
    given covariance. Whitening gives unit covariance on the images that it is fitted to.

    References
    ----------
    Fertig, Arbabi & Alemi (2018), https://arxiv.org/abs/1812.02682, eq. 5.
    """
    return 0.5 * k * float(np.log1p(sigma**-2))


class WhitenedPCA:
    """Projection on the leading principal components, each scaled to unit variance.

    z_j = u_j · (x − mean) / √λ_j, where λ_j, u_j are the eigenvalues and eigenvectors of the
    covariance of the fitted images, largest first. The sign of an eigenvector makes its entry of
    largest magnitude positive.

    Parameters
    ----------
    bits
        (N, 784) float images to fit to.
    k_max
        Number of components to keep.

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

    All σ share the draw of ε, so adding a σ to the grid does not change the codes of the others.
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
    grid: PcaSettings,
    probe: ProbeRecipes,
    *,
    binarizations: int,
    device: torch.device,
) -> tuple[pd.DataFrame, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Measure C for every k and σ of the grid; the probes of one k train as one batch.

    Parameters
    ----------
    probe
        Recipes of the probes, with precisions resolved; every point has one probe of each kind.
    binarizations
        Number of binarisations of training images that are intensities.

    Returns
    -------
    DataFrame
        One row per (k, σ): ``k, sigma, rate_nats``, and the columns of both probes.
    dict, dict
        Losses of the test images and of the validation images, in nats, by kind of probe; one row
        per row of the table.
    """
    dims, sigmas = sorted(grid.dims), sorted(grid.sigmas, reverse=True)
    components = whitened_components(dataset, dims[-1], binarizations)
    labels = TaskLabels.of(dataset, task)
    names = [f"{sigma:.12g}" for sigma in sigmas]
    rows = []
    losses: dict[str, dict[str, list[np.ndarray]]] = {
        split: {kind: [] for kind in KINDS} for split in ("test", "valid")
    }
    for k in dims:
        probed = probe_both(
            labels.codes_of(PcaCodes(components, k, sigmas, device)),
            labels,
            probe,
            [(dataset.name, task, "pca", k)],
            names,
        )
        logger.info("k = %d: %d noise levels measured", k, len(sigmas))
        for split, of_split in losses.items():
            for kind, each in of_split.items():
                each.append(probed[kind].splits[split].per_image_nats)
        rows += [
            {"k": k, "sigma": sigma, "rate_nats": pca_rate_nats(k, sigma)}
            | both_columns(probed, number)
            for number, sigma in enumerate(sigmas)
        ]
    of_test, of_valid = (
        {kind: np.concatenate(each) for kind, each in of_split.items()}
        for of_split in losses.values()
    )
    return pd.DataFrame(rows), of_test, of_valid


def write_pca(
    task: str,
    grid: PcaSettings,
    settings: TaskProbeSettings,
    *,
    strong_epochs_share: float,
    files: dict[str, Path | str],
    device: str,
    code: str,
) -> None:
    """Measure the grid of PCA and write its table and losses.

    Parameters
    ----------
    strong_epochs_share
        Share of the recipe's epochs that a strong probe of the grid trains for.
    files
        See :func:`~labelinfo.baselines.probed.write_probed`; further outputs ``valid_losses`` and
        ``strong_valid_losses``, of the validation images.
    """
    dataset = load_dataset(files["dataset"])
    where = resolve_device(device)
    epochs = math.ceil(strong_epochs_share * settings.strong_probe.epochs)
    strong = settings.strong_probe.model_copy(update={"epochs": epochs})
    settings = settings.model_copy(update={"strong_probe": strong})
    probe = ProbeRecipes.of(settings).resolved(len(dataset.train.labelled(task)), where)
    points, losses, valid_losses = measure_pca(
        dataset,
        task,
        grid,
        probe,
        binarizations=settings.probe.binarizations,
        device=where,
    )
    config = {"pca": grid.as_dict(), **settings.as_dict(), "precisions": probe.precisions}
    origin = describe("measure_pca", code=code, config=config, data=dataset.digests)
    of: dict[str, Any] = {"dataset": dataset.name, "task": task, "baseline": "pca"}
    of["points"] = points[["k", "sigma"]].to_dict("records")
    for kind, target in LOSSES.items():
        own = of | {"probe": kind}
        write_losses(files[target], losses[kind], own, origin)
        valid_target = files[target.replace("losses", "valid_losses")]
        write_losses(valid_target, valid_losses[kind], own | {"split": "valid"}, origin)
    write_table(files["table"], baseline_rows(dataset.name, task, "pca", points), origin)


def whitened_components(
    dataset: Dataset, k_max: int, binarizations: int
) -> dict[str, list[Tensor]]:
    """Return the components (N, k_max) of all images by split, one entry per binarisation.

    The projection is fitted to the first binarisation of the training images.
    """
    draws = 1 if dataset.train.is_binary else binarizations
    seeds = [derive_seed(dataset.name, "pca", "binarize", draw) for draw in range(draws)]
    with one_thread():
        pca = WhitenedPCA(_flat(dataset.train.images, seeds[0]), k_max)
        return {
            "train": [pca(_flat(dataset.train.images, seed)) for seed in seeds],
            "valid": [pca(_flat(dataset.valid.images, 0))],
            "test": [pca(_flat(dataset.test.images, 0))],
        }


def _flat(images: Tensor, seed: int) -> Tensor:
    return draw_binary(images, torch.Generator().manual_seed(seed)).flatten(1)
