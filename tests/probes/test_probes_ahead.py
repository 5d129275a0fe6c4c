"""Probes trained for other jobs: the same tables as without, and never for what has changed."""

import os
import threading
import time

import pytest
import torch

from components import make_spec
from labelinfo.config.run import Run
from labelinfo.data.dataset import Dataset, Split, save_dataset
from labelinfo.errors import StorageError
from labelinfo.io.locks import alone
from labelinfo.io.tables import read_table
from labelinfo.io.tensors import save_tensors
from labelinfo.probes import ahead, vae_probes
from labelinfo.probes.run import probe_run
from labelinfo.probes.waiting import WaitingProbe, note_waiting, waiting_probes
from sameness import differing_files

SPEC = make_spec(latent_dim=3, width=0.125)
RUNS = [Run("tiny", "gaussian", "deconv", "gaussian", beta, 0) for beta in ("0.5", "1", "2", "4")]
TASKS = ["half", "odd"]
SETTINGS = {
    "hidden_units": 8,
    "epochs": 2,
    "batch_size": 32,
    "learning_rate": 3e-3,
    "decay_factor": 0.1,
    "decay_epochs": 1,
    "precision": "bfloat16",
    "samples": 2,
    "binarizations": 1,
}


class Folder:
    """A data set of two tasks, trained runs, and jobs that probe them."""

    def __init__(self, path, dataset):
        self.path, self.dataset, self.encoded, self.trained = path, dataset, [], []
        self.write_dataset({"half": ["upper", "lower"], "odd": ["no", "yes"]})
        for seed, run in enumerate(RUNS):
            self.write_weights(run, seed)
        self.note()

    def write_dataset(self, classes):
        """Write the data set; its digests are of the files behind it, which never change here."""
        dataset = self.dataset
        splits = [dataset.split(name) for name in ("train", "valid", "test")]
        splits = [
            Split(each.images, {"half": each.labels["half"], "odd": torch.arange(len(each)) % 2})
            for each in splits
        ]
        digests = {"train": "1" * 64}
        save_dataset(self.path / "dataset", Dataset("tiny", *splits, classes, digests))

    def write_weights(self, run, seed, status="ok"):
        torch.manual_seed(seed)
        metadata = {"run": run.columns, "spec": SPEC.as_dict(), "status": status}
        save_tensors(self.weights(run), SPEC.build().state_dict(), metadata)

    def note(self, runs=RUNS, tasks=TASKS, jobs=1):
        waiting = [
            WaitingProbe(run, task, self.weights(run), self.table(run, task), trained_first=False)
            for run in runs
            for task in tasks
        ]
        note_waiting(self.path / "ahead" / "waiting.json", waiting, "call", jobs)
        # any table is younger
        os.utime(self.path / "ahead" / "waiting.json", ns=(1, 1))

    def weights(self, run):
        return self.path / "weights" / f"{run.beta}.safetensors"

    def table(self, run, task, part="made"):
        return self.path / part / run.beta / f"{task}.parquet"

    def probe(self, run, task, part="made", **changes):
        table = self.table(run, task, part)
        options = {"together": 8, "code": "c", "settings": SETTINGS, "call": "call"} | changes
        probe_run(
            run,
            SPEC,
            task,
            options.pop("settings"),
            dataset_file=self.path / "dataset",
            weights_file=self.weights(run),
            target=table,
            losses_target=table.with_suffix(".losses.parquet"),
            device="cpu",
            ahead_folder=self.path / "ahead",
            **options,
        )

    def left(self):
        """Return what lies ready for other jobs."""
        files = (self.path / "ahead").rglob("*.safetensors")
        return sorted((file.parent.parent.name.removeprefix("beta"), file.stem) for file in files)


@pytest.fixture
def folder(tmp_path, tiny_dataset, monkeypatch):
    """Return a folder; it counts what is encoded, and which probes are trained at once."""
    made = Folder(tmp_path, tiny_dataset)

    class Counted(vae_probes.VaeCodes):
        def __init__(self, *args, identity, **options):
            made.encoded.append(identity[4])
            super().__init__(*args, identity=identity, **options)

    def fit_each(codes, *args, **options):
        made.trained.append(len(codes))
        return original(codes, *args, **options)

    original = vae_probes.fit_each
    monkeypatch.setattr(vae_probes, "VaeCodes", Counted)
    monkeypatch.setattr(vae_probes, "fit_each", fit_each)
    return made


@pytest.fixture
def batches_pay(monkeypatch):
    """Let a batch of any two be worth it, though these trainings are short."""
    monkeypatch.setattr(vae_probes, "pays_together", lambda *_: 2)


