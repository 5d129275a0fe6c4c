"""Jobs that are repeatedly killed at random moments by the process that forks them.

    SPEC=... python zygote.py FOLDER DATASET SEED

prints one line of JSON per kind of job. One process has loaded torch and forks each attempt.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from labelinfo.baselines.complex_image import train_classifier
from labelinfo.baselines.pca import write_pca
from labelinfo.config.completion import complete
from labelinfo.config.model_settings import TrainingSettings
from labelinfo.config.probe_settings import PcaSettings
from labelinfo.config.run import Run
from labelinfo.errors import StorageError
from labelinfo.io.losses import read_losses
from labelinfo.io.tables import read_table, write_table
from labelinfo.io.tensors import load_tensors
from labelinfo.jobs import job
from labelinfo.models.vae import VaeSpec
from labelinfo.probes.run import probe_run
from labelinfo.provenance import collect
from labelinfo.tables.baselines import aggregate_baselines
from labelinfo.training.job import TrainingJob
from labelinfo.training.run import TrainingFiles, train_run
from recipes import classifier, probes

ROOT = Path(sys.argv[1])
RUN = Run("tiny", "gaussian", "deconv", "gaussian", "1", 0)
# by the clock, so never the same twice
TIMES = ["seconds", "images_per_second", "train_seconds", "prepare_seconds"]
PROBES = probes(epochs=12, seeds=2, strong={"epochs": 8, "dropout": 0.1})
SETTINGS = {"epochs": 12, "batch_size": 16, "learning_rate": 3e-3, "precision": "float32"}
TRAINING = TrainingSettings.of(complete({"training": SETTINGS | {"compile": "never"}})["training"])
CLASSIFIER = classifier(**SETTINGS, hidden_units=16, dropout=0.1)
WHERE = {"device": "cpu", "code": "c"}


def named(folder, dataset, **names):
    return {"dataset": dataset} | {name: folder / file for name, file in names.items()}


def train(folder, dataset, spec):
    names = ("best.safetensors", "last.safetensors", "curve.parquet", "record.parquet")
    files = TrainingFiles(*(folder / name for name in names))
    train_run(RUN, spec, TRAINING, files=files, job=TrainingJob(dataset, "cpu", "c", 1))


def probe(folder, dataset, spec):
    files = named(
        folder,
        dataset,
        table="probe.parquet",
        losses="probe.losses.parquet",
        strong_losses="probe.strong.losses.parquet",
    )
    files["weights"] = ROOT / "train" / "best.safetensors"
    probe_run(RUN, spec, "half", PROBES, files=files, **WHERE)


def classify(folder, dataset, spec):
    files = named(folder, dataset, table="seed0.parquet", losses="seed0.losses.parquet")
    train_classifier("half", 0, CLASSIFIER, files=files, **WHERE)


def pca(folder, dataset, spec):
    files = named(
        folder,
        dataset,
        table="pca.parquet",
        losses="pca.losses.parquet",
        valid_losses="pca.valid_losses.parquet",
        strong_losses="pca.strong.losses.parquet",
        strong_valid_losses="pca.strong.valid_losses.parquet",
    )
    grid = PcaSettings.of({"dims": [2, 4], "sigmas": [1.0, 0.5]})
    write_pca("half", grid, PROBES, strong_epochs_share=0.5, files=files, **WHERE)


def aggregate(folder, dataset, spec):
    files = [ROOT / "pca" / "pca.parquet", ROOT / "classify" / "seed0.parquet"] * 20
    table, origins = aggregate_baselines(files, {("tiny", "half"): 0.69})
    write_table(folder / "baselines.parquet", table, collect(origins))


# each kind of job and how often it is killed; later ones read what earlier ones wrote
KILLS = {train: 7, classify: 4, pca: 3, probe: 4, aggregate: 4}


def content(path):
    """Return the content of a complete file, without times."""
    if path.suffix == ".safetensors":
        tensors, metadata = load_tensors(path)
        return {name: tensor.tolist() for name, tensor in tensors.items()} | {"": metadata}
    if path.name.endswith(".losses.parquet"):
        return read_losses(path)[0].tolist()
    return read_table(path).drop(columns=TIMES, errors="ignore").to_json()


def outputs(folder):
    """Return the outputs that a later stage would read, whether or not they are whole."""
    return [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".")
        and ".checkpoint." not in path.name
        and path.suffix != ".log"
    ]


def attempt(function, folder, dataset, spec):
    """Fork a process that does the job; return its number."""
    child = os.fork()
    if child:
        return child
    os.setpgid(0, 0)
    try:
        with job(folder / "job.log", 1):
            function(folder, dataset, spec)
    except SystemExit as stopped:
        os._exit(stopped.code)
    except BaseException:
        os._exit(3)
    os._exit(0)


def disturb(function, kills, folder, dataset, spec, chance):
    """Kill the job several times, then let it finish; return the observations."""
    kind = function.__name__
    whole, killed = folder / kind, folder / "killed" / kind
    for path in (whole, killed):
        path.mkdir(parents=True)
    started = time.monotonic()
    assert os.waitpid(attempt(function, whole, dataset, spec), 0)[1] == 0
    latest = 1.1 * (time.monotonic() - started)
    expected = {path.name: content(path) for path in outputs(whole)}
    seen = {"kind": kind, "kills": 0, "finished": 0, "wrong": [], "with outputs": 0}
    while seen["kills"] < kills:
        child = attempt(function, killed, dataset, spec)
        time.sleep(chance.uniform(0.0, latest))
        number = chance.choice([signal.SIGKILL, signal.SIGTERM])
        os.kill(child, number)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert ended in (0, -number, 128 + number), (killed / "job.log").read_text()
        seen["kills" if ended else "finished"] += 1
        seen["with outputs"] += bool(outputs(killed))
        if not outputs(killed):  # a machine that became busy takes longer than the first job did
            latest *= 1.2
        for path in outputs(killed):
            try:
                same = content(path) == expected[path.name]
            except StorageError as error:
                same = False
                seen["wrong"].append(str(error))
            if not same:
                seen["wrong"].append(path.name)
            if chance.random() < 0.5:  # as Snakemake does with what it did not accept
                path.unlink()
        if not ended:  # with its checkpoint there would be nothing left to disturb
            for path in killed.iterdir():
                path.unlink()
    assert os.waitpid(attempt(function, killed, dataset, spec), 0)[1] == 0
    seen["same"] = {path.name: content(path) for path in outputs(killed)} == expected
    seen["files"] = sorted(expected)
    seen["left"] = [path.name for path in killed.iterdir() if ".tmp" in path.name]
    return seen


def main():
    folder, dataset, seed = ROOT, sys.argv[2], int(sys.argv[3])
    spec = VaeSpec(**json.loads(os.environ["SPEC"]))
    chance = random.Random(seed)  # noqa: S311
    torch.set_num_threads(1)
    for function, kills in KILLS.items():
        print(json.dumps(disturb(function, kills, folder, dataset, spec, chance)), flush=True)


if __name__ == "__main__":
    main()
