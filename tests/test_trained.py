"""A run's folder can be loaded in Python as its trained VAE with its measurements."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

import labelinfo
from components import make_spec
from labelinfo.data.dataset import draw_binary
from labelinfo.errors import ConfigError, DataError, StorageError
from labelinfo.io.tables import read_table, read_with_provenance, write_table
from made_run import RUN, SPEC, make_run


@pytest.fixture(scope="module")
def folder(tiny_dataset, tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("results"), tiny_dataset)


@pytest.fixture(scope="module")
def run(folder):
    return labelinfo.load(folder)


@pytest.mark.parametrize(("stage", "mode"), [("train_vae", "separate"), ("cool_vae", "path")])
def test_a_run_has_the_numbers_of_its_tables(tiny_dataset, tmp_path, stage, mode):
    run = labelinfo.load(make_run(tmp_path, tiny_dataset, stage=stage))
    measured = read_table(tmp_path / "measure_vae" / f"{RUN.path}.parquet").iloc[0]
    probed = read_table(tmp_path / "train_probe" / RUN.path / "half.parquet").iloc[0]
    assert (run.run, run.beta, run.status) == (RUN, 0.5, "ok")
    assert run.rate_nats == measured["rate_nats"]
    assert run.distortion_nats == measured["distortion_nats"]
    assert run.label_distortion_nats == {"half": probed["label_distortion_nats"]}
    assert run.training["training_mode"] == mode
    assert f"R = {run.rate_nats:.4g}" in repr(run)


@pytest.mark.parametrize("kind", [np.uint8, bool, np.float32, np.float64, torch.uint8, torch.half])
def test_all_ways_to_store_images_give_the_same_codes(tiny_dataset, run, kind):
    bits = tiny_dataset.test.images
    scaled = bits * (255 if kind in (np.uint8, torch.uint8) else 1)
    stored = scaled.to(kind) if isinstance(kind, torch.dtype) else scaled.numpy().astype(kind)
    with torch.no_grad():
        expected = run.model.encoder(draw_binary(bits))
    for shape in ((-1, 784), (-1, 28, 28), (-1, 1, 28, 28)):
        codes = run.encode(stored.reshape(shape))
        assert codes.batch_shape == (len(bits),)
        assert codes.event_shape == (3,)
        torch.testing.assert_close(codes.mean, expected.mean)
        torch.testing.assert_close(codes.stddev, expected.stddev)
        # one image is a batch of one
        one = run.encode(stored[0].reshape(shape[1:]))
        torch.testing.assert_close(one.mean, expected.mean[:1])


def grey():
    return np.random.default_rng(0).random((50, 28, 28))


def test_grey_images_are_binarised_when_asked_and_refused_otherwise(run):
    with pytest.raises(DataError, match=r"are not binary, as 39200 of their 39200 pixels are grey"):
        run.encode(grey())
    threshold = run.bits(grey(), binarize="threshold")
    assert np.array_equal(threshold.numpy()[:, 0], grey() > 0.5)
    # binarised as the data set
    assert torch.equal(run.bits(grey(), binarize="dataset"), threshold)
    drawn = [run.bits(grey(), binarize="bernoulli", seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    error = np.sqrt(0.25 / drawn[0].numel())
    assert float(drawn[0].mean()) == pytest.approx(grey().mean(), abs=4 * error)


@pytest.mark.parametrize("known", ["none", None])
def test_a_data_set_of_bits_does_not_say_how_to_binarise(run, known):
    with pytest.raises(DataError, match="set `binarize` to 'threshold' or 'bernoulli'"):
        replace(run, dataset_binarize=known).encode(grey(), binarize="dataset")


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (np.zeros((4, 27, 27)), r"shape 4×27×27: they have to be 28×28"),
        (np.zeros((0, 784)), "There are no 28×28 images"),
        (np.full((1, 784), np.nan), r"fractions have to lie in \[0, 1\]"),
        (np.full((1, 784), 2.0), "from 2.0 to 2.0, but fractions have to lie"),
        (np.full((1, 784), -1), "integers have to lie in 0 to 255"),
        (np.full((1, 784), "x"), "of the type <U1"),
    ],
)
def test_what_is_no_image_is_refused_in_a_sentence(run, images, said):
    with pytest.raises(DataError, match=said):
        run.encode(images, binarize="threshold")


def test_reconstructions_and_samples_are_images_that_a_seed_repeats(tiny_dataset, run):
    images = tiny_dataset.test.images[:5]
    before = torch.get_rng_state()
    made = [[run.reconstruct(images, seed=n), run.sample(5, seed=n)] for n in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), before)
    for first, again, other in zip(*made, strict=True):
        assert first.shape == (5, 28, 28)
        assert 0 <= first.min() < first.max() <= 1
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


def test_a_flow_and_an_autoregressive_decoder_are_loaded_too(tiny_dataset, tmp_path):
    spec = make_spec(
        "iaf", "pixelcnn", "maf", latent_dim=3, width=0.125,
        pixelcnn={"channels": 4, "dilations": [1]},
    )  # fmt: skip
    run = replace(RUN, encoder="iaf", decoder="pixelcnn", marginal="maf")
    loaded = labelinfo.load(make_run(tmp_path, tiny_dataset, run=run, spec=spec))
    codes = loaded.encode(tiny_dataset.test.images)
    assert torch.isfinite(codes.log_prob(codes.sample())).all()
    assert set(loaded.sample(1, seed=0).unique().tolist()) <= {0.0, 1.0}


def test_a_run_that_is_not_measured_has_weights_and_no_numbers(tiny_dataset, folder, tmp_path):
    # the weights file also names its run
    alone = labelinfo.load(shutil.copytree(folder, tmp_path / "copy") / "best.safetensors")
    assert (alone.rate_nats, alone.distortion_nats, alone.label_distortion_nats) == (None, None, {})
    assert alone.encode(tiny_dataset.test.images[:1]).sample().shape == (1, 3)


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(StorageError, match=r"holds no trained run, as training\.parquet is miss"):
        labelinfo.load(tmp_path)


def test_other_weights_than_those_of_the_record_are_refused(tiny_dataset, tmp_path):
    folder = make_run(tmp_path, tiny_dataset)
    table, origin = read_with_provenance(folder / "training.parquet")
    write_table(folder / "training.parquet", table.assign(weights_sha256="other"), origin)
    with pytest.raises(StorageError, match="is about other weights"):
        labelinfo.load(folder)


OWN = """
import pathlib

from labelinfo.models.marginals.gaussian import GaussianMarginal

pathlib.Path(__file__).with_suffix(".ran").touch()


class OwnMarginal(GaussianMarginal):
    pass
"""


def test_no_other_code_is_imported_than_the_caller_allows(tiny_dataset, tmp_path, monkeypatch):
    (tmp_path / "own_of_a_user.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    path, ran = "own_of_a_user:OwnMarginal", tmp_path / "own_of_a_user.ran"
    # a name inside the package does not permit the import either
    folder = make_run(tmp_path / "results", tiny_dataset, spec=replace(SPEC, marginal=path))
    ran.unlink()
    monkeypatch.delitem(__import__("sys").modules, "own_of_a_user")
    with pytest.raises(ConfigError, match=r"if you trust it, load the run with components=\['own"):
        labelinfo.load(folder)
    assert not ran.exists()
    run = labelinfo.load(folder, components=[path])
    assert ran.exists()
    assert run.sample(2, seed=0).shape == (2, 28, 28)
