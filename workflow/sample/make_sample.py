"""Draw the embedded sample from MNIST: a few thousand originals and a static binarisation.

Usage: ``python make_sample.py MIRROR OUTPUT``, where MIRROR holds the four files of MNIST as
``mnist/<name>.gz``. The same seed gives the same content on every machine; README.md next to this
file has its checksums, in the form that this script prints.
"""

import argparse
import gzip
import io
import struct
import sys
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator

from labelinfo.data.files import content_digest, read_verified
from labelinfo.data.readers.static_mnist import parse_idx
from labelinfo.io.atomic import atomic_path

SEED = 20181204
TRAIN, VALID, TEST = 2600, 400, 1000

SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def make_sample(mirror: Path) -> dict[str, bytes]:
    """Return the content of each file of the sample by name."""
    generator = Generator(PCG64(SEED))
    files: dict[str, bytes] = {}
    bits: dict[str, np.ndarray] = {}
    for part, count in (("train", TRAIN + VALID), ("t10k", TEST)):
        images = _read(mirror, f"{part}-images-idx3-ubyte")
        labels = _read(mirror, f"{part}-labels-idx1-ubyte")
        chosen = np.sort(generator.choice(len(images), count, replace=False))
        originals = images[chosen]
        files[f"{part}-images-idx3-ubyte"] = _format_idx(originals)
        files[f"{part}-labels-idx1-ubyte"] = _format_idx(labels[chosen])
        # random() is below 1, so that black stays black and white stays white
        drawn = generator.random(originals.shape) < originals / 255
        bits[part] = generator.permutation(drawn)
    files["binarized_train.amat"] = _format_amat(bits["train"][:TRAIN])
    files["binarized_valid.amat"] = _format_amat(bits["train"][TRAIN:])
    files["binarized_test.amat"] = _format_amat(bits["t10k"])
    return files


def _read(mirror: Path, name: str) -> np.ndarray:
    return parse_idx(read_verified(mirror / "mnist" / f"{name}.gz", sha256=SHA256[name]), name)


def _format_idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def _format_amat(bits: np.ndarray) -> bytes:
    """Return the text layout of the static binarised MNIST: digits, single spaces, line feeds."""
    pixels = bits.reshape(len(bits), -1)
    text = np.full((len(pixels), 2 * pixels.shape[1]), ord(" "), np.uint8)
    text[:, 0::2] = pixels + np.uint8(ord("0"))
    text[:, -1] = ord("\n")
    return text.tobytes()


def _gzip(content: bytes) -> bytes:
    packed = io.BytesIO()
    # Neither a name nor a time, so that the same content gives the same file
    with gzip.GzipFile("", "wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write(content)
    return packed.getvalue()


def main() -> None:
    """Write the gzipped files and print the table of their contents' checksums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mirror", type=Path, help="folder that holds mnist/<name>.gz")
    parser.add_argument("output", type=Path, help="folder that the files are written to")
    arguments = parser.parse_args()
    for name, content in make_sample(arguments.mirror).items():
        with atomic_path(arguments.output / f"{name}.gz") as temporary:
            temporary.write_bytes(_gzip(content))
        sys.stdout.write(f"| `{name}` | {content_digest(content)} | {len(content):,} |\n")


if __name__ == "__main__":
    main()
