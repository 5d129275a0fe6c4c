"""Rate and distortion of a frozen VAE on a split, with standard errors."""

from typing import Any

import torch
from torch import Tensor

from labelinfo.bounds import (
    distortion_nats,
    rate_closed_form_nats,
    rate_monte_carlo_nats,
    standard_error,
)
from labelinfo.data.dataset import Split, draw_binary
from labelinfo.models.vae import VAE, rsample_and_log_prob

# Images per decoder call on a CPU; the activations of more would not fit in its caches.
_CPU_CHUNK = 50


@torch.no_grad()
def measure_rate_distortion(
    model: VAE, split: Split, *, samples: int, batch_size: int, seed: int
) -> dict[str, Any]:
    """Measure R (upper bound on I(X; Z)) and D (D ≥ H(X) − I(X; Z)) in float32.

    Per image, D and the Monte Carlo rate are means over ``samples`` draws of z; R is the closed
    form if one exists. Means and standard errors s/√N are over the N images, so the errors include
    both the spread over images and the Monte Carlo noise. The draws depend on ``seed`` and
    ``batch_size``.

    Returns
    -------
    dict
        ``rate_nats``, ``distortion_nats``, ``rate_plus_distortion_nats`` and their ``_se``;
        ``rate_monte_carlo_nats`` with ``_se``; ``rate_difference_nats`` (Monte Carlo minus closed
        form, paired by image) with ``_se``, NaN where no closed form exists; ``rate_estimator``.
    """
    model.eval()
    device = next(model.parameters()).device
    torch.manual_seed(seed)
    rows: list[Tensor] = []
    closed_form = True
    with torch.autocast(device.type, enabled=False):
        marginal = model.marginal(model.encoder)
        for images in split.images.to(device).split(batch_size):
            x = draw_binary(images)
            posterior = model.encoder(x)
            exact = rate_closed_form_nats(posterior, marginal)
            closed_form = exact is not None
            monte_carlo = torch.zeros(len(x), dtype=torch.float64, device=device)
            distortion = torch.zeros_like(monte_carlo)
            for _ in range(samples):
                z, log_posterior = rsample_and_log_prob(posterior)
                log_marginal = marginal.log_prob(z)
                monte_carlo += rate_monte_carlo_nats(log_posterior, log_marginal).double()
                distortion += decoded_distortion_nats(model, z, x).double()
            monte_carlo /= samples
            rate = exact.double() if closed_form else monte_carlo
            rows.append(torch.stack([rate, monte_carlo, distortion / samples], dim=1).cpu())
    rate, monte_carlo, distortion = torch.cat(rows).unbind(dim=1)
    quantities = {
        "rate_nats": rate,
        "distortion_nats": distortion,
        "rate_plus_distortion_nats": rate + distortion,
        "rate_monte_carlo_nats": monte_carlo,
        "rate_difference_nats": monte_carlo - rate
        if closed_form
        else torch.full_like(rate, torch.nan),
    }
    result: dict[str, Any] = {}
    for name, values in quantities.items():
        result[name] = float(values.mean())
        result[f"{name}_se"] = float(standard_error(values))
    result["rate_estimator"] = "closed form" if closed_form else "monte carlo"
    result["images"] = len(rate)
    result["samples"] = samples
    return result


def decoded_distortion_nats(model: VAE, z: Tensor, x: Tensor) -> Tensor:
    """Return −log d(x|z), (B,), for codes z (B, L) and images x (B, 1, H, W)."""
    chunk = _CPU_CHUNK if z.device.type == "cpu" else len(z)
    parts = zip(z.split(chunk), x.split(chunk), strict=True)
    return torch.cat([distortion_nats(model.decoder(codes), images) for codes, images in parts])


def independent_pixels_nats(train: Tensor, images: Tensor) -> float:
    """Return −1/N Σ_n Σ_i log Bernoulli(x_ni; p_i), p_i fitted on other images.

    p_i = (Σ_m t_mi + ½) / (M + 1) is the smoothed mean of pixel i in M training images ``train``
    (M, P), bits or intensities in [0, 1]. Smoothing keeps the cost finite if a pixel is never white
    in training. ``images`` (N, P) are binary; the result is in nats per image. It is an **upper**
    bound on the smallest D that a decoder reaches without its code, so a decoder with a larger D
    has learned nothing.

    Examples
    --------
    Three pixels that are white in half of the images cost ln 2 each:

    >>> from labelinfo.information import nats_to_bits
    >>> bits = torch.tensor([[0, 1, 0], [1, 0, 1]])
    >>> round(nats_to_bits(independent_pixels_nats(bits, bits)), 6)
    3.0
    """
    white = (_white(train) + 0.5) / (len(train) + 1)
    share = _white(images) / len(images)
    return float(-(share * white.log() + (1 - share) * (-white).log1p()).sum())


def _white(images: Tensor) -> Tensor:
    # in parts: all images at once in float64 take 300 MB
    return torch.stack([part.double().sum(0) for part in images.split(1000)]).sum(0)
