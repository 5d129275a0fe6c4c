"""The files of a finished run, written by the stages' functions; its networks are untrained."""

import pandas as pd
import torch

from components import make_spec
from labelinfo.config.model_settings import MeasureSettings
from labelinfo.config.run import Run
from labelinfo.data.dataset import save_dataset
from labelinfo.io.tables import read_table, write_table
from labelinfo.io.tensors import save_tensors
from labelinfo.measure.run import measure_run
from labelinfo.probes.run import probe_run
from labelinfo.provenance import describe
from labelinfo.training.run import TrainingFiles, write_training
from labelinfo.training.trainer import CURVE_COLUMNS, TrainingResult
from recipes import probes

RUN = Run("tiny", "gaussian", "deconv", "gaussian", "0.5", 0)
SPEC = make_spec(latent_dim=3, width=0.125)
MEASURE = MeasureSettings.of({"samples": 1, "batch_size": 40, "iwae_draws": None})
PROBES = probes(epochs=2, strong={"epochs": 2}, binarizations=1)


def make_run(results, dataset, *, stage="train_vae", run=RUN, spec=SPEC, **record):
    """Write the files of a run's stages below ``results``; return the folder of its weights."""
    folder = results / stage / run.path
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    weights = spec.build().state_dict()
    curve = pd.DataFrame([dict.fromkeys(CURVE_COLUMNS, 1.0) | {"epoch": n} for n in (1, 2)])
    facts = {"training_mode": "path" if stage == "cool_vae" else "separate"}
    write_training(
        run,
        spec,
        TrainingResult(weights, weights, curve, {"status": "ok", "epochs": 2} | record),
        facts,
        describe(stage, code="c", config={"model": spec.as_dict()}),
        TrainingFiles(
            folder / "best.safetensors",
            folder / "last.safetensors",
            folder / "learning_curve.parquet",
            folder / "training.parquet",
        ),
    )
    prepared = results / "prepare_dataset" / run.dataset
    prepared.mkdir(parents=True, exist_ok=True)
    save_dataset(prepared / "dataset.safetensors", dataset)
    config = {"datasets": {run.dataset: {"binarize": "threshold"}}}
    origin = describe("prepare_dataset", code="c", config=config)
    write_table(prepared / "summary.parquet", pd.DataFrame([{"dataset": run.dataset}]), origin)
    _judge(results, folder, prepared / "dataset.safetensors", run, spec)
    return folder


def write_weights(file, run=RUN, spec=SPEC, *, status="ok", seed=0):
    """Write untrained weights of a run; return their model."""
    torch.manual_seed(seed)
    model = spec.build()
    metadata = {"run": run.columns, "spec": spec.as_dict(), "status": status}
    save_tensors(file, model.state_dict(), metadata)
    return model.eval()


def probe_files(folder, dataset, weights):
    """Return the files of a probe whose outputs are in ``folder``."""
    return {
        "dataset": dataset,
        "weights": weights,
        "table": folder / "half.parquet",
        "losses": folder / "half.losses.parquet",
        "strong_losses": folder / "half.strong.losses.parquet",
    }


def probe(run, spec, files):
    """Train the probes of a run; return their row."""
    probe_run(run, spec, "half", PROBES, files=files, device="cpu", code="c")
    return read_table(files["table"]).iloc[0]


def _judge(results, folder, dataset_file, run, spec):
    """Measure and probe the run."""
    common = {"dataset_file": dataset_file, "weights_file": folder / "best.safetensors"}
    table = results / "measure_vae" / f"{run.path}.parquet"
    table.parent.mkdir(parents=True)
    measure_run(run, spec, MEASURE, **common, target=table, device="cpu", code="c")
    probed = results / "train_probe" / run.path
    probed.mkdir(parents=True)
    probe(run, spec, probe_files(probed, dataset_file, common["weights_file"]))
