"""The claims that compare the best run on static MNIST with a network."""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pandas as pd

from labelinfo.claims.decision import FAILS, UNDECIDED, Decision, lacking, three_way
from labelinfo.claims.evidence import Evidence, Settings, name_of
from labelinfo.claims.mnist import NO_MNIST

# the variance over fewer seeds than this is not known
SEEDS_MIN = 3


def compared_with(
    baseline: str, highest: Callable[[Settings], float]
) -> Callable[[Evidence], Decision]:
    """Return the function for claims 3 and 4: the best run on validation against a network.

    ``highest`` gives the difference in nats that its interval has to stay below.
    """

    def decide(evidence: Evidence) -> Decision:
        data = evidence.results("mnist", "digit")
        if data is None:
            return NO_MNIST
        best = data.runs.loc[data.runs["label_distortion_valid_nats"].idxmin()]
        found = evidence.difference(data, best, baseline)
        if found is None:
            return UNDECIDED, f"There is no comparison with the baseline {baseline}."
        low, high = _interval(found, best)
        limit = highest(evidence.settings)
        outcome = three_way(high < limit, low > limit)
        if outcome == FAILS and len(data.runs) < evidence.settings.runs_min:
            return lacking(runs=len(data.runs))
        seeds = int(found["baseline_seeds"])
        seen = evidence.baseline(data.panel.dataset, "digit", baseline)
        return (UNDECIDED if seeds < SEEDS_MIN else outcome), (
            f"C of the run best on validation ({name_of(best)}, R = {best['rate_nats']:.1f} nats), "
            f"less C of the network, is {found['difference_nats']:+.3f} nats on test, "
            f"{found['confidence']:.0%} interval {low:+.3f} to {high:+.3f}. "
            f"{_seeds(best, seen, seeds)}"
        )

    return decide


def _interval(found: pd.Series, run: pd.Series) -> tuple[float, float]:
    """Return the interval of a difference, widened by what is known of the run's own seeds.

    The table's interval covers images and the network's seeds. The error over probe seeds adds in
    quadrature; the deviation over training seeds counts where it is larger.
    """
    z = NormalDist().inv_cdf((1 + found["confidence"]) / 2)
    middle = found["difference_nats"]
    others = z * run["probe_error_nats"], np.nan_to_num(z * run["seed_deviation_nats"])
    below, above = (
        max(np.hypot(half, others[0]), others[1])
        for half in (
            middle - found["difference_low_nats"],
            found["difference_high_nats"] - middle,
        )
    )
    return middle - below, middle + above


def _seeds(run: pd.Series, network: pd.DataFrame, seeds: int) -> str:
    sentences = []
    if len(network):
        valid = network["label_distortion_valid_nats"].astype(float)
        place = valid.idxmin() if valid.notna().any() else network.index[0]
        best = float(network.loc[place, "label_distortion_nats"])
        sentences.append(
            f"The network's best seed on validation, of {seeds}, has C = {best:.3f} nats, the run "
            f"{run['label_distortion_nats'] - best:+.3f} more."
        )
    if seeds < SEEDS_MIN:
        sentences.append(f"Of fewer than {SEEDS_MIN} seeds the variance is not known.")
    if run["cell_seeds"] == 1:
        sentences.append("The run has one seed: its error covers test images alone.")
    return " ".join(sentences)
