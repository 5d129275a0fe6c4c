"""A path visits every β once, resumes bitwise, and runs cool down from its snapshots."""

import itertools
import math

import pytest
import torch

from components import make_spec
from labelinfo.config.path_grid import nearest_below, snapshot_betas
from labelinfo.config.run import Run
from labelinfo.data.dataset import save_dataset
from labelinfo.errors import StorageError
from labelinfo.io.checkpoints import checkpoint_of, collected_snapshots
from labelinfo.io.digest import file_sha256
from labelinfo.io.tables import read_table
from labelinfo.models.saved import load_vae
from labelinfo.training.checkpoint import Checkpoints
from labelinfo.training.cooling import cool_run
from labelinfo.training.device import Hardware
from labelinfo.training.job import TrainingJob
from labelinfo.training.path import PathFiles, train_path, train_path_files
from labelinfo.training.run import TrainingFiles
from labelinfo.training.schedule import PathSchedule
from labelinfo.training.snapshots import load_snapshot, snapshot_file

CPU = torch.device("cpu")
SPEC = make_spec(latent_dim=4, width=0.125)
TRAINING = {
    "batch_size": 16,
    "learning_rate": 3e-3,
    "warmup_epochs": 0.5,
    "gradient_norm_max": 100.0,
    "precision": "float32",
    "compile": "never",
    "activations_mb": None,
}
PATH = {
    "first_epochs": 2,
    "epochs_per_decade": 2,
    "snapshots_per_decade": 2,
    "cooling_epochs": 2,
}
SETTINGS = {"training": TRAINING, "path": PATH}
BETAS = snapshot_betas(0.1, 10, 2)
RUN = Run("tiny", "gaussian", "deconv", "gaussian", "0.5", 0)
OF = RUN.path_columns


@pytest.mark.parametrize(
    ("ends", "per_decade", "betas"),
    [
        ((0.1, 10), 1, [0.1, 1, 10]),
        ((0.1, 1), 2, [0.1, 0.316227766017, 1]),
        ((0.2, 0.9), 1, [0.1, 1]),
        ((0.05, 24), 3, [0.0464158883361, 0.1, 0.215443469003, 0.464158883361, 1, 2.15443469003,
                         4.64158883361, 10, 21.5443469003, 46.4158883361]),
    ],
)  # fmt: skip
def test_the_grid_encloses_its_ends_at_equal_ratios(ends, per_decade, betas):
    found = snapshot_betas(*ends, per_decade)
    assert found == betas
    assert found[0] <= ends[0]
    assert found[-1] >= ends[1]


@pytest.mark.parametrize(
    ("beta", "start"), [(0.1, 0.1), (0.3, 0.1), (0.32, 0.316227766017), (1, 1)]
)
def test_a_run_starts_from_the_nearest_snapshot_at_or_below_it(beta, start):
    assert nearest_below(snapshot_betas(0.1, 1, 2), beta) == start


def test_no_snapshot_below_is_an_error():
    with pytest.raises(ValueError, match="above"):
        nearest_below([0.1, 1.0], 0.05)


def test_beta_rises_in_equal_ratios_from_snapshot_to_snapshot():
    schedule = PathSchedule(TRAINING, PATH | {"snapshots_per_decade": 1}, [0.1, 1.0, 10.0], 4)
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


def path(dataset, folder, checkpoint=None, settings=SETTINGS):
    return train_path(
        SPEC, dataset, settings, BETAS, of=OF, folder=folder,
        checkpoints=Checkpoints(checkpoint), hardware=Hardware(CPU),
    )  # fmt: skip


def snapshots(folder):
    return {file.name: file_sha256(file) for file in folder.iterdir()}


def test_a_path_leaves_a_snapshot_at_each_beta_and_its_rate_falls(tiny_dataset, tmp_path):
    curve, record = path(tiny_dataset, tmp_path / "snapshots")
    assert set(snapshots(tmp_path / "snapshots")) == {
        snapshot_file(tmp_path, beta).name for beta in BETAS
    }
    assert record["status"] == "ok"
    assert record["beta_reached"] == 10
    # each validation has the β reached by then
    loss = curve["valid_distortion_nats"] + curve["beta"] * curve["valid_rate_nats"]
    assert curve["valid_loss_nats"].to_numpy() == pytest.approx(loss.to_numpy())
    assert curve["beta"].iloc[-1] == 10
    assert curve["valid_rate_nats"].iloc[-1] < curve["valid_rate_nats"].max()
    assert record["epochs"] == pytest.approx(2 + 2 * 2, abs=1)


@pytest.mark.parametrize("killed_after", [1, 3, 5])
def test_a_resumed_path_is_bitwise_the_undisturbed_one(
    tiny_dataset, tmp_path, monkeypatch, killed_after
):
    path(tiny_dataset, tmp_path / "undisturbed")
    from labelinfo.training import advance

    saved, save = [], advance.save_checkpoint

    def save_and_die(*arguments):
        save(*arguments)
        saved.append(1)
        if len(saved) == killed_after:
            raise KilledError

    monkeypatch.setattr(advance, "save_checkpoint", save_and_die)
    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KilledError):
        path(tiny_dataset, tmp_path / "killed", checkpoint)
    path(tiny_dataset, tmp_path / "killed", checkpoint)
    assert snapshots(tmp_path / "killed") == snapshots(tmp_path / "undisturbed")


def path_files(folder):
    return PathFiles(folder / "snapshots", folder / "path.parquet", folder / "curve.parquet")


