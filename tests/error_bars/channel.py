"""A binary label through Gaussian noise: a code of one number, whose R and C are known."""

from dataclasses import dataclass

import numpy as np

SIGNAL = 1.0

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(120)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def draw_margins(images: int, random: np.random.Generator) -> np.ndarray:
    """Return y·x (N,) of images: y = ±1 by a fair coin, x ~ N(y · SIGNAL, 1).

    All that follows is the same for both labels, so that y itself is of no matter.
    """
    return random.normal(SIGNAL, 1.0, images)


@dataclass(frozen=True)
class Channel:
    """z = x + noise · η, c(y|z) = 1 / (1 + exp(−slope · y z)), m(z) = N(0, marginal²)."""

    noise: float
    slope: float
    marginal: float = 1.0

    @classmethod
    def best(cls, noise: float) -> "Channel":
        """Return the one with the exact p(y|z) for a probe and the best Gaussian marginal."""
        variance = 1 + noise**2
        return cls(noise, 2 * SIGNAL / variance, float(np.sqrt(SIGNAL**2 + variance)))

    def losses_nats(self, margins: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return −ln c(y|z) for a draw of z of each image."""
        codes = margins + self.noise * random.standard_normal(margins.shape)
        return np.logaddexp(0, -self.slope * codes)

    def rates_nats(self, margins: np.ndarray) -> np.ndarray:
        """Return KL(p(z|x) ‖ m(z)) of each image."""
        ratio = (self.noise / self.marginal) ** 2
        return 0.5 * (ratio + (margins / self.marginal) ** 2 - 1 - np.log(ratio))

    @property
    def label_distortion_nats(self) -> float:
        """C, by quadrature over y z ~ N(SIGNAL, 1 + noise²)."""
        codes = SIGNAL + np.hypot(1, self.noise) * _NODES
        return float(_WEIGHTS @ np.logaddexp(0, -self.slope * codes))

    @property
    def rate_nats(self) -> float:
        """R, with E x² = SIGNAL² + 1."""
        ratio = (self.noise / self.marginal) ** 2
        return 0.5 * float(ratio + (SIGNAL**2 + 1) / self.marginal**2 - 1 - np.log(ratio))
