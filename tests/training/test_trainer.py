"""Training learns, resumes bitwise, depends on its identity alone, and owns up to divergence."""

import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from components import make_spec
from labelinfo.config.run import Run
from labelinfo.data.dataset import Dataset, Split, save_dataset
from labelinfo.errors import StorageError
from labelinfo.io.digest import file_sha256
from labelinfo.io.tables import read_table
from labelinfo.models.saved import load_vae
from labelinfo.training.checkpoint import Checkpoints
from labelinfo.training.device import Hardware
from labelinfo.training.job import TrainingJob
from labelinfo.training.run import TrainingFiles, train_run
from labelinfo.training.trainer import CURVE_COLUMNS, train

SPEC = make_spec(latent_dim=4, width=0.125)
SMALL = {"pixelcnn": {"dilations": [1], "channels": 16}, "vamp": {"components": 10}}
# with SPEC, every component once
SPECS = [
    SPEC,
    make_spec("iaf", "deconv", "maf", latent_dim=4, width=0.125),
    make_spec("gaussian", "pixelcnn", "vamp", latent_dim=4, width=0.125, **SMALL),
]
SETTINGS = {
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 3e-3,
    "warmup_epochs": 0.5,
    "beta_warmup": 0.5,
    "beta_start": 0.03,
    "gradient_norm_max": 100.0,
    "precision": "float32",
    "compile": "never",
    "activations_mb": None,
}
RUN = Run("tiny", "gaussian", "deconv", "gaussian", "1", 0)
CPU = torch.device("cpu")
TIMES = ["seconds", "images_per_second"]


class KilledError(Exception):
    pass


def fit(dataset, *, spec=SPEC, beta=1.0, identity=RUN.identity, settings=SETTINGS, **options):
    hardware = Hardware(CPU, options.pop("folder", None))
    checkpoints = Checkpoints(**options)
    return train(
        spec, dataset, beta, settings, identity, hardware=hardware, checkpoints=checkpoints
    )


def same(first, second):
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


def test_training_lowers_the_objective_and_keeps_the_best_state(tiny_dataset):
    result = fit(tiny_dataset, settings=SETTINGS | {"epochs": 12})
    losses = result.curve["valid_loss_nats"]
    assert result.record["status"] == "ok"
    assert losses.iloc[-1] < 0.6 * losses.iloc[0]
    # β rises during the first six epochs, which cannot be the best
    assert result.record["best_epoch"] == losses[5:].idxmin() + 1
    assert list(result.curve.columns) == list(CURVE_COLUMNS)
    sums = result.curve["valid_distortion_nats"] + result.curve["valid_rate_nats"]
    assert sums.to_numpy() == pytest.approx(losses.to_numpy())


