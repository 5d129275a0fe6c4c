"""From files to a data set: labels, splits and bits are correct."""

import gzip
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.io
import torch

from labelinfo.config.completion import complete
from labelinfo.data.dataset import SPLITS, Dataset, Split, draw_binary, load_dataset, save_dataset
from labelinfo.data.files import read_verified
from labelinfo.data.labels import match_originals
from labelinfo.data.prepare import prepare_dataset, read_input, shuffled_rows
from labelinfo.data.readers.static_mnist import parse_amat, parse_idx
from labelinfo.errors import DataError, StorageError
from labelinfo.information import label_entropy_nats
from labelinfo.io.tensors import save_tensors

ROOT = Path(__file__).parents[2]
CLAMP = 1e-4
MIRROR = os.environ.get("LABELINFO_MIRROR")


def definition_of(name, **keys):
    """Return a data set's part of a completed configuration, some keys replaced."""
    return complete({"datasets": {name: keys}})["datasets"][name]


def prepare(name, definition, folder=ROOT, *, checked=True, duplicates_max_share=0.01):
    """Prepare a data set from the files that its definition names below a folder."""
    files = {}
    for role, file in definition["files"].items():
        path = folder / file.get("path", file.get("name"))
        files[role] = read_input(path, file if checked else {})
    return prepare_dataset(
        name,
        definition,
        files,
        tasks=definition["tasks"],
        clamp=CLAMP,
        duplicates_max_share=duplicates_max_share,
    )


def assert_same_split(first, second):
    assert torch.equal(first.images, second.images)
    assert first.labels.keys() == second.labels.keys()
    for task, codes in first.labels.items():
        assert torch.equal(codes, second.labels[task])


def assert_same_data(first, second):
    assert first.classes == second.classes
    for split in SPLITS:
        assert_same_split(first.split(split), second.split(split))


# The embedded sample


def sample_file(role):
    path = ROOT / definition_of("sample")["files"][role]["path"]
    parse = parse_amat if role in SPLITS else parse_idx
    return parse(read_verified(path), str(path))


@pytest.fixture(scope="module")
def sample():
    return prepare("sample", definition_of("sample"))


def test_sample_is_binary_and_whole(sample):
    dataset, _ = sample
    assert [len(dataset.split(split)) for split in SPLITS] == [2600, 400, 1000]
    assert dataset.classes == {"digit": [str(digit) for digit in range(10)]}
    for split in SPLITS:
        # every image once, in the seeded order
        file = sample_file(split)
        order = shuffled_rows("sample", split, len(file))
        assert sorted(order) == list(range(len(file)))
        np.testing.assert_array_equal(dataset.split(split).images.numpy(), file[order])
        assert dataset.split(split).is_binary
    files = definition_of("sample")["files"]
    assert dataset.digests == {role: file["sha256"] for role, file in files.items()}


@pytest.mark.parametrize(
    ("split", "part"), [("train", "train"), ("valid", "train"), ("test", "test")]
)
def test_sample_labels_are_those_of_the_likeliest_originals(split, part, sample):
    chosen = slice(100, 150)
    x = np.clip(sample_file(f"{part}_originals").reshape(-1, 784) / 255, CLAMP, 1 - CLAMP)
    log_on, log_off = np.log(x), np.log(1 - x)
    best = [
        np.where(bits == 1, log_on, log_off).sum(axis=1).argmax()
        for bits in sample[0].split(split).images.numpy()[chosen]
    ]
    labels = sample[0].split(split).labels["digit"][chosen]
    np.testing.assert_array_equal(labels, sample_file(f"{part}_labels")[best])


def test_sample_splits_share_no_originals(sample):
    # Each original gave one image, so the labels of train and validation together are all of them
    labels = {split: sample[0].split(split).labels["digit"].numpy() for split in SPLITS}
    both = np.concatenate([labels["train"], labels["valid"]])
    for given, part in ((both, "train"), (labels["test"], "test")):
        expected = np.bincount(sample_file(f"{part}_labels"), minlength=10)
        np.testing.assert_array_equal(np.bincount(given, minlength=10), expected)


def test_sample_summary(sample):
    dataset, summary = sample
    assert summary["split"].tolist() == list(SPLITS)
    for row in summary.to_dict("records"):
        split = dataset.split(row["split"])
        counts = torch.bincount(split.labels["digit"]).numpy()
        assert json.loads(row["label_counts"]) == counts.tolist()
        f = counts / len(split)
        assert row["label_entropy_nats"] == pytest.approx(-np.sum(f * np.log(f)), rel=1e-12)
        assert row["mean_pixel"] == pytest.approx(split.images.double().mean().item(), rel=1e-12)
        assert (row["images"], row["classes"]) == (len(split), 10)
        assert row["matched_distinct_share"] > 0.995
        assert row["copies_of_earlier_splits"] == 0


