"""A linear-Gaussian VAE of known R and D, on images whose pixels spell a Gaussian vector."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, MultivariateNormal, Normal

from labelinfo.models.vae import VAE

# Fair bits for one number, which is normal to the 24th binary digit of its place.
DIGITS = 24
NUMBERS = 4


def draw_images(count: int) -> Tensor:
    """Return binary images (N, 784), uint8: a fair coin toss for each digit, then nothing."""
    images = torch.zeros(count, 784, dtype=torch.uint8)
    images[:, : NUMBERS * DIGITS] = torch.randint(0, 2, (count, NUMBERS * DIGITS))
    return images


def standard_normals(images: Tensor, count: int) -> Tensor:
    """Return ``count`` independent N(0, 1) numbers (N, count) that the images' pixels spell.

    Each number's pixels are the binary digits of its place in the normal distribution.
    """
    digits = images.flatten(1)[:, : count * DIGITS].double().view(len(images), count, DIGITS)
    places = 2.0 ** -torch.arange(1, DIGITS + 1, dtype=torch.float64)
    return torch.special.ndtri(digits @ places + 2.0 ** -(DIGITS + 1))


@dataclass(frozen=True)
class LinearGaussian:
    """x = A v with v ~ N(0, I), p(z|x) = N(M x, diag t²), d(x|z) = N(W z, s² I), m(z) = N(0, S).

    Attributes
    ----------
    mixing, encoding, decoding
        A (D, D), M (L, D), W (D, L).
    encoder_scale, decoder_scale
        t (L,) and s.
    marginal_covariance
        S (L, L).
    """

    mixing: Tensor
    encoding: Tensor
    decoding: Tensor
    encoder_scale: Tensor
    decoder_scale: float
    marginal_covariance: Tensor

    @property
    def covariance(self) -> Tensor:
        """The covariance A Aᵀ of x."""
        return self.mixing @ self.mixing.T

    @property
    def noise(self) -> Tensor:
        """The covariance diag t² of the codes of one image."""
        return torch.diag(self.encoder_scale**2)

    @property
    def aggregate_covariance(self) -> Tensor:
        """The covariance of the codes of all images."""
        return self.encoding @ self.covariance @ self.encoding.T + self.noise

    @property
    def rate_nats(self) -> float:
        """R = ½ [tr S⁻¹ Cov z − L + ln det S − ln det diag t²]."""
        marginal = self.marginal_covariance
        trace = torch.trace(torch.linalg.solve(marginal, self.aggregate_covariance))
        logs = torch.logdet(marginal) - torch.logdet(self.noise)
        return 0.5 * float(trace - len(marginal) + logs)

    @property
    def distortion_nats(self) -> float:
        """D = ½ [D ln 2πs² + E |x − W z|² / s²]."""
        size = len(self.mixing)
        kept = torch.eye(size, dtype=torch.float64) - self.decoding @ self.encoding
        missed = kept @ self.covariance @ kept.T + self.decoding @ self.noise @ self.decoding.T
        variance = self.decoder_scale**2
        logs = size * math.log(2 * math.pi * variance)
        return 0.5 * (logs + float(torch.trace(missed)) / variance)

    @property
    def image_entropy_nats(self) -> float:
        """The differential entropy ½ ln det 2πe Cov x."""
        return 0.5 * float(torch.logdet(2 * math.pi * math.e * self.covariance))

    @property
    def information_nats(self) -> float:
        """I(X; Z) = ½ ln det Cov z − ½ ln det diag t²."""
        return 0.5 * float(torch.logdet(self.aggregate_covariance) - torch.logdet(self.noise))

    def posterior(self, x: Tensor) -> Distribution:
        """Return p(z|x) for x (B, D)."""
        mean = x @ self.encoding.T
        return Independent(Normal(mean, self.encoder_scale.expand_as(mean), validate_args=False), 1)

    def likelihood(self, z: Tensor) -> Distribution:
        """Return d(x|z), event shape (D,), for z (B, L)."""
        return Independent(Normal(z @ self.decoding.T, self.decoder_scale, validate_args=False), 1)

    def marginal(self, *, diagonal: bool) -> Distribution:
        """Return m(z), as independent normals if S is diagonal and ``diagonal`` asks for them."""
        zero = torch.zeros(len(self.marginal_covariance), dtype=torch.float64)
        if diagonal:
            return Independent(Normal(zero, self.marginal_covariance.diagonal().sqrt()), 1)
        return MultivariateNormal(zero, self.marginal_covariance)

    def vae(self, *, closed_form: bool) -> VAE:
        """Return the VAE of images, whose rate has a closed form or is known by draws alone."""
        return VAE(_Encoder(self), _Decoder(self), _Marginal(self, closed_form))

    def source(self, images: Tensor) -> Tensor:
        """Return x (B, D) of images."""
        return standard_normals(images, len(self.mixing)) @ self.mixing.T


class _Encoder(nn.Module):
    def __init__(self, linear: LinearGaussian):
        super().__init__()
        self.linear = linear
        self.device = nn.Parameter(torch.zeros(()))  # a VAE is asked where its parameters are

    def forward(self, images: Tensor) -> Distribution:
        return self.linear.posterior(self.linear.source(images))


class _Decoder(nn.Module):
    def __init__(self, linear: LinearGaussian):
        super().__init__()
        self.linear = linear

    def forward(self, z: Tensor) -> "_OfImages":
        return _OfImages(self.linear, self.linear.likelihood(z))


class _OfImages:
    """d(x|z) at the x that an image's pixels spell."""

    def __init__(self, linear: LinearGaussian, likelihood: Distribution):
        self.linear, self.likelihood = linear, likelihood

    def log_prob(self, images: Tensor) -> Tensor:
        return self.likelihood.log_prob(self.linear.source(images))


