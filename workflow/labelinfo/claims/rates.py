"""The claims on the rates from which on a sweep along β retains nearly all of the digit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from labelinfo import paper
from labelinfo.claims.claim import Claim
from labelinfo.claims.decision import UNDECIDED, Decision, all_of, lacking, three_way
from labelinfo.claims.evidence import MNIST, Evidence, explorer_address, no_runs
from labelinfo.tables.results import TaskResults, run_name

# one sweep along β: an architecture and a seed
_SWEEP = ["encoder", "decoder", "marginal", "seed"]


@dataclass(frozen=True)
class RateBracket:
    """Bounds in nats on the first rate that retains the label.

    ``high`` is the R of a run that retains it, infinite without one; ``low`` is the largest smaller
    R of a run that does not. ``trainings`` counts the sweeps.
    """

    low: float
    high: float
    trainings: int = 1

    def __str__(self) -> str:
        """Return the bounds in words."""
        if not self.trainings:
            return "unknown, as no run has such rates"
        if self.high == float("inf"):
            return f"above {self.low:.1f} nats" if self.low > 0 else "unknown"
        if self.low > 0:
            return f"between {self.low:.1f} and {self.high:.1f} nats"
        return f"{self.high:.1f} nats or less"


def first_rates(runs: pd.DataFrame, share: float, limit_nats: float) -> list[RateBracket]:
    """Return, for each architecture and seed, bounds on the first rate with 1 − C/H(Y) ≥ share.

    Validation decides which runs retain the label, and their order; R is of test. A sweep without
    such a run and without a rate as large as ``limit_nats`` says nothing and is left out.
    """
    found = []
    for _, sweep in runs.groupby(_SWEEP):
        ordered = sweep.sort_values("rate_valid_nats")
        c, entropy = ordered["label_distortion_valid_nats"], ordered["label_entropy_nats"]
        retains = (1 - c / entropy >= share).to_numpy(dtype=bool)
        rates = ordered["rate_nats"].to_numpy(dtype=float)
        first = int(retains.argmax()) if retains.any() else len(rates)
        if retains.any() or rates.max() >= limit_nats:
            high = rates[first] if retains.any() else float("inf")
            found.append(RateBracket(max(rates[:first], default=0.0), high))
    return found


def summary_rate(
    brackets: Sequence[RateBracket], of: Callable[[list[float]], float]
) -> RateBracket:
    """Return bounds on the smallest or the median first rate: ``min`` or ``median`` of both."""
    if not brackets:
        return RateBracket(0.0, float("inf"), 0)
    lows, highs = [each.low for each in brackets], [each.high for each in brackets]
    return RateBracket(of(lows), of(highs), len(brackets))


def rates_that_retain_the_digit(evidence: Evidence) -> Decision:
    """Decide from which rates on nearly all of the digit is retained."""
    data = evidence.results("mnist", "digit")
    if data is None:
        return no_runs(evidence, MNIST)
    settings = evidence.settings
    deconv, pixelcnn = (
        data.runs[data.runs["decoder"] == decoder] for decoder in ("deconv", "pixelcnn")
    )
    if min(len(deconv), len(pixelcnn)) < settings.runs_min:
        return lacking(
            runs_with_the_deconv_decoder=len(deconv), with_the_pixelcnn_decoder=len(pixelcnn)
        )
    generic_max, earliest_max = (
        nats * (1 + settings.about_share)
        for nats in (paper.GENERIC_RATE_NATS, paper.EARLIEST_RATE_NATS)
    )
    share = settings.nearly_all_share
    generic = summary_rate(first_rates(deconv, share, generic_max), median)
    earliest = summary_rate(first_rates(pixelcnn, share, earliest_max), min)
    return Decision(
        all_of(
            three_way(found.high <= limit, found.low > limit)
            for found, limit in ((generic, generic_max), (earliest, earliest_max))
        ),
        f"deconv: the median first rate of {generic.trainings} architectures and seeds is "
        f"{generic}; the rule needs at most {generic_max:.1f} nats. pixelcnn: the smallest first "
        f"rate of {earliest.trainings} is {earliest}; the rule needs at most "
        f"{earliest_max:.1f} nats.",
        f"first rates: deconv {generic}, pixelcnn {earliest}",
        explorer_address(data, label=_nearly_all(data, share)),
    )


def compression_factors(evidence: Evidence) -> Decision:
    """Decide at which compression factors nearly all of the digit is retained."""
    data = evidence.results("mnist", "digit")
    if data is None:
        return no_runs(evidence, MNIST)
    if data.data_entropy_nats is None:
        missing = "H(X) is not known: the random-discard line is missing."
        return Decision(UNDECIDED, missing, runs=explorer_address(data))
    settings = evidence.settings
    if len(data.runs) < settings.runs_min:
        return lacking(runs=len(data.runs))
    generic = paper.GENERIC_FACTOR * (1 - settings.about_share)
    rates = [data.data_entropy_nats / factor for factor in (generic, paper.LARGEST_FACTOR)]
    share = settings.nearly_all_share
    earliest = summary_rate(first_rates(data.runs, share, rates[1]), min)
    c, entropy = data.runs["label_distortion_valid_nats"], data.runs["label_entropy_nats"]
    enough = data.runs[1 - c / entropy >= share]
    near = int((enough["rate_nats"] <= rates[0]).sum())
    visited = bool(data.runs["rate_nats"].between(rates[1], rates[0]).any())
    autoregressive = (data.runs["decoder"] == "pixelcnn").sum() >= settings.runs_min
    outcomes = [
        three_way(near > 1, visited and near == 0),
        # the paper's case has an autoregressive decoder: other runs do not refute it
        three_way(earliest.high < rates[1], autoregressive and earliest.low >= rates[1]),
    ]
    if enough.empty:
        none = "No run retains nearly all of the label."
        return Decision(all_of(outcomes), none, "no run retains nearly all", explorer_address(data))
    best = enough.loc[enough["rate_valid_nats"].idxmin()]
    factor = data.data_entropy_nats / best["rate_nats"]
    return Decision(
        all_of(outcomes),
        f"Of {len(enough)} runs that retain nearly all, {near} compress by {generic:g} or more; "
        f"the largest factor is at most {factor:.1f}, at R = {best['rate_nats']:.1f} ± "
        f"{best['rate_nats_se']:.1f} nats ({run_name(best)}). {data.entropy_note}"
        f"{'' if autoregressive else ' There are too few runs with the pixelcnn decoder.'}",
        f"largest factor H(X)/R at most {factor:.1f}",
        explorer_address(data, label=_nearly_all(data, share)),
    )


def _nearly_all(data: TaskResults, share: float) -> str:
    """Return the range of C, as the explorer writes it, of runs that keep this share or more."""
    return f"..{(1 - share) * data.label_entropy_nats:.4g}"


RATES_THAT_RETAIN = Claim(
    2,
    "MNIST: nearly all label information is retained from R ≈ 17 nats on with deconvolutional "
    "decoders, and from R ≈ 8 nats in a single run with an autoregressive one.",
    lambda s: (
        "The first rate of an architecture and seed is the smallest R with "
        f"1 − C / H(Y) ≥ {s.nearly_all_share:g}, chosen on validation. Each decoder needs at least "
        f"{s.runs_min} runs. The median first rate of deconv is at most {1 + s.about_share:.2g} · "
        f"17 nats, and the smallest first rate of pixelcnn at most {1 + s.about_share:.2g} · 8 "
        "nats. The claim fails if one of the two is known to be above its limit. A smaller "
        "rate than the paper's is no failure."
    ),
    rates_that_retain_the_digit,
    on_digits=True,
)
COMPRESSION_FACTORS = Claim(
    5,
    "MNIST: nearly all label information is retained at a compression factor H(X)/R near 4, in one "
    "case over 9.",
    lambda s: (
        f"Of at least {s.runs_min} runs, two or more have 1 − C / H(Y) ≥ {s.nearly_all_share:g} on "
        f"validation and a factor of at least {4 * (1 - s.about_share):g} (4, less "
        f"{s.about_share:.0%}), and the largest such factor is over 9. H(X) is an upper bound, so "
        "the true factors may be smaller. The first part can fail only if there are runs at such "
        f"rates, the second only if {s.runs_min} or more runs have the pixelcnn decoder."
    ),
    compression_factors,
    on_digits=True,
)