def rows_within(part, whole):
    """Return the position of each image of one split in another, by its bytes."""
    place = {image.numpy().tobytes(): row for row, image in enumerate(whole.images)}
    return [place[image.numpy().tobytes()] for image in part.images]


def test_limit_keeps_a_draw_of_the_images_with_their_labels(sample):
    limits = {"train": 30, "valid": None, "test": 20}
    limited, summary = prepare("sample", definition_of("sample", limit=limits))
    for split in SPLITS:
        part, whole = limited.split(split), sample[0].split(split)
        rows = rows_within(part, whole)
        assert rows == list(range(len(part)))
        assert torch.equal(part.labels["digit"], whole.labels["digit"][rows])
    assert summary["images"].tolist() == [30, 400, 20]
    assert [sum(json.loads(counts)) for counts in summary["label_counts"]] == [30, 400, 20]


@pytest.fixture
def sample_copy(tmp_path):
    shutil.copytree(ROOT / "workflow" / "sample", tmp_path / "workflow" / "sample")
    return tmp_path


def test_summary_has_the_match_quality(sample_copy):
    definition = definition_of("sample", matched_distinct_min_share=0)
    # Noise, so that some images have several originals to choose from, and some original several
    bits = sample_file("test") ^ (np.random.default_rng(0).random((1000, 784)) < 0.3)
    text = "".join(" ".join(map(str, row)) + "\n" for row in bits)
    (sample_copy / definition["files"]["test"]["path"]).write_text(text)
    _, summary = prepare("sample", definition, sample_copy, checked=False)
    match = match_originals(bits, sample_file("test_originals").reshape(-1, 784), CLAMP)
    row = summary.set_index("split").loc["test"]
    assert row["matched_distinct_share"] == match.distinct_share < 0.9
    assert row["match_margin_median_nats"] == np.median(match.margin_nats)
    assert row["match_margin_below_1_nat_share"] == np.mean(match.margin_nats < 1) > 0.01


# The square of originals as the files of others may have it
STORED = {
    "transposed": lambda originals: originals.transpose(0, 2, 1),
    "transposed_inverted": lambda originals: 255 - originals.transpose(0, 2, 1),
}


@pytest.mark.parametrize("form", STORED)
def test_originals_in_another_form_are_refused_and_the_key_reads_them(form, sample, sample_copy):
    folder = sample_copy / "workflow" / "sample"
    for part in ("train", "t10k"):
        path = folder / f"{part}-images-idx3-ubyte.gz"
        originals = parse_idx(read_verified(path), str(path))
        path.write_bytes(idx(STORED[form](originals)))
    with pytest.raises(
        DataError, match=rf"do so {form}, so .*`datasets\.sample\.originals`"
    ) as caught:
        prepare("sample", definition_of("sample"), sample_copy, checked=False)
    assert "train-images-idx3-ubyte.gz do not fit the images in" in str(caught.value)
    definition = definition_of("sample", originals=form)
    dataset, _ = prepare("sample", definition, sample_copy, checked=False)
    assert_same_data(dataset, sample[0])


@pytest.mark.parametrize("others", ["another split", "half of them"])
def test_other_originals_are_refused_unless_every_match_is_accepted(others, sample_copy):
    folder = sample_copy / "workflow" / "sample"
    for kind in ("images-idx3", "labels-idx1"):
        train, test = (folder / f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k"))
        content = parse_idx(read_verified(train if others == "another split" else test), kind)
        test.write_bytes(idx(content if others == "another split" else content[:500]))
    said = (
        r"t10k-images-\S+ do not fit the images in \S+test\S+ .* name the originals of these "
        r"images, or set the config key `datasets\.sample\.matched_distinct_min_share` to 0"
    )
    with pytest.raises(DataError, match=said):
        prepare("sample", definition_of("sample"), sample_copy, checked=False)
    definition = definition_of("sample", matched_distinct_min_share=0)
    _, summary = prepare("sample", definition, sample_copy, checked=False)
    assert summary.set_index("split").loc["test", "matched_distinct_share"] < 0.9


def damage(path):
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-2] ^= 1
    path.write_bytes(gzip.compress(bytes(content)))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("role", "spoil"),
    [("train", damage), ("test", truncate), ("train_labels", Path.unlink), ("test_labels", damage)],
)
def test_spoilt_file_is_named(role, spoil, sample_copy):
    definition = definition_of("sample")
    path = sample_copy / definition["files"][role]["path"]
    spoil(path)
    with pytest.raises(DataError, match=path.name):
        prepare("sample", definition, sample_copy)


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize(
    ("originals", "labels", "named"),
    [
        ((1000, 28, 28), np.arange(999) % 10, ["t10k-images", "t10k-labels"]),
        ((1000, 14, 56), np.arange(1000) % 10, ["t10k-images", "t10k-labels"]),
        ((1000, 28, 28), np.arange(1000) % 11, ["t10k-labels"]),
    ],
)
def test_originals_that_do_not_fit_their_labels_are_named(originals, labels, named, sample_copy):
    folder = sample_copy / "workflow" / "sample"
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(idx(np.zeros(originals, np.uint8)))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(idx(labels.astype(np.uint8)))
    limits = {"train": 2, "valid": 2, "test": 2}
    with pytest.raises(DataError) as caught:
        prepare("sample", definition_of("sample", limit=limits), sample_copy, checked=False)
    assert all(name in str(caught.value) for name in named)


