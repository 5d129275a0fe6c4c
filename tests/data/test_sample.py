"""The embedded sample: it agrees with its README, and its bits were drawn from its originals."""

import importlib.util
import os
import re
from pathlib import Path

import numpy as np
import pytest

from labelinfo.data.files import content_digest, read_verified
from labelinfo.data.readers.static_mnist import parse_amat, parse_idx

SAMPLE = Path(__file__).parents[2] / "workflow" / "sample"
COUNTS = {
    "train-images-idx3-ubyte": 3000,
    "train-labels-idx1-ubyte": 3000,
    "t10k-images-idx3-ubyte": 1000,
    "t10k-labels-idx1-ubyte": 1000,
    "binarized_train.amat": 2600,
    "binarized_valid.amat": 400,
    "binarized_test.amat": 1000,
}


def content(name):
    return read_verified(SAMPLE / f"{name}.gz")


def parsed(name):
    parse = parse_amat if name.endswith(".amat") else parse_idx
    return parse(content(name), name)


def originals(part):
    return parsed(f"{part}-images-idx3-ubyte").reshape(-1, 784) / 255


def binarised(part):
    names = {"train": ["train", "valid"], "t10k": ["test"]}[part]
    return np.concatenate([parsed(f"binarized_{name}.amat") for name in names])


def log_likelihoods(bits, intensities, floor=1e-4):
    """Return the log-likelihood of every image of bits under every original."""
    p = np.clip(intensities, floor, 1 - floor)
    return bits @ (np.log(p) - np.log1p(-p)).T + np.log1p(-p).sum(axis=1)


def test_readme_has_the_checksums_sizes_and_counts():
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`/]+)` \| ([0-9a-f]{64}) \| ([\d,]+) \| ([\d,]+) \|$", text, re.M)
    described = {name: (digest, size, count) for name, digest, size, count in rows}
    real = {}
    for name, count in COUNTS.items():
        data = content(name)
        assert len(parsed(name)) == count
        real[name] = (content_digest(data), f"{len(data):,}", f"{count:,}")
    assert described == real


def test_nothing_else_small_and_reproducible():
    files = sorted(SAMPLE.glob("*.gz"))
    assert [path.name for path in files] == sorted(f"{name}.gz" for name in COUNTS)
    assert sum(path.stat().st_size for path in files) < 1_000_000
    for path in files:
        # No flags, hence no name, and a time of zero
        assert path.read_bytes()[3:8] == bytes(5)


@pytest.mark.parametrize(("part", "share"), [("train", 0.08), ("t10k", 0.07)])
def test_all_ten_digits_of_distinct_originals(part, share):
    counts = np.bincount(parsed(f"{part}-labels-idx1-ubyte"), minlength=10)
    assert len(counts) == 10
    assert counts.min() > share * counts.sum()
    assert counts.max() < 0.13 * counts.sum()
    images = originals(part)
    assert len(np.unique(images, axis=0)) == len(images)


@pytest.mark.parametrize("part", ["train", "t10k"])
def test_binarisation_was_drawn_from_the_originals_in_another_order(part):
    images, bits = originals(part), binarised(part)
    best = log_likelihoods(bits, images).argmax(axis=1)
    assert len(np.unique(best)) > 0.995 * len(images)
    assert np.mean(best == np.arange(len(best))) < 0.01
    assert np.abs(np.corrcoef(best, np.arange(len(best)))[0, 1]) < 0.1

    p = images[best]
    assert not np.any(bits[p == 0])
    assert np.all(bits[p == 1])
    # A Bernoulli draw at every shade of grey: the mean within five standard errors
    for low in np.arange(0, 1, 0.1):
        grey = (p > low) & (p <= low + 0.1)
        error = np.sqrt(np.sum(p[grey] * (1 - p[grey])))
        assert abs(bits[grey].sum() - p[grey].sum()) <= 5 * error


def test_train_and_valid_come_from_different_originals():
    best = log_likelihoods(binarised("train"), originals("train")).argmax(axis=1)
    assert len(np.intersect1d(best[:2600], best[2600:])) <= 5
    # Shuffled together: the validation images come from all over the originals
    assert abs(best[2600:].mean() - 1500) < 200


@pytest.mark.mirror
@pytest.mark.skipif("LABELINFO_MIRROR" not in os.environ, reason="LABELINFO_MIRROR is not set")
def test_script_makes_these_files_again():
    spec = importlib.util.spec_from_file_location("make_sample", SAMPLE / "make_sample.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.make_sample(Path(os.environ["LABELINFO_MIRROR"]))
    assert {name: content_digest(data) for name, data in made.items()} == {
        name: content_digest(content(name)) for name in COUNTS
    }
