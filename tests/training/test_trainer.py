"""Training learns, resumes bitwise, depends only on its identity, and reports divergence."""

import math
from dataclasses import replace

import pytest
import torch

from components import EACH_ONCE, make_spec
from labelinfo.config.run import Run
from labelinfo.data.dataset import Dataset, Split, save_dataset
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_provenance, read_table
from labelinfo.models.saved import load_vae
from labelinfo.training.checkpoint import Checkpoints
from labelinfo.training.device import resolve_device
from labelinfo.training.job import TrainingJob
from labelinfo.training.run import TrainingFiles, train_run
from labelinfo.training.trainer import CURVE_COLUMNS, train
from recipes import DEVICES, GPU, SMALL, TRAINING, training

SPECS = [make_spec(*names, latent_dim=4, width=0.125, **SMALL) for names in EACH_ONCE]
SPEC = SPECS[0]
RUN = Run("tiny", "gaussian", "deconv", "gaussian", "1", 0)
TIMES = ["seconds", "images_per_second"]


class KilledError(Exception):
    pass


def fit(
    dataset, *, spec=SPEC, beta=1.0, identity=RUN.identity, checkpoints=None, device="cpu",
    **settings,
):  # fmt: skip
    kept = {"device": resolve_device(device), "checkpoints": Checkpoints(**(checkpoints or {}))}
    return train(spec, dataset, beta, training(**settings), identity, **kept)


def same(first, second):
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


def test_training_lowers_the_objective_and_keeps_the_best_state(tiny_dataset):
    result = fit(tiny_dataset, epochs=12)
    losses = result.curve["valid_loss_nats"]
    assert result.record["status"] == "ok"
    assert losses.iloc[-1] < 0.6 * losses.iloc[0]
    # β rises during the first six epochs, which cannot be the best
    assert result.record["best_epoch"] == losses[5:].idxmin() + 1
    assert list(result.curve.columns) == list(CURVE_COLUMNS)


def test_beta_rises_to_its_value_and_the_best_epoch_comes_after(tiny_dataset):
    # an objective that rises with β: the first epochs have the lowest one on the training split
    result = fit(tiny_dataset, beta=4.0, epochs=4, beta_start=0.01, learning_rate=1e-9)
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
    result = fit(tiny_dataset, beta=0.5, **change)
    assert set(result.curve["beta"]) == {0.5}
    assert result.record["beta_warmup_epochs"] == 0
    # the same steps as a training whose rise begins at its value
    assert same(result.last_state, fit(tiny_dataset, beta=0.5, beta_start=0.5).last_state)


def test_beta_trades_rate_for_distortion(tiny_dataset):
    low, high = (
        fit(tiny_dataset, beta=beta, epochs=15, beta_warmup=0.1).curve.iloc[-1]
        for beta in (0.05, 20.0)
    )
    assert low["valid_rate_nats"] > high["valid_rate_nats"] + 1
    assert low["valid_distortion_nats"] < high["valid_distortion_nats"] - 1


@pytest.mark.parametrize(
    ("spec", "precision", "killed_after", "device"),
    [
        (SPECS[0], "float32", 1, "cpu"),
        (SPECS[0], "bfloat16", 2, "cpu"),
        (SPECS[2], "float32", 2, "cpu"),
        (SPECS[1], "bfloat16", 1, "cpu"),
        *(pytest.param(spec, "bfloat16", 2, "cuda", marks=GPU) for spec in SPECS),
    ],
)
def test_a_resumed_training_is_bitwise_the_undisturbed_one(
    tiny_dataset, tmp_path, spec, precision, killed_after, device
):
    def fit_here(**kept):
        return fit(tiny_dataset, spec=spec, precision=precision, checkpoints=kept, device=device)

    def kill(epoch):
        if epoch == killed_after:
            raise KilledError

    undisturbed = fit_here()
    file, epochs = tmp_path / "checkpoint.safetensors", []
    with pytest.raises(KilledError):
        fit_here(file=file, after_round=kill)
    resumed = fit_here(file=file, after_round=epochs.append)
    assert epochs == list(range(killed_after + 1, 4))
    assert same(resumed.best_state, undisturbed.best_state)
    assert same(resumed.last_state, undisturbed.last_state)
    curves = [each.curve.drop(columns=TIMES) for each in (resumed, undisturbed)]
    assert curves[0].equals(curves[1])


