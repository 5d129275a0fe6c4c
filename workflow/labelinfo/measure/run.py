"""Measure one run of the sweep."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.config.model_settings import MeasureSettings
from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.io.tables import write_table
from labelinfo.measure.importance import measure_importance_nll
from labelinfo.measure.rate_distortion import independent_pixels_nats, measure_rate_distortion
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import describe
from labelinfo.seeds import derive_seed
from labelinfo.training.device import resolve_device

logger = logging.getLogger(__name__)

LEARNED_NOTHING = (
    "This run learned nothing: D = %.1f nats is above the %.1f nats of independent pixels, which "
    "need no code. Train for more steps (`training.epochs`, or `path` for paths; a smaller "
    "`training.batch_size`), or lower β."
)


def measure_run(
    run: Run,
    spec: VaeSpec,
    settings: MeasureSettings,
    *,
    dataset_file: Path | str,
    weights_file: Path | str,
    target: Path | str,
    device: str,
    code: str,
) -> None:
    """Write the run's rate and distortion on test and validation to ``target``.

    A diverged run gets a row without numbers. If D is above that of independent pixels, a warning
    is logged.
    """
    dataset = load_dataset(dataset_file)
    trained = load_vae(weights_file, spec, run)
    state = {"status": trained.status, "weights_sha256": trained.weights_sha256}
    row: dict[str, Any] = {**run.columns, **state}
    if trained.status == "ok":
        model = trained.model.to(resolve_device(device))
        # validation only chooses among runs, so one draw of z per image is enough
        samples = {"test": settings.samples, "valid": 1}
        results = {
            split: measure_rate_distortion(
                model,
                dataset.split(split),
                samples=samples[split],
                batch_size=settings.batch_size,
                seed=derive_seed(*run.identity, "measure", split),
            )
            for split in samples
        }
        row |= results["test"]
        logger.info(
            "R = %.3f ± %.3f nats (%s), D = %.3f ± %.3f nats",
            row["rate_nats"],
            row["rate_nats_se"],
            row["rate_estimator"],
            row["distortion_nats"],
            row["distortion_nats_se"],
        )
        row["independent_pixels_nats"] = independent_pixels_nats(
            dataset.train.images, dataset.test.images
        )
        if row["distortion_nats"] > row["independent_pixels_nats"]:
            logger.warning(LEARNED_NOTHING, row["distortion_nats"], row["independent_pixels_nats"])
        if settings.iwae_draws:
            row |= measure_importance_nll(
                model,
                dataset.test,
                draws=settings.iwae_draws,
                batch_size=settings.batch_size,
                seed=derive_seed(*run.identity, "measure", "iwae"),
            )
        row |= {
            f"{quantity}_valid_nats": results["valid"][f"{quantity}_nats"]
            for quantity in ("rate", "distortion")
        }
    config = {"measure": settings.as_dict()}
    origin = describe("measure_vae", code=code, config=config, data=dataset.digests)
    write_table(target, pd.DataFrame([row]), origin)
