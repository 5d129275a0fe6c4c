"""A warning reports a run that predicts pixels no better than their means."""

import logging

import pytest
import torch

from components import make_spec
from labelinfo.config.run import Run
from labelinfo.data.dataset import ByTask, Dataset, Split, save_dataset
from labelinfo.io.tables import read_provenance, read_table
from labelinfo.io.tensors import load_tensors, save_tensors
from labelinfo.measure.run import measure_run
from made_run import MEASURE, write_weights

RUN = Run("bars", "mlp", "mlp", "gaussian", "1", 0)
SPEC = make_spec("mlp", "mlp", "gaussian", latent_dim=2, width=0.05)


def split(seed):
    """Return 40 images whose left half is mostly white."""
    chances = torch.where(torch.arange(784) % 28 < 14, 0.9, 0.1).expand(40, 784)
    bits = torch.bernoulli(chances, generator=torch.Generator().manual_seed(seed))
    return Split(bits.to(torch.uint8), ByTask())


@pytest.mark.parametrize("knows_the_means", [False, True])
def test_a_decoder_that_knows_less_than_the_means_of_pixels_is_warned_of(
    tmp_path, caplog, knows_the_means
):
    parts = [split(seed) for seed in range(3)]
    save_dataset(tmp_path / "data", Dataset("bars", *parts, classes=ByTask(), digests={}))
    model = write_weights(tmp_path / "weights", RUN, SPEC)
    if knows_the_means:
        # means of the test images themselves, which no fit on training images reaches
        means = parts[2].images.float().mean(0).clamp(0.01, 0.99)
        bias = [name for name, _ in model.decoder.named_parameters() if name.endswith("bias")][-1]
        with torch.no_grad():
            model.decoder.get_parameter(bias.replace("bias", "weight")).zero_()
            model.decoder.get_parameter(bias).copy_(means.logit())
        _, metadata = load_tensors(tmp_path / "weights")
        save_tensors(tmp_path / "weights", model.state_dict(), metadata)
    with caplog.at_level(logging.WARNING, logger="labelinfo"):
        given = {"dataset_file": tmp_path / "data", "weights_file": tmp_path / "weights"}
        measure_run(RUN, SPEC, MEASURE, **given, target=tmp_path / "row", device="cpu", code="")
    assert read_provenance(tmp_path / "row")["config"] == {"measure": MEASURE.as_dict()}
    row = read_table(tmp_path / "row").iloc[0]
    # 784 pixels of entropy 0.325 nats, plus the error of probabilities from 40 images
    assert 784 * 0.325 < row["independent_pixels_nats"] < 784 * 0.36
    learned = row["distortion_nats"] <= row["independent_pixels_nats"]
    assert learned == knows_the_means
    assert ("learned nothing" in caplog.text) == (not knows_the_means)
