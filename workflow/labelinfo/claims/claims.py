"""The claims of the paper, each with a rule that tables can meet or miss."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from labelinfo.claims import baselines, mnist, networks, omniglot
from labelinfo.claims.both_probes import decide_by_both_probes, strong_c, strong_selection
from labelinfo.claims.decision import Decision
from labelinfo.claims.evidence import Evidence, Settings, caveat, explorer_address
from labelinfo.claims.reference import by_reference
from labelinfo.paper import STAND_INS


@dataclass(frozen=True)
class Claim:
    """A claim of the paper, the rule that decides it, and what applies the rule.

    Attributes
    ----------
    measured
        Says whether the strong probe measured what the claim is about; None where no probe has a
        say in it.
    on_digits
        Whether it is about MNIST's digits, for which the sample may stand in.
    """

    number: int
    statement: str
    rule: Callable[[Settings], str]
    decide: Callable[[Evidence], Decision]
    measured: Callable[[Evidence], bool] | None = strong_c
    on_digits: bool = False


def judge(evidence: Evidence) -> pd.DataFrame:
    """Return one row per claim: ``claim, statement, rule, evidence, verdict, number, runs``.

    A claim on C is judged once per probe, and only a verdict on which both agree stands: see
    :func:`labelinfo.claims.both_probes.decide_by_both_probes`.
    """
    rows = []
    for claim in CLAIMS:
        found = decide_by_both_probes(claim.decide, claim.measured, evidence)
        grounds, digits = found.evidence, evidence.results("mnist", "digit")
        number = found.number
        if claim.on_digits:
            grounds += caveat([digits])
            if number and digits and digits.panel.dataset in STAND_INS:
                number = f"on {digits.panel.dataset}: {number}"
        rows.append(
            {
                "claim": claim.number,
                "statement": claim.statement,
                "rule": claim.rule(evidence.settings),
                "evidence": grounds,
                "verdict": found.verdict,
                "number": number,
                "runs": found.runs
                or (explorer_address(digits) if claim.on_digits and digits else ""),
            }
        )
    return pd.DataFrame(rows)


CLAIMS = (
    Claim(
        1,
        "MNIST: many runs beat every baseline of bounded rate and reach small C at small R.",
        lambda s: (
            f"Of at least {s.runs_min} runs within the rates of the PCA hull, those that lie below "
            "both the random-discard line and the lower convex hull of all PCA points by over "
            f"{s.standard_errors:g} standard errors are {s.many_share:.0%} or more; the claim "
            "fails if they and all undecided runs are fewer. And the best run on validation with "
            f"R ≤ H(X)/4 has 1 − C / H(Y) ≥ {s.nearly_all_share:g}, within as many errors."
        ),
        by_reference(mnist.below_both_lines),
        on_digits=True,
    ),
    Claim(
        2,
        "MNIST: nearly all label information is retained from R ≈ 17 nats on with deconvolutional "
        "decoders, and from R ≈ 8 nats in a single run with an autoregressive one.",
        lambda s: (
            "The first rate of an architecture and seed is the smallest R with "
            f"1 − C / H(Y) ≥ {s.nearly_all_share:g}, chosen on validation. Of at least "
            f"{s.runs_min} runs of each decoder, the median first rate of deconv is at most "
            f"{1 + s.about_share:.2g} · 17 nats, and the smallest of pixelcnn at most "
            f"{1 + s.about_share:.2g} · 8. The claim fails if runs of larger rates do not retain "
            "it. A smaller rate than the paper's is no failure."
        ),
        mnist.rates_that_retain_the_digit,
        on_digits=True,
    ),
    Claim(
        3,
        "MNIST: some β-VAE has C within 0.05 nats of the convolutional image classifier.",
        lambda s: _against(f"ends below {s.near_nats:g} nats", "classifier", s),
        networks.compared_with("complex_image", lambda s: s.near_nats),
        on_digits=True,
    ),
    Claim(
        4,
        "MNIST: some β-VAE retains more label information than the random, uncompressed "
        "convolutional network.",
        lambda s: _against("ends below 0", "random network", s),
        networks.compared_with("random_convolutional", lambda _s: 0.0),
        on_digits=True,
    ),
    Claim(
        5,
        "MNIST: nearly all label information is retained at a compression factor H(X)/R near 4, in "
        "one case over 9.",
        lambda s: (
            f"Of at least {s.runs_min} runs, two or more with 1 − C / H(Y) ≥ "
            f"{s.nearly_all_share:g} on validation have a factor of 4, less {s.about_share:.0%}, "
            "or more, and the largest is over 9. H(X) is an upper bound, so each factor is at "
            "most so large. The claim cannot fail without runs at such rates, and as many with the "
            "pixelcnn decoder."
        ),
        mnist.compression_factors,
        on_digits=True,
    ),
    Claim(
        6,
        "MNIST: at equal rate, factorised decoders reach lower C than autoregressive ones.",
        lambda s: (
            f"At {s.as_a_rule_share:.0%} or more of the rates on the front of the autoregressive "
            f"runs, at least {s.runs_min // 2} of which the factorised ones reach, the front of "
            f"the factorised ones is lower by over {s.standard_errors:g} standard errors; the "
            "claim fails if these and all undecided rates are fewer. The fronts are chosen on "
            "validation."
        ),
        mnist.factorised_below_autoregressive,
        on_digits=True,
    ),
    Claim(
        7,
        "Omniglot alphabet: most runs are near or to the right of the random-discard line; a few "
        "near R ≈ 10 nats lie below it.",
        lambda s: (
            f"Of at least {s.runs_min} runs, more than {s.many_share:.0%} have C above the line "
            f"less {s.near_line_share:.0%} of H(Y), and the run furthest below the line on "
            f"validation with R within {s.about_share:.0%} of 10 nats lies below it, each by over "
            f"{s.standard_errors:g} standard errors. The claim fails if those runs and all "
            "undecided ones are not more, or if every run near 10 nats lies above the line."
        ),
        by_reference(omniglot.alphabet_near_chance),
    ),
    Claim(
        8,
        "Omniglot: autoregressive decoders with the fixed Gaussian marginal track the "
        "randomised-PCA curve.",
        lambda s: (
            f"Of at least {s.runs_min} such runs at rates where the PCA hull and random discarding "
            f"are over {s.standard_errors:g} standard errors apart, {s.as_a_rule_share:.0%} or "
            f"more have a C within {s.near_line_share:.0%} of H(Y) of the hull and nearer to it "
            "than to the random-discard line, beyond as many errors; the claim fails if these and "
            "all undecided runs are fewer."
        ),
        by_reference(omniglot.gaussian_tracks_pca),
    ),
    Claim(
        9,
        "Omniglot: the marginal matters more than on MNIST.",
        lambda s: (
            "C between marginals at equal rate and decoder, as a share of H(Y), differs by more "
            f"for both Omniglot tasks than for digits (at least {s.runs_min} runs each), also when "
            f"each difference is off by {s.standard_errors:g} standard errors; the claim fails if "
            "it so differs by less for both."
        ),
        omniglot.marginal_matters_more,
    ),
    Claim(
        10,
        "Omniglot character: the preference is stronger than for the alphabet, and much weaker "
        "than on MNIST.",
        lambda s: (
            "The interval of its preference score lies above the alphabet's and below "
            f"{s.much_weaker_share:.0%} of the digits'; the claim fails if it lies on the other "
            "side of either."
        ),
        by_reference(omniglot.preferences),
    ),
    Claim(
        11,
        "The best PCA dimension is 30 (MNIST) and 42 (both Omniglot tasks).",
        lambda s: (
            "The area under C against R on validation is compared up to 20 nats, 40 nats and H(X). "
            "The claim holds if each of the paper's dimensions is, on all three axes, the best of "
            f"the grid or behind it by at most {s.standard_errors:g} standard errors; it fails if "
            "one is behind by more on all three. An axis decides nothing if it reaches beyond the "
            "rates of a k whose C still falls at its smallest σ."
        ),
        baselines.best_dimensions,
        strong_selection,
    ),
    Claim(
        12,
        "Of 100 balls, 70 at random hold all 3 red ones with a chance of 34 %, 10 with 0.1 %.",
        lambda _s: "The hypergeometric chances, rounded as printed, are these.",
        baselines.balls,
        None,
    ),
)


def _against(limit: str, network: str, s: Settings) -> str:
    return (
        f"The interval of C of the run best on validation, less the {network}'s, {limit}; of at "
        f"least {s.runs_min} runs the claim fails if it begins above. The interval covers images "
        f"and, of {networks.SEEDS_MIN} or more, the {network}'s seeds; with fewer nothing is "
        "decided."
    )
