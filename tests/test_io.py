"""The workflow's files: written whole or not at all, read back exactly, and clear errors."""

import errno
import hashlib
import importlib
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from labelinfo import jobs
from labelinfo.errors import DataError, LabelinfoError, StorageError
from labelinfo.io import tables as tables_module
from labelinfo.io import tensors as tensors_module
from labelinfo.io.atomic import atomic_path, file_sha256, write_text
from labelinfo.io.tables import (
    read_provenance,
    read_table,
    read_with_provenance,
    write_table,
)
from labelinfo.io.tensors import load_tensors, save_tensors
from labelinfo.jobs import job
from labelinfo.models.vae import VAE

TABLE = pd.DataFrame(
    {
        "text": ["β-VAE", "", None],
        "real": [0.1, np.nan, -1e-300],
        "count": pd.array([1, None, 2**62], dtype="Int64"),
        "flag": [True, False, True],
    }
)
ORIGIN = {"stage": "train_vae", "config": {"β": [0.1, None]}, "data": {}}
TENSORS = {
    "half": torch.randn(3, 5, generator=torch.Generator().manual_seed(0)).bfloat16(),
    "long": torch.tensor([[2**62, -1]]),
    "special": torch.tensor([float("nan"), float("inf"), -0.0]),
    "empty": torch.zeros(0, 4, dtype=torch.float64),
    "scalar": torch.tensor(True),
    "strided": torch.arange(6.0).view(2, 3).t(),
}


def bits(tensor):
    return tensor.contiguous().flatten().view(torch.uint8).tolist()


def fails_with(number):
    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    return fail


# --- atomic -------------------------------------------------------------------------------------