# Tables of the user's own


def own(path, **keys):
    """Return the definition of a table; by default every column is a task."""
    return definition_of("own", reader="table", files={"table": {"path": path.name}}, **keys)


def write_npz(path, columns):
    np.savez(path, **columns)


def write_parquet(path, columns):
    images = columns["images"].reshape(len(columns["images"]), -1)
    table = {name: pa.array(values) for name, values in columns.items() if name != "images"}
    pq.write_table(pa.table({"images": pa.array(list(images))} | table), path)


def prepare_own(path, columns, write=write_npz, *, duplicates_max_share=0.01, **keys):
    write(path, columns)
    shares = {"duplicates_max_share": duplicates_max_share}
    return prepare("own", own(path, **keys), path.parent, **shares)[0]


def numbered_images(count):
    """Return binary images whose first eight pixels are their number, most significant first."""
    images = np.random.default_rng(0).integers(0, 2, (count, 28, 28), dtype=np.uint8)
    images[:, 0, :8] = np.unpackbits(np.arange(count, dtype=np.uint8)[:, None], axis=1)
    return images


def numbers(split):
    return np.packbits(split.images[:, :8].numpy(), axis=1)[:, 0]


NUMBER = np.arange(90)
WORDS = np.array(["train"] * 50 + ["valid"] * 15 + ["test"] * 25)[NUMBER * 37 % 90]
COLUMNS = {
    "images": numbered_images(90),
    "size": NUMBER % 3 * 10,
    "kind": np.array(["cup", "an ox", "β"])[NUMBER % 7 % 3],
}


@pytest.mark.parametrize("binarize", ["none", "bernoulli"])
def test_npz_and_parquet_give_the_same_data(binarize, tmp_path):
    columns = COLUMNS
    if binarize != "none":
        columns = columns | {"images": columns["images"] * np.uint8(150) + np.uint8(30)}
    options = {"tasks": ["size", "kind"], "binarize": binarize}
    first = prepare_own(tmp_path / "own.npz", columns, write_npz, **options)
    second = prepare_own(tmp_path / "own.parquet", columns, write_parquet, **options)
    assert_same_data(first, second)
    assert first.digests != second.digests


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS | {"split": WORDS}], ids=["drawn", "given"])
def test_every_image_is_in_one_split_and_keeps_its_labels(columns, tmp_path):
    dataset = prepare_own(tmp_path / "own.npz", columns, tasks=["size", "kind"])
    assert dataset.classes == {"size": ["0", "10", "20"], "kind": ["an ox", "cup", "β"]}
    parts = {split: numbers(dataset.split(split)) for split in SPLITS}
    assert sorted(np.concatenate(list(parts.values()))) == NUMBER.tolist()
    for split, part in parts.items():
        for task, classes in dataset.classes.items():
            named = np.array(classes)[dataset.split(split).labels[task]]
            assert named.tolist() == COLUMNS[task][part].astype(str).tolist()
        if "split" in columns:
            assert sorted(part) == np.flatnonzero(split == WORDS).tolist()


def test_the_first_images_of_a_file_sorted_by_class_are_of_every_class(tmp_path):
    columns = COLUMNS | {"split": WORDS, "half": np.sort(NUMBER % 2)}
    dataset = prepare_own(tmp_path / "own.npz", columns, tasks=["half"])
    for split in SPLITS:
        assert set(dataset.split(split).labels["half"][:10].tolist()) == {0, 1}


