"""Numeric variables of MATLAB 5 files.

SciPy reads these files too, but a single flipped bit in one can make it crash the process, and
sizes that a file announces are taken for granted there.

References
----------
MAT-File Format, The MathWorks,
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelinfo.errors import DataError

# Codes of element types and of array classes, by the names of the format's description
_MI_INT32, _MI_UINT32, _MI_MATRIX, _MI_COMPRESSED = 5, 6, 14, 15
_NUMBERS = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_CLASSES = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single",
    8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64",
    15: "uint64", 16: "function",
}  # fmt: skip
_NUMERIC_CLASSES = range(6, 16)
_COMPLEX = 0x800
# Room for the class, the dimensions and the name of a variable
_HEAD = 4096
# Room for the tag and the padding of the values, so that the stream's checksum is reached
_ROOM = 64


class _Malformed(Exception):  # noqa: N818 - never leaves this module
    """The bytes are not what the format wants; the message says why in a few words."""


@dataclass(frozen=True)
class _Head:
    """What stands before a variable's values, and the offset at which they start."""

    name: str
    kind: int
    is_complex: bool
    shape: tuple[int, ...]
    start: int


def parse_matlab5(
    content: bytes, name: str, variables: Sequence[str], *, max_size: int
) -> dict[str, np.ndarray]:
    """Return the numeric ``variables`` that a MATLAB 5 file holds, in the type they are stored in.

    Parameters
    ----------
    content, name
        The file, and its name for messages.
    variables
        Names of variables to read; those that the file lacks are left out.
    max_size
        Most bytes that the values of all of them together may have.

    Raises
    ------
    DataError
        If it is no MATLAB 5 file, is damaged or too large, or a variable is there twice or does
        not hold real numbers.
    """
    order = {b"\0\x01IM": "<", b"\x01\0MI": ">"}.get(content[124:128])
    if order is None:
        raise DataError(
            f"The file {name} is no MATLAB 5 file ({len(content)} bytes, without its header): "
            "fetch it again."
        )
    found: dict[str, np.ndarray] = {}
    size = 0
    try:
        for packed, element in _elements(memoryview(content)[128:], order):
            head = _head(_unpack(element, _HEAD) if packed else element[:_HEAD], order)
            if head is None or head.name not in variables:
                continue
            which = f"The variable '{head.name}' of the file {name}"
            if head.name in found:
                raise DataError(f"{which} is there twice: fetch it again.")
            if head.kind not in _NUMERIC_CLASSES or head.is_complex:
                kind = "complex" if head.is_complex else _CLASSES.get(head.kind, "unknown")
                raise DataError(
                    f"{which} is of the type {kind} where real numbers are expected: fetch it "
                    "again."
                )
            # No number takes more than eight bytes
            most = 8 * math.prod(head.shape)
            if size + most > max_size:
                raise DataError(
                    f"{which} announces {most} bytes where at most {max_size - size} are allowed: "
                    "fetch it again."
                )
            if packed:
                element = _unpack(element, head.start + most + _ROOM)
            values = _values(element, head, order)
            size += values.nbytes
            found[head.name] = values
    except (_Malformed, zlib.error) as error:
        raise DataError(f"The MATLAB file {name} is damaged ({error}): fetch it again.") from error
    return found


def _elements(rest: memoryview, order: str) -> Iterator[tuple[bool, memoryview]]:
    """Yield each variable's bytes, and whether they are compressed."""
    while rest:
        kind, length = _two_words(rest, order)
        if kind not in (_MI_MATRIX, _MI_COMPRESSED):
            raise _Malformed(f"an element of the kind {kind} where a variable should be")
        packed = kind == _MI_COMPRESSED
        # The whole element, since unpacking a compressed one gives a tag as well
        end = 8 + length
        if end > len(rest):
            raise _Malformed(f"truncated: {length} bytes announced where {len(rest) - 8} are left")
        yield packed, rest[8 if packed else 0 : end]
        rest = rest[end:]


def _unpack(packed: memoryview, limit: int) -> memoryview:
    """Return the first ``limit`` bytes at most of what ``packed`` unpacks to."""
    return memoryview(zlib.decompressobj().decompress(packed, limit))


def _head(element: memoryview, order: str) -> _Head | None:
    """Return the head of a variable, None if it is of a sort that has no such head."""
    kind, _ = _two_words(element, order)
    if kind != _MI_MATRIX:
        raise _Malformed(f"an element of the kind {kind} where a variable should be")
    kind, flags, position = _part(element, 8, order)
    if kind != _MI_UINT32 or len(flags) != 8:
        raise _Malformed("a variable without a class")
    (flag,) = struct.unpack_from(f"{order}I", flags)
    if flag & 0xFF not in _CLASSES:
        return None
    kind, dimensions, position = _part(element, position, order)
    count = len(dimensions) // 4
    if kind != _MI_INT32 or len(dimensions) % 4 or not 2 <= count <= 32:
        raise _Malformed("a variable without dimensions")
    shape = struct.unpack(f"{order}{count}i", dimensions)
    if min(shape) < 0:
        raise _Malformed("a negative dimension")
    _, title, position = _part(element, position, order)
    return _Head(
        name=bytes(title).decode("latin-1"),
        kind=flag & 0xFF,
        is_complex=bool(flag & _COMPLEX),
        shape=shape,
        start=position,
    )


def _values(element: memoryview, head: _Head, order: str) -> np.ndarray:
    kind, values, _ = _part(element, head.start, order)
    if kind not in _NUMBERS:
        raise _Malformed(f"numbers of the unknown kind {kind}")
    dtype = np.dtype(order + _NUMBERS[kind])
    expected = math.prod(head.shape) * dtype.itemsize
    if len(values) != expected:
        raise _Malformed(f"'{head.name}' has {len(values)} bytes of values instead of {expected}")
    if expected == 0:
        # Some dimensions beside the zero may be beyond what numpy takes
        raise _Malformed(f"'{head.name}' is empty")
    return np.frombuffer(values, dtype).reshape(head.shape, order="F")


def _part(element: memoryview, position: int, order: str) -> tuple[int, memoryview, int]:
    """Return the kind and the bytes of the part at ``position``, and where the next one starts."""
    kind, length = _two_words(element[position:], order)
    start = position + 8
    if kind >> 16:
        # Up to four bytes stand within the tag, their number in the kind's upper half
        kind, length, start = kind & 0xFFFF, kind >> 16, position + 4
        if length > 4:
            raise _Malformed(f"a short part of {length} bytes")
    values = element[start : start + length]
    if len(values) < length:
        raise _Malformed(f"truncated: {length} bytes announced where {len(values)} are left")
    # Parts start at multiples of eight bytes
    return kind, values, -(-(start + length) // 8) * 8


def _two_words(element: memoryview, order: str) -> tuple[int, int]:
    if len(element) < 8:
        raise _Malformed("truncated inside a variable")
    return struct.unpack_from(f"{order}2I", element)
