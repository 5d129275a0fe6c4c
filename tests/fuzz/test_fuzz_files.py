"""Damaged or foreign files of the workflow: read correctly, or refused with a sentence."""

import functools
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from mutations import answer, cases, damaged, in_time
from safetensors.torch import save, save_file

from components import make_spec
from labelinfo.config.run import Run
from labelinfo.data.dataset import SPLITS, Dataset, Split, load_dataset, save_dataset
from labelinfo.data.readers.label_columns import MISSING
from labelinfo.errors import StorageError
from labelinfo.io.losses import read_losses, write_losses
from labelinfo.io.tables import (
    read_provenance,
    read_with_provenance,
    table_sha256,
    write_table,
)
from labelinfo.io.tensors import load_tensors, save_tensors, tensors_sha256
from labelinfo.models.saved import load_vae
from labelinfo.training.checkpoint import Progress, load_checkpoint, save_checkpoint, snapshot

NESTED = "[" * 100_000 + "]" * 100_000
# metadata that are no mapping, or no JSON
RAW = ["", "[]", "1", '"x"', "null", NESTED, "{"]


@functools.cache
def written(write):
    """Return the bytes of the file that ``write`` makes at a path."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "file")
        return (Path(folder) / "file").read_bytes()


def own(tensors, text):
    """Return a safetensors file of ours with this text for metadata, and the digest of both."""
    about = {"metadata": text, "sha256": tensors_sha256(tensors, text)}
    return save(tensors, {"labelinfo": json.dumps(about)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def placed(folder, content):
    """Write a new file, because tensors of the last one may still map its bytes."""
    path = folder / "the-file"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return path


def assert_read_or_refused(folder, content, read):
    path = placed(folder, content)
    return answer(lambda: read(path), StorageError, str(path))


# --- prepared data sets -------------------------------------------------------------------------


def tiny():
    def split(count):
        images = torch.arange(count * 784).view(count, 784) % 2
        return Split(images.to(torch.uint8), {"half": torch.arange(count) % 2})

    return Dataset("own", split(4), split(2), split(3), {"half": ["a", "b"]}, {"table": "00ff"})


DATASET = {
    f"{name}/{what}": value
    for name in SPLITS
    for what, value in [
        ("images", tiny().split(name).images),
        ("labels/half", tiny().split(name).labels["half"]),
    ]
}
ABOUT = {"name": "own", "classes": {"half": ["a", "b"]}, "digests": {"table": "00ff"}}
WHOLE = own(DATASET, json.dumps(ABOUT))


def assert_dataset(dataset):
    for name in SPLITS:
        split = dataset.split(name)
        assert split.images.shape == (len(split), 784)
        assert split.images.min() >= 0
        assert split.images.max() <= 1
        for task, codes in split.labels.items():
            assert codes.shape == (len(split),)
            assert MISSING <= codes.min() <= codes.max() < len(dataset.classes[task])


def test_the_data_set_that_is_fuzzed_is_sound(folder):
    save_dataset(folder / "own.safetensors", tiny())
    assert_dataset(load_dataset(folder / "own.safetensors"))
    assert assert_read_or_refused(folder, WHOLE, load_dataset).name == "own"


@cases(250)
@given(damaged(WHOLE))
def test_a_prepared_data_set_is_sound_or_refused(folder, content):
    dataset = assert_read_or_refused(folder, content, load_dataset)
    if dataset is not None:
        assert_dataset(dataset)


@pytest.mark.parametrize("text", [*RAW, "{}", '{"name": "own", "classes": ["half"]}'])
def test_a_data_set_whose_metadata_say_anything_is_refused(folder, text):
    assert assert_read_or_refused(folder, own(DATASET, text), load_dataset) is None


# --- weights ------------------------------------------------------------------------------------

SPEC = make_spec(latent_dim=2, width=0.05)
WEIGHTS = {name: value.contiguous() for name, value in SPEC.build().state_dict().items()}
RUN = Run("own", "gaussian", "deconv", "gaussian", "1", 0)
SAID = {"spec": SPEC.as_dict(), "run": RUN.columns, "status": "ok"}


def test_a_weights_file_that_names_other_code_is_refused_and_runs_nothing(folder):
    path = folder / "weights.safetensors"
    other = SPEC.as_dict() | {"encoder": "antigravity:fly"}
    save_tensors(path, WEIGHTS, SAID | {"spec": other})
    with pytest.raises(StorageError, match=r"weights\.safetensors are not those of the run"):
        load_vae(path, SPEC, RUN)


# --- checkpoints --------------------------------------------------------------------------------


def trained():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(module.parameters())
    step(module, optimizer)
    return module, optimizer


def step(module, optimizer):
    optimizer.zero_grad()
    module(torch.arange(12.0).view(4, 3)).square().sum().backward()
    optimizer.step()


FINGERPRINT = {"identity": ["own", 0], "code": "ab"}


def checkpoint(path):
    module, optimizer = trained()
    curve = [{"epoch": 1, "valid_loss_nats": 2.5}]
    progress = Progress(1, 0.5, 1, 2.5, curve, snapshot(module))
    save_checkpoint(path, module, optimizer, progress, FINGERPRINT)


CHECKPOINT = written(checkpoint)
with tempfile.NamedTemporaryFile() as _file:
    checkpoint(Path(_file.name))
    KEPT, KEPT_ABOUT = load_tensors(_file.name)


def assert_resumed_or_restarted(path):
    module, optimizer = trained()
    before, moments = snapshot(module), optimizer.state_dict()["state"][0]["exp_avg"].clone()
    with in_time():
        progress = load_checkpoint(path, module, optimizer, FINGERPRINT)
    if progress is None:
        after = module.state_dict()
        assert all(torch.equal(after[name], value) for name, value in before.items())
        assert torch.equal(optimizer.state_dict()["state"][0]["exp_avg"], moments)
    else:
        # the next use of the loaded state by a training
        step(module, optimizer)
        module.load_state_dict(progress.best_state)
        assert 0 <= progress.best_epoch <= progress.epoch
        assert 1.0 + progress.seconds >= 1.0
        pd.DataFrame(progress.curve, columns=["epoch", "valid_loss_nats"]).astype(float)
    return progress


def test_the_checkpoint_that_is_fuzzed_is_sound(folder):
    assert assert_resumed_or_restarted(placed(folder, CHECKPOINT)).epoch == 1


@cases(150)
@given(damaged(CHECKPOINT))
def test_a_damaged_checkpoint_is_used_whole_or_not_at_all(folder, content):
    assert_resumed_or_restarted(placed(folder, content))


@pytest.mark.parametrize(
    ("tensors", "metadata"),
    [
        ({"optimizer/0/exp_avg": None}, {}),
        ({"optimizer/0/exp_avg": torch.zeros(2)}, {}),
        ({"optimizer/7/step": torch.tensor(1.0)}, {}),
        ({"optimizer/0/step": torch.tensor([1.0])}, {}),
        ({"best/0.weight": None}, {}),
        ({"best/0.weight": torch.zeros(3, 3)}, {}),
        ({"model/0.weight": torch.zeros(2, 3, dtype=torch.float64)}, {}),
        ({"other/0.weight": torch.zeros(2, 3)}, {}),
        *(
            ({}, {key: value})
            for key, values in {
                "epoch": ("1", -1, 0),
                "seconds": (float("nan"), None),
                "best_loss_nats": ([],),
                "curve": ({}, [[]], [], [{"epoch": "one"}]),
            }.items()
            for value in values
        ),
    ],
)
def test_a_checkpoint_of_other_content_is_left_aside(folder, tensors, metadata):
    path = folder / "the-file"
    found = {name: value for name, value in (KEPT | tensors).items() if value is not None}
    save_tensors(path, found, KEPT_ABOUT | metadata)
    restarts = metadata != {"curve": []}  # classifiers keep no curve
    assert (assert_resumed_or_restarted(path) is None) == restarts


@pytest.mark.parametrize("metadata", [None, {"labelinfo": "[1]"}, {"labelinfo": NESTED}])
def test_metadata_of_another_shape_are_left_aside(folder, metadata):
    path = folder / "the-file"
    save_file(KEPT, path, metadata)
    assert assert_resumed_or_restarted(path) is None
    with pytest.raises(StorageError, match="not one of ours"):
        load_tensors(path)


# --- tables -------------------------------------------------------------------------------------

TABLE = pd.DataFrame(
    {
        "text": ["β", "", None],
        "real": [0.1, np.nan, 1.0],
        "count": pd.array([1, None, 2], dtype="Int64"),
        "flag": [True, False, True],
        "kind": pd.Categorical(["a", "b", "a"]),
    }
)
ORIGIN = {"stage": "x", "config": {"β": [1]}}


def table(path):
    write_table(path, TABLE, ORIGIN)


def losses(path):
    write_losses(path, np.ones((2, 3)), {"task": "digit"}, {"stage": "x"})


@cases(200)
@given(damaged(written(table)), damaged(written(losses)))
def test_a_damaged_table_is_read_or_refused(folder, content, of_losses):
    found = assert_read_or_refused(folder, content, read_with_provenance)
    if found is not None:
        pd.testing.assert_frame_equal(found[0], TABLE)
        assert found[1] == ORIGIN
    assert assert_read_or_refused(folder, content, read_provenance) in (None, ORIGIN)
    found = assert_read_or_refused(folder, of_losses, read_losses)
    if found is not None:
        assert found[0].tolist() == [[1.0, 1.0, 1.0]] * 2
        assert found[1:] == ({"task": "digit"}, {"stage": "x"})


@pytest.mark.parametrize("key", [b"labelinfo", b"pandas", b"ARROW:schema"])
@pytest.mark.parametrize("text", [*RAW, "{}", '{"columns": [{}], "index_columns": [3]}', "β"])
def test_the_metadata_of_a_table_may_say_anything(folder, key, text):
    arrow = pa.table({"point": [0, 0], "image": [0, 1], "label_distortion_nats": [1.0, 2.0]})
    metadata = {b"labelinfo": b"{}", key: text.encode("utf-8", "replace")}
    metadata[b"labelinfo-sha256"] = table_sha256(arrow, metadata[b"labelinfo"]).encode()
    pq.write_table(arrow.replace_schema_metadata(metadata), folder / "the-file")
    content = (folder / "the-file").read_bytes()
    found = assert_read_or_refused(folder, content, read_with_provenance)
    assert found is None or isinstance(found[1], dict)
    found = assert_read_or_refused(folder, content, read_losses)
    assert found is None or found[0].shape == (1, 2)
