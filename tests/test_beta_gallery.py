"""The gallery along β: one line per β, with the originals above."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from labelinfo.config.run import Run
from labelinfo.errors import StorageError
from labelinfo.figures.beta_gallery import Step, draw_beta_gallery, picture_architecture
from labelinfo.figures.gallery import draw_gallery, mosaic
from labelinfo.io.losses import write_losses
from labelinfo.io.pictures import Pictures, read_pictures, write_pictures


def pictures(seed, count=5):
    random = np.random.default_rng(seed)
    images = [random.random((count, 28, 28)) for _ in range(3)]
    return Pictures(images[0], images[1][None], images[2])


STEPS = [
    Step("β = 0.05: R = 140.0, D = 60.0\nC = 0.250, accuracy 90.0%", pictures(0)),
    Step("β = 2: R = 10.0, D = 90.0\nC = 0.500, accuracy 80.0%", pictures(1)),
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


def gallery(count, draws):
    one = pictures(0, count)
    several = Pictures(one.originals, np.repeat(one.reconstructions, draws, 0), one.samples)
    title = "Digits: gaussian-deconv-maf, β = 2, seed 0\nR = 10.0 nats; C = 0.25, accuracy 90.0%"
    return draw_gallery(several, title)


def test_the_rows_of_a_gallery_are_explained():
    labels = "\n".join(text.get_text() for text in gallery(5, 3).texts)
    for words in ("originals", "test images x", "reconstructions", "one row per draw", "samples"):
        assert words in labels
    assert "one row per draw" not in "\n".join(text.get_text() for text in gallery(5, 1).texts)


@pytest.mark.parametrize(
    "figure",
    [
        *(draw_beta_gallery(steps, "Digits: gaussian-deconv-maf, seed 0 (R, D, C in nats)")
          for steps in (STEPS, STEPS[2:], 8 * STEPS[:1])),
        gallery(12, 3), gallery(1, 1), gallery(64, 2),
    ],
)  # fmt: skip
def test_nothing_overlaps_and_nothing_leaves_the_page(figure):
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


def test_pictures_survive_their_file_but_for_half_a_grey(tmp_path):
    kept = pictures(3)
    write_pictures(tmp_path / "p.parquet", kept, {"status": "ok", "rate_nats": 1.5}, {"stage": "a"})
    back, of = read_pictures(tmp_path / "p.parquet")
    assert of == {"status": "ok", "rate_nats": 1.5}
    for name in ("originals", "reconstructions", "samples"):
        np.testing.assert_allclose(getattr(back, name), getattr(kept, name), atol=0.5 / 255 + 1e-9)
    write_losses(tmp_path / "l.parquet", np.ones((1, 4)), {}, {})
    with pytest.raises(StorageError, match="holds no pictures"):
        read_pictures(tmp_path / "l.parquet")


def test_an_architecture_is_drawn_from_what_its_runs_kept_and_no_model(tmp_path, monkeypatch):
    runs, files = [], []
    for beta, rate in (("2", 10.0), ("0.5", 40.0), ("8", None)):
        run = Run("digits", "gaussian", "deconv", "maf", beta, 0)
        of = {"status": "diverged" if rate is None else "ok"}
        of |= {"rate_nats": rate, "distortion_nats": 60.0}
        of |= {"label_distortion_nats": 0.25, "label_accuracy": 0.9}
        files.append(tmp_path / f"{beta}.parquet")
        write_pictures(files[-1], pictures(0) if rate else None, of, {})
        runs.append(run)
    drawn = []
    monkeypatch.setattr(
        "labelinfo.figures.beta_gallery.save_figure", lambda figure, _: drawn.append(figure)
    )
    picture_architecture(runs, files, title="Digits", target=tmp_path / "g.png")
    labels = [text.get_text() for text in drawn[0].texts]
    assert labels[0] == "Digits: gaussian-deconv-maf, seed 0 (R, D, C in nats)"
    assert labels[-3:] == [
        "β = 0.5: R = 40.0, D = 60.0\nC = 0.250, accuracy 90.0%",
        "β = 2: R = 10.0, D = 60.0\nC = 0.250, accuracy 90.0%",
        "β = 8: diverged",
    ]  # fmt: skip