def test_drawn_split_has_the_shares_asked_for_and_depends_on_the_name_only(tmp_path):
    path, options = tmp_path / "own.npz", {"split": {"valid": 0.2, "test": 0.3}, "tasks": ["size"]}
    first = prepare_own(path, COLUMNS, **options)
    assert [len(first.split(split)) for split in SPLITS] == [45, 18, 27]
    assert numbers(first.train).tolist() != sorted(numbers(first.train))
    turned = dict(reversed(COLUMNS.items())) | {"more": NUMBER}
    second = prepare_own(path, turned, **options)
    for split in SPLITS:
        mine, theirs = first.split(split), second.split(split)
        assert torch.equal(mine.images, theirs.images)
        assert all(torch.equal(codes, theirs.labels[task]) for task, codes in mine.labels.items())
    renamed, _ = prepare("other", own(path, **options), tmp_path)
    assert numbers(renamed.test).tolist() != numbers(first.test).tolist()


CONSTANT_IN_TEST = np.where(WORDS == "test", 4, NUMBER % 2)


def test_all_labels_are_kept_whichever_are_asked_for(tmp_path):
    columns = COLUMNS | {"split": WORDS}
    kept = prepare_own(tmp_path / "own.npz", columns, tasks=["kind"])
    assert sorted(kept.test.labels) == ["kind", "size"]
    # so that configuring another task recomputes nothing
    assert_same_data(kept, prepare_own(tmp_path / "own.npz", columns, tasks=["size"]))
    with pytest.raises(DataError, match=r"no labels 'colour'.*'kind', 'size'.*\.tasks"):
        load_saved(kept, tmp_path).train.labels["colour"]


def test_what_cannot_be_probed_is_left_out_unless_it_is_asked_for(tmp_path):
    notes = {"note": np.array(3), "few": NUMBER[:4], "scores": NUMBER / 7, "same": CONSTANT_IN_TEST}
    columns = COLUMNS | {"split": WORDS} | notes
    kept = prepare_own(tmp_path / "own.npz", columns, tasks=["kind"])
    assert sorted(kept.test.labels) == ["kind", "size"]
    for note in notes:
        with pytest.raises(DataError, match=note):
            prepare_own(tmp_path / "own.npz", columns, tasks=["kind", note])


def load_saved(dataset, folder):
    save_dataset(folder / "saved.safetensors", dataset)
    return load_dataset(folder / "saved.safetensors")


@pytest.mark.parametrize(
    ("change", "options", "named"),
    [
        ({}, {"tasks": ["colour"]}, ["own.npz", "datasets.own.tasks", "'colour'", "'kind'"]),
        ({}, {"tasks": ["split"]}, ["own.npz", "datasets.own.tasks"]),
        ({"images": None}, {}, ["own.npz", "`images`"]),
        ({"size": NUMBER[:-1]}, {}, ["own.npz", "'size'", "90", "89"]),
        ({"size": np.array(3)}, {}, ["own.npz", "'size'"]),
        ({"split": WORDS[1:]}, {}, ["own.npz", "'split'"]),
        ({"split": np.where(WORDS == "valid", "dev", WORDS)}, {}, ["own.npz", "'dev'", "valid"]),
        ({"size": CONSTANT_IN_TEST}, {}, ["test split", "'own'", "'size'"]),
        ({"split": np.where(NUMBER < 1, "valid", "train")}, {}, ["valid split", "'own'", "1 im"]),
        ({"images": COLUMNS["images"] * 0.4}, {}, ["'own'", "datasets.own.binarize"]),
    ],
)
def test_faults_of_a_table_are_named(change, options, named, tmp_path):
    columns = COLUMNS | {"split": WORDS} | change
    columns = {name: values for name, values in columns.items() if values is not None}
    with pytest.raises(DataError) as caught:
        prepare_own(tmp_path / "own.npz", columns, **{"tasks": ["size"]} | options)
    assert all(word in str(caught.value) for word in named)


# Images in two splits


def with_copies(count, *, of="train", into="test"):
    """Return columns in which the first images of one split are also in another."""
    images = COLUMNS["images"].copy()
    source, target = (np.flatnonzero(split == WORDS)[:count] for split in (of, into))
    images[target] = images[source]
    return COLUMNS | {"images": images, "split": WORDS}


