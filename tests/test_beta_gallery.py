"""The gallery along β: every β has its line, and the originals stand above."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from labelinfo.figures.beta_gallery import Step, draw_beta_gallery
from labelinfo.figures.gallery import mosaic
from labelinfo.measure.pictures import Pictures


def pictures(seed, count=5):
    random = np.random.default_rng(seed)
    images = [random.random((count, 28, 28)) for _ in range(3)]
    return Pictures(images[0], images[1][None], images[2])


STEPS = [
    Step("R = 40.0, D = 60.0\nβ = 0.5", pictures(0)),
    Step("R = 10.0, D = 90.0\nβ = 2", pictures(1)),
    Step("β = 8: diverged", None),
]


def test_each_line_has_its_reconstructions_and_samples():
    figure = draw_beta_gallery(STEPS, "Digits: gaussian-deconv-maf")
    drawn = [axes.images[0].get_array() for axes in figure.axes]
    expected = [pictures(0).originals]
    for seed in (0, 1):
        expected += [pictures(seed).reconstructions[0], pictures(seed).samples]
    assert len(drawn) == len(expected)
    for found, images in zip(drawn, expected, strict=True):
        assert np.array_equal(found, mosaic([images]))
    labels = [text.get_text() for text in figure.texts]
    assert [step.label for step in STEPS] == labels[-3:]


@pytest.mark.parametrize("steps", [STEPS, STEPS[2:], 8 * STEPS[:1]])
def test_nothing_overlaps_and_nothing_leaves_the_page(steps):
    figure = draw_beta_gallery(steps, "Digits: gaussian-deconv-maf, seed 0 (R and D in nats)")
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts if text.get_text()]
    boxes += [axes.bbox for axes in figure.axes]
    page = figure.bbox
    for index, box in enumerate(boxes):
        assert box.x0 >= page.x0
        assert box.y0 >= page.y0
        assert box.y1 <= page.y1
        assert box.x1 <= page.x1
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
