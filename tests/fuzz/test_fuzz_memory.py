"""Files that announce, or unpack to, far more than they hold: refused in little memory."""

import gzip
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.io

SMALL = np.zeros((2, 784), np.uint8)
HUGE = 3 * 2**30


def npy(shape, kind="|u1", rest=b""):
    header = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + rest


def zipped(content, announced=None):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("images.npy", content)
    raw = file.getvalue()
    if announced is not None:
        raw = raw.replace(struct.pack("<I", len(content)), struct.pack("<I", announced))
    return raw


def mat(data):
    file = io.BytesIO()
    scipy.io.savemat(file, {"data": data})
    return file.getvalue()


def lying_mat(shape=None, length=None, packed=False):
    """Return a MATLAB file of one variable whose dimensions or length of values are others."""
    content = mat(np.ones((784, 2)))
    if shape is not None:
        content = content.replace(struct.pack("<2i", 784, 2), struct.pack("<2i", *shape), 1)
    if length is not None:
        true = struct.pack("<2I", 9, 784 * 2 * 8)
        content = content.replace(true, struct.pack("<2I", 9, length), 1)
    if packed:
        squeezed = zlib.compress(content[128:] + bytes(64 * 2**20))
        content = content[:128] + struct.pack("<2I", 15, len(squeezed)) + squeezed
    return content


def parquet(**columns):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def lying_footer(length):
    content = parquet(images=list(SMALL))
    return content[:-8] + struct.pack("<I", length) + b"PAR1"


# Made when they are needed, for some take a moment
FILES = {
    "shape.idx": lambda: b"\0\0\x08\3" + struct.pack(">3I", 2**31, 2**31, 2**31) + bytes(99),
    "one.idx": lambda: b"\0\0\x08\1" + struct.pack(">I", 2**32 - 1) + bytes(99),
    "line.amat": lambda: b"0 " * 2**20,
    "bomb.gz": lambda: gzip.compress(bytes(64 * 2**20), 1),
    "bombs.gz": lambda: gzip.compress(bytes(2**20), 1) * 64,
    "shape.npz": lambda: zipped(npy((HUGE,), rest=bytes(64))),
    "shapes.npz": lambda: zipped(npy((2**31, 2**31, 2**31), "<f8", bytes(64))),
    "itemsize.npz": lambda: zipped(npy((2,), "|V2147483647", bytes(64))),
    "text.npz": lambda: zipped(npy((1,), "<U500000000", bytes(64))),
    "said.npz": lambda: zipped(npy((HUGE,), rest=bytes(64)), announced=2**31 - 1),
    "less.npz": lambda: zipped(
        npy((100,), rest=bytes(128 * 2**20)), announced=len(npy((100,))) + 100
    ),
    "header.npz": lambda: zipped(b"\x93NUMPY\2\0" + struct.pack("<I", 2**31) + bytes(128 * 2**20)),
    "rows.mat": lambda: lying_mat(shape=(784, 2**31 - 1)),
    "cells.mat": lambda: lying_mat(shape=(2**31 - 1, 2**31 - 1)),
    "length.mat": lambda: lying_mat(length=2**32 - 16),
    "packed.mat": lambda: lying_mat(shape=(784, 2**31 - 1), packed=True),
    "behind.mat": lambda: lying_mat(length=2**32 - 16, packed=True),
    "footer.parquet": lambda: lying_footer(2**31 - 1),
    "footers.parquet": lambda: lying_footer(2**32 - 1),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in FILES.items():
        (folder / name).write_bytes(content())
    names = [str(path) for path in sorted(folder.iterdir())]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("limited.py")), *names],
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    return {Path(name).name: outcome for name, outcome in found.items()}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_announces_too_much_is_refused(outcomes, name):
    assert outcomes[name].startswith("refused: ")
    assert name in outcomes[name]
    # or the limit would have refused it, not the parser
    for word in ("memory", "Memory", "alloc", "Unable"):
        assert word not in outcomes[name]


def test_refusing_them_all_takes_little_memory(outcomes):
    assert outcomes["grown_kb"] < 120_000