@pytest.mark.parametrize(
    ("of", "into", "count", "size", "earlier"),
    [
        ("train", "test", 5, 25, "train or valid"),
        ("valid", "test", 5, 25, "train or valid"),
        ("train", "valid", 4, 15, "train"),
    ],
)
@pytest.mark.parametrize("grey", [False, True])
def test_copies_in_another_split_are_counted_and_beyond_a_share_refused(
    of, into, count, size, earlier, grey, tmp_path
):
    columns = with_copies(count, of=of, into=into)
    path = tmp_path / "own.npz"
    if grey:
        columns["images"] = columns["images"] * np.uint8(150) + np.uint8(30)
    write_npz(path, columns)
    definition = own(path, tasks=["size"], binarize="bernoulli" if grey else "none")
    with pytest.raises(DataError) as caught:
        prepare("own", definition, tmp_path, duplicates_max_share=(count - 1) / size)
    said = f"{count} of the {size} {into} images of 'own' are copies of its {earlier} images"
    assert said in str(caught.value)
    assert "`data.duplicates_max_share`" in str(caught.value)
    _, summary = prepare("own", definition, tmp_path, duplicates_max_share=count / size)
    counted = summary.set_index("split")["copies_of_earlier_splits"].to_dict()
    assert counted == {"train": 0, "valid": 0, "test": 0} | {into: count}


@pytest.mark.parametrize(("binarize", "copies"), [("bernoulli", 0), ("threshold", 25)])
def test_copies_are_those_of_the_bits_that_a_threshold_leaves(binarize, copies, tmp_path, caplog):
    columns = with_copies(25) | {"split": WORDS}
    # no two images have the same greys
    noise = np.random.default_rng(3).integers(0, 100, (90, 28, 28), dtype=np.uint8)
    columns["images"] = columns["images"] * np.uint8(150) + noise
    path = tmp_path / "own.npz"
    write_npz(path, columns)
    # a limit does not matter
    definition = own(path, tasks=["size"], binarize=binarize, limit={"train": 3, "test": 3})
    _, summary = prepare("own", definition, tmp_path, duplicates_max_share=1)
    counted = summary[summary["task"] == "size"].set_index("split")["copies_of_earlier_splits"]
    assert counted.to_dict() == {"train": 0, "valid": 0, "test": copies}
    # the drawn bits and the greys differ, but a warning reports the similarity
    said = "25 test images of other greys than an image in an earlier split show the same pixels"
    assert (said in caplog.text) == (binarize == "bernoulli")


def test_copies_within_a_split_do_not_count(tmp_path):
    columns = with_copies(0)
    test = np.flatnonzero(WORDS == "test")
    columns["images"][test[1:]] = columns["images"][test[1]]
    prepare_own(tmp_path / "own.npz", columns, tasks=["size"], duplicates_max_share=0)


def test_one_file_for_two_splits_is_named(sample_copy):
    definition = definition_of("sample")
    valid, train = (sample_copy / definition["files"][name]["path"] for name in ("valid", "train"))
    shutil.copy(train, valid)
    with pytest.raises(DataError, match="2600 of the 2600 valid images of 'sample' are copies"):
        prepare("sample", definition, sample_copy, checked=False)


# Intensities to bits

GREYS = np.random.default_rng(1).integers(0, 256, (28, 28), dtype=np.uint8)
GREYS[0, :4] = [0, 255, 127, 128]
# The same picture 600 times, a third for each split, but for the last pixel
ALIKE = slice(0, 783)
GREY = {
    "images": np.array([[GREYS]] * 600).reshape(600, 28, 28),
    "split": np.repeat(SPLITS, 200),
    "size": np.arange(600) % 2,
}
GREY["images"][:, 27, 27] = 255 * GREY["size"]


@pytest.fixture
def grey(tmp_path):
    def prepared(**keys):
        shares = {"duplicates_max_share": 1.0}
        return prepare_own(tmp_path / "grey.npz", GREY, tasks=["size"], **shares, **keys)

    return prepared


def test_bernoulli_leaves_training_intensities(grey):
    train = grey(binarize="bernoulli").train
    assert not train.is_binary
    expected = np.broadcast_to((GREYS.reshape(-1) / np.float32(255))[ALIKE], (200, 783))
    np.testing.assert_allclose(train.images[:, ALIKE], expected, rtol=1e-6, strict=True)
    assert torch.equal(train.images[:, 783], train.labels["size"].float())