def test_the_tasks_of_a_run_are_probed_with_one_encoding(folder):
    for task in TASKS:
        folder.probe(RUNS[0], task, "alone", together=1)
    assert folder.encoded == ["0.5", "0.5"]
    folder.probe(RUNS[0], "half")
    assert folder.encoded[2:] == ["0.5"]
    assert folder.left() == [("0.5", "odd")]
    folder.probe(RUNS[0], "odd")
    assert len(folder.encoded) == 3
    assert folder.left() == []
    assert differing_files(folder.path / "alone", folder.path / "made") == []


def test_two_jobs_of_a_run_that_start_together_encode_it_once(folder):
    # with no other run to turn to
    folder.note(runs=RUNS[:1])
    jobs = [threading.Thread(target=folder.probe, args=(RUNS[0], task)) for task in TASKS]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert folder.encoded == ["0.5"]
    assert folder.left() == []
    assert all(folder.table(RUNS[0], task).exists() for task in TASKS)


def test_runs_that_wait_are_probed_at_once(folder, batches_pay):
    everything = [(run, task) for run in RUNS for task in TASKS]
    for run, task in everything:
        folder.probe(run, task, "alone", together=1)
    folder.trained.clear()
    folder.probe(*everything[0])
    assert folder.trained == [4, 4]
    assert folder.left() == [(run.beta, task) for run, task in everything[1:]]
    for run, task in everything[1:]:
        folder.probe(run, task)
    assert folder.trained == [4, 4]
    assert folder.left() == []
    # not the order of the columns, nor what they say they come from
    assert differing_files(folder.path / "alone", folder.path / "made") == []
    for run, task in everything:
        names = [list(read_table(folder.table(run, task, part))) for part in ("alone", "made")]
        assert names[0] == names[1]


@pytest.mark.parametrize(
    ("limit", "jobs", "expected"), [(8, 1, 4), (8, 2, 2), (3, 1, 2), (8, 4, 1), (1, 1, 1)]
)
def test_the_runs_are_shared_out_among_the_jobs(folder, batches_pay, limit, jobs, expected):
    folder.note(tasks=["half"], jobs=jobs)
    folder.probe(RUNS[0], "half", together=limit)
    assert folder.trained == [expected]


def test_features_that_would_not_fit_into_memory_are_not_kept(folder, batches_pay, monkeypatch):
    # 176 images, means and deviations of three numbers in float32: two runs and a half
    monkeypatch.setattr(vae_probes, "_MOST_FEATURES", 2.5 * 176 * 6 * 4)
    folder.probe(RUNS[0], "half")
    assert folder.trained == [2, 2]


def test_where_a_batch_does_not_pay_other_runs_wait_for_their_own_job(folder):
    folder.probe(RUNS[0], "half")
    assert folder.trained == [1, 1]
    assert folder.left() == [("0.5", "odd")]


def test_nothing_that_was_not_asked_for_is_trained(folder, batches_pay):
    folder.note(runs=RUNS[:2], tasks=["half"])
    folder.probe(RUNS[0], "half")
    assert folder.left() == [("1", "half")]
    assert folder.encoded == ["0.5", "1"]


def test_without_anything_to_share_no_file_is_left(folder):
    folder.note(tasks=["half"])
    folder.probe(RUNS[0], "half")
    assert [file.name for file in (folder.path / "ahead").iterdir()] == ["waiting.json"]


CHANGES = {
    "weights": lambda folder: folder.write_weights(RUNS[1], seed=9),
    "data": lambda folder: folder.write_dataset(
        classes={"half": ["up", "down"], "odd": ["no", "yes"]}
    ),
    "call": lambda folder: anew(folder),
    "settings": lambda folder: {"settings": SETTINGS | {"epochs": 3}},
    "code": lambda folder: {"code": "d"},
    "threads": lambda folder: torch.set_num_threads(3 - torch.get_num_threads()),
    "damage": lambda folder: damage(folder.path / "ahead" / RUNS[1].path / "half.safetensors"),
}


def anew(folder):
    """Start another call, in which what is left is as it was."""
    left = folder.path / "ahead" / RUNS[1].path / "half.safetensors"
    kept = left.read_bytes()
    note = folder.path / "ahead" / "waiting.json"
    note.write_text(note.read_text().replace('"call": "call"', '"call": "later"'))
    left.write_bytes(kept)
    return {"call": "later"}


