"""Every architecture reconstructs and draws."""

import numpy as np
import pytest
import torch

from components import EVERY, make_vae
from labelinfo.measure.pictures import choose_over_classes, make_pictures

SMALL = {"pixelcnn": {"dilations": [1]}, "vamp": {"components": 5}}


@pytest.mark.parametrize(("encoder", "decoder", "marginal"), EVERY)
def test_every_architecture_reconstructs_and_draws(tiny_dataset, encoder, decoder, marginal):
    model = make_vae(encoder, decoder, marginal, latent_dim=3, width=0.125, **SMALL).eval()
    pictures = make_pictures(model, tiny_dataset.test.images[:2], reconstructions=1, seed=5)
    assert pictures.originals.shape == pictures.samples.shape == (2, 28, 28)
    assert pictures.reconstructions.shape == (1, 2, 28, 28)
    for images in (pictures.originals, pictures.reconstructions, pictures.samples):
        assert images.min() >= 0
        assert images.max() <= 1
    # an autoregressive decoder shows a draw, a factorised one its probabilities
    binary = set(np.unique(pictures.samples)) <= {0, 1}
    assert binary == decoder.startswith("pixelcnn")


@pytest.mark.parametrize(
    ("classes", "count", "distinct"), [(10, 12, 10), (10, 10, 10), (50, 12, 12), (1, 3, 1)]
)
def test_pictured_images_cover_the_classes_in_their_order(classes, count, distinct):
    labels = torch.randint(classes, (1000,), generator=torch.Generator().manual_seed(3))
    rows = choose_over_classes(labels, count, seed=1)
    assert len(rows.unique()) == count
    found = labels[rows]
    assert (found.diff() >= 0).all()
    assert len(found.unique()) == distinct
    # spread over all classes if there are more classes than images
    assert (found[0], found[-1]) == (0, classes - 1)
    assert rows.equal(choose_over_classes(labels, count, seed=1))
    assert not rows.equal(choose_over_classes(labels, count, seed=2))


def test_a_class_of_one_image_may_be_shown_twice():
    rows = choose_over_classes(torch.tensor([0, 1, 1, 1]), 4, seed=0)
    assert (rows == 0).sum() == 2
