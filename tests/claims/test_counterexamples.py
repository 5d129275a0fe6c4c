"""Small tables with wrong verdicts unless power, seeds, a hull and a second line are considered."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sweeps import (
    TASKS,
    all_baselines,
    all_differences,
    all_headlines,
    all_runs,
    another_dimension,
    by,
    chance,
    changed,
    decided,
    evidence,
    pca,
    run,
)

from labelinfo.claims.claim import Claim, decide_by_both_probes
from labelinfo.claims.claims import judge
from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED

RUNS = all_runs()
DIGIT_ROWS = by(RUNS, task="digit")
DIGIT, ALPHABET = ("mnist_static", "digit"), ("omniglot", "alphabet")


def runs_of(pair, points, error=0.01, **columns):
    """Return runs at points (R, C) of one data set and task, each of a different cell."""
    rows = [run(*pair, "deconv", "gaussian", rate, c) for rate, c in points]
    table = pd.DataFrame(rows).assign(label_distortion_nats_se=error, **columns)
    return table.assign(beta=[1 + number for number in range(len(table))])


def judged(number, runs, **tables):
    return decided(number, evidence(runs, **tables))


def without_pca(pair, *points):
    """Return baselines with these PCA points (k, R, C, selected) of one data set and task."""
    table = all_baselines()
    mine = (table["task"] == pair[1]) & (table["baseline"] == "pca")
    row = table[mine].iloc[0]
    rows = [
        {
            **row.to_dict(),
            "k": k,
            "selected": selected,
            "rate_nats": rate,
            "label_distortion_nats": c,
            "label_distortion_valid_nats": c,
        }
        for k, rate, c, selected in points
    ]
    return pd.concat([table[~mine], pd.DataFrame(rows)], ignore_index=True)


# Claim 1: every baseline of bounded rate, power, and small C at small R


def test_runs_between_the_drawn_k_and_a_better_one_are_not_below_pca():
    grid = without_pca(
        DIGIT, (20, 5.0, 1.212, True), (20, 40.0, 0.2, True), (10, 5.0, 0.994, False)
    )
    between = runs_of(DIGIT, [(5.0, 1.1)] * 8)
    assert judged(1, between, baselines=grid).verdict == FAILS
    # compared with only the drawn k, they would be below
    drawn = grid[grid["k"] != 10]
    found = judged(1, between, baselines=drawn)
    assert "Of 8 runs within the rates of the PCA hull, 8 lie below" in found.evidence


def test_the_hull_is_chosen_on_validation_and_judged_on_test():
    """Runs must not be compared with a point that is low on test only by luck."""
    grid = without_pca(DIGIT, (20, 5.0, 1.2, True), (20, 40.0, 0.2, True), (10, 5.0, 0.2, False))
    lucky = grid["label_distortion_nats"] == 0.2
    grid.loc[lucky & (grid["rate_nats"] == 5.0), "label_distortion_valid_nats"] = 1.4
    found = judged(1, runs_of(DIGIT, [(5.0, 1.1)] * 8), baselines=grid)
    assert "8 lie below" in found.evidence


def test_errors_of_the_pca_points_count():
    grid = without_pca(DIGIT, (20, 5.0, 1.2, True), (20, 40.0, 0.2, True))
    runs = runs_of(DIGIT, [(5.0, 1.1)] * 8, error=0.01)
    assert "8 lie below" in judged(1, runs, baselines=grid).evidence
    is_pca = grid["baseline"] == "pca"
    noisy = grid.assign(label_distortion_nats_se=np.where(is_pca, 0.1, 0.0))
    assert "0 lie below both lines, 0 above one of them, 8 are undecided" in (
        judged(1, runs, baselines=noisy).evidence
    )


def test_runs_that_are_a_little_below_the_lines_decide_nothing():
    """Twelve runs, each 1.5 standard errors below the lower line."""
    rates = np.linspace(3.0, 12.0, 12)
    lower = [min(pca(*DIGIT, rate), chance(*DIGIT, rate)) for rate in rates]
    error = 0.1
    runs = runs_of(DIGIT, [(r, c - 1.5 * error) for r, c in zip(rates, lower, strict=True)], error)
    found = judged(1, runs)
    assert found.verdict == UNDECIDED
    assert "0 lie below both lines, 0 above one of them, 12 are undecided" in found.evidence


def test_large_c_at_small_rates_is_no_small_c_at_small_rates():
    """Twelve runs far below both lines, all with C > 1 and R < 4."""
    rates = np.linspace(1.0, 3.9, 12)
    points = [(rate, pca(*DIGIT, rate) - 0.5) for rate in rates]
    assert min(c for _, c in points) > 1
    found = judged(1, runs_of(DIGIT, points))
    assert "12 lie below both lines" in found.evidence
    assert found.verdict == UNDECIDED  # nothing is known of larger rates
    # a run near R = H(X)/4 tells whether it is reached; one within its error of the limit does not
    for c, verdict in ((0.3, FAILS), (0.05, HOLDS), (0.11, UNDECIDED)):
        assert judged(1, runs_of(DIGIT, [*points, (19.0, c)])).verdict == verdict


def test_runs_on_the_hull_hold_next_to_never():
    random = np.random.default_rng(0)
    rates = np.linspace(2.0, 30.0, 24)
    line = np.array([min(pca(*DIGIT, rate), chance(*DIGIT, rate)) for rate in rates])
    found = []
    for _ in range(25):
        noisy = line + random.normal(0, 0.02, len(rates))
        runs = runs_of(DIGIT, zip(rates, noisy, strict=True), error=0.02)
        found.append(decided(1, evidence(runs)).verdict)
    assert HOLDS not in found


# Claims 2 and 5: a run that is better than the paper's


def test_a_run_better_than_the_papers_fails_nothing():
    better = run(*DIGIT, "deconv", "gaussian", 11.8, 0.05)
    earlier = run(*DIGIT, "pixelcnn", "maf", 4.4, 0.05)
    runs = pd.concat([RUNS, pd.DataFrame([better, earlier])], ignore_index=True)
    assert [judged(number, runs).verdict for number in (2, 5)] == [HOLDS, HOLDS]


def test_one_early_architecture_does_not_make_all_of_them_early():
    """The median over architectures decides the generic rate, not the smallest."""
    late = by(RUNS, task="digit", decoder="deconv") & (RUNS["marginal"] != "vamp")
    slow = changed(RUNS, late & (RUNS["rate_nats"] < 30), 0.3)
    found = judged(2, slow)
    text = "the median first rate of 3 architectures and seeds is between 25.0 and 40.0 nats"
    assert text in found.evidence
    assert found.verdict == FAILS


# Claims 3 and 4: the variance of the networks, and of the run


def differing(run_nats, seeds, low, high):
    table = all_differences(RUNS, seeds=seeds)
    return table.assign(
        difference_nats=run_nats, difference_low_nats=low, difference_high_nats=high
    )


@pytest.mark.parametrize("number", [3, 4])
@pytest.mark.parametrize(("nats", "decided"), [(-0.1, HOLDS), (0.2, FAILS)])
def test_of_two_seeds_of_a_network_nothing_is_decided(number, nats, decided):
    for seeds, verdict in ((2, UNDECIDED), (3, decided)):
        table = differing(nats, seeds, nats - 0.01, nats + 0.01)
        found = judged(number, RUNS, differences=table)
        assert found.verdict == verdict
        assert ("fewer than 3 seeds" in found.evidence) == (seeds < 3)


def test_the_best_seed_of_the_network_is_chosen_on_validation_and_reported():
    table = all_baselines()
    random = table["baseline"] == "random_convolutional"
    places = table[random & (table["task"] == "digit")].index
    table.loc[places, "label_distortion_nats"] = [0.119, 0.156, 0.131]
    table.loc[places, "label_distortion_valid_nats"] = [0.150, 0.160, 0.120]
    text = judged(4, RUNS, baselines=table).evidence
    assert "best seed on validation, of 3, has C = 0.131 nats" in text


def test_another_training_of_the_run_widens_its_interval():
    """Two seeds of the best run differ by much more than the error over images."""
    best = RUNS.loc[RUNS[DIGIT_ROWS]["label_distortion_valid_nats"].idxmin()]
    nats = float(best["label_distortion_nats"])
    assert judged(4, RUNS).verdict == HOLDS
    again = {**best.to_dict(), "seed": 1, "label_distortion_nats": nats + 0.2}
    again["label_distortion_valid_nats"] = 1.0
    found = judged(4, pd.concat([RUNS, pd.DataFrame([again])], ignore_index=True))
    assert found.verdict == UNDECIDED
    half = 1.959964 * 0.2 / math.sqrt(2)
    interval = f"interval: {half + 0.05:.3f} below to {half - 0.05:.3f} above"
    assert f"is 0.050 nats below the random network's (95% {interval})" in found.evidence
    assert "The run has one seed" not in found.evidence
    assert "The run has one seed" in judged(4, RUNS).evidence


# Claim 7: collapsed runs, power, and the second line


def test_collapsed_runs_are_not_near_the_line():
    """Twelve runs of almost no rate, and ten runs 0.8 nats below the line."""
    below = [(rate, chance(*ALPHABET, rate) - 0.8) for rate in np.linspace(5, 20, 10)]
    collapsed = [(0.01, 3.69)] * 12
    found = judged(7, runs_of(ALPHABET, below + collapsed))
    assert found.verdict == FAILS
    assert "Of 10 runs, 0 lie near" in found.evidence


def test_runs_within_their_errors_of_the_band_around_the_line_decide_nothing():
    edge = 0.1 * TASKS[ALPHABET][0]
    points = [(rate, chance(*ALPHABET, rate) - edge) for rate in np.linspace(5, 20, 12)]
    found = judged(7, runs_of(ALPHABET, points, error=0.2))
    assert found.verdict == UNDECIDED
    assert "12 are undecided" in found.evidence


def test_that_a_few_lie_below_the_line_is_no_matter_of_many_chances():
    """Of runs on the line, the lowest on validation is below it on test only by chance."""
    random = np.random.default_rng(1)
    rates = np.linspace(7.5, 12.5, 30)
    line = np.array([chance(*ALPHABET, rate) for rate in rates])
    found = []
    for _ in range(60):
        runs = runs_of(ALPHABET, zip(rates, line, strict=True), error=0.05)
        for name in ("label_distortion_nats", "label_distortion_valid_nats"):
            runs[name] = line + random.normal(0, 0.05, len(rates))
        found.append(decided(7, evidence(runs)).verdict)
    # one chance of 2.3 % each; of the lowest of 30 on test it would be a half
    assert found.count(HOLDS) <= 5


def with_classifier(c, pair=ALPHABET):
    table = all_baselines()
    rows = (table["task"] == pair[1]) & (table["baseline"] == "complex_image")
    columns = ["label_distortion_nats", "label_distortion_valid_nats"]
    table.loc[rows, columns] = c
    return table


def test_a_verdict_that_hangs_on_the_line_says_so():
    """The same probe on the raw image leaves 2.70 nats, so the line to C = 0 cannot be reached."""
    entropy, data_entropy = TASKS[ALPHABET]
    second = [
        (rate, entropy + (2.7 - entropy) * rate / data_entropy - 0.6)
        for rate in np.linspace(7.5, 30, 12)
    ]
    runs = runs_of(ALPHABET, second)
    near = judged(7, runs, baselines=with_classifier(0.02))
    assert "gives the same verdict" in near.evidence
    far = judged(7, runs, baselines=with_classifier(2.7))
    assert far.verdict == near.verdict  # the paper's line is the reference
    assert "Reference: the random-discard line to C = 0" in far.evidence
    assert f"the line to the C of the best image classifier gives “{FAILS}” instead" in (
        far.evidence
    )


def test_the_second_line_ends_at_the_classifier_best_on_validation():
    table = with_classifier(2.7)
    simple = table[(table["task"] == "alphabet") & (table["baseline"] == "complex_image")]
    simple = simple.assign(
        baseline="simple_image", label_distortion_nats=3.5, label_distortion_valid_nats=2.0
    )
    made = evidence(RUNS, baselines=pd.concat([table, simple], ignore_index=True))
    line = made.results("omniglot", "alphabet").discards["classifier_discard"]
    assert line.rate_nats.tolist() == [0, 90.0]
    assert line.label_distortion_nats.tolist() == [3.7, 3.5]


def test_scores_against_both_lines_are_compared():
    table = all_headlines().copy()
    character = table["task"] == "character"
    for end, nats in (("", 0.7), ("_low", 0.68), ("_high", 0.72)):
        table.loc[character, f"classifier_preference_score_upper{end}"] = nats
    found = judged(10, RUNS, headlines=table)
    assert found.verdict == HOLDS
    assert f"gives “{FAILS}” instead" in found.evidence


# Claim 8: power


def test_runs_between_pca_and_chance_with_large_errors_decide_nothing():
    noisy = RUNS.assign(label_distortion_nats_se=0.15)
    assert judged(8, noisy).verdict == UNDECIDED


# Claim 11: the end of the rate axis, and the noise where C is flat


@pytest.mark.parametrize(
    ("behind", "verdict"),
    [
        (("_20", "_40", "_data_entropy"), FAILS),
        (("_20", "_40"), UNDECIDED),
        (("_data_entropy",), UNDECIDED),
        ((), HOLDS),
    ],
)
def test_the_best_dimension_fails_only_if_it_is_behind_on_every_axis(behind, verdict):
    found = judged(11, RUNS, baselines=another_dimension(behind))
    assert found.verdict == verdict
    if behind:
        assert "4.00 ± 0.50 nats²" in found.evidence


@pytest.mark.parametrize("worse", [False, True])
def test_a_curve_that_ends_while_c_still_falls_decides_nothing_beyond_its_end(worse):
    """The fixture's grid ends at 45 nats, so only the axis to H(X) is longer."""
    table = another_dimension(() if not worse else ("_20", "_40", "_data_entropy"))
    steep = table.assign(selection_flat=0.0)
    found = judged(11, RUNS, baselines=steep)
    assert found.verdict == UNDECIDED
    assert "C still falls at the last σ of k = 10, 42" in found.evidence
    # a grid that reaches the end of every axis need not be flat
    reaching = steep[steep["baseline"] == "pca"].assign(rate_nats=120.0)
    whole = pd.concat([steep, reaching], ignore_index=True)
    assert judged(11, RUNS, baselines=whole).verdict == (FAILS if worse else HOLDS)