def job_in(folder):
    return TrainingJob(folder / "dataset.safetensors", "cpu", "c", 1)


def train_files(dataset, folder, settings=SETTINGS):
    save_dataset(folder / "dataset.safetensors", dataset)
    train_path_files(
        OF, SPEC, settings, BETAS, files=path_files(folder), job=job_in(folder)
    )  # fmt: skip


def cool(folder, run=RUN, settings=SETTINGS):
    names = ("best.safetensors", "last.safetensors", "curve.parquet", "training.parquet")
    files = TrainingFiles(*(folder / f"beta{run.beta}" / name for name in names))
    cool_run(
        run, SPEC, settings, BETAS, path=path_files(folder), files=files, job=job_in(folder),
    )  # fmt: skip
    return files


def test_a_run_cools_a_copy_of_the_snapshot_below_it_with_its_moments(tiny_dataset, tmp_path):
    train_files(tiny_dataset, tmp_path)
    before = snapshots(tmp_path / "snapshots")
    # steps too small to move a weight: the run is its snapshot
    still = {"training": TRAINING | {"learning_rate": 1e-30}, "path": PATH}
    files = cool(tmp_path, settings=still)
    start = load_snapshot(tmp_path / "snapshots", 0.316227766017, OF)
    trained = load_vae(files.best, SPEC, RUN)
    for name, value in trained.model.state_dict().items():
        assert torch.equal(value, start.tensors[f"model/{name}"])
    assert any(value.abs().max() > 0 for name, value in start.tensors.items() if "exp_avg" in name)
    record = read_table(files.record).iloc[0]
    assert record["training_mode"] == "path"
    assert record["path_id"] == "tiny/gaussian-deconv-gaussian/seed0"
    assert record["epochs_total"] == pytest.approx(start.epochs + 2)
    assert record["epochs"] == 2
    # moving ones do move, at one β, and leave the snapshots as they are
    files = cool(tmp_path)
    curve = read_table(files.curve)
    assert set(curve["beta"]) == {0.5}
    assert curve["learning_rate"].iloc[-1] < 1e-4
    moved = load_vae(files.best, SPEC, RUN).model.state_dict()
    assert not all(
        torch.equal(value, start.tensors[f"model/{name}"]) for name, value in moved.items()
    )
    assert snapshots(tmp_path / "snapshots") == before


def test_adams_moments_go_along(tiny_dataset, tmp_path):
    train_files(tiny_dataset, tmp_path)
    start = load_snapshot(tmp_path / "snapshots", 1.0, OF)
    model = SPEC.build()
    optimizer = torch.optim.Adam(model.parameters())
    start.restore(model, optimizer)
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            assert torch.equal(value, start.tensors[f"optimizer/{index}/{name}"])


def test_outputs_that_were_removed_after_a_kill_come_back(tiny_dataset, tmp_path):
    train_files(tiny_dataset, tmp_path)
    first = snapshots(tmp_path / "snapshots")
    assert checkpoint_of(tmp_path / "path.parquet").exists()
    for file in (tmp_path / "snapshots").iterdir():
        file.unlink()
    train_files(tiny_dataset, tmp_path)
    assert snapshots(tmp_path / "snapshots") == first
    assert collected_snapshots(tmp_path / "path.parquet").exists()


def test_runs_below_the_beta_where_a_path_diverges_are_unharmed(
    tiny_dataset, tmp_path, monkeypatch
):
    from labelinfo.training import loop

    run, taken = loop.TrainingLoop.run, []

    def run_until_it_diverges(self, number, steps):
        taken.append(number)
        if steps.valid_beta > 2:
            return {}, loop.Divergence(1, math.inf)
        return run(self, number, steps)

    monkeypatch.setattr(loop.TrainingLoop, "run", run_until_it_diverges)
    train_files(tiny_dataset, tmp_path)
    record = read_table(tmp_path / "path.parquet").iloc[0]
    assert (record["status"], record["beta_reached"]) == ("diverged", 1.0)
    below, above = RUN, Run(*RUN.identity[:4], "5", 0)
    assert read_table(cool(tmp_path, below).record).iloc[0]["status"] == "ok"
    files = cool(tmp_path, above)
    assert read_table(files.record).iloc[0]["status"] == "diverged"
    assert load_vae(files.best, SPEC, above).status == "diverged"


@pytest.mark.parametrize("fault", ["missing", "truncated", "another path", "another network"])
def test_a_snapshot_that_does_not_fit_is_named_and_nothing_is_lost(tiny_dataset, tmp_path, fault):
    train_files(tiny_dataset, tmp_path)
    file = snapshot_file(tmp_path / "snapshots", 0.316227766017)
    run, spec = RUN, SPEC
    if fault == "missing":
        file.unlink()
    elif fault == "truncated":
        file.write_bytes(file.read_bytes()[:1000])
    elif fault == "another path":
        run = Run(*RUN.identity[:5], 1)
    else:
        spec = make_spec(latent_dim=5, width=0.125)
    with pytest.raises(StorageError) as caught:
        if fault == "another network":
            model = spec.build()
            load_snapshot(tmp_path / "snapshots", 0.316227766017, OF).restore(
                model, torch.optim.Adam(model.parameters())
            )
        else:
            cool(tmp_path, run)
    assert str(file) in str(caught.value)
    others = [beta for beta in BETAS if beta != 0.316227766017]
    assert all(snapshot_file(tmp_path / "snapshots", beta).exists() for beta in others)
