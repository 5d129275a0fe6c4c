"""The summary's sentences: runs chosen on validation, numbers of test, and all problems named."""

import math
import re

import pandas as pd
import pytest

from labelinfo.errors import LabelinfoError
from labelinfo.tables.baselines import aggregate_baselines
from labelinfo.tables.summary import check_runs, sentences, summarise
from rows import run_row

H = 2.0
# β: R and C on test, R and C on validation. The two splits disagree on everything that is chosen:
# on test, C is smallest at β = 0.5, the smallest rate that keeps 80 % (C ≤ 0.4) is that of β = 4,
# and β = 4 lies the furthest below random discarding; by R of test and C of validation it
# would be β = 10.
NUMBERS = {
    0.5: (40.0, 0.10, 40.0, 0.30),
    1.0: (20.0, 0.20, 20.0, 0.20),
    2.0: (11.0, 0.50, 10.0, 0.38),
    3.0: (9.6, 0.33, 12.0, 0.30),
    4.0: (8.0, 0.35, 8.0, 0.45),
    10.0: (4.0, 0.50, 20.0, 0.35),
}


def run(beta, numbers, **changes):
    rate, label_distortion, rate_valid, label_distortion_valid = numbers
    row = run_row(("mnist", "digit"), math.nan, label_distortion, beta=beta, label_accuracy=0.95)
    row |= {"rate_nats": rate, "rate_nats_se": 0.125, "rate_valid_nats": rate_valid}
    row |= {"label_distortion_valid_nats": label_distortion_valid, "label_entropy_nats": H}
    row |= {"diverged_epoch": None, "diverged_step": None}
    return row | changes


def runs(*more):
    table = pd.DataFrame([run(beta, numbers) for beta, numbers in NUMBERS.items()] + list(more))
    return table.astype({"diverged_epoch": "Int64", "diverged_step": "Int64"})


def points(baseline, rates, label_distortions, params):
    return pd.DataFrame(
        {
            "dataset": "mnist",
            "task": "digit",
            "baseline": baseline,
            **params,
            "rate_nats": rates,
            "label_distortion_nats": label_distortions,
            "selection_rate_max_nats": 80.0,
        }
    )


DISCARD = points("random_discard", [80.0, 0.0], [0.0, H], {"selected": None})


def pca(rates, label_distortions, selected=True):
    k = 30 if selected else 10
    return points("pca", rates, label_distortions, {"k": k, "sigma": 1.0, "selected": selected})


def difference(beta, nats, **changes):
    keys = ("dataset", "task", "encoder", "decoder", "marginal", "beta", "seed")
    row = {key: value for key, value in run(beta, NUMBERS[beta]).items() if key in keys}
    row |= {
        "baseline": "complex_image",
        "difference_nats": nats,
        "difference_low_nats": nats - 0.01,
        "difference_high_nats": nats + 0.02,
        "confidence": 0.95,
    }
    return row | changes


NO_DIFFERENCES = pd.DataFrame([difference(1.0, 0.1)]).iloc[:0]


def say(table=None, *baselines, differences=NO_DIFFERENCES):
    table = runs() if table is None else table
    return sentences(table, pd.concat(baselines or [DISCARD]), differences, "mnist", "digit")


def test_the_best_run_is_chosen_on_validation_and_reported_on_test():
    lowest, _, _ = say()
    assert "leaves C = 0.200 ± 0.010 nats (0.289 bits) of the digit's 2.000 nats" in lowest
    assert "keeps 90% (accuracy 95.0%), at R = 20.0 nats" in lowest
    assert "(gaussian-deconv-maf, β = 1)" in lowest


def test_the_smallest_rate_is_chosen_on_validation_and_compresses_by_the_rate_on_test():
    smallest = say()[1]
    assert "keeps 80% of the digit's entropy is R = 11.000 ± 0.125 nats" in smallest
    assert "a compression of the image's 80.0 nats by at most 7.3 (" in smallest
    assert "β = 2)" in smallest