# Both probes


def strong(table, **changes):
    """Return a table with the same numbers for the strong probe, except for ``changes``."""
    names = [name for name in table.columns if name.startswith(("label_distortion", "selection"))]
    columns = {f"strong_{name}": table[name] for name in names if name != "label_entropy_nats"}
    return table.assign(**columns, **changes)


def both_probes(runs=RUNS, baselines=None, **tables):
    baselines = all_baselines() if baselines is None else baselines
    parts = {"differences": all_differences(runs), "headlines": all_headlines()} | tables
    doubled = {
        name: pd.concat([part.assign(probe="paper"), part.assign(probe="strong")])
        for name, part in parts.items()
    }
    return judge(evidence(strong(runs), baselines=strong(baselines), **doubled)).set_index("claim")


def test_two_probes_that_agree_decide():
    found = both_probes()
    assert (found["verdict"] == HOLDS).all()
    for number in range(1, 12):
        assert "By the strong probe, holds" in found.loc[number, "evidence"]
    assert "probe" not in found.loc[12, "evidence"]


def test_two_probes_that_differ_decide_nothing_and_both_outcomes_are_named():
    chosen = by(RUNS, task="digit", decoder="deconv")
    worse = strong(RUNS)
    columns = ["strong_label_distortion_nats", "strong_label_distortion_valid_nats"]
    worse.loc[chosen, columns] = 0.5
    found = decided(2, replace(evidence(RUNS), runs=worse, baselines=strong(all_baselines())))
    assert found.verdict == UNDECIDED
    assert "By the paper's probe, holds" in found.evidence
    assert "By the strong probe, fails" in found.evidence
    assert found.evidence.startswith("The probes contradict each other")


