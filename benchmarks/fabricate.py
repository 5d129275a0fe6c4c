"""A sweep that looks finished: the tables of every job, made up, written as the jobs write them."""

import json
import math
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

from labelinfo.baselines.random_discard import random_discard  # noqa: E402
from labelinfo.config.plan import (  # noqa: E402
    LEVEL_STAGES,
    PROBED_LEVEL_STAGES,
    PlannedJob,
    planned_jobs,
)
from labelinfo.config.run import Run  # noqa: E402
from labelinfo.config.tasks import tasks_of  # noqa: E402
from labelinfo.io.losses import write_losses  # noqa: E402
from labelinfo.io.tables import write_table  # noqa: E402
from labelinfo.provenance import describe  # noqa: E402
from labelinfo.tables.baselines import baseline_rows  # noqa: E402

# images of the test split, and classes of each task
TEST_IMAGES = {"mnist_static": 10_000, "omniglot": 8_070}
CLASSES = {"digit": 10, "alphabet": 50, "character": 1_500}
DATA_ENTROPY_NATS = {"mnist_static": 80.0, "omniglot": 90.0}


def random_of(*parts: Any) -> np.random.Generator:
    """Return a source of random numbers that the parts alone decide."""
    return np.random.default_rng(zlib.crc32(repr(parts).encode()))


def rate_of(run: Run) -> float:
    """Return a rate that falls with β as rates do, in nats."""
    decoder = 1.0 if run.decoder == "deconv" else 0.4
    spread = random_of("rate", run.path).normal(1, 0.03)
    return decoder * spread * 40 / (1 + float(run.beta)) + 0.5


def write_sweep(config: dict[str, Any], out: Path) -> None:
    """Write the files of a completed configuration's jobs, without weights and codes."""
    stages = ("train_vae", "measure_vae", "train_probe", "measure_random_encoder")
    stages += ("probe_images", "train_classifier", "measure_pca", "select_dimension")
    stages += ("compute_random_discard",)
    origins = {stage: _origin(stage, config) for stage in stages}
    for dataset in config["sweep"]["datasets"]:
        _write_dataset(config, dataset, out)
    _write_baselines(config, out, origins)

    def write(job: PlannedJob) -> None:
        _write_run(job, out, origins[job.stage], config["sweep"]["seeds"][0])

    jobs = [job for job in planned_jobs(config) if job.run is not None]
    # the disk confirms each file, and meanwhile others can be made
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, jobs))


def _write_run(job: PlannedJob, out: Path, origin: dict[str, Any], pictured_seed: int) -> None:
    run = job.run
    if job.stage == "train_vae":
        row = {
            "status": "ok", "epochs": 100, "best_epoch": 97, "train_seconds": 1234.5,
            "images_per_second": 4050.1, "prepare_seconds": 2.5, "precision": "bfloat16",
            "compiled": True, "diverged_epoch": None, "diverged_step": None,
            "diverged_loss_nats": None, "device": "made up",
        }  # fmt: skip
        write_table(out / job.result, pd.DataFrame([{**run.columns, **row}]), origin)
        if run.seed == pictured_seed:
            _write_thumbnail(out / f"draw_gallery/{run.path}.thumbnail.png", run)
            _write_curve((out / job.result).with_name("learning_curve.parquet"), run, origin)
    elif job.stage == "measure_vae":
        write_table(out / job.result, _measure(run), origin)
    else:
        task = job.name.rpartition("/")[2]
        mean = math.log(CLASSES[task]) / (1 + 0.3 * rate_of(run))
        _write_probe(out / job.stage / job.name, {**run.columns, "task": task}, mean, origin)


def _origin(stage: str, config: dict[str, Any]) -> dict[str, Any]:
    return describe(stage, code="0" * 16, config={"training": config["training"]})


def _write_dataset(config: dict[str, Any], dataset: str, out: Path) -> None:
    folder = out / "prepare_dataset" / dataset
    rows = [
        {
            "dataset": dataset, "split": split, "task": task, "images": TEST_IMAGES[dataset],
            "mean_pixel": 0.13, "classes": CLASSES[task], "label_counts": "[]",
            "label_entropy_nats": math.log(CLASSES[task]), "matched_distinct_share": None,
            "match_margin_median_nats": None, "match_margin_below_1_nat_share": None,
            "limit": None,
        }
        for split in ("train", "valid", "test")
        for task in tasks_of(config, dataset)
    ]  # fmt: skip
    write_table(folder / "summary.parquet", pd.DataFrame(rows), {})
    (folder / "dataset.safetensors").touch()


def _measure(run: Run) -> pd.DataFrame:
    rate, distortion = rate_of(run), 60 + 60 / (1 + rate_of(run))
    row = {
        "status": "ok", "rate_nats": rate, "distortion_nats": distortion,
        "rate_plus_distortion_nats": rate + distortion, "rate_monte_carlo_nats": rate,
        "rate_difference_nats": 0.0,
    }  # fmt: skip
    row |= {f"{name}_se": 0.05 for name in list(row) if name.endswith("_nats")}
    row |= {"rate_estimator": "closed form", "images": 10_000, "samples": 16}
    row |= {"rate_valid_nats": rate, "distortion_valid_nats": distortion}
    return pd.DataFrame([{**run.columns, **row}])


def _write_thumbnail(path: Path, run: Run) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = random_of("picture", run.path).integers(0, 2, (58, 238), dtype=np.uint8)
    Image.fromarray(255 * pixels).save(path)