def test_bernoulli_fixes_bits_with_the_right_means_whatever_the_limit(grey):
    first = grey(binarize="bernoulli")
    bits = first.test.images
    assert bits.dtype == torch.uint8
    assert bits.max() == 1
    p = GREYS.reshape(-1)[ALIKE] / 255
    deviation = (bits.numpy()[:, ALIKE].mean(axis=0) - p) / np.sqrt(p * (1 - p) / 200 + 1e-12)
    assert np.abs(deviation).max() < 5
    # Neighbours are drawn independently: the mean square of standard deviates is 1
    assert np.mean(deviation**2) == pytest.approx(1, abs=5 * np.sqrt(2 / 784))
    assert len(np.unique(bits, axis=0)) == 200
    assert_same_data(first, grey(binarize="bernoulli"))
    assert not torch.equal(first.valid.images, first.test.images)
    limited = grey(binarize="bernoulli", limit={"test": 50}).test
    assert rows_within(limited, first.test) == list(range(50))


def test_threshold_cuts_at_one_half(grey):
    dataset = grey(binarize="threshold")
    for split in SPLITS:
        images = dataset.split(split).images
        assert images.dtype == torch.uint8
        expected = np.broadcast_to(GREYS.reshape(-1)[ALIKE] >= 128, (200, 783))
        np.testing.assert_array_equal(images[:, ALIKE], expected)


def test_drawn_bits_have_the_intensities_as_means_and_come_from_the_generator():
    intensities = torch.linspace(0, 1, 784).expand(4000, 784)
    bits, again, other = (
        draw_binary(intensities, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4)
    )
    assert bits.shape == (4000, 1, 28, 28)
    assert set(bits.unique().tolist()) == {0.0, 1.0}
    p = intensities[0]
    error = (p * (1 - p) / 4000).sqrt()
    assert torch.all((bits.mean(dim=0).flatten() - p).abs() <= 5 * error)
    assert torch.equal(bits, again)
    assert not torch.equal(bits, other)


def test_bits_are_returned_row_by_row():
    bits = torch.zeros(1, 784, dtype=torch.uint8)
    bits[0, 28 * 3 + 5] = 1
    drawn = draw_binary(bits)
    assert drawn.dtype == torch.float32
    assert drawn.nonzero().tolist() == [[0, 0, 3, 5]]


# Splits from which nothing can be learned


def speckles(kind, high):
    """Return columns of 90 images of a few bright pixels, with the largest value ``high``."""
    pixels = np.random.default_rng(2).random((90, 28, 28))
    return COLUMNS | {"images": (np.where(pixels > 0.9, pixels, 0) * high).astype(kind)}


def shown_in_test(rows):
    """Return columns whose test images are blank, except for the first few."""
    test = np.flatnonzero(WORDS == "test")
    images = COLUMNS["images"].copy()
    images[test[rows:]] = 0
    return COLUMNS | {"split": WORDS, "images": images}


def alike_in_test():
    """Return columns of grey images, whose test images are all the first one."""
    columns = speckles(float, 1.0) | {"split": WORDS}
    columns["images"][WORDS == "test"] = columns["images"][0]
    return columns


@pytest.mark.parametrize(
    ("columns", "options", "named"),
    [
        (speckles(float, 0.49), {}, ["train", "nearly blank", "`datasets.own.binarize`"]),
        (speckles(int, 400), {"scale": 1000}, ["nearly blank", "`datasets.own.scale`"]),
        (COLUMNS | {"images": np.zeros((90, 784))}, {"binarize": "none"}, ["nearly blank"]),
        (COLUMNS | {"images": np.ones((90, 784))}, {"binarize": "none"}, ["nearly blank"]),
        (shown_in_test(0), {"binarize": "none"}, ["test", "nearly blank"]),
        (shown_in_test(3), {"binarize": "none"}, ["test", "22 of 25 have one value everywhere"]),
        (GREY | {"images": np.array([GREYS] * 600)}, {}, ["train", "all alike"]),
        (alike_in_test(), {"binarize": "bernoulli"}, ["test", "all alike"]),
    ],
)
def test_blank_or_like_images_are_refused(columns, options, named, tmp_path):
    options = {"binarize": "threshold", "tasks": ["size"], "duplicates_max_share": 1.0} | options
    with pytest.raises(DataError) as caught:
        prepare_own(tmp_path / "own.npz", columns, **options)
    assert all(word in str(caught.value) for word in ["'own'", *named])


@pytest.mark.parametrize(("brightness", "blank"), [(1.0, False), (0.4, True)])
def test_images_that_the_threshold_blanks_are_counted(brightness, blank, tmp_path, caplog):
    columns = speckles(float, 1.0) | {"split": WORDS}
    columns["images"][np.flatnonzero(WORDS == "test")[:7]] *= brightness
    options = {"binarize": "threshold", "tasks": ["size"], "duplicates_max_share": 1.0}
    prepare_own(tmp_path / "own.npz", columns, **options)
    assert ("7 of the 25 test images are blank after binarize" in caplog.text) == blank


