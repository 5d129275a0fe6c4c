"""The same measurement on many independent test splits."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import torch
from linear_gaussian import LinearGaussian, draw_images

from labelinfo.data.dataset import Split
from labelinfo.measure.rate_distortion import measure_rate_distortion


def repeat(measure: Callable[[int], Mapping[str, Any]], times: int) -> pd.DataFrame:
    """Return one row per repetition, each with a seed of its own."""
    rows = []
    for seed in range(times):
        torch.manual_seed(seed)
        rows.append(measure(seed))
    return pd.DataFrame(rows)


def repeated_rate_distortion(
    linear: LinearGaussian, *, closed_form: bool, images: int, samples: int, times: int
) -> pd.DataFrame:
    """Measure R and D on that many splits of fresh images."""
    model = linear.vae(closed_form=closed_form)

    def measure(seed: int) -> Mapping[str, Any]:
        split = Split(draw_images(images), {})
        # the draws of z are to have nothing to do with those of the images
        settings = {"samples": samples, "batch_size": images // 2 + 1, "seed": times + seed}
        return measure_rate_distortion(model, split, **settings)

    return repeat(measure, times)
