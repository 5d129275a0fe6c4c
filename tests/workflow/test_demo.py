"""The demo from end to end: its numbers, not only its files."""

import itertools
import json
import re
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from components import make_spec
from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.io.atomic import file_sha256
from labelinfo.io.tables import read_provenance
from labelinfo.models.saved import load_vae
from labelinfo.tables import runs as runs_table

pytestmark = pytest.mark.workflow

RUN = "sample/gaussian-{}-{}/beta{}/seed0"
ARCHITECTURES = list(itertools.product(("deconv", "pixelcnn"), ("gaussian", "maf", "vamp")))
BETAS = {"deconv": (0.2, 2), "pixelcnn": (0.1,)}
OPTIONS = {
    "width": 0.25,
    "pixelcnn": {"channels": 16, "dilations": [2]},
    "vamp": {"components": 50},
}


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
    return baselines[baselines["baseline"] == "pca"].reset_index(drop=True)


def find(runs, decoder, marginal, beta):
    found = runs[
        (runs["decoder"] == decoder) & (runs["marginal"] == marginal) & (runs["beta"] == beta)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_every_run_is_a_row_and_breaks_no_inequality(runs):
    assert list(runs.columns) == runs_table.COLUMNS
    rows = zip(runs["decoder"], runs["marginal"], runs["beta"], strict=True)
    assert sorted(rows) == sorted((d, m, beta) for d, m in ARCHITECTURES for beta in BETAS[d])
    assert (runs["status"] == "ok").all()
    assert (runs["violations"] == "").all()
    assert (runs["label_distortion_nats_se"] > 0).all()


def test_beta_moves_along_the_rate_distortion_curve(runs):
    for marginal in ("gaussian", "maf", "vamp"):
        low, high = (find(runs, "deconv", marginal, beta) for beta in BETAS["deconv"])
        assert low["rate_nats"] > 2 * high["rate_nats"] > 2
        assert low["distortion_nats"] < high["distortion_nats"] - 20
        assert low["label_distortion_nats"] < high["label_distortion_nats"] - 0.3
    # an autoregressive decoder needs fewer nats, and still uses z at a β far below 1
    total = runs.groupby(["decoder", "marginal"])["rate_plus_distortion_nats"].min()
    assert (total["pixelcnn"] < total["deconv"] - 10).all()
    assert runs.loc[runs["decoder"] == "pixelcnn", "rate_nats"].min() > 1


def test_codes_keep_the_label_and_prefer_it_over_other_bits(runs):
    run = find(runs, "deconv", "gaussian", 0.2)
    assert run["rate_nats"] > 50
    assert run["label_distortion_nats"] < 0.3 * run["label_entropy_nats"]
    assert run["label_accuracy"] > 0.8
    run = find(runs, "deconv", "maf", 0.2)
    assert 15 < run["rate_nats"] < 40
    by_chance = run["label_entropy_nats"] * (1 - run["rate_nats"] / 79.78)
    assert run["label_distortion_nats"] < 0.6 * by_chance


def test_rates_are_closed_forms_where_there_are_any_and_agree_with_monte_carlo(runs):
    closed = runs["marginal"] == "gaussian"
    assert (runs.loc[closed, "rate_estimator"] == "closed form").all()
    assert (runs.loc[~closed, "rate_estimator"] == "monte carlo").all()
    deviation = runs["rate_difference_nats"].abs() / runs["rate_difference_nats_se"]
    assert (deviation[closed] < 4).all()
    assert deviation[~closed].isna().all()


def load(results, decoder, marginal, beta):
    weights = results / "train_vae" / RUN.format(decoder, marginal, beta) / "best.safetensors"
    run = Run("sample", "gaussian", decoder, marginal, str(beta), 0)
    return load_vae(weights, make_spec("gaussian", decoder, marginal, **OPTIONS), run).model


def test_rate_and_distortion_equal_a_plain_recomputation(results, runs):
    dataset = load_dataset(results / "prepare_dataset" / "sample" / "dataset.safetensors")
    model = load(results, "deconv", "gaussian", 0.2)
    x = dataset.test.images.float().view(-1, 1, 28, 28)
    with torch.no_grad():
        mean, log_variance = model.encoder.features(x).double().chunk(2, dim=1)
        rate = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(1)
        torch.manual_seed(0)
        z = mean + log_variance.mul(0.5).exp() * torch.randn_like(mean)
        logits = model.decoder.logits(model.decoder.trunk(z.float()))
        losses = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        distortion = losses.sum((1, 2, 3))
    row = find(runs, "deconv", "gaussian", 0.2)
    assert row["rate_nats"] == pytest.approx(rate.mean().item(), rel=1e-5)
    assert row["rate_nats_se"] == pytest.approx((rate.std() / 1000**0.5).item(), rel=1e-4)
    # another draw of z: equal up to its noise, which is far below the spread over images
    assert abs(row["distortion_nats"] - distortion.mean().item()) < row["distortion_nats_se"]


def test_an_autoregressive_distortion_and_a_mixtures_rate_equal_a_plain_recomputation(
    results, runs
):
    dataset = load_dataset(results / "prepare_dataset" / "sample" / "dataset.safetensors")
    model = load(results, "pixelcnn", "vamp", 0.1)
    x = dataset.test.images.float().view(-1, 1, 28, 28)
    with torch.no_grad():
        mean, log_variance = model.encoder.features(x).chunk(2, dim=1)
        pseudo = torch.sigmoid(model.marginal.pixel_logits)
        means, log_variances = model.encoder.features(pseudo).chunk(2, dim=1)
        torch.manual_seed(0)
        z = mean + log_variance.mul(0.5).exp() * torch.randn_like(mean)

        def log_normal(mean, log_variance):
            return -0.5 * (
                (z[:, None] - mean) ** 2 / log_variance.exp() + log_variance + np.log(2 * np.pi)
            ).double().sum(-1)

        mixture = torch.logsumexp(log_normal(means, log_variances), 1) - np.log(50)
        rate = log_normal(mean[:, None], log_variance[:, None])[:, 0] - mixture
        logits = model.decoder.network(x, model.decoder.trunk(z))
        losses = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        distortion = losses.sum((1, 2, 3))
    row = find(runs, "pixelcnn", "vamp", 0.1)
    # the noise of the rate is that of four draws of z, and here of one
    noise = (rate.std() / 1000**0.5).item()
    assert abs(row["rate_nats"] - rate.mean().item()) < 3 * noise
    assert abs(row["distortion_nats"] - distortion.mean().item()) < row["distortion_nats_se"]


def test_the_labels_are_the_digits_that_the_files_hold(results):
    table = pd.read_parquet(results / "tables" / "datasets.parquet").set_index("split")
    assert table["images"].to_dict() == {"train": 2600, "valid": 400, "test": 1000}
    assert (table["matched_distinct_share"] > 0.995).all()
    counts = np.array(json.loads(table.loc["test", "label_counts"]))
    share = counts / counts.sum()
    assert table.loc["test", "label_entropy_nats"] == pytest.approx(-(share * np.log(share)).sum())


def test_every_level_is_there_for_each_seed_and_a_trained_network_is_the_ceiling(runs, baselines):
    levels = baselines[baselines["rate_nats"].isna()]
    assert sorted(zip(levels["baseline"], levels["seed"], strict=True)) == [
        (name, seed)
        for name in ("complex_image", "random_convolutional", "random_fully_connected")
        for seed in (0, 1)
    ] + [("simple_image", seed) for seed in (0, 1)]
    means = levels.groupby("baseline")["label_distortion_nats"].mean()
    assert means["complex_image"] < 0.25
    assert means["complex_image"] < means["simple_image"] < means["random_fully_connected"] < 0.8
    # an untrained network keeps most of the digit
    assert means["random_convolutional"] < 0.5 * runs["label_entropy_nats"].iloc[0]
    assert means["complex_image"] < runs["label_distortion_nats"].min()
    assert (levels["label_distortion_nats_se"] > 0).all()


def test_every_run_is_compared_with_every_level_by_either_probe(results, runs, baselines, pca):
    differences = pd.read_parquet(results / "tables" / "differences.parquet")
    levels = baselines.loc[baselines["rate_nats"].isna(), "baseline"].nunique()
    of_runs = len(runs) * levels
    assert differences["probe"].value_counts().to_dict() == {"paper": of_runs, "strong": of_runs}
    assert of_runs == 36
    assert len(pca) == 12


def test_tables_carry_their_origin(results, finished_demo):
    # one origin for each architecture, because each has different code
    for name, stage, count in (("runs", "train_vae", 6), ("baselines", "measure_pca", 1)):
        origin = read_provenance(results / "tables" / f"{name}.parquet")[stage]
        assert len(origin) == count
        assert len(origin[0]["code"]) == 16
        assert origin[0]["versions"]["torch"] == version("torch")
        assert len(origin[0]["data"]) == 7
    # and the origin of the stage that joined the rows
    behind = {
        "runs": {"train_vae", "measure_vae", "train_probe", "prepare_dataset", "aggregate_runs"},
        "baselines": {
            "prepare_dataset",
            "compute_random_discard",
            "select_dimension",
            "aggregate_baselines",
        },
        "datasets": {"prepare_dataset", "aggregate_datasets"},
        "differences": {"train_probe", "compare_runs"},
    }
    for name, stages in behind.items():
        assert stages <= read_provenance(results / "tables" / f"{name}.parquet").keys()
    config = read_provenance(results / "tables" / "runs.parquet")["train_vae"][0]["config"]
    assert config["training"]["epochs"] == 6


def test_every_run_has_its_curve_and_pictures_also_in_the_explorer(results, runs):
    for decoder, marginal in ARCHITECTURES:
        for beta in BETAS[decoder]:
            run = RUN.format(decoder, marginal, beta)
            curve = pd.read_parquet(results / "train_vae" / run / "learning_curve.parquet")
            assert curve["epoch"].tolist() == list(range(1, 7))
            assert curve["valid_loss_nats"].iloc[-1] < curve["valid_loss_nats"].iloc[0]
            assert (results / "draw_gallery" / f"{run}.png").stat().st_size > 10_000
        picture = f"draw_beta_gallery/sample/gaussian-{decoder}-{marginal}.png"
        assert (results / picture).stat().st_size > 10_000
    page = (results / "draw_explorer" / "explorer.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert len(data["runs"]) == len(data["pictures"]) == len(data["curves"]) == len(runs)
    assert all(picture.startswith("data:image/png;base64,") for picture in data["pictures"])
    assert all(curve["valid_rate_nats"] for curve in data["curves"])


def test_figures_are_there_in_all_formats_with_each_architecture(results):
    for figure in ("figure1", "figure2", "figure3"):
        assert (results / "figures" / f"{figure}.pdf").read_bytes().startswith(b"%PDF")
        assert (results / "figures" / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (results / "figures" / f"{figure}.svg").read_text(encoding="utf-8")
    text = (results / "figures" / "figure1.svg").read_text(encoding="utf-8")
    for decoder, marginal in itertools.product("−+", "−+v"):
        assert f">({decoder}, {marginal})</text>" in text


def test_the_summary_and_the_claims_say_what_nine_runs_decide(results):
    text = (results / "write_summary" / "summary.txt").read_text(encoding="utf-8")
    for beginning in ("  1. ", "  2. Compared with the", "  3. ", "  4. ", "  5. ", "Figure 1"):
        assert beginning in text
    assert "Rows finished: 9 of 9." in text
    claims = pd.read_parquet(results / "tables" / "claims.parquet").set_index("claim")
    # nine runs are few; the balls need no runs
    undecided = claims["verdict"] == "not enough data"
    assert {1, 2, 6, 7, 8, 9, 10} <= set(undecided.index[undecided])
    assert claims.loc[12, "verdict"] == "holds"
    for number in range(1, 7):
        assert "(on sample, a small sample of the paper's digits)" in claims.loc[number, "evidence"]
    headlines = pd.read_parquet(results / "tables" / "headlines.parquet").set_index("decoders")
    headlines = headlines[headlines["probe"] == "paper"]
    assert headlines["runs"].to_dict() == {"all": 9, "deconv": 6, "pixelcnn": 3}
    # nine small runs are far from the ceiling
    assert headlines["rate_nats"].isna().all()


def test_the_report_holds_every_page(finished_demo):
    demo = ("--configfile", "tests/workflow/small.yaml")
    outcome = finished_demo.snakemake("--cores", "1", *demo, "--", "make_report")
    assert outcome.code == 0, outcome.text
    page = (finished_demo.path / "results" / "demo" / "report.html").read_text(encoding="utf-8")
    figures = [f"figure{number}.png" for number in (1, 2, 3)]
    for name in (*figures, "summary.txt", "config.yaml", "claims.html", "explorer.html"):
        assert name in page


def test_a_run_is_the_same_bits_alone_as_in_the_sweep(checkout, results):
    run = RUN.format("deconv", "maf", "2")
    target = f"results/demo/train_vae/{run}/best.safetensors"
    demo = ("--configfile", "tests/workflow/small.yaml")
    alone = "sweep={decoders: [deconv], marginals: [maf], betas: {deconv: [2]}}"
    outcome = checkout.snakemake("--cores", "1", target, *demo, "--config", alone)
    assert outcome.code == 0, outcome.text
    whole = results / "train_vae" / run / "best.safetensors"
    assert file_sha256(checkout.path / target) == file_sha256(whole)
