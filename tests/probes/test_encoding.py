"""Features of a data set's images, and the row and losses of a run."""

import pytest
import torch

from components import make_spec
from labelinfo.data.dataset import save_dataset
from labelinfo.io.losses import read_losses
from labelinfo.probes.encoding import Features, codes_of_run
from made_run import RUN, SPEC, probe, probe_files, write_weights


@pytest.mark.parametrize("encoder", ["gaussian", "iaf"])
def test_codes_are_drawn_from_the_posterior_of_each_image(encoder, tiny_dataset):
    model = make_spec(encoder=encoder, latent_dim=3, width=0.125).build().eval()
    codes = codes_of_run(
        RUN, model.encoder, tiny_dataset, binarizations=1, device=torch.device("cpu")
    )
    for name in ("train", "valid", "test"):
        x = tiny_dataset.split(name).images.float().view(-1, 1, 28, 28)
        with torch.no_grad():
            torch.manual_seed(0)
            expected = model.encoder(x).rsample()
        torch.manual_seed(0)
        drawn = codes.draw(name, torch.arange(len(x)))
        torch.testing.assert_close(drawn[0], expected, rtol=1e-4, atol=1e-4)


@pytest.fixture
def files(tmp_path, tiny_dataset):
    """Return the files of a probe, of which the data set exists."""
    save_dataset(tmp_path / "dataset", tiny_dataset)
    return probe_files(tmp_path, tmp_path / "dataset", tmp_path / "weights")


def test_the_losses_of_a_run_are_those_of_its_row(files):
    write_weights(files["weights"])
    row = probe(RUN, SPEC, files)
    assert row["prequential_label_nats"] > 0
    for name, prefix in (("losses", ""), ("strong_losses", "strong_")):
        losses, of, _ = read_losses(files[name])
        assert losses.shape == (1, 40)
        # losses are stored with 12 bits
        assert losses.mean() == pytest.approx(row[f"{prefix}label_distortion_nats"], rel=2**-12)
        assert (RUN.columns | {"task": "half"}).items() <= of.items()


def test_a_diverged_run_gets_a_row_without_numbers_and_no_losses(files):
    write_weights(files["weights"], status="diverged")
    row = probe(RUN, SPEC, files)
    assert row["status"] == "diverged"
    assert "label_distortion_nats" not in row
    for name, kind in (("losses", "paper"), ("strong_losses", "strong")):
        losses, of, _ = read_losses(files[name])
        assert losses.size == 0
        assert of["probe"] == kind


def test_standardised_features_have_mean_0_and_deviation_1_and_constants_stay_finite():
    torch.manual_seed(0)
    train = torch.randn(500, 3) * torch.tensor([1e-3, 5.0, 0.0]) + torch.tensor([2.0, -1.0, 7.0])
    scaled = Features({"train": train, "test": train[:5]}, 1).standardised().splits
    deviation, mean = torch.std_mean(scaled["train"], dim=0)
    torch.testing.assert_close(mean, torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(deviation, torch.tensor([1.0, 1.0, 0.0]), atol=1e-4, rtol=0)
    assert torch.equal(scaled["test"], scaled["train"][:5])