def test_the_lead_over_chance_is_chosen_on_validation_and_reported_on_test():
    _, _, comparison = say()
    assert "At R = 9.6 nats (gaussian-deconv-maf, β = 3)" in comparison
    # 2 · (1 − 9.6 / 80)
    assert "leaves C = 0.330 ± 0.010 nats, where random discarding would leave 1.76." in comparison


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ([15.0, 5.0], "1.04"),  # 1.5 − (9.6 − 5) / 10
        ([19.6, 9.6], "1.50"),
        ([9.6, 1.0], "0.50"),
        ([20.0, 9.7], None),
        ([9.5, 1.0], None),
    ],
)
def test_the_selected_pca_is_compared_only_inside_its_range(rates, said):
    comparison = say(
        None, pca([1.0, 80.0], [0.0, 0.0], selected=False), pca(rates, [0.5, 1.5]), DISCARD
    )[2]
    if said:
        assert f"1.76 and randomised PCA with k = 30 leaves {said}." in comparison
    else:
        assert "PCA" not in comparison


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "diverged"},
        {"status": "incomplete"},
        {"dataset": "omniglot"},
        {"task": "alphabet"},
    ],
)
def test_only_finished_runs_of_that_data_and_task_count(changes):
    assert say(runs(run(9.0, (0.5, 0.0, 0.5, 0.0), **changes))) == say()


def test_a_run_that_breaks_an_inequality_on_test_alone_still_counts():
    """Measurements on validation choose runs; measurements on test do not."""
    lucky = run(9.0, (0.5, 0.0, 0.5, 0.0), violations="label_information_above_rate")
    assert "β = 9" in say(runs(lucky))[0]
    assert say(runs(lucky | {"violations_valid": "label_information_above_rate"})) == say()


def test_a_strong_probes_difference_is_not_taken_for_the_papers():
    table = pd.DataFrame(
        [difference(1.0, 0.125, probe="paper"), difference(1.0, 7.0, probe="strong")]
    )
    levels = points("complex_image", [math.nan], [0.125], {})
    (one,) = (text for text in say(None, levels, differences=table[::-1]) if "Compared" in text)
    assert "C is 0.125 nats higher" in one


@pytest.mark.parametrize(
    ("nats", "ends"),
    [
        (0.125, "0.125 nats higher {} +0.115 to +0.145)."),
        (-0.005, "0.005 nats lower {} -0.015 to +0.015)."),
    ],
)
def test_the_best_run_of_validation_is_set_beside_the_ceiling(nats, ends):
    table = pd.DataFrame(
        [
            difference(0.5, 7.0),  # the best on test
            difference(1.0, 7.0, baseline="simple_image"),
            difference(1.0, 7.0, seed=1),
            difference(1.0, 7.0, task="alphabet"),
            difference(1.0, nats),
        ]
    )
    levels = [points("complex_image", [math.nan], [c], {}) for c in (0.125, 0.375)]
    sentence = say(None, DISCARD, *levels, differences=table)[1]
    assert "(C = 0.250 nats, mean of 2 trainings)" in sentence
    said = ends.format("(95% interval over test images and the classifier's trainings:")
    assert sentence.endswith(f"C is {said}")
    (one,) = (text for text in say(None, levels[0], differences=table) if "Compared" in text)
    assert "(C = 0.125 nats, one training)" in one


def grid(best, dimensions, excess=(0.5, 0.125)):
    """Return one point of each dimension."""
    rows = []
    for k in dimensions:
        params = {"k": k, "sigma": 1.0, "selected": k == best}
        row = points("pca", [10.0], [1.0], params)
        row["selection_excess_nats2"], row["selection_excess_nats2_se"] = excess
        rows.append(row)
    return rows


@pytest.mark.parametrize(
    ("best", "dimensions", "said"),
    [
        (30, [10, 30], "30 is best: the smallest area under C against R, up to R = 80.0 nats, on "
         "the validation split; the paper has the same."),
        (10, [10, 30], "with the paper's 30 the area is larger by 0.500 ± 0.125 nats²."),
        (10, [10, 20], "the paper's 30 is not in the grid."),
    ],
)  # fmt: skip
def test_the_best_dimension_is_set_beside_the_papers(best, dimensions, said):
    papers = pd.concat(grid(best, dimensions)).assign(dataset="mnist_static")
    assert sentences(runs(), papers, NO_DIFFERENCES, "mnist_static", "digit")[-1].endswith(said)


@pytest.mark.parametrize(("dataset", "task"), [("mnist_static", "smiling"), ("mine", "digit")])
def test_a_task_of_ones_own_has_no_dimension_of_the_papers(dataset, task):
    own = pd.concat(grid(10, [10, 30])).assign(dataset=dataset, task=task)
    (_, sentence) = sentences(runs(), own, NO_DIFFERENCES, dataset, task)
    assert sentence.endswith("10 is best: the smallest area under C against R, up to R = "
                             "80.0 nats, on the validation split.")  # fmt: skip