def test_beta_rises_to_its_value_and_the_best_epoch_comes_after(tiny_dataset):
    # an objective that rises with β: the first epochs have the lowest one on the training split
    settings = SETTINGS | {"epochs": 4, "beta_start": 0.01, "learning_rate": 1e-9}
    result = fit(tiny_dataset, beta=4.0, settings=settings)
    steps = 2 * (len(tiny_dataset.train) // 16)
    expected = [0.01 * 400 ** ((step - 1) / steps) for step in (steps // 2, steps)]
    assert result.curve["beta"].to_numpy() == pytest.approx([*expected, 4.0, 4.0])
    losses = result.curve["train_loss_nats"].to_numpy()
    assert losses[0] < losses[1] < losses[2]
    # the validation objective has the final β throughout
    sums = result.curve["valid_distortion_nats"] + 4 * result.curve["valid_rate_nats"]
    assert result.curve["valid_loss_nats"].to_numpy() == pytest.approx(sums.to_numpy())
    assert result.record["best_epoch"] >= 2
    assert (result.record["beta_start"], result.record["beta_warmup_epochs"]) == (0.01, 2.0)


@pytest.mark.parametrize("change", [{"beta_warmup": 0.0}, {"beta_start": 2.0}])
def test_without_a_rise_beta_is_constant_and_every_epoch_may_be_the_best(tiny_dataset, change):
    result = fit(tiny_dataset, beta=0.5, settings=SETTINGS | change)
    assert set(result.curve["beta"]) == {0.5}
    assert result.record["beta_warmup_epochs"] == 0
    # the same steps as a training whose rise begins at its value
    other = fit(tiny_dataset, beta=0.5, settings=SETTINGS | {"beta_start": 0.5})
    assert same(result.last_state, other.last_state)


def test_beta_trades_rate_for_distortion(tiny_dataset):
    settings = SETTINGS | {"epochs": 15, "beta_warmup": 0.1}
    low = fit(tiny_dataset, beta=0.05, settings=settings).curve.iloc[-1]
    high = fit(tiny_dataset, beta=20.0, settings=settings).curve.iloc[-1]
    assert low["valid_rate_nats"] > high["valid_rate_nats"] + 1
    assert low["valid_distortion_nats"] < high["valid_distortion_nats"] - 1


@pytest.mark.parametrize(
    ("spec", "precision", "killed_after"),
    [
        (SPECS[0], "float32", 1),
        (SPECS[0], "bfloat16", 2),
        (SPECS[1], "float32", 2),
        (SPECS[2], "bfloat16", 1),
    ],
)
def test_a_resumed_training_is_bitwise_the_undisturbed_one(
    tiny_dataset, tmp_path, spec, precision, killed_after
):
    settings = SETTINGS | {"precision": precision}
    undisturbed = fit(tiny_dataset, spec=spec, settings=settings)

    def kill(epoch):
        if epoch == killed_after:
            raise KilledError

    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KilledError):
        fit(tiny_dataset, spec=spec, settings=settings, file=checkpoint, after_round=kill)
    epochs = []
    resumed = fit(
        tiny_dataset,
        spec=spec,
        settings=settings,
        file=checkpoint,
        after_round=epochs.append,
    )
    assert epochs == list(range(killed_after + 1, 4))
    assert same(resumed.best_state, undisturbed.best_state)
    assert same(resumed.last_state, undisturbed.last_state)
    columns = resumed.curve.drop(columns=TIMES)
    assert columns.equals(undisturbed.curve.drop(columns=TIMES))


@pytest.mark.parametrize("damage", ["other settings", "truncated", "garbage"])
def test_a_checkpoint_that_does_not_fit_is_left_aside(tiny_dataset, tmp_path, damage):
    checkpoint = tmp_path / "checkpoint.safetensors"
    fit(tiny_dataset, file=checkpoint, fingerprint={"code": "a"})
    wanted = {"code": "a"}
    if damage == "other settings":
        wanted = {"code": "b"}
    elif damage == "truncated":
        checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    else:
        checkpoint.write_bytes(b"\x80garbage" * 100)
    epochs = []
    fit(tiny_dataset, file=checkpoint, fingerprint=wanted, after_round=epochs.append)
    assert epochs == [1, 2, 3]


@pytest.mark.parametrize(("seconds", "written"), [(0.0, True), (3600.0, False)])
def test_a_checkpoint_is_written_when_the_last_is_old_enough(
    tiny_dataset, tmp_path, seconds, written
):
    checkpoint = tmp_path / "checkpoint.safetensors"
    fit(tiny_dataset, file=checkpoint, seconds=seconds)
    assert checkpoint.exists() is written


def test_a_compiled_training_repeats_itself_and_follows_the_plain_one(
    tiny_dataset, tmp_path, monkeypatch
):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "unused")
    folder = tmp_path / "compiled"
    settings = SETTINGS | {"compile": "always"}
    first, second = (fit(tiny_dataset, settings=settings, folder=folder) for _ in range(2))
    assert first.record["compiled"]
    assert len(list(folder.glob("*.compiled"))) == 1
    assert same(first.last_state, second.last_state)
    # another β is the same machine code
    fit(tiny_dataset, beta=2.0, settings=settings, folder=folder)
    assert len(list(folder.glob("*.compiled"))) == 1
    plain = fit(tiny_dataset)
    assert not plain.record["compiled"]
    for column in ("train_loss_nats", "valid_rate_nats", "valid_distortion_nats"):
        assert first.curve[column].to_numpy() == pytest.approx(
            plain.curve[column].to_numpy(), rel=1e-3, abs=0.02
        )


def test_the_seed_is_the_identity(tiny_dataset):
    once = fit(tiny_dataset)
    assert same(once.best_state, fit(tiny_dataset).best_state)
    other_seed = fit(tiny_dataset, identity=(*RUN.identity[:-1], 1))
    assert not same(once.best_state, other_seed.best_state)


def test_the_test_split_and_the_labels_have_no_influence(tiny_dataset):
    noise = Split(1 - tiny_dataset.test.images, {"half": 1 - tiny_dataset.test.labels["half"]})
    train_split = Split(tiny_dataset.train.images, {"half": 1 - tiny_dataset.train.labels["half"]})
    other = Dataset("tiny", train_split, tiny_dataset.valid, noise, tiny_dataset.classes, {})
    assert same(fit(tiny_dataset).best_state, fit(other).best_state)


def test_intensities_are_drawn_afresh_each_epoch(tiny_dataset):
    grey = torch.full((64, 784), 0.5)
    train_split = Split(grey, {"half": torch.zeros(64, dtype=torch.long)})
    dataset = Dataset("grey", train_split, tiny_dataset.valid, tiny_dataset.test, {}, {})
    curve = fit(dataset, settings=SETTINGS | {"learning_rate": 1e-12}).curve
    # the same images in another order would give the same mean distortion
    assert curve["train_distortion_nats"].nunique() == 3


@pytest.mark.parametrize("rate", [1e30, 1e4])
@pytest.mark.parametrize("spec", SPECS)
def test_a_diverging_training_says_where_and_keeps_a_good_state(tiny_dataset, spec, rate):
    settings = SETTINGS | {"learning_rate": rate, "epochs": 4}
    result = fit(tiny_dataset, spec=spec, settings=settings)
    assert result.record["status"] == "diverged"
    assert 1 <= result.record["diverged_epoch"] <= 4
    assert 1 <= result.record["diverged_step"] <= 6
    assert result.record["epochs"] == result.record["diverged_epoch"] - 1
    for state in (result.best_state, result.last_state):
        assert all(torch.isfinite(value).all() for value in state.values())


def files(folder):
    return TrainingFiles(
        folder / "best.safetensors",
        folder / "last.safetensors",
        folder / "curve.parquet",
        folder / "record.parquet",
    )


SCRIPT = """
import sys, torch
from pathlib import Path
sys.path[:0] = [sys.argv[1], str(Path(sys.argv[1]).parent)]
from test_trainer import RUN, SETTINGS, SPEC, TrainingJob, files, train_run
torch.set_num_threads(1)
settings = SETTINGS | {"epochs": int(sys.argv[3])}
folder = Path(sys.argv[2])
train_run(RUN, SPEC, settings, files=files(folder),
          job=TrainingJob(folder.parent / "dataset.safetensors", "cpu", "c", 1))
"""


def start(folder, epochs):
    here = os.path.dirname(__file__)  # noqa: PTH120
    command = [sys.executable, "-c", SCRIPT, here, str(folder), str(epochs)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.kills
def test_a_process_killed_in_the_middle_goes_on_to_the_same_files(tiny_dataset, tmp_path):
    save_dataset(tmp_path / "dataset.safetensors", tiny_dataset)
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    process = start(undisturbed, 40)
    assert process.wait() == 0, process.stderr.read()
    process = start(killed, 40)
    deadline = time.monotonic() + 60
    while not (killed / "best.checkpoint.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not files(killed).best.exists()
    process = start(killed, 40)
    assert process.wait() == 0, process.stderr.read()
    for name in ("best", "last"):
        assert file_sha256(getattr(files(killed), name)) == file_sha256(
            getattr(files(undisturbed), name)
        )
    curves = [read_table(files(folder).curve) for folder in (undisturbed, killed)]
    assert curves[0].drop(columns=TIMES).equals(curves[1].drop(columns=TIMES))
    assert not list(killed.glob(".*.tmp*"))


def train_files(dataset, folder):
    save_dataset(folder / "dataset.safetensors", dataset)
    train_run(
        RUN,
        SPEC,
        SETTINGS,
        files=files(folder),
        job=TrainingJob(folder / "dataset.safetensors", "cpu", "c", 2),
    )


def test_the_saved_model_is_the_trained_one(tiny_dataset, tmp_path):
    paths = files(tmp_path)
    train_files(tiny_dataset, tmp_path)
    trained = load_vae(paths.best, SPEC, RUN)
    assert trained.status == "ok"
    assert same(trained.model.state_dict(), fit(tiny_dataset).best_state)
    record = read_table(paths.record).iloc[0]
    assert record["weights_sha256"] == trained.weights_sha256


@pytest.mark.parametrize(
    "other", [replace(RUN, beta="2"), replace(RUN, seed=1), replace(RUN, dataset="other")]
)
def test_the_weights_of_another_run_are_refused_and_named(tiny_dataset, tmp_path, other):
    paths = files(tmp_path)
    train_files(tiny_dataset, tmp_path)
    with pytest.raises(StorageError, match="not those of the run asked for") as caught:
        load_vae(paths.best, SPEC, other)
    assert str(paths.best) in str(caught.value)
    record = read_table(paths.record).iloc[0]
    assert record["dataset"] == "tiny"
    assert record["status"] == "ok"
    assert record["train_seconds"] > 0
    assert math.isnan(record["diverged_loss_nats"] or math.nan)
