"""Formats of static MNIST: round trips, and one sentence for each fault."""

import struct

import numpy as np
import pytest

from labelinfo.data.readers.static_mnist import parse_amat, parse_idx
from labelinfo.errors import DataError

NAME = "folder/the-file"


def idx(array, kind=8):
    return struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 28, 28)])
def test_idx(shape):
    array = np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)
    parsed = parse_idx(idx(array), NAME)
    np.testing.assert_array_equal(parsed, array)
    assert parsed.dtype == np.uint8
    assert parsed.flags.writeable


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "no IDX file"),
        (b"<!DOCTYPE html>", "no IDX file"),
        (idx(np.zeros(4, np.float32), kind=0x0D), "no IDX file"),
        (b"\0\0\x08\0" + b"\0" * 8, "no IDX file"),
        (idx(np.zeros((1, 1, 1, 1), np.uint8)), "no IDX file"),
        (b"\0\0\x08\x03\0\0\0\x05\0\0", "truncated or damaged: it has 10 bytes"),
        (idx(np.zeros((2, 3), np.uint8))[:-1], "has 17 bytes but its header announces 18"),
        (idx(np.zeros((2, 3), np.uint8)) + b"\0", "has 19 bytes but its header announces 18"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "truncated or damaged: it has 16 bytes"),
        (b"\0\0\x08\x03" + b"\0" * 4 + b"\xff" * 8, "for 0×4294967295×"),
    ],
)
def test_idx_refused(content, match):
    with pytest.raises(DataError, match=f"{NAME}.*{match}"):
        parse_idx(content, NAME)


def amat(bits):
    return b"".join(b" ".join(b"%d" % bit for bit in row) + b"\n" for row in bits)


ONES = amat(np.ones((4, 7), np.uint8))


@pytest.mark.parametrize("pixels", [1, 2, 7, 784])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_amat(pixels, end):
    bits = np.random.default_rng(7).integers(0, 2, (5, pixels), dtype=np.uint8)
    parsed = parse_amat(amat(bits)[:-1] + end, NAME, pixels)
    np.testing.assert_array_equal(parsed, bits)
    assert parsed.dtype == np.uint8


def with_byte(offset, bad, lines=(0, 3)):
    content = bytearray(ONES)
    for line in lines:
        content[line * 14 + offset] = bad[0]
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        # the message names the first of several bad lines
        *((with_byte(offset, bad), 1) for offset in (0, 12) for bad in (b"2", b"/", b" ", b"\xff")),
        *((with_byte(*case), 1) for case in [(1, b"0"), (1, b"\t"), (13, b" "), (3, b"\n")]),
        (with_byte(4, b"\n", lines=[3]), 4),
        (b"", 1),
        (b"\n", 1),
        (b"<html>404</html>", 1),
        (ONES.replace(b"\n", b"\r\n"), 1),
        (ONES.replace(b"\n", b" \n"), 1),
        (ONES + b"\n", 5),
        (amat(np.ones((2, 6), np.uint8)), 1),
        (amat(np.ones((2, 8), np.uint8)), 1),
        *((ONES[:kept], line) for kept, line in ((1, 1), (2, 1), (15, 2), (42 + 11, 4))),
    ],
)
def test_amat_refused(content, line):
    said = f"The file {NAME} is truncated or malformed in line {line}: .* 7 digits"
    with pytest.raises(DataError, match=said):
        parse_amat(content, NAME, 7)
