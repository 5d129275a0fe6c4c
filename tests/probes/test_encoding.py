"""Features of a data set's images, and the row of a run whose training diverged."""

import pytest
import torch

from components import make_spec
from labelinfo.config.run import Run
from labelinfo.data.dataset import save_dataset
from labelinfo.io.losses import read_losses
from labelinfo.io.tables import read_table
from labelinfo.io.tensors import save_tensors
from labelinfo.probes.encoding import Features, codes_of_run
from labelinfo.probes.run import probe_run
from recipes import probes

RUN = Run("tiny", "gaussian", "deconv", "gaussian", "1", 0)
SETTINGS = probes(epochs=2, strong={"epochs": 2}, binarizations=1)


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


def test_a_diverged_run_gets_a_row_without_numbers_and_no_losses(tmp_path, tiny_dataset):
    save_dataset(tmp_path / "dataset", tiny_dataset)
    spec = make_spec(latent_dim=3, width=0.125)
    metadata = {"run": RUN.columns, "spec": spec.as_dict(), "status": "diverged"}
    save_tensors(tmp_path / "weights", spec.build().state_dict(), metadata)
    files = {name: tmp_path / name for name in ("dataset", "weights", "table")}
    files |= {"losses": tmp_path / "paper", "strong_losses": tmp_path / "strong"}
    probe_run(RUN, spec, "half", SETTINGS, files=files, device="cpu", code="c")
    row = read_table(files["table"]).iloc[0]
    assert row["status"] == "diverged"
    assert "label_distortion_nats" not in row
    for kind in ("paper", "strong"):
        losses, of, _ = read_losses(tmp_path / kind)
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
