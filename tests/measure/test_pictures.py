"""Every architecture reconstructs and draws."""

import numpy as np
import pytest

from components import EVERY, make_vae
from labelinfo.measure.pictures import make_pictures

SMALL = {"pixelcnn": {"layers": 1}, "vamp": {"components": 5}}


@pytest.mark.parametrize(("encoder", "decoder", "marginal"), EVERY)
def test_every_architecture_reconstructs_and_draws(tiny_dataset, encoder, decoder, marginal):
    model = make_vae(encoder, decoder, marginal, latent_dim=3, width=0.125, **SMALL).eval()
    pictures = make_pictures(model, tiny_dataset.test, images=2, reconstructions=1, seed=5)
    assert pictures.originals.shape == pictures.samples.shape == (2, 28, 28)
    assert pictures.reconstructions.shape == (1, 2, 28, 28)
    for images in (pictures.originals, pictures.reconstructions, pictures.samples):
        assert images.min() >= 0
        assert images.max() <= 1
    # an autoregressive decoder shows a draw, a factorised one its probabilities
    binary = set(np.unique(pictures.samples)) <= {0, 1}
    assert binary == (decoder == "pixelcnn")
