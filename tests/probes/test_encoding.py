"""The content of a run's features file, and its use by a probe."""

import pytest
import torch

from components import make_spec
from labelinfo.config.run import Run
from labelinfo.data.dataset import save_dataset
from labelinfo.errors import StorageError
from labelinfo.io.losses import read_losses
from labelinfo.io.tables import read_table
from labelinfo.io.tensors import load_tensors, save_tensors
from labelinfo.probes.encoding import Features, encode_run
from labelinfo.probes.run import probe_run
from recipes import probes

RUN = Run("tiny", "gaussian", "deconv", "gaussian", "1", 0)
SETTINGS = probes(epochs=2, strong={"epochs": 2}, binarizations=1)


@pytest.fixture(params=["gaussian", "iaf"])
def spec(request):
    """Return a small VAE with either encoder."""
    return make_spec(encoder=request.param, latent_dim=3, width=0.125)


@pytest.fixture
def folder(tmp_path, tiny_dataset):
    """Return a folder with the data set."""
    save_dataset(tmp_path / "dataset", tiny_dataset)
    return tmp_path


def write_weights(folder, spec, status="ok", seed=0):
    torch.manual_seed(seed)
    metadata = {"run": RUN.columns, "spec": spec.as_dict(), "status": status}
    model = spec.build()
    save_tensors(folder / "weights", model.state_dict(), metadata)
    return model.eval()


def encode(folder, spec):
    encode_run(
        RUN,
        spec,
        binarizations=1,
        dataset_file=folder / "dataset",
        weights_file=folder / "weights",
        target=folder / "features",
        device="cpu",
    )


def probe(folder, spec):
    probe_run(
        RUN,
        spec,
        "half",
        SETTINGS,
        files={
            "dataset": folder / "dataset",
            "weights": folder / "weights",
            "features": folder / "features",
            "table": folder / "table.parquet",
            "losses": folder / "losses.parquet",
            "strong_losses": folder / "strong.losses.parquet",
        },
        device="cpu",
        code="c",
    )
    return read_table(folder / "table.parquet").iloc[0]


def test_the_file_holds_what_the_encoder_says_of_each_image(folder, spec, tiny_dataset):
    model = write_weights(folder, spec)
    encode(folder, spec)
    tensors, _ = load_tensors(folder / "features")
    assert set(tensors) == {"train", "valid", "test"}
    for name, features in tensors.items():
        x = tiny_dataset.split(name).images.float().view(-1, 1, 28, 28)
        with torch.no_grad():
            torch.testing.assert_close(features, model.encoder.features(x), rtol=1e-4, atol=1e-5)


def test_a_probe_reads_the_features_and_not_the_images(folder, spec):
    write_weights(folder, spec)
    encode(folder, spec)
    first = probe(folder, spec)
    assert first["label_distortion_nats"] > 0
    assert len(read_losses(folder / "losses.parquet")[0][0]) == 40
    tensors, metadata = load_tensors(folder / "features")
    save_tensors(
        folder / "features", {n: torch.zeros_like(t) for n, t in tensors.items()}, metadata
    )
    assert probe(folder, spec)["label_distortion_nats"] != first["label_distortion_nats"]


def test_a_diverged_run_has_no_features_and_a_row_without_numbers(folder, spec):
    write_weights(folder, spec, status="diverged")
    encode(folder, spec)
    row = probe(folder, spec)
    assert row["status"] == "diverged"
    assert "label_distortion_nats" not in row
    for name, kind in (("losses", "paper"), ("strong.losses", "strong")):
        losses, of, _ = read_losses(folder / f"{name}.parquet")
        assert losses.size == 0
        assert of["probe"] == kind


def test_features_of_other_weights_are_refused(folder, spec):
    write_weights(folder, spec)
    encode(folder, spec)
    write_weights(folder, spec, seed=1)
    with pytest.raises(StorageError, match="are not those of the run's weights: delete the file"):
        probe(folder, spec)


def test_standardised_features_have_mean_0_and_deviation_1_and_constants_stay_finite():
    torch.manual_seed(0)
    train = torch.randn(500, 3) * torch.tensor([1e-3, 5.0, 0.0]) + torch.tensor([2.0, -1.0, 7.0])
    scaled = Features({"train": train, "test": train[:5]}, 1).standardised().splits
    deviation, mean = torch.std_mean(scaled["train"], dim=0)
    torch.testing.assert_close(mean, torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(deviation, torch.tensor([1.0, 1.0, 0.0]), atol=1e-4, rtol=0)
    assert torch.equal(scaled["test"], scaled["train"][:5])
