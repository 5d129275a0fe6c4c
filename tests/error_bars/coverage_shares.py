"""Check the coverage of errors and intervals against its nominal value."""

import math
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()

# A share of independent trials lies further than this from its expectation once in 150,000 times.
SIGMAS = 4.5
ONE_ERROR = NORMAL.cdf(1) - NORMAL.cdf(-1)


def tolerance(share: float, trials: int) -> float:
    """Return the tolerance of the share of hits in this number of trials."""
    return SIGMAS * math.sqrt(share * (1 - share) / trials)


def assert_share(hits: np.ndarray, stated: float) -> None:
    """Fail unless the stated share of independent trials are hits, within binomial tolerance."""
    assert abs(np.mean(hits) - stated) < tolerance(stated, len(hits)), (np.mean(hits), stated)


def assert_share_at_most(hits: np.ndarray, stated: float) -> None:
    """Fail if more than the stated share of independent trials are hits."""
    assert np.mean(hits) < stated + tolerance(stated, len(hits)), (np.mean(hits), stated)


def assert_errors_cover(estimates: np.ndarray, errors: np.ndarray, truth: float) -> None:
    """Fail unless the truth is within ±1 and ±1.96 errors of 68.3 % and 95 % of the estimates.

    The estimates are of independent data. Their mean has to be the truth and their spread the
    errors' root mean square, too, which sees an error that is wrong by a tenth.
    """
    estimates, errors = np.asarray(estimates), np.asarray(errors)
    trials, spread = len(estimates), np.std(estimates, ddof=1)
    distances = np.abs(estimates - truth) / errors
    for share in (ONE_ERROR, 0.95):
        assert_share(distances <= NORMAL.inv_cdf((1 + share) / 2), share)
    assert abs(estimates.mean() - truth) < SIGMAS * spread / math.sqrt(trials)
    ratio = spread / math.sqrt(np.mean(errors**2))
    assert abs(ratio - 1) < SIGMAS / math.sqrt(2 * trials), ratio