class _Marginal(nn.Module):
    def __init__(self, linear: LinearGaussian, closed_form: bool):
        super().__init__()
        self.linear, self.closed_form = linear, closed_form

    def forward(self, _encoder: nn.Module) -> Distribution:
        return self.linear.marginal(diagonal=self.closed_form)


def any_linear_gaussian() -> LinearGaussian:
    """Return one that is optimal in nothing, whose R and D rise and fall together."""
    double = {"dtype": torch.float64}
    return LinearGaussian(
        mixing=torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.8, 0.0], [-0.2, 0.3, 0.6]], **double),
        encoding=torch.tensor([[0.9, 0.2, -0.1], [0.1, -0.7, 0.4]], **double),
        decoding=torch.tensor([[0.3, 0.0], [0.1, -0.2], [0.0, 0.1]], **double),
        encoder_scale=torch.tensor([0.6, 0.8], **double),
        decoder_scale=0.9,
        marginal_covariance=torch.diag(torch.tensor([1.3, 0.9], **double)),
    )


def optimal_linear_gaussian() -> LinearGaussian:
    """Return probabilistic PCA: decoder and marginal exact, and so is the posterior.

    The columns of W are orthogonal, so that the posterior N(M x, s² (WᵀW + s² I)⁻¹), with
    M = (WᵀW + s² I)⁻¹ Wᵀ, has independent components.
    """
    columns = torch.tensor([[1.0, 0.5], [1.0, -0.8], [-1.0, -0.3]], dtype=torch.float64)
    decoding = torch.linalg.qr(columns)[0] * torch.tensor([1.5, 0.8])
    scale = 0.7
    precision = decoding.T @ decoding + scale**2 * torch.eye(2, dtype=torch.float64)
    covariance = decoding @ decoding.T + scale**2 * torch.eye(3, dtype=torch.float64)
    return LinearGaussian(
        mixing=torch.linalg.cholesky(covariance),
        encoding=torch.linalg.solve(precision, decoding.T),
        decoding=decoding,
        encoder_scale=scale / precision.diagonal().sqrt(),
        decoder_scale=scale,
        marginal_covariance=torch.eye(2, dtype=torch.float64),
    )
