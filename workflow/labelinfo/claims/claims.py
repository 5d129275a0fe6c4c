"""The claims of the paper, each with a rule that tables can meet or miss."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from labelinfo.claims import apart, mnist, omniglot
from labelinfo.claims.decision import Decision
from labelinfo.claims.sweep import Settings, Sweep


@dataclass(frozen=True)
class Claim:
    """A claim of the paper, the rule that decides it, and what applies the rule."""

    number: int
    statement: str
    rule: Callable[[Settings], str]
    decide: Callable[[Sweep], Decision]


def judge(sweep: Sweep) -> pd.DataFrame:
    """Return one row per claim: ``claim, statement, rule, evidence, verdict``."""
    rows = []
    for claim in CLAIMS:
        verdict, evidence = claim.decide(sweep)
        rows.append(
            {
                "claim": claim.number,
                "statement": claim.statement,
                "rule": claim.rule(sweep.settings),
                "evidence": evidence,
                "verdict": verdict,
            }
        )
    return pd.DataFrame(rows)


CLAIMS = (
    Claim(
        1,
        "MNIST: many runs beat every baseline of bounded rate and reach small C at small R.",
        lambda s: (
            f"Of at least {s.runs_min} runs within the rates of the PCA curve, {s.many_share:.0%} "
            "or more lie below both the random-discard line and the curve by over "
            f"{s.standard_errors:g} standard errors."
        ),
        mnist.below_both_lines,
    ),
    Claim(
        2,
        "MNIST: nearly all label information is retained from R ≈ 17 nats on with deconvolutional "
        "decoders, and from R ≈ 8 nats in a single run with an autoregressive one.",
        lambda s: (
            f"Of at least {s.runs_min} runs of each decoder, the smallest R with "
            f"1 − C / H(Y) ≥ {s.nearly_all_share:g}, picked on validation, is within "
            f"{s.about_share:.0%} of the paper's. Nothing is decided without runs at such rates."
        ),
        mnist.rates_that_retain_the_digit,
    ),
    Claim(
        3,
        "MNIST: some β-VAE has C within 0.05 nats of the convolutional image classifier.",
        lambda s: (
            f"The interval of C of the run best on validation, less the classifier's, ends below "
            f"{s.near_nats:g} nats; of at least {s.runs_min} runs the claim fails if it begins "
            "above."
        ),
        mnist.beside("complex_image", lambda s: s.near_nats),
    ),
    Claim(
        4,
        "MNIST: some β-VAE retains more label information than the random, uncompressed "
        "convolutional network.",
        lambda s: (
            "The interval of C of the run best on validation, less the random network's, ends "
            f"below 0; of at least {s.runs_min} runs the claim fails if it begins above."
        ),
        mnist.beside("random_convolutional", lambda _s: 0.0),
    ),
    Claim(
        5,
        "MNIST: nearly all label information is retained at a compression factor H(X)/R near 4, in "
        "one case over 9.",
        lambda s: (
            f"Of at least {s.runs_min} runs, two or more with 1 − C / H(Y) ≥ "
            f"{s.nearly_all_share:g} on validation have a factor of 4, less {s.about_share:.0%}, "
            "or more, and the largest is over 9. Nothing is decided without runs at such rates."
        ),
        mnist.compression_factors,
    ),
    Claim(
        6,
        "MNIST: at equal rate, factorised decoders reach lower C than autoregressive ones.",
        lambda s: (
            f"At {s.as_a_rule_share:.0%} or more of the rates on the front of the autoregressive "
            f"runs, at least {s.runs_min // 2} of which the factorised ones reach, the front of "
            f"the factorised ones is lower by over {s.standard_errors:g} standard errors; the "
            "claim fails where it is higher at that many. The fronts are picked on validation."
        ),
        mnist.factorised_below_autoregressive,
    ),
    Claim(
        7,
        "Omniglot alphabet: most runs are near or to the right of the random-discard line; a few "
        "near R ≈ 10 nats lie below it.",
        lambda s: (
            f"Of at least {s.runs_min} runs, more than {s.many_share:.0%} have C above the line "
            f"less {s.near_line_share:.0%} of H(Y), and one or more with R within "
            f"{s.about_share:.0%} of 10 nats lies below the line by over {s.standard_errors:g} "
            "standard errors. Nothing is decided without runs at such rates."
        ),
        omniglot.alphabet_near_chance,
    ),
    Claim(
        8,
        "Omniglot: autoregressive decoders with the fixed Gaussian marginal track the "
        "randomised-PCA curve.",
        lambda s: (
            f"Of at least {s.runs_min} such runs at rates where PCA and random discarding are "
            f"over {s.standard_errors:g} standard errors of the run's C apart, "
            f"{s.as_a_rule_share:.0%} or more have a C within {s.near_line_share:.0%} of H(Y) of "
            "the PCA curve and nearer to it than to the random-discard line."
        ),
        omniglot.gaussian_tracks_pca,
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
        omniglot.preferences,
    ),
    Claim(
        11,
        "The best PCA dimension is 30 (MNIST) and 42 (both Omniglot tasks).",
        lambda s: (
            "The paper's dimensions are the best of the grid on validation, or behind it by at "
            f"most {s.standard_errors:g} standard errors; the claim fails if one is behind by more."
        ),
        apart.best_dimensions,
    ),
    Claim(
        12,
        "Of 100 balls, 70 at random hold all 3 red ones with a chance of 34 %, 10 with 0.1 %.",
        lambda _s: "The hypergeometric chances, rounded as printed, are these.",
        apart.balls,
    ),
)
