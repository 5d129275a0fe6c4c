"""The claims that compare the best run on static MNIST with a network."""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pandas as pd

from labelinfo.claims.claim import Claim, Decide
from labelinfo.claims.decision import (
    FAILS,
    UNDECIDED,
    Decision,
    above_or_below,
    interval_in_words,
    lacking,
    three_way,
)
from labelinfo.claims.evidence import MNIST, Evidence, Settings, explorer_address, no_runs
from labelinfo.tables.results import architecture_of, run_name

_NAMES = {"complex_image": "classifier", "random_convolutional": "random network"}
# with fewer seeds of the network nothing is decided
SEEDS_MIN = 3


def compared_with(baseline: str, highest: Callable[[Settings], float]) -> Decide:
    """Return a function that compares C of the run best on validation with that of a network.

    The interval of the difference must stay below ``highest`` nats.
    """

    def decide(evidence: Evidence) -> Decision:
        data = evidence.results("mnist", "digit")
        if data is None:
            return no_runs(evidence, MNIST)
        best = data.runs.loc[data.runs["label_distortion_valid_nats"].idxmin()]
        picked = f"{architecture_of(best)}/{best['beta']:.6g}/{best['seed']}"
        behind = explorer_address(data, a=picked)
        found = evidence.difference(best, baseline)
        if found is None:
            missing = f"There is no comparison with the baseline {baseline}."
            return Decision(UNDECIDED, missing, runs=behind)
        low, high = _interval(found, best)
        limit = highest(evidence.settings)
        outcome = three_way(high < limit, low > limit)
        if outcome == FAILS and len(data.runs) < evidence.settings.runs_min:
            return lacking(runs=len(data.runs))
        seeds = int(found["baseline_seeds"])
        seen = evidence.baseline(data.panel.dataset, "digit", baseline)
        gap = f"{above_or_below(found['difference_nats'])} the {_NAMES[baseline]}'s"
        return Decision(
            UNDECIDED if seeds < SEEDS_MIN else outcome,
            f"On test, C of the run best on validation ({run_name(best)}, R = "
            f"{best['rate_nats']:.1f} nats) is {gap} ({found['confidence']:.0%} interval: "
            f"{interval_in_words(low, high)}). {_seeds(best, seen, seeds)}",
            f"C is {gap}",
            behind,
        )

    return decide


def _interval(found: pd.Series, run: pd.Series) -> tuple[float, float]:
    """Return the interval of a difference, widened by the spread over the run's own seeds.

    The table's interval covers images and the network's seeds. The error over probe seeds adds in
    quadrature; the deviation over training seeds replaces the sum if it is larger.
    """
    z = NormalDist().inv_cdf((1 + found["confidence"]) / 2)
    middle, low, high = found[[f"difference{end}_nats" for end in ("", "_low", "_high")]]
    below, above = np.fmax(
        np.hypot([middle - low, high - middle], z * run["probe_error_nats"]),
        z * run["seed_deviation_nats"],
    )
    return middle - below, middle + above


def _seeds(run: pd.Series, network: pd.DataFrame, seeds: int) -> str:
    sentences = []
    if len(network):
        valid = network["label_distortion_valid_nats"].astype(float)
        place = valid.idxmin() if valid.notna().any() else network.index[0]
        best = float(network.loc[place, "label_distortion_nats"])
        sentences.append(
            f"The network's best seed on validation, of {seeds}, has C = {best:.3f} nats; the "
            f"run's C is {above_or_below(run['label_distortion_nats'] - best)} it."
        )
    if seeds < SEEDS_MIN:
        sentences.append(f"The variance over fewer than {SEEDS_MIN} seeds is not known.")
    if run["cell_seeds"] == 1:
        sentences.append("The run has one seed: its error covers test images alone.")
    return " ".join(sentences)


def _rule(limit: str, network: str, s: Settings) -> str:
    return (
        f"C of the run best on validation less C of the {network}: the interval of this difference "
        f"{limit}. With at least {s.runs_min} runs, the claim fails if the whole interval lies "
        f"above that limit. The interval covers test images and, with {SEEDS_MIN} or more, the "
        f"{network}'s seeds; with fewer seeds nothing is decided."
    )


AS_GOOD_AS_CLASSIFIER = Claim(
    3,
    "MNIST: some β-VAE has C within 0.05 nats of the convolutional image classifier.",
    lambda s: _rule(f"ends below {s.near_nats:g} nats", "classifier", s),
    compared_with("complex_image", lambda s: s.near_nats),
    on_digits=True,
)
BETTER_THAN_RANDOM = Claim(
    4,
    "MNIST: some β-VAE retains more label information than the random, uncompressed convolutional "
    "network.",
    lambda s: _rule("ends below 0", "random network", s),
    compared_with("random_convolutional", lambda _s: 0.0),
    on_digits=True,
)
