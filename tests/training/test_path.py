"""A path visits every β once, resumes bitwise, and runs cool down from its snapshots."""

import itertools
import math
import shutil

import pytest
import torch

from components import make_spec
from labelinfo.config.model_settings import PathPlan
from labelinfo.config.path_grid import nearest_below, snapshot_betas
from labelinfo.config.run import Run
from labelinfo.data.dataset import save_dataset
from labelinfo.errors import StorageError
from labelinfo.io.atomic import file_sha256
from labelinfo.io.checkpoints import checkpoint_of, collected_snapshots
from labelinfo.io.tables import read_provenance, read_table
from labelinfo.models.saved import load_vae
from labelinfo.training import advance, trainer
from labelinfo.training.checkpoint import Checkpoints, load_snapshot, snapshot_file
from labelinfo.training.cooling import cool_run
from labelinfo.training.job import TrainingJob
from labelinfo.training.path import PathFiles, train_path, train_path_files
from labelinfo.training.run import TrainingFiles
from labelinfo.training.schedule import PathSchedule, steps_of_epoch
from recipes import TRAINING

SPEC = make_spec(latent_dim=4, width=0.125)
BETAS = snapshot_betas(0.1, 10, 2)
MIDDLE = 0.316227766017
RUN = Run("tiny", "gaussian", "deconv", "gaussian", "0.5", 0)
OF = RUN.path_columns


def plan(betas=BETAS, *, snapshots_per_decade=2, **changes):
    path = {"first_epochs": 2, "epochs_per_decade": 2, "cooling_epochs": 2}
    path["snapshots_per_decade"] = snapshots_per_decade
    return PathPlan.of({"training": TRAINING | changes, "path": path, "betas": betas})


@pytest.mark.parametrize(
    ("ends", "per_decade", "betas"),
    [
        ((0.1, 10), 1, [0.1, 1, 10]),
        ((0.1, 1), 2, [0.1, MIDDLE, 1]),
        ((0.2, 0.9), 1, [0.1, 1]),
        ((0.05, 2), 3, [0.0464158883361, 0.1, 0.215443469003, 0.464158883361, 1, 2.15443469003]),
    ],
)
def test_the_grid_encloses_its_ends_at_equal_ratios(ends, per_decade, betas):
    assert snapshot_betas(*ends, per_decade) == betas


def test_a_run_starts_from_the_nearest_snapshot_at_or_below_it():
    grid = snapshot_betas(0.1, 1, 2)
    starts = [nearest_below(grid, beta) for beta in (0.1, 0.3, 0.32, 1)]
    assert starts == [0.1, 0.1, MIDDLE, 1]
    with pytest.raises(ValueError, match="above"):
        nearest_below([0.1, 1.0], 0.05)


def test_beta_rises_in_equal_ratios_from_snapshot_to_snapshot():
    schedule = PathSchedule(plan([0.1, 1.0, 10.0], snapshots_per_decade=1), 4)
    # two epochs of four steps a decade, two epochs at the lowest β
    assert (schedule.round_steps, schedule.first_rounds, schedule.rounds) == (8, 1, 3)
    betas = [beta for number in range(3) for beta in schedule.steps(number).betas]
    assert betas[:8] == [0.1] * 8
    ratios = [after / before for before, after in itertools.pairwise(betas[7:])]
    assert ratios == pytest.approx([10 ** (1 / 8)] * 16)
    assert [schedule.reached(finished) for finished in range(4)] == [None, 0.1, 1.0, 10.0]
    assert schedule.epochs(3) == 6
    rates = [rate for number in range(3) for rate in schedule.steps(number).learning_rates]
    assert rates == pytest.approx([1.5e-3] + [3e-3] * 23)


class KilledError(Exception):
    pass


def path(dataset, folder, checkpoint=None):
    return train_path(
        SPEC, dataset, plan(), of=OF, folder=folder,
        checkpoints=Checkpoints(checkpoint), device=torch.device("cpu"),
    )  # fmt: skip


def digests(folder):
    return {file.name: file_sha256(file) for file in folder.iterdir()}


def path_files(folder):
    return PathFiles(folder / "snapshots", folder / "path.parquet", folder / "curve.parquet")


def train_files(folder):
    job = TrainingJob(folder / "dataset", "cpu", "c", 1)
    train_path_files(OF, SPEC, plan(), files=path_files(folder), job=job)


def cool(folder, run=RUN, **changes):
    names = ("best.safetensors", "last.safetensors", "curve.parquet", "training.parquet")
    files = TrainingFiles(*(folder / f"beta{run.beta}" / name for name in names))
    job = TrainingJob(folder / "dataset", "cpu", "c", 1)
    cool_run(run, SPEC, plan(**changes), path=path_files(folder), files=files, job=job)
    return files


