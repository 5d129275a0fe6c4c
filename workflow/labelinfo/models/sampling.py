"""A draw and its density at once."""

from torch import Tensor
from torch.distributions import Distribution


def rsample_and_log_prob(distribution: Distribution) -> tuple[Tensor, Tensor]:
    """Draw one z per distribution, differentiably; return z and log p(z).

    A flow that draws fast tells the density of its own draw in the same pass, where that of
    another z would have to be solved for dimension by dimension.
    """
    if hasattr(distribution, "rsample_and_log_prob"):
        return distribution.rsample_and_log_prob()
    z = distribution.rsample()
    return z, distribution.log_prob(z)