def _write_curve(path: Path, run: Run, origin: dict[str, Any]) -> None:
    epochs = np.arange(1, 101)
    rate = rate_of(run) * (1 - np.exp(-epochs / 20))
    columns = {"epoch": epochs, "valid_rate_nats": rate, "valid_distortion_nats": 120 - rate}
    write_table(path, pd.DataFrame(columns), origin)


def _losses(of: dict[str, Any], mean: float) -> np.ndarray:
    random = random_of("losses", *of.values())
    return random.exponential(mean, (1, TEST_IMAGES[of["dataset"]])).astype(np.float32)


def _point(losses: np.ndarray, prefix: str = "") -> dict[str, float]:
    mean = float(losses.mean())
    columns = {
        "label_distortion_nats": mean,
        "label_distortion_nats_se": float(losses.std() / math.sqrt(losses.size)),
        "label_accuracy": math.exp(-mean),
        "label_accuracy_se": 0.002,
        "label_distortion_valid_nats": mean,
        "label_distortion_train_nats": mean,
        "probe_converged": True,
    }
    return {f"{prefix}{name}": value for name, value in columns.items()}


def _write_probed(
    target: Path, of: dict[str, Any], mean: float, origin: dict[str, Any]
) -> dict[str, float]:
    """Write the losses of both probes; return their columns."""
    columns = {}
    for kind, prefix, end in (("paper", "", ""), ("strong", "strong_", ".strong")):
        losses = _losses(of | {"probe": kind}, 0.95 * mean if prefix else mean)
        file = target.with_name(f"{target.name}{end}.losses.parquet")
        write_losses(file, losses, of | {"probe": kind}, origin)
        columns |= _point(losses, prefix)
    return columns


def _write_probe(target: Path, of: dict[str, Any], mean: float, origin: dict[str, Any]) -> None:
    columns = _write_probed(target, of, mean, origin)
    seeds = {"probe_seeds": 3, "label_distortion_probe_sd_nats": 0.003}
    table = pd.DataFrame([{**of, "status": "ok", **columns, **seeds}])
    write_table(target.with_name(target.name + ".parquet"), table, origin)


def _write_baselines(config: dict[str, Any], out: Path, origins: dict[str, Any]) -> None:
    jobs = planned_jobs(config)
    for job in (each for each in jobs if each.stage in LEVEL_STAGES.values()):
        dataset, baseline, task, seed = job.name.split("/")
        of = {"dataset": dataset, "task": task, "baseline": baseline, "seed": int(seed[4:])}
        mean, origin = 0.1 * math.log(CLASSES[task]), origins[job.stage]
        target = out / job.stage / job.name
        if job.stage in PROBED_LEVEL_STAGES:
            columns = _write_probed(target, of, mean, origin)
        else:
            losses = _losses(of, mean)
            write_losses(target.with_name(f"{target.name}.losses.parquet"), losses, of, origin)
            columns = _point(losses)
        points = pd.DataFrame([{**columns, "depth": 64}])
        table = baseline_rows(dataset, task, baseline, points, params=["depth"], seed=of["seed"])
        write_table(out / job.result, table, origin)
    for job in (each for each in jobs if each.stage == "measure_pca"):
        dataset, task = job.name.split("/")
        entropy = math.log(CLASSES[task])
        points = pd.DataFrame(
            [
                {"k": k, "sigma": s, "selected": k == 30, "rate_nats": k / 2 * math.log1p(s**-2),
                 "label_distortion_nats": entropy / (1 + k / s / 50),
                 "label_distortion_valid_nats": entropy / (1 + k / s / 50),
                 "label_distortion_nats_se": 0.01, "label_accuracy": 0.5}
                for k in config["pca"]["dims"] for s in config["pca"]["sigmas"]
            ]
        )  # fmt: skip
        table = baseline_rows(dataset, task, "pca", points, params=["k", "sigma", "selected"])
        write_table(out / job.result, table, origins[job.stage])
        of = {"dataset": dataset, "task": task, "baseline": "pca", "split": "valid"}
        losses = np.zeros((len(points), 1), dtype=np.float32)
        target = out / job.stage / f"{job.name}.valid_losses.parquet"
        write_losses(target, losses, of, origins[job.stage])
        write_table(
            out / "select_dimension" / f"{job.name}.parquet", table, origins["select_dimension"]
        )
        line = random_discard(DATA_ENTROPY_NATS[dataset], entropy).assign(
            data_entropy_nats=DATA_ENTROPY_NATS[dataset], source="made up"
        )
        params = ["data_entropy_nats", "source"]
        table = baseline_rows(dataset, task, "random_discard", line, params=params)
        target = out / "compute_random_discard" / f"{job.name}.parquet"
        write_table(target, table, origins["compute_random_discard"])


def overlay(betas: int, seeds: int) -> dict[str, Any]:
    """Return the paper's experiment with so many β per decoder and seeds, named ``scale``."""
    grid = [float(f"{beta:.3g}") for beta in np.geomspace(0.001, 10, betas)]
    sweep = {"betas": {"deconv": grid, "pixelcnn": grid}, "seeds": list(range(seeds))}
    return {"experiment": "scale", "sweep": sweep}


def write_overlay(path: Path, betas: int, seeds: int) -> None:
    """Write :func:`overlay` to a file that Snakemake takes."""
    path.write_text(json.dumps(overlay(betas, seeds)), encoding="utf-8")