def test_no_run_keeps_most():
    table = runs()
    table["label_distortion_valid_nats"] += 0.4
    assert say(table)[1].startswith("No run keeps 80% of the digit's entropy")


def test_without_finished_runs_there_is_one_sentence():
    for table in (runs().iloc[:0], runs().assign(status="missing")):
        (sentence,) = say(table)
        assert sentence.startswith("No run of mnist, digit, is finished")


def test_where_all_runs_break_an_inequality_the_sentence_names_it():
    high = "label_distortion_above_label_entropy"
    broken = [f"{high}; rate_negative", *[high] * (len(NUMBERS) - 1)]
    (sentence,) = say(runs().assign(violations_valid=broken))
    assert sentence == (
        "All 6 finished runs of mnist, digit, break an inequality on validation, so none counts: "
        f"{high} (6), rate_negative (1)."
    )


def test_without_the_random_discard_line_nothing_is_compared():
    nothing, _ = aggregate_baselines([], {})
    for baselines in (nothing, pca([1.0, 30.0], [1.5, 0.5])):
        _, smallest, comparison = say(None, baselines)[:3]
        assert "compression" not in smallest
        assert comparison.startswith("Without the random-discard line")


# --- how the runs ended -------------------------------------------------------------------------


def ended():
    """Return a table with runs of every status."""
    nothing = (None,) * 4
    gone = {"status": "diverged", "diverged_epoch": 3, "diverged_step": 17}
    return runs(
        run(6.0, nothing, **gone),
        run(6.0, nothing, **gone, task="parity"),
        run(8.0, nothing, status="missing"),
        run(7.0, nothing, status="missing", seed=5),
        run(5.0, nothing, status="missing"),
        run(9.0, (-2.0, 1.0, -2.0, 1.0), violations="rate_negative"),
        run(20.0, (0.0, H, 0.0, H), warnings="learned_nothing"),
    )


def test_diverged_trainings_are_an_error_that_names_each_once():
    with pytest.raises(LabelinfoError) as caught:
        check_runs(ended(), "fail")
    message = str(caught.value)
    assert message.startswith("1 training(s) diverged: ")
    assert message.count("mnist gaussian-deconv-maf β=6 seed 0 (epoch 3, step 17)") == 1
    assert "sweep.on_divergence: report" in message


def test_diverged_trainings_can_be_accepted():
    line = check_runs(ended(), "report")
    assert line == "rows by status: 8 ok, 3 missing, 2 diverged\n"


# --- the summary --------------------------------------------------------------------------------

CAVEAT = (
    "Rebuilt from the original images with another random split and another resize than the file "
    "of the paper."
)
PANELS = [
    {"dataset": "mnist", "task": "digit", "title": "Static MNIST, digit", "caveat": CAVEAT},
    {"dataset": "mnist", "task": "parity", "title": "Static MNIST, parity", "caveat": ""},
]
PLACES = {"Figure 1": "figures/figure1.png", "Runs": "tables/runs.parquet"}


@pytest.fixture
def summary():
    return summarise(ended(), DISCARD, NO_DIFFERENCES, PANELS, PLACES)


def test_the_summary_tells_the_headlines_and_the_caveat_of_each_panel(summary):
    first, second = summary.split("Static MNIST, parity")
    assert first.startswith("Static MNIST, digit\n")
    words = " ".join(first.split())
    for sentence in sentences(ended(), DISCARD, NO_DIFFERENCES, "mnist", "digit"):
        assert sentence in words
    assert f"Note: {CAVEAT}" in words
    assert "No run of mnist, parity, is finished" in second
    assert "Note:" not in second
    assert max(map(len, summary.splitlines())) <= 100


def test_the_summary_counts_what_is_missing_diverged_and_flagged(summary):
    lines = summary.splitlines()
    assert "Rows finished: 8 of 13." in lines
    assert "Rows missing: 3." in lines
    assert "Rows diverged: 2." in lines
    assert "Rows that break an inequality: 1." in lines
    flagged = "  mnist, digit, gaussian-deconv-maf, β = 9, seed 0: rate_negative"
    assert flagged in lines
    place = lines.index("Rows with warnings: 1.")
    assert lines[place + 1].endswith("β = 20, seed 0: learned_nothing")


def test_the_summary_says_where_everything_lies(summary):
    for name, place in PLACES.items():
        assert re.search(rf"^{name} +{place}$", summary, flags=re.MULTILINE)
