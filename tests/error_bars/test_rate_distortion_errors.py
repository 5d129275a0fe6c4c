"""The standard errors of R, D, R + D and C have their nominal coverage."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from channel import Channel, draw_margins
from coverage_shares import assert_errors_cover

from labelinfo.data.dataset import Split
from labelinfo.measure.rate_distortion import measure_rate_distortion
from labelinfo.models.vae import VAE
from labelinfo.probes.label_distortion import LabelDistortion
from test_bounds import Mixture, OneBit, OneBitDecoder, conditional_entropy

# fewer images would not do: the losses are skewed
AMPLITUDE, IMAGES, TIMES = 1.2, 400, 200


def test_errors_of_rate_distortion_and_their_sum_cover():
    """The decoder underestimates the information in the code, so that R + D is not constant."""
    taken = 0.6 * AMPLITUDE
    model = VAE(OneBit(AMPLITUDE), OneBitDecoder(taken), Mixture(AMPLITUDE))
    rate = math.log(2) - conditional_entropy(AMPLITUDE)
    z = torch.linspace(-12, 14, 100_001, dtype=torch.float64)
    density = torch.exp(-((z - AMPLITUDE) ** 2) / 2) / math.sqrt(2 * math.pi)
    losses = torch.nn.functional.softplus(-2 * taken * z)
    distortion = torch.trapezoid(density * losses, z).item()
    rows = []
    for seed in range(TIMES):
        images = torch.zeros(IMAGES, 784, dtype=torch.uint8)
        images[:, 0] = torch.randint(2, (IMAGES,), generator=torch.Generator().manual_seed(seed))
        split = Split(images, {})
        rows.append(
            measure_rate_distortion(model, split, samples=1, batch_size=IMAGES, seed=TIMES + seed)
        )
    table = pd.DataFrame(rows)
    truths = {"rate": rate, "distortion": distortion, "rate_plus_distortion": rate + distortion}
    for name, truth in truths.items():
        assert_errors_cover(table[f"{name}_nats"], table[f"{name}_nats_se"], truth)


@pytest.mark.parametrize("channel", [Channel.best(1.0), Channel(0.4, 6.0)])
def test_errors_of_the_label_distortion_cover(channel):
    random = np.random.default_rng(0)
    losses = [channel.losses_nats(draw_margins(300, random), random) for _ in range(2000)]
    measured = LabelDistortion(np.array(losses), np.zeros((2000, 300)))
    rows = pd.DataFrame([measured.row(place) for place in range(2000)])
    errors = rows["label_distortion_nats_se"]
    assert_errors_cover(rows["label_distortion_nats"], errors, channel.label_distortion_nats)