@pytest.mark.parametrize(
    ("binarize", "change", "said"),
    [
        ("bernoulli", lambda x: x, ""),
        ("bernoulli", lambda x: x / 3, "own: the mean test pixel is 0.0"),
        ("threshold", lambda x: 1 - x, "own: the mean test pixel is 0.9"),
    ],
)
def test_a_split_of_another_range_gets_a_warning(binarize, change, said, tmp_path, caplog):
    columns = speckles(float, 1.0) | {"split": WORDS}
    columns["images"][WORDS == "test"] = change(columns["images"][WORDS == "test"])
    options = {"binarize": binarize, "tasks": ["size"], "duplicates_max_share": 1.0}
    prepare_own(tmp_path / "own.npz", columns, **options)
    assert said in caplog.text
    assert ("the mean" in caplog.text) == bool(said)


# Images of which some have no label

GAPPY = np.where(NUMBER % 4 == 0, np.nan, NUMBER % 3)


def test_images_without_a_label_are_kept_and_counted(tmp_path):
    path = tmp_path / "own.npz"
    write_npz(path, COLUMNS | {"split": WORDS, "part": GAPPY})
    dataset, summary = prepare("own", own(path, tasks=["part"]), tmp_path)
    assert dataset.classes["part"] == ["0", "1", "2"]
    summary = summary.set_index(["task", "split"])
    loaded = load_saved(dataset, tmp_path)
    for split in SPLITS:
        part = loaded.split(split)
        expected = GAPPY[numbers(part)]
        codes = part.labels["part"].numpy()
        np.testing.assert_array_equal(np.where(codes < 0, np.nan, codes), expected)
        row, present = summary.loc[("part", split)], expected[~np.isnan(expected)].astype(int)
        assert row["images"] == len(part) == (split == WORDS).sum()
        assert row["labelled_images"] == len(present) < len(part)
        assert summary.loc[("size", split), "labelled_images"] == len(part)
        assert json.loads(row["label_counts"]) == np.bincount(present).tolist()
        assert row["label_entropy_nats"] == label_entropy_nats(present)
        assert row["label_unseen_in_train_share"] == 0
        # the probes' view
        labelled = loaded.labelled("part").split(split)
        assert numbers(labelled).tolist() == numbers(part)[codes >= 0].tolist()
        assert torch.equal(labelled.labels["part"], part.labels["part"][codes >= 0])
        assert loaded.labelled("size").split(split) is part


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.where(WORDS == "test", np.nan, NUMBER % 2), "No image of the test split of 'own' has"),
        (np.where(NUMBER % 2, 3, np.nan), "All labelled images of the train split of 'own' have"),
    ],
)
def test_a_split_without_two_labels_is_named(labels, said, tmp_path):
    columns = COLUMNS | {"split": WORDS, "part": labels}
    with pytest.raises(DataError, match=rf"{said} .*'part'"):
        prepare_own(tmp_path / "own.npz", columns, tasks=["part"])
    # not a configured task
    assert "part" not in prepare_own(tmp_path / "own.npz", columns, tasks=["size"]).classes


# Omniglot

TRAIN, TEST = 1345 + 60, 40


def omniglot_part(count, first):
    """Return pictures of an F, whose last row is a number, their alphabets and characters."""
    pictures = np.zeros((count, 28, 28))
    pictures[:, 3:20, 6] = pictures[:, 3, 6:16] = pictures[:, 10, 6:12] = 0.9
    number = np.arange(first, first + count)
    pictures[:, 27, :16] = number[:, None] >> np.arange(16) & 1
    alphabet, character = number * 7 % 5 * 3, number * 11 % 13 // 3 + 1
    return pictures, alphabet, character


def write_omniglot(path, train=TRAIN):
    variables = {}
    for prefix, count, first in (("", train, 0), ("test", TEST, 20_000)):
        pictures, alphabet, character = omniglot_part(count, first)
        # Each column an image, column by column
        variables[f"{prefix}data"] = pictures.transpose(0, 2, 1).reshape(count, 784).T
        variables[f"{prefix}target"] = np.eye(50, dtype=np.uint8)[:, alphabet]
        variables[f"{prefix}targetchar"] = character[None].astype(float)
    scipy.io.savemat(path, variables, do_compression=True)


@pytest.fixture(scope="module")
def omniglot_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("omniglot") / "chardata.mat"
    write_omniglot(path)
    return path