@pytest.mark.parametrize(
    ("paper", "strong_one", "reason"),
    [
        (HOLDS, FAILS, "The probes contradict each other"),
        (FAILS, UNDECIDED, "Further runs, seeds or test images may decide by the strong probe."),
        (UNDECIDED, HOLDS, "Further runs, seeds or test images may decide by the paper's probe."),
        (UNDECIDED, UNDECIDED, "By the paper's probe"),
    ],
)
def test_the_reason_of_an_undecided_verdict_is_said_first(paper, strong_one, reason):
    outcomes = iter([(paper, "Few."), (strong_one, "Many.")])
    claim = Claim(1, "", lambda _: "", lambda _: next(outcomes), measured=lambda _: True)
    found = decide_by_both_probes(claim, evidence(strong(RUNS), baselines=strong(all_baselines())))
    assert found.verdict == UNDECIDED
    assert found.evidence.startswith(reason)


def test_one_probe_alone_is_named():
    found = judge(evidence(RUNS))
    assert found["evidence"].str.endswith("(paper's probe only)").tolist() == [True] * 11 + [False]
    assert (found["verdict"] == HOLDS).all()


def test_a_strong_run_is_judged_by_the_strong_probes_differences():
    parts = [
        all_differences(RUNS, random=nats).assign(probe=probe)
        for probe, nats in (("paper", -0.05), ("strong", 0.2))
    ]
    found = judged(4, strong(RUNS), baselines=strong(all_baselines()), differences=pd.concat(parts))
    assert found.verdict == UNDECIDED
    assert "By the strong probe, fails" in found.evidence