def test_the_target_is_made_with_its_folders_and_replaced_whole(tmp_path):
    target = tmp_path / "new" / "folder" / "file.txt"
    write_text(target, "a long first content: α")
    with atomic_path(str(target)) as temporary:
        temporary.write_text("β", encoding="utf-8")
        assert target.read_text(encoding="utf-8") == "a long first content: α"
        # a rename within a folder is atomic; some writers depend on the ending
        assert (temporary.parent, temporary.suffix) == (target.parent, target.suffix)
    assert target.read_bytes() == "β".encode()
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt, DataError])
def test_a_fault_inside_leaves_the_old_content_and_nothing_else(tmp_path, fault):
    target = tmp_path / "file.txt"
    target.write_text("old")
    with pytest.raises(fault), atomic_path(target) as temporary:
        temporary.write_text("half of the ne")
        raise fault
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_process_left_is_removed_by_the_next_writer_of_that_file(tmp_path):
    code = """
import os, signal, sys
from labelinfo.io.atomic import atomic_path
with atomic_path(sys.argv[1]) as path:
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    target, neighbour = tmp_path / "table.parquet", tmp_path / "other.parquet"
    for path in (target, neighbour):
        subprocess.run([sys.executable, "-c", code, path], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    with atomic_path(target) as ours, atomic_path(target) as alive:
        alive.write_text("theirs")
        ours.write_text("ours")
    assert target.read_text() == "ours"
    (left,) = set(tmp_path.iterdir()) - {target}
    assert left.name.startswith(".other.")


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_the_mask(tmp_path, mask):
    target = tmp_path / "file.txt"
    before = os.umask(mask)
    try:
        write_text(target, "text")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission"),
    ],
)
@pytest.mark.parametrize("call", ["mkstemp", "fsync", "replace"])
def test_a_refusal_of_the_file_system_names_the_target_and_the_remedy(
    tmp_path, monkeypatch, number, remedy, call
):
    target = tmp_path / "file.txt"
    target.write_text("old")
    place = {
        "mkstemp": "labelinfo.io.atomic.tempfile.mkstemp",
        "fsync": "labelinfo.io.atomic.os.fsync",
        "replace": "labelinfo.io.atomic.Path.replace",
    }[call]
    monkeypatch.setattr(place, fails_with(number))
    with pytest.raises(StorageError, match=remedy) as caught:
        write_text(target, "new")
    assert str(target) in str(caught.value)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_what_only_hinders_reading_is_not_told_as_damage(tmp_path, monkeypatch, number):
    write_table(tmp_path / "t.parquet", TABLE, ORIGIN)
    save_tensors(tmp_path / "t.safetensors", TENSORS, ORIGIN)
    monkeypatch.setattr(tables_module.pq, "ParquetFile", fails_with(number))
    monkeypatch.setattr(tensors_module, "safe_open", fails_with(number))
    for read, name in ((read_table, "t.parquet"), (load_tensors, "t.safetensors")):
        with pytest.raises(StorageError, match=r"cannot be read \(") as caught:
            read(tmp_path / name)
        assert "delete" not in str(caught.value)


def test_a_lack_of_memory_is_not_told_as_damage(tmp_path, monkeypatch):
    write_table(tmp_path / "t.parquet", TABLE, ORIGIN)

    def lack(*args, **kwargs):
        raise pa.ArrowMemoryError("malloc")

    monkeypatch.setattr(tables_module.pq, "ParquetFile", lack)
    with pytest.raises(MemoryError):
        read_table(tmp_path / "t.parquet")


def test_a_lone_surrogate_in_metadata_is_told_as_damage(tmp_path):
    own = {"metadata": '{"a": "\\ud800"}'.replace("\\ud800", "\ud800"), "sha256": "0" * 64}
    file = tmp_path / "t.safetensors"
    save_file({"x": torch.zeros(1)}, file, metadata={"labelinfo": json.dumps(own)})
    with pytest.raises(StorageError, match="damaged"):
        load_tensors(file)


def test_another_error_of_the_system_passes_unchanged(tmp_path, monkeypatch):
    monkeypatch.setattr("labelinfo.io.atomic.os.fsync", fails_with(errno.EIO))
    with pytest.raises(OSError, match="Input/output") as caught:
        write_text(tmp_path / "file.txt", "new")
    assert caught.value.errno == errno.EIO
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I/O error: No space left on device (os error 28)", StorageError),
        ("I/O error: Input/output error (os error 5)", SafetensorError),
        ("InvalidHeader", SafetensorError),
    ],
)
def test_a_full_disk_is_understood_where_safetensors_hides_it(
    tmp_path, monkeypatch, message, expected
):
    def fail(*args, **kwargs):
        raise SafetensorError(f"Error while serializing: {message}")

    monkeypatch.setattr(tensors_module, "save_file", fail)
    with pytest.raises(expected):
        save_tensors(tmp_path / "a.safetensors", TENSORS, {})
    assert not list(tmp_path.iterdir())


def test_digest_of_a_file(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert file_sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()


# --- tables -------------------------------------------------------------------------------------


def test_a_table_comes_back_with_its_types_and_provenance(tmp_path):
    path = tmp_path / "table.parquet"
    write_table(path, TABLE, ORIGIN)
    both, origin = read_with_provenance(path)
    for table in (read_table(path), both):
        pd.testing.assert_frame_equal(table, TABLE)
    assert origin == read_provenance(path) == ORIGIN

    # the index is not a column, and an empty table also has a digest
    write_table(path, TABLE.iloc[::-1], {})
    assert list(read_table(path).index) == [0, 1, 2]
    write_table(path, TABLE.iloc[:0], ORIGIN)
    assert read_provenance(path) == ORIGIN


@pytest.mark.parametrize("keep", [[], [b"labelinfo"], [b"labelinfo-sha256"]])
def test_a_table_without_a_digest_is_refused(tmp_path, keep):
    path = tmp_path / "table.parquet"
    write_table(path, TABLE, ORIGIN)
    arrow = pq.read_table(path)
    kept = {key: value for key, value in arrow.schema.metadata.items() if key in (*keep, b"pandas")}
    pq.write_table(arrow.replace_schema_metadata(kept), path)
    with pytest.raises(StorageError, match="not one of ours") as caught:
        read_table(path)
    assert str(path) in str(caught.value)


def with_cell(column, value):
    def change(arrow):
        table = arrow.to_pandas()
        table.loc[1, column] = value
        changed = pa.Table.from_pandas(table, schema=arrow.schema, preserve_index=False)
        return changed.replace_schema_metadata(arrow.schema.metadata)

    return change


def with_provenance(arrow):
    metadata = dict(arrow.schema.metadata)
    metadata[b"labelinfo"] = metadata[b"labelinfo"].replace(b"0.1", b"0.2")
    return arrow.replace_schema_metadata(metadata)


# what somebody could do to a table with ordinary tools
TAMPERINGS = {
    "a number": with_cell("real", 0.5),
    "a sign of zero": with_cell("real", -0.0),
    "a missing number": with_cell("count", 0),
    "a text": with_cell("text", "."),
    "a flag": with_cell("flag", True),
    "a text that is missing": with_cell("text", None),
    "a row left out": lambda arrow: arrow.slice(1),
    "rows in another order": lambda arrow: arrow.take([1, 0, 2]),
    "columns in another order": lambda arrow: arrow.select(["real", "text", "count", "flag"]),
    "a column's name": lambda arrow: arrow.rename_columns(
        ["text", "real", "counts", "flag"]
    ).replace_schema_metadata(arrow.schema.metadata),
    "a column's type": lambda arrow: arrow.set_column(1, "real", arrow["real"].cast(pa.float32())),
    "provenance": with_provenance,
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_table_that_was_changed_is_named(tmp_path, tampering):
    path = tmp_path / "table.parquet"
    write_table(path, TABLE.fillna({"real": 0.0}), ORIGIN)
    pq.write_table(TAMPERINGS[tampering](pq.read_table(path)), path)
    with pytest.raises(StorageError, match="was changed after it was written") as caught:
        read_table(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"compression": "none"}, {"row_group_size": 1}, {"use_dictionary": False}, {"version": "1.0"}],
)
def test_how_parquet_packs_a_table_does_not_matter(tmp_path, options):
    path = tmp_path / "table.parquet"
    write_table(path, TABLE, ORIGIN)
    pq.write_table(pq.read_table(path), path, **options)
    pd.testing.assert_frame_equal(read_table(path), TABLE)


DAMAGES = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "without its last byte": lambda content: content[:-1],
    "another file": lambda content: b"not one of ours " * 50,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_named(tmp_path, damage):
    table, tensors = tmp_path / "table.parquet", tmp_path / "weights.safetensors"
    write_table(table, TABLE, ORIGIN)
    save_tensors(tensors, TENSORS, ORIGIN)
    for path, read in ((table, read_with_provenance), (tensors, load_tensors)):
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
        with pytest.raises(StorageError, match="damaged or not one of ours") as caught:
            read(path)
        assert str(path) in str(caught.value)


# --- tensors ------------------------------------------------------------------------------------


def test_tensors_come_back_bit_for_bit(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_tensors(path, TENSORS, ORIGIN)
    tensors, metadata = load_tensors(path)
    assert metadata == ORIGIN
    assert set(tensors) == set(TENSORS)
    for name, tensor in tensors.items():
        assert tensor.dtype == TENSORS[name].dtype
        assert tensor.shape == TENSORS[name].shape
        assert bits(tensor) == bits(TENSORS[name]), name


def test_a_parameter_is_saved_without_its_gradient(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_tensors(path, {"w": torch.nn.Parameter(torch.ones(2))}, {})
    assert not load_tensors(path)[0]["w"].requires_grad


def test_the_same_content_gives_the_same_bytes(tmp_path):
    backwards = dict(reversed(TENSORS.items()))
    origin = dict(reversed(ORIGIN.items()))
    save_tensors(tmp_path / "one", TENSORS, ORIGIN)
    save_tensors(tmp_path / "other", backwards, origin)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def reopened(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def with_another_bit(tensors, metadata):
    tensors["half"].view(torch.int16)[0, 0] ^= 1
    return tensors, metadata


TENSOR_TAMPERINGS = {
    "a bit": with_another_bit,
    "a shape": lambda found, said: (found | {"strided": found["strided"].view(2, 3)}, said),
    "a type": lambda found, said: (found | {"long": found["long"].view(torch.float64)}, said),
    "names": lambda found, said: (
        found | {"a": found["scalar"], "scalar": torch.tensor(False)},
        said,
    ),
    "metadata": lambda found, said: (
        found,
        {key: text.replace("train_vae", "train_vat") for key, text in said.items()},
    ),
}


@pytest.mark.parametrize("tampering", TENSOR_TAMPERINGS)
def test_tensors_that_were_changed_are_named(tmp_path, tampering):
    path = tmp_path / "weights.safetensors"
    save_tensors(path, TENSORS, ORIGIN)
    tensors, metadata = TENSOR_TAMPERINGS[tampering](*reopened(path))
    save_file(tensors, path, metadata)
    with pytest.raises(StorageError, match="was changed after it was written") as caught:
        load_tensors(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"labelinfo": "{"}])
def test_tensors_of_others_are_refused(tmp_path, metadata):
    path = tmp_path / "weights.safetensors"
    save_file({"a": torch.ones(2)}, path, metadata)
    with pytest.raises(StorageError, match="not one of ours"):
        load_tensors(path)


@pytest.mark.parametrize("read", [read_table, load_tensors])
def test_a_missing_file_is_named(tmp_path, read):
    with pytest.raises(StorageError, match=f"{tmp_path}/missing is missing"):
        read(tmp_path / "missing")


# --- jobs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (DataError("The file x is truncated: fetch it again."), "The file x is truncated"),
        (LabelinfoError("2 training(s) diverged."), "2 training(s) diverged."),
        (MemoryError(), "out of memory"),
        (torch.OutOfMemoryError("CUDA out of memory."), "out of memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory"), "out of memory"),
    ],
)
def test_a_fault_for_the_user_is_one_sentence_and_exit_code_1(tmp_path, capsys, fault, said):
    log = tmp_path / "logs" / "job.log"
    with pytest.raises(SystemExit) as caught, job(log):
        raise fault
    assert caught.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    for text in (error, log.read_text(encoding="utf-8")):
        assert said in text
        assert "Traceback" not in text


def test_a_bug_of_ours_is_raised_with_its_traceback_in_the_log(tmp_path):
    log = tmp_path / "job.log"
    with pytest.raises(ZeroDivisionError), job(log):
        1 / 0  # noqa: B018
    text = log.read_text(encoding="utf-8")
    assert "This is a bug in labelinfo" in text
    assert "Traceback" in text
    assert "ZeroDivisionError" in text


def test_a_fault_in_a_component_of_ones_own_is_told_with_its_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(jobs, "_BASE", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "faulty_parts.py").write_text(
        "import torch\n\nclass Encoder(torch.nn.Module):\n    def forward(self, x):\n"
        "        return {}['where']\n"
    )
    encoder = importlib.import_module("faulty_parts").Encoder()
    log = tmp_path / "job.log"
    with pytest.raises(SystemExit) as caught, job(log):
        VAE(encoder, torch.nn.Identity(), torch.nn.Identity()).encode(torch.zeros(1, 1, 28, 28))
    assert caught.value.code == 1
    said = "Error: a component of yours fails in faulty_parts.py, line 5: KeyError: 'where'."
    assert capsys.readouterr().err == said + "\n"
    assert "Traceback" in log.read_text(encoding="utf-8")
    # the test is also next to the Snakefile, but the package did not call it
    monkeypatch.undo()
    with pytest.raises(KeyError), job(log):
        raise KeyError


def test_messages_go_to_the_log_and_warnings_to_the_terminal_too(tmp_path, capsys):
    log = tmp_path / "job.log"
    with job(log):
        logging.getLogger("labelinfo").info("Epoch %d, β.", 1)
        logging.getLogger("labelinfo.data").warning("Slow.")
    assert capsys.readouterr().err == "Slow.\n"
    started, first, second, finished = log.read_text(encoding="utf-8").splitlines()
    assert f", process {os.getpid()}." in started
    assert first.endswith("INFO Epoch 1, β.")
    assert second.endswith("WARNING Slow.")
    assert finished.endswith("INFO Finished.")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission"),
        (errno.ENOTDIR, "Not a directory"),
    ],
)
def test_a_log_that_cannot_be_written_is_named_with_the_remedy(
    tmp_path, monkeypatch, number, remedy
):
    log = tmp_path / "logs" / "job.log"
    monkeypatch.setattr(logging, "FileHandler", fails_with(number))
    with pytest.raises(SystemExit) as caught, job(log):
        pass
    assert str(caught.value.code).startswith(f"Error: Cannot write {log}: ")
    assert remedy in str(caught.value.code)


def test_a_disk_that_is_full_for_the_log_does_not_end_the_job(tmp_path, capsys):
    with job("/dev/full") as logger:
        logger.info("lost")
        (tmp_path / "done").touch()
    assert (tmp_path / "done").exists()
    assert capsys.readouterr().err == ""


def test_a_job_told_to_stop_removes_what_is_half_written(tmp_path, capsys):
    target = tmp_path / "table"
    with (
        pytest.raises(SystemExit) as caught,
        job(tmp_path / "job.log"),
        atomic_path(target) as path,
    ):
        path.write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert caught.value.code == 128 + signal.SIGTERM
    assert [path.name for path in tmp_path.iterdir()] == ["job.log"]
    assert "Error: the job was told to stop" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_the_log_is_started_anew_and_left_alone_after_the_job(tmp_path):
    log, next_log = tmp_path / "job.log", tmp_path / "next.log"
    log.write_text("of the last try")
    with job(log) as logger:
        logger.info("one")
    with job(next_log) as logger:
        logger.info("two")
    assert "last try" not in log.read_text()
    assert "two" not in log.read_text()
    assert "two" in next_log.read_text()


def test_threads_are_set_for_torch(tmp_path):
    with job(tmp_path / "job.log", 1):
        assert torch.get_num_threads() == 1


def test_torch_is_not_loaded_where_nothing_is_computed(tmp_path):
    code = (
        "import sys; from labelinfo.jobs import job\n"
        f"with job({str(tmp_path / 'job.log')!r}): pass\n"
        "print('torch' in sys.modules)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert printed == "False\n"
