"""Rate and distortion, per image and in nats."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal


def rate_monte_carlo_nats(log_posterior: Tensor, log_marginal: Tensor) -> Tensor:
    """Return log p(z|x) − log m(z), the one-sample estimate of the rate.

    Its mean over x ~ p(x) and z ~ p(z|x) is R = E KL(p(z|x) ‖ m(z)) ≥ I(X; Z): an **upper** bound
    on the mutual information for any normalised marginal m. The estimate is unbiased for R; single
    values may be negative.

    The log-densities are of the same samples z ~ p(z|x), in nats.

    Alemi et al. (2018), https://arxiv.org/abs/1711.00464, eq. 4.

    For p(z|x) = N(1, 1) and m = N(0, 1) the estimate is z − ½, with mean KL = ½:

    >>> z, posterior, marginal = torch.tensor(1.0), Normal(1.0, 1.0), Normal(0.0, 1.0)
    >>> rate_monte_carlo_nats(posterior.log_prob(z), marginal.log_prob(z))
    tensor(0.5000)
    """
    return log_posterior - log_marginal


def rate_closed_form_nats(posterior: Distribution, marginal: Distribution) -> Tensor | None:
    """Return KL(p(z|x) ‖ m(z)) exactly if both are diagonal Gaussians, else None.

    KL = Σ_j [log(s_j/σ_j) + (σ_j² + (μ_j − ν_j)²) / (2 s_j²) − ½] for posterior N(μ, diag σ²) and
    marginal N(ν, diag s²), in nats, (B,). Like the Monte Carlo form, its mean is an **upper** bound
    on I(X; Z).

    Between unit Gaussians KL = |μ|² / 2:

    >>> posterior = Independent(Normal(torch.tensor([[2.0, 1.0]]), 1.0), 1)
    >>> rate_closed_form_nats(posterior, Independent(Normal(torch.zeros(2), 1.0), 1))
    tensor([2.5000])
    """
    p, m = _normal(posterior), _normal(marginal)
    if p is None or m is None:
        return None
    variance_ratio = (p.scale / m.scale).square()
    shift = ((p.loc - m.loc) / m.scale).square()
    return 0.5 * (variance_ratio + shift - 1 - variance_ratio.log()).sum(-1)


def distortion_nats(likelihood: Distribution, x: Tensor) -> Tensor:
    """Return −log d(x|z) in nats, (B,), summed over the pixels of each image.

    Its mean D over x ~ p(x) and z ~ p(z|x) satisfies D ≥ H(X|Z) = H(X) − I(X; Z) for any
    normalised decoder d: H(X) − D is a **lower** bound on the mutual information.

    ``likelihood`` is d(x|z), of batch shape (B,) and event shape (1, 28, 28); x are binary images.

    Alemi et al. (2018), https://arxiv.org/abs/1711.00464, eq. 3.

    784 fair coins cost one bit each:

    >>> coins = Independent(torch.distributions.Bernoulli(torch.full((1, 1, 28, 28), 0.5)), 3)
    >>> round(distortion_nats(coins, torch.ones(1, 1, 28, 28)).item() / math.log(2), 2)
    784.0
    """
    return -likelihood.log_prob(x)


def objective_nats(rate: Tensor, distortion: Tensor, beta: float | Tensor) -> Tensor:
    """Return D + βR per image; at β = 1 its mean is the negative ELBO, ≥ −E log p(x).

    >>> objective_nats(torch.tensor(10.0), torch.tensor(80.0), beta=0.5)
    tensor(85.)
    """
    return distortion + beta * rate


def importance_nll_nats(log_weights: Tensor) -> Tensor:
    """Return −log 1/K Σ_k w_k, w_k = d(x|z_k) m(z_k) / p(z_k|x) with z_k ~ p(z|x).

    Its mean is an **upper** bound on E −log p(x), the negative log-likelihood of the model
    p(x) = ∫ m(z) d(x|z) dz, by Jensen's inequality. K = 1 is the negative ELBO, R + D; the bound
    falls with K and is tight in the limit.

    ``log_weights`` are log w_k in nats, (K, B); returns nats, (B,).

    Burda, Grosse & Salakhutdinov (2016), https://arxiv.org/abs/1509.00519

    Weights of mean 2 give −ln 2:

    >>> importance_nll_nats(torch.tensor([[1.0], [3.0]]).log())
    tensor([-0.6931])
    """
    return math.log(len(log_weights)) - torch.logsumexp(log_weights, dim=0)


def _normal(distribution: Distribution) -> Normal | None:
    if isinstance(distribution, Independent) and distribution.reinterpreted_batch_ndims == 1:
        base = distribution.base_dist
        return base if type(base) is Normal else None
    return None


def standard_error(values: Tensor) -> Tensor:
    """Return the standard error s/√N of the mean of N independent values, in their unit.

    >>> standard_error(torch.tensor([1.0, 2.0, 3.0, 4.0]))  # √(5/3) / √4
    tensor(0.6455)
    """
    return values.std(correction=1) / torch.tensor(values.numel()).sqrt()