@pytest.fixture(scope="module")
def trained(tiny_dataset, tmp_path_factory):
    """Return the folder of a trained path, to read."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("path")
    save_dataset(folder / "dataset", tiny_dataset)
    train_files(folder)
    return folder


@pytest.fixture
def copied(trained, tmp_path):
    """Return a copy of the folder, to change."""
    return shutil.copytree(trained, tmp_path / "copy")


def test_a_path_leaves_a_snapshot_at_each_beta_and_its_rate_falls(trained):
    curve = read_table(trained / "curve.parquet")
    record = read_table(trained / "path.parquet").iloc[0]
    snapshots = {snapshot_file(trained, beta).name for beta in BETAS}
    assert set(digests(trained / "snapshots")) == snapshots
    assert (record["status"], record["beta_reached"]) == ("ok", 10)
    # each validation has the β at the end of its round
    loss = curve["valid_distortion_nats"] + curve["beta"] * curve["valid_rate_nats"]
    assert curve["valid_loss_nats"].to_numpy() == pytest.approx(loss.to_numpy())
    assert curve["beta"].iloc[-1] == 10
    assert curve["valid_rate_nats"].iloc[-1] < curve["valid_rate_nats"].max()
    assert record["epochs"] == pytest.approx(2 + 2 * 2, abs=1)


@pytest.mark.parametrize("killed_after", [1, 3, 5])
def test_a_resumed_path_is_bitwise_the_undisturbed_one(
    tiny_dataset, trained, tmp_path, monkeypatch, killed_after
):
    saved, save = [], advance.save_checkpoint

    def save_and_die(*arguments):
        save(*arguments)
        saved.append(1)
        if len(saved) == killed_after:
            raise KilledError

    monkeypatch.setattr(advance, "save_checkpoint", save_and_die)
    torch.set_num_threads(1)
    checkpoint, folder = tmp_path / "checkpoint.safetensors", tmp_path / "killed"
    with pytest.raises(KilledError):
        path(tiny_dataset, folder, checkpoint)
    path(tiny_dataset, folder, checkpoint)
    assert digests(folder) == digests(trained / "snapshots")


def test_a_run_cools_a_copy_of_the_snapshot_below_it_with_its_moments(copied, tiny_dataset):
    before = digests(copied / "snapshots")
    start = load_snapshot(copied / "snapshots", MIDDLE, OF)
    model = SPEC.build()
    optimizer = torch.optim.Adam(model.parameters())
    start.restore(model, optimizer)
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            assert torch.equal(value, start.tensors[f"optimizer/{index}/{name}"])
            assert value.abs().max() > 0
    # steps too small to move a weight: the run is its snapshot
    files = cool(copied, learning_rate=1e-30)
    for name, value in load_vae(files.best, SPEC, RUN).model.state_dict().items():
        assert torch.equal(value, start.tensors[f"model/{name}"])
    record = read_table(files.record).iloc[0]
    assert record["training_mode"] == "path"
    assert record["path_id"] == "tiny/gaussian-deconv-gaussian/seed0"
    assert record["epochs_total"] == pytest.approx(start.epochs + 2)
    steps = steps_of_epoch(len(tiny_dataset.train), TRAINING["batch_size"])[1]
    assert record["steps_total"] == round(record["epochs_total"] * steps)
    assert record["epochs"] == 2
    given = plan(learning_rate=1e-30).as_dict() | {"model": SPEC.as_dict()}
    assert read_provenance(files.record)["config"] == given
    # larger steps move it, at one β, and leave the snapshots as they are
    files = cool(copied)
    curve = read_table(files.curve)
    assert set(curve["beta"]) == {0.5}
    assert curve["learning_rate"].iloc[-1] < 1e-4
    moved = load_vae(files.best, SPEC, RUN).model.state_dict()
    assert not all(
        torch.equal(value, start.tensors[f"model/{name}"]) for name, value in moved.items()
    )
    assert digests(copied / "snapshots") == before


def test_outputs_that_were_removed_after_a_kill_come_back(copied, trained):
    assert checkpoint_of(copied / "path.parquet").exists()
    shutil.rmtree(copied / "snapshots")
    train_files(copied)
    assert digests(copied / "snapshots") == digests(trained / "snapshots")
    assert collected_snapshots(copied / "path.parquet").exists()


def test_runs_below_the_beta_where_a_path_diverges_are_unharmed(
    tiny_dataset, tmp_path, monkeypatch
):
    run = trainer.TrainingLoop.run

    def run_until_it_diverges(self, number, steps):
        if steps.valid_beta > 2:
            return {}, trainer.Divergence(1, math.inf)
        return run(self, number, steps)

    monkeypatch.setattr(trainer.TrainingLoop, "run", run_until_it_diverges)
    save_dataset(tmp_path / "dataset", tiny_dataset)
    train_files(tmp_path)
    record = read_table(tmp_path / "path.parquet").iloc[0]
    assert (record["status"], record["beta_reached"]) == ("diverged", 1.0)
    assert read_table(cool(tmp_path, RUN).record).iloc[0]["status"] == "ok"
    above = Run(*RUN.identity[:4], "5", 0)
    files = cool(tmp_path, above)
    assert read_table(files.record).iloc[0]["status"] == "diverged"
    assert load_vae(files.best, SPEC, above).status == "diverged"


@pytest.mark.parametrize("fault", ["missing", "truncated", "another path", "another network"])
def test_a_snapshot_that_does_not_fit_is_named_and_nothing_is_lost(copied, fault):
    folder = copied / "snapshots"
    file = snapshot_file(folder, MIDDLE)
    run = Run(*RUN.identity[:5], 1) if fault == "another path" else RUN
    if fault == "missing":
        file.unlink()
    elif fault == "truncated":
        file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(StorageError) as caught:
        if fault == "another network":
            model = make_spec(latent_dim=5, width=0.125).build()
            optimizer = torch.optim.Adam(model.parameters())
            load_snapshot(folder, MIDDLE, OF).restore(model, optimizer)
        else:
            cool(copied, run)
    assert str(file) in str(caught.value)
    assert all(snapshot_file(folder, beta).exists() for beta in BETAS if beta != MIDDLE)
