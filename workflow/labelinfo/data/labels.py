"""Labels for a static binarisation, by naive Bayes over the originals."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import torch

# Block of scores in memory, images × originals: 1024 × 4096 float64 are 34 MB.
_IMAGES, _ORIGINALS = 1024, 4096
# Candidates per image that are scored exactly, including the runner-up.
_CANDIDATES = 4


@dataclass(frozen=True)
class Match:
    """The most likely original of each binary image, (N,) each.

    ``index`` is the row of the original, ``log_likelihood_nats`` its Σ_i log Bernoulli(b_i; x_i).
    ``margin_nats`` ≥ 0 is its lead over the runner-up; infinite if there is only one original.
    ``expected_nats`` is the mean log-likelihood of images drawn from the same original,
    Σ_i x_i ln x_i + (1 − x_i) ln(1 − x_i).
    """

    index: np.ndarray
    log_likelihood_nats: np.ndarray
    margin_nats: np.ndarray
    expected_nats: np.ndarray

    @property
    def distinct_share(self) -> float:
        """Number of different originals as a share of the binary images (1 if all differ)."""
        return len(np.unique(self.index)) / len(self.index)

    @property
    def shortfall_nats(self) -> float:
        """Mean of expected minus actual log-likelihood; about 0 for images of their originals."""
        return float((self.expected_nats - self.log_likelihood_nats).mean())

    def part(self, rows: slice | np.ndarray) -> "Match":
        """Return the match of some of the images."""
        return Match(*(getattr(self, each.name)[rows] for each in fields(self)))


def match_originals(
    bits: np.ndarray,
    intensities: np.ndarray,
    clamp: float,
    device: torch.device | str = "cpu",
) -> Match:
    """Find the original from which each binary image was drawn pixel by pixel.

    argmax_x Σ_i log Bernoulli(b_i; x_i), with Σ_i log Bernoulli(b_i; x_i) = b · logit(x) +
    Σ_i log(1 − x_i): one float64 matrix product, computed in blocks. The best few candidates of
    each image are scored again pixel by pixel, so the result depends neither on the product's
    rounding nor on its ``device``. Ties go to the lowest row, with a margin of 0.

    ``bits`` (N, P) are uint8 of 0 and 1, ``intensities`` (M, P) uint8 from 0 to 255;
    x = intensity / 255 is clamped to [ε, 1 − ε], with ε = ``clamp``.
    """
    levels = (np.arange(256) / 255).clip(clamp, 1 - clamp)
    log_on, log_off = np.log(levels), np.log1p(-levels)
    rows: dict[bytes, int] = {}
    first = np.array([rows.setdefault(image.tobytes(), n) for n, image in enumerate(intensities)])
    distinct, copies = np.unique(first, return_counts=True)
    candidates = distinct[_likeliest(bits, intensities[distinct], log_on, log_off, device)]
    scores = np.stack(
        [
            _row_sums(lambda b, x: np.where(b == 1, log_on[x], log_off[x]), bits, intensities[each])
            for each in candidates.T
        ],
        axis=1,
    )
    # by score, then by row number
    order = np.lexsort((candidates, -scores), axis=1)
    index = np.take_along_axis(candidates, order, axis=1)[:, 0]
    scores = np.take_along_axis(scores, order, axis=1)
    margin = scores[:, 0] - scores[:, 1] if len(distinct) > 1 else np.full(len(bits), np.inf)
    margin[np.isin(index, distinct[copies > 1])] = 0
    expected = _row_sums((levels * log_on + (1 - levels) * log_off).__getitem__, intensities)
    return Match(index, scores[:, 0], margin, expected[index])


def _likeliest(
    bits: np.ndarray,
    intensities: np.ndarray,
    log_on: np.ndarray,
    log_off: np.ndarray,
    device: torch.device | str,
) -> np.ndarray:
    """Return the rows (N, ≤ 4) of the likeliest originals of each image."""
    best = torch.empty(len(bits), 0, dtype=torch.float64)
    index = torch.empty(len(bits), 0, dtype=torch.long)
    for start in range(0, len(intensities), _ORIGINALS):
        part = intensities[start : start + _ORIGINALS]
        slopes = torch.from_numpy((log_on - log_off)[part].T).to(device)
        offsets = torch.from_numpy(log_off[part].sum(axis=1)).to(device)
        found = [
            (images.to(device).double() @ slopes + offsets).topk(min(_CANDIDATES, len(part)))
            for images in torch.from_numpy(bits).split(_IMAGES)
        ]
        best = torch.cat([best, torch.cat([block.values.cpu() for block in found])], dim=1)
        rows = torch.cat([block.indices.cpu() for block in found]) + start
        index = torch.cat([index, rows], dim=1)
        best, order = best.topk(min(_CANDIDATES, best.shape[1]))
        index = index.gather(1, order)
    return index.numpy()


def _row_sums(values: Callable[..., np.ndarray], *arrays: np.ndarray) -> np.ndarray:
    """Return the row sums (N,) of ``values`` of arrays (N, P), computed in blocks of rows."""
    starts = range(0, len(arrays[0]), _IMAGES)
    blocks = ([array[start : start + _IMAGES] for array in arrays] for start in starts)
    return np.concatenate([values(*block).sum(axis=1) for block in blocks])