@pytest.mark.parametrize("fault", ["other settings", "truncated"])
def test_a_checkpoint_that_does_not_fit_is_left_alone(tiny_dataset, tmp_path, fault):
    file, epochs = tmp_path / "checkpoint.safetensors", []
    fit(tiny_dataset, checkpoints={"file": file, "fingerprint": {"code": "a"}})
    if fault == "truncated":
        file.write_bytes(file.read_bytes()[:1000])
    wanted = {"code": "b" if fault == "other settings" else "a"}
    checkpoints = {"file": file, "fingerprint": wanted, "after_round": epochs.append}
    fit(tiny_dataset, checkpoints=checkpoints)
    assert epochs == [1, 2, 3]


@pytest.mark.parametrize(("seconds", "written"), [(0.0, True), (3600.0, False)])
def test_a_checkpoint_is_written_when_the_last_is_old_enough(
    tiny_dataset, tmp_path, seconds, written
):
    file = tmp_path / "checkpoint.safetensors"
    fit(tiny_dataset, checkpoints={"file": file, "seconds": seconds})
    assert file.exists() is written


def test_a_compiled_training_repeats_itself_and_follows_the_plain_one(
    tiny_dataset, tmp_path, monkeypatch
):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    first, second = (fit(tiny_dataset, compile="always") for _ in range(2))
    assert first.record["compiled"]
    assert same(first.last_state, second.last_state)
    plain = fit(tiny_dataset)
    assert not plain.record["compiled"]
    for column in ("train_loss_nats", "valid_rate_nats", "valid_distortion_nats"):
        assert first.curve[column].to_numpy() == pytest.approx(
            plain.curve[column].to_numpy(), rel=1e-3, abs=0.02
        )


def test_bits_depend_on_the_identity_and_not_on_the_test_split_or_labels(tiny_dataset):
    once = fit(tiny_dataset).best_state
    assert not same(once, fit(tiny_dataset, identity=(*RUN.identity[:-1], 1)).best_state)
    noise = Split(1 - tiny_dataset.test.images, {"half": 1 - tiny_dataset.test.labels["half"]})
    train_split = Split(tiny_dataset.train.images, {"half": 1 - tiny_dataset.train.labels["half"]})
    other = Dataset("tiny", train_split, tiny_dataset.valid, noise, tiny_dataset.classes, {})
    assert same(once, fit(other).best_state)


def test_intensities_are_drawn_afresh_each_epoch(tiny_dataset):
    train_split = Split(torch.full((64, 784), 0.5), {"half": torch.zeros(64, dtype=torch.long)})
    dataset = Dataset("grey", train_split, tiny_dataset.valid, tiny_dataset.test, {}, {})
    curve = fit(dataset, learning_rate=1e-12).curve
    # the same images in another order would give the same mean distortion
    assert curve["train_distortion_nats"].nunique() == 3


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("spec", "rate"), [(SPECS[0], 1e30), (SPECS[1], 1e4), (SPECS[2], 1e4)])
def test_a_diverging_training_says_where_and_keeps_a_good_state(tiny_dataset, spec, rate, device):
    result = fit(tiny_dataset, spec=spec, learning_rate=rate, epochs=4, device=device)
    assert result.record["status"] == "diverged"
    assert 1 <= result.record["diverged_epoch"] <= 4
    assert 1 <= result.record["diverged_step"] <= 6
    assert result.record["epochs"] == result.record["diverged_epoch"] - 1
    for state in (result.best_state, result.last_state):
        assert all(torch.isfinite(value).all() for value in state.values())


def files(folder):
    names = ("best.safetensors", "last.safetensors", "curve.parquet", "record.parquet")
    return TrainingFiles(*(folder / name for name in names))


def test_the_saved_model_is_the_trained_one_and_another_runs_is_refused(tiny_dataset, tmp_path):
    save_dataset(tmp_path / "dataset", tiny_dataset)
    paths = files(tmp_path)
    job = TrainingJob(tmp_path / "dataset", "cpu", "c", 2)
    train_run(RUN, SPEC, training(), files=paths, job=job)
    trained = load_vae(paths.best, SPEC, RUN)
    assert trained.status == "ok"
    assert same(trained.model.state_dict(), fit(tiny_dataset).best_state)
    record = read_table(paths.record).iloc[0]
    assert record["weights_sha256"] == trained.weights_sha256
    assert (record["dataset"], record["status"]) == ("tiny", "ok")
    assert record["train_seconds"] > 0
    given = {"training": TRAINING, "model": SPEC.as_dict()}
    assert read_provenance(paths.record)["config"] == given
    assert math.isnan(record["diverged_loss_nats"] or math.nan)
    for other in (replace(RUN, beta="2"), replace(RUN, seed=1), replace(RUN, dataset="other")):
        with pytest.raises(StorageError, match="not those of the run asked for") as caught:
            load_vae(paths.best, SPEC, other)
        assert str(paths.best) in str(caught.value)