def damage(file):
    file.write_bytes(file.read_bytes()[:-9])


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_found_from_something_else_is_not_taken(folder, batches_pay, change):
    folder.note(tasks=["half"])
    folder.probe(RUNS[0], "half")
    assert (RUNS[1].beta, "half") in folder.left()
    options = change(folder) or {}
    before = len(folder.encoded)
    folder.probe(RUNS[1], "half", **options)
    assert "1" in folder.encoded[before:]
    folder.probe(RUNS[1], "half", "alone", **options, together=1)
    made, alone_made = (folder.table(RUNS[1], "half", part) for part in ("made", "alone"))
    assert differing_files(made.parent, alone_made.parent, ["half.parquet"]) == []


def test_what_cannot_be_loaded_or_diverged_is_left_to_its_own_job(folder, batches_pay):
    folder.note(tasks=["half"])
    damage(folder.weights(RUNS[1]))
    folder.write_weights(RUNS[2], seed=2, status="diverged")
    folder.probe(RUNS[0], "half")
    assert folder.left() == [("4", "half")]
    folder.probe(RUNS[2], "half")
    assert read_table(folder.table(RUNS[2], "half"))["status"].tolist() == ["diverged"]


def test_a_job_whose_probe_another_trains_does_others_and_then_takes_it(folder, batches_pay):
    folder.note(tasks=["half"])
    lock = folder.path / "ahead" / RUNS[0].path / "probes.lock"
    held, done = threading.Event(), threading.Event()

    def hold():
        with alone(lock):
            held.set()
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    job = threading.Thread(target=folder.probe, args=(RUNS[0], "half"))
    job.start()
    while len(folder.left()) < 3 and job.is_alive():
        time.sleep(0.05)
    # the others are there for their jobs, its own is still in other hands
    assert folder.left() == [(run.beta, "half") for run in RUNS[1:]]
    time.sleep(0.3)
    assert job.is_alive()
    assert not folder.table(RUNS[0], "half").exists()
    done.set()
    job.join(60)
    holder.join(60)
    assert folder.table(RUNS[0], "half").exists()
    assert sorted(folder.encoded) == sorted(run.beta for run in RUNS)


def test_what_cannot_be_kept_for_others_stops_nobody(folder, batches_pay, monkeypatch, caplog):
    def refuse(target, *args):
        raise StorageError(f"Cannot write {target}: the disk is full.")

    monkeypatch.setattr(ahead, "save_tensors", refuse)
    folder.probe(RUNS[0], "half")
    assert folder.table(RUNS[0], "half").exists()
    assert folder.left() == []
    assert "the disk is full" in caplog.text


@pytest.mark.parametrize("mine", [True, False])
def test_a_fault_of_others_is_theirs(folder, batches_pay, monkeypatch, caplog, mine):
    folder.note(tasks=["half"])
    original = vae_probes.fit_each

    def fail(codes, *args, **options):
        if len(codes) > 1:
            raise MemoryError("too many")
        return original(codes, *args, **options)

    monkeypatch.setattr(vae_probes, "fit_each", fail)
    held, done = threading.Event(), threading.Event()

    def hold():
        with alone(folder.path / "ahead" / RUNS[0].path / "probes.lock"):
            held.set()
            done.wait(60)

    if mine:
        folder.probe(RUNS[0], "half")
    else:
        # it turns to the others, which fail, and waits for its own
        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(60)
        job = threading.Thread(target=folder.probe, args=(RUNS[0], "half"))
        job.start()
        while "could not be trained beside" not in caplog.text and job.is_alive():
            time.sleep(0.05)
        done.set()
        job.join(60)
        holder.join(60)
    assert "could not be trained beside" in caplog.text
    assert folder.table(RUNS[0], "half").exists()
    assert folder.left() == []


def test_fewer_runs_than_hoped_for_make_batches_of_two_sizes_at_most(folder, batches_pay):
    folder.note(tasks=["half"])
    damage(folder.weights(RUNS[3]))
    folder.probe(RUNS[0], "half")
    assert folder.trained == [2, 1]


def test_without_locks_each_job_trains_its_own(folder, batches_pay, monkeypatch):
    from labelinfo.io import locks

    def refuse(self, *args, **options):
        raise OSError(38, "no locks here")

    monkeypatch.setattr(locks.FileLock, "acquire", refuse)
    folder.probe(RUNS[0], "half")
    assert folder.trained == [1]
    assert folder.left() == []
    assert folder.table(RUNS[0], "half").exists()


def test_no_note_no_sharing(folder, batches_pay):
    (folder.path / "ahead" / "waiting.json").unlink()
    folder.probe(RUNS[0], "half")
    assert folder.trained == [1]
    assert waiting_probes(folder.path / "ahead" / "waiting.json", "call") is None