def omniglot_definition(**keys):
    return definition_of("omniglot", files={"data": {"name": "chardata.mat"}}, **keys)


@pytest.fixture(scope="module")
def omniglot(omniglot_file):
    definition = omniglot_definition(binarize="threshold")
    return prepare("omniglot", definition, omniglot_file.parent, checked=False)[0]


def omniglot_numbers(split):
    return split.images[:, 27 * 28 : 27 * 28 + 16].numpy().astype(int) @ (1 << np.arange(16))


@pytest.mark.parametrize("split", SPLITS)
def test_omniglot_has_the_published_split_upright_with_alphabets_and_characters(split, omniglot):
    order = np.random.RandomState(123).permutation(TRAIN)
    rows = {"train": order[:60], "valid": order[60:], "test": range(20_000, 20_000 + TEST)}
    part, number = omniglot.split(split), omniglot_numbers(omniglot.split(split))
    assert set(number) == set(rows[split])
    upright = omniglot_part(1, 0)[0][0] > 0.5
    pictures = part.images.view(-1, 28, 28)[:, :27]
    assert torch.all(pictures.bool() == torch.from_numpy(upright[:27]))
    alphabet, character = number * 7 % 5 * 3, number * 11 % 13 // 3 + 1
    assert part.labels["alphabet"].tolist() == alphabet.tolist()
    named = [omniglot.classes["character"][code] for code in part.labels["character"]]
    assert named == [f"{a}/{c}" for a, c in zip(alphabet, character, strict=True)]
    # Five alphabets with five characters each, although the numbers are the same
    assert len(omniglot.classes["character"]) == len(set(omniglot.classes["character"])) == 25
    assert len(omniglot.classes["alphabet"]) == 13


def test_omniglot_intensities_are_upright_too(omniglot_file):
    definition = omniglot_definition(binarize="bernoulli", limit={"train": 3})
    dataset, _ = prepare("omniglot", definition, omniglot_file.parent, checked=False)
    expected = torch.from_numpy(omniglot_part(1, 0)[0][0, :27]).float()
    pictures = dataset.train.images.view(3, 28, 28)[:, :27]
    torch.testing.assert_close(pictures, expected.expand(3, 27, 28))
    assert dataset.valid.is_binary
    assert dataset.test.is_binary


def test_omniglot_file_without_training_images_is_named(tmp_path):
    write_omniglot(tmp_path / "chardata.mat", train=1345)
    with pytest.raises(DataError, match=r"chardata\.mat holds 1345 training images"):
        prepare("omniglot", omniglot_definition(), tmp_path, checked=False)


@pytest.mark.mirror
@pytest.mark.skipif(not MIRROR, reason="LABELINFO_MIRROR is not set")
def test_real_omniglot_has_its_splits_and_classes():
    name = "omniglot_rebuilt"
    dataset, summary = prepare(name, definition_of(name), Path(MIRROR))
    assert [len(dataset.split(split)) for split in SPLITS] == [23_000, 1_345, 8_070]
    assert {task: len(names) for task, names in dataset.classes.items()} == {
        "alphabet": 50,
        "character": 1_623,
    }
    train = summary[summary["split"] == "train"].set_index("task")["classes"]
    assert train.to_dict() == {"alphabet": 50, "character": 1_623}


# Files of our own


@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_saved_data_set_is_loaded_again(kind, tmp_path):
    generator = torch.Generator().manual_seed(0)

    def split(count, kind):
        images = torch.randint(0, 2, (count, 784), generator=generator).to(kind)
        return Split(images, {"b": torch.arange(count), "a": torch.arange(count) % 2})

    classes = {"b": [str(number) for number in range(9)], "a": ["ä", "no"]}
    parts = [split(9, kind), split(4, torch.uint8), split(5, torch.uint8)]
    saved = Dataset("own", *parts, classes=classes, digests={"table": "00ff"})
    save_dataset(tmp_path / "own.safetensors", saved)
    loaded = load_dataset(tmp_path / "own.safetensors")
    assert_same_data(loaded, saved)
    assert loaded.train.images.dtype == kind
    assert (loaded.name, loaded.digests) == (saved.name, saved.digests)


def test_a_file_that_is_no_prepared_data_set_is_named(tmp_path):
    path = tmp_path / "own.safetensors"
    save_tensors(path, {"weight": torch.zeros(2)}, {"status": "ok"})
    with pytest.raises(StorageError, match=r"own\.safetensors is not a prepared data set"):
        load_dataset(path)
    path.unlink()
    with pytest.raises(StorageError, match=r"own\.safetensors is missing"):
        load_dataset(path)
