"""Labels for a static binarisation, by naive Bayes over the originals."""

from dataclasses import dataclass, field, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

# Images × originals of which scores exist at once. On a CPU they fit its cache: 1024 × 4096 float32
# are 17 MB. Images come in multiples of 128, see _products.
_BLOCK = {"cpu": (1024, 4096), "cuda": (512, 65536)}
# Of each row, by float32. More than two, so that the runner-up too is among them nearly always.
_CANDIDATES = 4
# Rows that are scored against all originals in float64 at once: 64 × 60,000 are 31 MB.
_EXACT_ROWS = 64
# Rows of other tables that are worked on at once: 512 × 784 float64 are 3 MB.
_BLOCK_ROWS = 512


@dataclass(frozen=True)
class Match:
    """The most likely original of each binary image.

    Attributes
    ----------
    index
        (N,) int64, row of the original.
    log_likelihood_nats
        (N,) float64, its Σ_i log Bernoulli(b_i; x_i).
    margin_nats
        (N,) float64 ≥ 0, by how much it beats the runner-up; infinite if there is only one
        original.
    expected_nats
        (N,) float64, the mean of that log-likelihood over images drawn from the same original,
        Σ_i x_i ln x_i + (1 − x_i) ln(1 − x_i).
    """

    index: np.ndarray
    log_likelihood_nats: np.ndarray
    margin_nats: np.ndarray
    expected_nats: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def distinct_share(self) -> float:
        """Number of different originals as a share of the binary images (1 if all differ)."""
        return len(np.unique(self.index)) / len(self.index)

    @property
    def shortfall_nats(self) -> float:
        """By how much an image is less likely on average than images of its original are."""
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
    Σ_i log(1 − x_i): one matrix product, taken in blocks in float32. The best few of each row are
    scored again in float64; where float32's rounding may have kept the best or the runner-up from
    being among them, the whole row is. The result, margin included, is that of float64 throughout.

    Parameters
    ----------
    bits
        (N, P) uint8 of 0 and 1.
    intensities
        (M, P) uint8 from 0 to 255; x = intensity / 255.
    clamp
        ε; x is clamped to [ε, 1 − ε].
    device
        Where the product is taken; the result does not depend on it.

    Returns
    -------
    Match
        Ties go to the lower row.
    """
    levels = (np.arange(256) / 255).clip(clamp, 1 - clamp)
    log_on, log_off = np.log(levels), np.log1p(-levels)
    # A pixel that is off in every original and image adds the same to all scores of a row.
    used = np.flatnonzero(bits.any(axis=0) | intensities.any(axis=0))
    slopes = _look_up((log_on - log_off).astype(np.float32), intensities[:, used])
    offsets = _row_sums(log_off, intensities)
    candidates = _best_in_float32(bits[:, used], slopes, offsets.astype(np.float32), device)
    exact = _score(bits, intensities, candidates, log_on, log_off)
    # by score, then by row number
    order = np.lexsort((candidates, -exact), axis=1)
    candidates = np.take_along_axis(candidates, order, axis=1)
    exact = np.take_along_axis(exact, order, axis=1)
    if candidates.shape[1] < len(intensities):
        # What is left out scores at most 2 · error above the last candidate.
        error = _rounding_bound(bits, slopes, offsets)
        unsure = np.flatnonzero(exact[:, 1] - exact[:, -1] <= 2 * error)
        for rows in np.array_split(unsure, -(-len(unsure) // _EXACT_ROWS) or 1):
            candidates[rows], exact[rows] = _best_in_float64(
                bits[rows], intensities, log_on, log_off
            )
    margin = exact[:, 0] - exact[:, 1] if exact.shape[1] > 1 else np.full(len(bits), np.inf)
    expected = _row_sums(levels * log_on + (1 - levels) * log_off, intensities)
    return Match(candidates[:, 0], exact[:, 0], margin, expected[candidates[:, 0]])


def _best_in_float32(
    bits: np.ndarray, slopes: np.ndarray, offsets: np.ndarray, device: torch.device | str
) -> np.ndarray:
    device = torch.device(device)
    rows, columns = _BLOCK[device.type]
    originals = [
        (torch.from_numpy(slopes[chunk]).to(device), torch.from_numpy(offsets[chunk]).to(device))
        for chunk in np.array_split(np.arange(len(slopes)), -(-len(slopes) // columns))
    ]
    count = min(_CANDIDATES, len(slopes))
    candidates = torch.empty(len(bits), count, dtype=torch.long, device=device)
    for start in range(0, len(bits), rows):
        # numpy may have laid the picked columns down one after another
        block = torch.from_numpy(bits[start : start + rows]).to(device).float().contiguous()
        scores, index, first = [], [], 0
        for weights, constant in originals:
            products = _products(block, weights).add_(constant)
            best = products.topk(min(count, len(weights)), dim=1, sorted=False)
            scores.append(best.values)
            index.append(best.indices + first)
            first += len(weights)
        best = torch.cat(scores, dim=1).topk(count, dim=1, sorted=False).indices
        candidates[start : start + len(block)] = torch.cat(index, dim=1).gather(1, best)
    return candidates.cpu().numpy()


def _products(a: Tensor, b: Tensor) -> Tensor:
    """Return a · bᵀ, (N, M), for a (N, P) and b (M, P), both float32.

    On a CPU it is a 1×1 convolution, which is oneDNN's: on processors of other makers than Intel
    that is up to twice as fast as the library behind torch's product of matrices.
    """
    if a.device.type != "cpu":
        return a @ b.T
    # several images, as torch does not take oneDNN for a single one on one thread
    images = functional.pad(a, (0, 0, 0, -len(a) % 128)).view(-1, 16, 8, a.shape[1])
    y = functional.conv2d(images.permute(0, 3, 1, 2), b[:, :, None, None])
    return y.permute(0, 2, 3, 1).reshape(-1, len(b))[: len(a)]


def _best_in_float64(
    bits: np.ndarray, intensities: np.ndarray, log_on: np.ndarray, log_off: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best originals of a few images and their scores, best first."""
    on = bits.astype(np.float64)
    scores = np.concatenate(
        [
            on @ (log_on - log_off)[chunk].T + log_off[chunk].sum(axis=1)
            for chunk in np.array_split(intensities, -(-len(intensities) // _BLOCK_ROWS))
        ],
        axis=1,
    )
    best = np.empty((len(bits), _CANDIDATES), dtype=np.int64)
    exact = np.empty(best.shape)
    for row, image in enumerate(bits):
        # The product may round the scores of identical originals differently, so all that are
        # as good as the last candidate are scored once more, one way for all.
        last = np.partition(scores[row], -_CANDIDATES)[-_CANDIDATES]
        close = np.flatnonzero(scores[row] >= last - 1e-6)
        again = _score(image[None], intensities, close[None], log_on, log_off)[0]
        order = np.argsort(-again, kind="stable")[:_CANDIDATES]
        best[row], exact[row] = close[order], again[order]
    return best, exact


def _rounding_bound(bits: np.ndarray, slopes: np.ndarray, offsets: np.ndarray) -> float:
    """Bound |float32 score − exact score|: n · u · Σ|terms| for a sum of n terms in any order."""
    largest_sum = (
        bits.sum(axis=1, dtype=np.int64).max() * np.abs(slopes).max() + np.abs(offsets).max()
    )
    return float((slopes.shape[1] + 2) * 2.0**-24 * largest_sum)


def _score(
    bits: np.ndarray,
    intensities: np.ndarray,
    candidates: np.ndarray,
    log_on: np.ndarray,
    log_off: np.ndarray,
) -> np.ndarray:
    scores = np.empty(candidates.shape)
    for start in range(0, len(bits), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        originals = intensities[candidates[rows]]
        on = bits[rows, None, :].astype(bool)
        scores[rows] = np.where(on, log_on[originals], log_off[originals]).sum(axis=2)
    return scores


def _look_up(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    found = np.empty(codes.shape, dtype=values.dtype)
    for start in range(0, len(codes), _BLOCK_ROWS):
        found[start : start + _BLOCK_ROWS] = values[codes[start : start + _BLOCK_ROWS]]
    return found


def _row_sums(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    sums = np.empty(len(codes))
    for start in range(0, len(codes), _BLOCK_ROWS):
        sums[start : start + _BLOCK_ROWS] = values[codes[start : start + _BLOCK_ROWS]].sum(axis=1)
    return sums
