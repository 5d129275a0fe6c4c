"""The demo from end to end: its numbers, not only its files."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from components import make_spec
from labelinfo.data.dataset import load_dataset
from labelinfo.io.digest import file_sha256
from labelinfo.io.tables import read_provenance
from labelinfo.models.saved import load_vae
from labelinfo.tables import baselines as baselines_table
from labelinfo.tables import runs as runs_table

pytestmark = pytest.mark.workflow

RUN = "sample/gaussian-deconv-gaussian/beta{}/seed0"


@pytest.fixture(scope="module")
def results(finished_demo):
    return finished_demo.path / "results" / "demo"


@pytest.fixture(scope="module")
def runs(results):
    return pd.read_parquet(results / "tables" / "runs.parquet").sort_values("beta")


@pytest.fixture(scope="module")
def baselines(results):
    return pd.read_parquet(results / "tables" / "baselines.parquet")


@pytest.fixture(scope="module")
def pca(baselines):
    rows = baselines[baselines["baseline"] == "pca"].reset_index(drop=True)
    return rows.join(pd.DataFrame([json.loads(text) for text in rows["params"]]))


def test_every_run_is_a_row_and_breaks_no_inequality(runs):
    assert list(runs.columns) == runs_table.COLUMNS
    assert runs["beta"].tolist() == [0.1, 0.5, 2, 8]
    assert (runs["status"] == "ok").all()
    assert (runs["violations"] == "").all()
    assert (runs["label_distortion_nats_se"] > 0).all()


def test_beta_moves_along_the_rate_distortion_curve(runs):
    assert runs["rate_nats"].is_monotonic_decreasing
    assert runs["distortion_nats"].is_monotonic_increasing
    assert runs["rate_nats"].iloc[0] > 60
    assert runs["rate_nats"].iloc[-1] < 12
    assert runs["distortion_nats"].iloc[0] < 100


def test_a_generous_rate_keeps_the_label_and_a_small_one_loses_it(runs):
    kept = 1 - runs["label_distortion_nats"] / runs["label_entropy_nats"]
    assert kept.iloc[0] > 0.8
    assert runs["label_accuracy"].iloc[0] > 0.85
    assert kept.iloc[-1] < 0.6


def test_at_a_moderate_rate_the_codes_prefer_the_label_over_other_bits(runs):
    run = runs[runs["beta"] == 2].iloc[0]
    by_chance = run["label_entropy_nats"] * (1 - run["rate_nats"] / 79.78)
    assert run["label_distortion_nats"] < 0.6 * by_chance


def test_closed_form_and_monte_carlo_rates_agree(runs):
    assert (runs["rate_estimator"] == "closed form").all()
    assert (runs["rate_difference_nats"].abs() < 4 * runs["rate_difference_nats_se"]).all()


def test_rate_and_distortion_equal_a_plain_recomputation(results, runs):
    dataset = load_dataset(results / "prepare_dataset" / "sample" / "dataset.safetensors")
    weights = results / "train_vae" / RUN.format("0.5") / "best.safetensors"
    model, _ = load_vae(weights, make_spec(width=0.25))
    x = dataset.test.images.float().view(-1, 1, 28, 28)
    with torch.no_grad():
        mean, log_variance = model.encoder.features(x).double().chunk(2, dim=1)
        rate = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(1)
        torch.manual_seed(0)
        z = mean + log_variance.mul(0.5).exp() * torch.randn_like(mean)
        logits = model.decoder.logits(model.decoder.trunk(z.float()))
        losses = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        distortion = losses.sum((1, 2, 3))
    row = runs[runs["beta"] == 0.5].iloc[0]
    assert row["rate_nats"] == pytest.approx(rate.mean().item(), rel=1e-5)
    assert row["rate_nats_se"] == pytest.approx((rate.std() / 1000**0.5).item(), rel=1e-4)
    # another draw of z: equal up to its noise, which is far below the spread over images
    assert abs(row["distortion_nats"] - distortion.mean().item()) < row["distortion_nats_se"]


def test_the_labels_are_the_digits_that_the_files_hold(results):
    table = pd.read_parquet(results / "tables" / "datasets.parquet").set_index("split")
    assert table["images"].to_dict() == {"train": 2600, "valid": 400, "test": 1000}
    assert (table["matched_distinct_share"] > 0.995).all()
    counts = np.array(json.loads(table.loc["test", "label_counts"]))
    share = counts / counts.sum()
    assert table.loc["test", "label_entropy_nats"] == pytest.approx(-(share * np.log(share)).sum())


def test_random_discard_goes_from_all_of_the_label_to_none(runs, baselines):
    line = baselines[baselines["baseline"] == "random_discard"]
    assert line["rate_nats"].tolist() == [0, 79.78]
    assert line["label_distortion_nats"].tolist() == [runs["label_entropy_nats"].iloc[0], 0]


def test_pca_is_its_whole_grid_at_the_exact_rates(baselines, pca):
    assert list(baselines.columns) == baselines_table.COLUMNS
    assert set(zip(pca["k"], pca["sigma"], strict=True)) == {
        (k, sigma) for k in (5, 15, 30) for sigma in (2.5, 1.4, 1.0, 0.75, 0.5, 0.3)
    }
    exact = pca["k"] / 2 * np.log(1 + pca["sigma"] ** -2.0)
    assert pca["rate_nats"].to_numpy() == pytest.approx(exact.to_numpy())
    for _, group in pca.groupby("k"):
        assert group.sort_values("sigma")["label_distortion_nats"].is_monotonic_increasing
    chosen = pca.loc[pca["selection_area_nats2"].idxmin(), "k"]
    assert set(pca.loc[pca["selected"], "k"]) == {chosen}


def test_tables_carry_their_origin(results, finished_demo):
    for name, stage in (("runs", "train_vae"), ("baselines", "measure_pca")):
        origin = read_provenance(results / "tables" / f"{name}.parquet")[stage]
        assert len(origin) == 1
        assert len(origin[0]["code"]) == 16
        assert origin[0]["versions"]["torch"] == torch.__version__
        assert len(origin[0]["data"]) == 7
    config = read_provenance(results / "tables" / "runs.parquet")["train_vae"][0]["config"]
    assert config["training"]["epochs"] == 20


def test_every_run_has_its_weights_curve_and_pictures(results):
    for beta in ("0.1", "0.5", "2", "8"):
        curve = pd.read_parquet(results / "train_vae" / RUN.format(beta) / "learning_curve.parquet")
        assert curve["epoch"].tolist() == list(range(1, 21))
        assert curve["valid_loss_nats"].iloc[-1] < curve["valid_loss_nats"].iloc[0]
        assert (results / "draw_gallery" / f"{RUN.format(beta)}.png").stat().st_size > 10_000


def test_figures_are_there_in_all_formats(results):
    for figure in ("figure1", "figure2"):
        assert (results / "figures" / f"{figure}.pdf").read_bytes().startswith(b"%PDF")
        assert (results / "figures" / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (results / "figures" / f"{figure}.svg").read_text(encoding="utf-8")


def test_the_summary_says_three_sentences_and_where_things_lie(results):
    text = (results / "write_summary" / "summary.txt").read_text(encoding="utf-8")
    for beginning in ("  1. ", "  2. ", "  3. ", "Figure 1", "Tables"):
        assert beginning in text
    assert "Rows finished: 4 of 4." in text


def test_the_report_holds_the_figures(finished_demo):
    demo = ("--configfile", "workflow/experiments/demo.yaml")
    outcome = finished_demo.snakemake("--cores", "1", *demo, "--report", "report.html")
    assert outcome.code == 0, outcome.text
    page = (finished_demo.path / "report.html").read_text(encoding="utf-8")
    assert "figure1.png" in page
    assert "summary.txt" in page


def test_a_run_is_the_same_bits_alone_as_in_the_sweep(checkout, results):
    target = f"results/demo/train_vae/{RUN.format('8')}/best.safetensors"
    demo = ("--configfile", "workflow/experiments/demo.yaml")
    outcome = checkout.snakemake(
        "--cores", "1", target, *demo, "--config", "sweep={betas: {deconv: [8]}}"
    )
    assert outcome.code == 0, outcome.text
    whole = results / "train_vae" / RUN.format("8") / "best.safetensors"
    assert file_sha256(checkout.path / target) == file_sha256(whole)
