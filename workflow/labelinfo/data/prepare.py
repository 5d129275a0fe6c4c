"""From verified files to one prepared data set: split, labelled, binarised."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from labelinfo.data.dataset import SPLITS, Dataset, Split
from labelinfo.data.duplicates import count_copies, refuse_copies
from labelinfo.data.files import content_digest, read_verified
from labelinfo.data.formats import (
    as_images,
    as_labels,
    parse_amat,
    parse_idx,
    parse_npz,
    parse_omniglot_mat,
    parse_parquet,
)
from labelinfo.data.labels import Match, match_originals
from labelinfo.data.own_files import table_kind
from labelinfo.errors import DataError
from labelinfo.information import label_entropy_nats
from labelinfo.seeds import derive_seed

logger = logging.getLogger(__name__)

# Shuffling and validation size of Burda et al. (2015),
# https://github.com/yburda/iwae/blob/master/datasets.py
_OMNIGLOT_SHUFFLE_SEED = 123
_OMNIGLOT_VALID = 1345

# Finds the original of each binary image: (N, P) bits and (M, P) intensities to a Match.
Matcher = Callable[[np.ndarray, np.ndarray], Match]


@dataclass
class RawData:
    """What a reader gives: images and labels by split, before binarisation and limits."""

    images: dict[str, np.ndarray]
    labels: dict[str, dict[str, np.ndarray]]
    classes: dict[str, list[str]]
    matches: dict[str, Match] = field(default_factory=dict)


@dataclass
class Source:
    """A file of a data set: where it lies here, and what its content has to be."""

    path: Path
    sha256: str | None = None
    git_blob_sha1: str | None = None
    size: int | None = None

    def read(self) -> bytes:
        """Return the verified, decompressed content."""
        return read_verified(
            self.path, sha256=self.sha256, git_blob_sha1=self.git_blob_sha1, size=self.size
        )


def prepare_dataset(
    name: str,
    definition: Mapping[str, Any],
    sources: dict[str, Source],
    *,
    tasks: Sequence[str],
    clamp: float | None,
    duplicates_max_share: float,
    device: torch.device | str = "cpu",
) -> tuple[Dataset, pd.DataFrame]:
    """Read, check, label, split and binarise one data set.

    Parameters
    ----------
    name
        Its key, the root of its seeds.
    definition
        Its section of the configuration.
    sources
        Its files by role.
    tasks
        The labels that are asked for. All others that can be probed are kept too, so that what is
        prepared does not depend on them.
    clamp
        ε of the naive-Bayes match; None where nothing is matched.
    duplicates_max_share
        Largest share of a split that may be copies of images in an earlier one.
    device
        Where that match takes its products; the labels do not depend on it.

    Returns
    -------
    Dataset
        Ready for every later stage.
    DataFrame
        One row per split and task: counts, label entropy in nats, share of images whose label is
        never seen in training; of the split before ``limit``, the match quality and how many of its
        images stand in an earlier split too.

    Raises
    ------
    DataError
        Naming the file at fault and the remedy.
    """
    contents = {role: source.read() for role, source in sources.items()}
    digests = {role: content_digest(content) for role, content in contents.items()}
    names = {role: str(source.path) for role, source in sources.items()}
    match = partial(match_originals, clamp=clamp, device=device)
    raw = _READERS[definition["reader"]](name, definition, tasks, contents, names, match)
    for task in tasks:
        if task not in raw.classes:
            raise DataError(
                f"The data set {name!r} has no labels {task!r}; it has {sorted(raw.classes)}: "
                f"correct the config key `datasets.{name}.tasks`."
            )
    kept = sorted(raw.classes)
    copies = count_copies(raw.images)
    sizes = {split: len(images) for split, images in raw.images.items()}
    refuse_copies(name, copies, sizes, duplicates_max_share)
    for split in SPLITS:
        if copies[split]:
            logger.warning(
                "%s: %d of the %d %s images are copies of images in an earlier split.",
                name,
                copies[split],
                sizes[split],
                split,
            )
    splits = {}
    rows = []
    limited = {
        split: _limited(name, split, len(raw.images[split]), definition["limit"][split])
        for split in SPLITS
    }
    for split, rows_kept in limited.items():
        if len(rows_kept) < 2:
            raise DataError(
                f"The {split} split of {name!r} has {len(rows_kept)} images: give 2 or more."
            )
    for task in sorted(raw.classes):
        for split in SPLITS:
            if len(np.unique(raw.labels[split][task][limited[split]])) > 1:
                continue
            fault = f"All images of the {split} split of {name!r} have the same label {task!r}"
            if task in tasks:
                raise DataError(
                    f"{fault}: there is nothing to probe; choose another task or split."
                )
            logger.info("%s: it is left out.", fault)
            kept.remove(task)
            break
    for split in SPLITS:
        limit, rows_kept = definition["limit"][split], limited[split]
        images = _binarize(name, split, raw.images[split], definition["binarize"])[rows_kept]
        labels = {task: raw.labels[split][task][rows_kept] for task in kept}
        splits[split] = Split(
            torch.from_numpy(np.ascontiguousarray(images)),
            {task: torch.from_numpy(codes.copy()) for task, codes in labels.items()},
        )
        rows += [
            _summary(name, split, task, images, codes, raw, limit)
            | {"copies_of_earlier_splits": copies[split]}
            for task, codes in labels.items()
        ]
    for row in rows:
        known = splits["train"].labels[row["task"]]
        codes = splits[row["split"]].labels[row["task"]]
        row["label_unseen_in_train_share"] = float(1 - torch.isin(codes, known).double().mean())
        logger.info("%(split)s, %(task)s: %(images)d images, %(classes)d classes", row)
        if row["label_unseen_in_train_share"] and row["task"] in tasks:
            logger.warning(
                "%(dataset)s: %(label_unseen_in_train_share).1e of the %(split)s images have a "
                "%(task)s that no training image has; no probe can know it, and C shows that.",
                row,
            )
    classes = {task: raw.classes[task] for task in kept}
    return Dataset(name, **splits, classes=classes, digests=digests), pd.DataFrame(rows)


def _read_static_mnist(
    name: str,
    definition: Mapping[str, Any],
    tasks: Sequence[str],
    contents: dict[str, bytes],
    names: dict[str, str],
    match: Matcher,
) -> RawData:
    images = {split: parse_amat(contents[split], names[split]) for split in SPLITS}
    matches, labels = {}, {}
    # Train and validation were drawn from the training originals, test from the test originals.
    for prefix, members in (("train", ("train", "valid")), ("test", ("test",))):
        originals = parse_idx(contents[f"{prefix}_originals"], names[f"{prefix}_originals"])
        digits = parse_idx(contents[f"{prefix}_labels"], names[f"{prefix}_labels"])
        if (
            originals.ndim != 3
            or originals.shape[1:] != (28, 28)
            or digits.shape != originals.shape[:1]
        ):
            raise DataError(
                f"{names[f'{prefix}_originals']} with {names[f'{prefix}_labels']} are not N "
                f"images of 28×28 with N labels, but {originals.shape} and {digits.shape}: fetch "
                "both again."
            )
        if len(digits) and digits.max() > 9:
            raise DataError(
                f"{names[f'{prefix}_labels']} holds a label above 9: it is no MNIST label file."
            )
        bits = np.concatenate([images[member] for member in members])
        found = match(bits, originals.reshape(len(originals), -1))
        start = 0
        for member in members:
            rows = slice(start, start + len(images[member]))
            start = rows.stop
            matches[member] = Match(
                found.index[rows], found.log_likelihood_nats[rows], found.margin_nats[rows]
            )
            labels[member] = {"digit": digits[found.index[rows]].astype(np.int64)}
    return RawData(images, labels, {"digit": [str(digit) for digit in range(10)]}, matches)


def _read_omniglot(
    name: str,
    definition: Mapping[str, Any],
    tasks: Sequence[str],
    contents: dict[str, bytes],
    names: dict[str, str],
    match: Matcher,
) -> RawData:
    arrays = parse_omniglot_mat(contents["data"], names["data"])
    if len(arrays.train_images) <= _OMNIGLOT_VALID:
        raise DataError(
            f"{names['data']} holds {len(arrays.train_images)} training images, but "
            f"{_OMNIGLOT_VALID} of them are to be validation: fetch it again."
        )
    # A character is named by its alphabet and its number inside it.
    train_pairs = np.stack([arrays.train_alphabet, arrays.train_character_in_alphabet], axis=1)
    test_pairs = np.stack([arrays.test_alphabet, arrays.test_character_in_alphabet], axis=1)
    pairs, codes = np.unique(np.concatenate([train_pairs, test_pairs]), axis=0, return_inverse=True)
    codes = codes.reshape(-1).astype(np.int64)
    character = {"train": codes[: len(train_pairs)], "test": codes[len(train_pairs) :]}
    # the legacy generator, because the published split was drawn with it
    order = np.random.RandomState(_OMNIGLOT_SHUFFLE_SEED).permutation(len(train_pairs))
    parts = {"train": order[:-_OMNIGLOT_VALID], "valid": order[-_OMNIGLOT_VALID:]}
    images = {split: arrays.train_images[rows] for split, rows in parts.items()}
    labels = {
        split: {"alphabet": arrays.train_alphabet[rows], "character": character["train"][rows]}
        for split, rows in parts.items()
    }
    images["test"] = arrays.test_images
    labels["test"] = {"alphabet": arrays.test_alphabet, "character": character["test"]}
    classes = {
        "alphabet": [str(number) for number in range(int(pairs[:, 0].max()) + 1)],
        "character": [f"{alphabet}/{number}" for alphabet, number in pairs],
    }
    return RawData(images, labels, classes)


def _read_table(
    name: str,
    definition: Mapping[str, Any],
    tasks: Sequence[str],
    contents: dict[str, bytes],
    names: dict[str, str],
    match: Matcher,
) -> RawData:
    file = names["table"]
    parse = parse_npz if table_kind(file) == ".npz" else parse_parquet
    columns = parse(contents["table"], file)
    if "images" not in columns:
        raise DataError(f"{file} has no `images`; it has {sorted(columns)[:20]}: rename yours.")
    images = as_images(columns["images"], file)
    if "split" in columns:
        _check_length(columns, "split", len(images), file)
        codes, words = as_labels(columns["split"], file, "split")
        unknown = sorted(set(words) - set(SPLITS))
        if unknown:
            raise DataError(
                f"{file} has {unknown[0][:40]!r} in its `split` column: use {', '.join(SPLITS)}."
            )
        rows = {split: np.flatnonzero(np.array(words)[codes] == split) for split in SPLITS}
    else:
        order = np.random.default_rng(derive_seed(name, "split")).permutation(len(images))
        tests = round(definition["split"]["test"] * len(images))
        valids = round(definition["split"]["valid"] * len(images))
        rows = {
            "test": order[:tests],
            "valid": order[tests : tests + valids],
            "train": order[tests + valids :],
        }
    labels: dict[str, dict[str, np.ndarray]] = {split: {} for split in SPLITS}
    classes = {}
    available = sorted(set(columns) - {"images", "split"})
    for column in tasks:
        if column not in available:
            raise DataError(
                f"{file} has no label column {column!r}; it has {available[:20]}: correct the "
                f"config key `datasets.{name}.tasks`."
            )
    for column in available:
        try:
            _check_length(columns, column, len(images), file)
            codes, words = as_labels(columns[column], file, column)
        except DataError as fault:
            if column in tasks:
                raise
            logger.info("No labels: %s", fault)
            continue
        classes[column] = words
        for split in SPLITS:
            labels[split][column] = codes[rows[split]]
    return RawData({split: images[rows[split]] for split in SPLITS}, labels, classes)


def _check_length(columns: Mapping[str, np.ndarray], column: str, images: int, file: str) -> None:
    values = columns[column]
    if values.shape[:1] != (images,):
        count = len(values) if values.ndim else "no column of"
        raise DataError(
            f"{file} has {images} images but {count} values in {column[:60]!r}: they have to agree."
        )


_READERS: dict[str, Callable[..., RawData]] = {
    "static_mnist": _read_static_mnist,
    "omniglot": _read_omniglot,
    "table": _read_table,
}


def _limited(name: str, split: str, count: int, limit: int | None) -> np.ndarray:
    """Return the rows to keep: a seeded draw, as files may be sorted by class."""
    if limit is None or limit >= count:
        return np.arange(count)
    order = np.random.default_rng(derive_seed(name, "limit", split)).permutation(count)
    return np.sort(order[:limit])


def _binarize(name: str, split: str, images: np.ndarray, mode: str) -> np.ndarray:
    """Return uint8 bits, or float32 intensities where training draws them afresh."""
    if images.dtype == np.uint8:
        return images
    if mode == "none":
        raise DataError(
            f"The images of {name!r} are not binary: set the config key `datasets.{name}.binarize` "
            "to 'bernoulli' or 'threshold'."
        )
    if mode == "threshold":
        return (images > 0.5).astype(np.uint8)
    if split == "train":
        return images.astype(np.float32)
    generator = np.random.default_rng(derive_seed(name, "binarize", split))
    return (generator.random(images.shape) < images).astype(np.uint8)


def _summary(
    name: str,
    split: str,
    task: str,
    images: np.ndarray,
    codes: np.ndarray,
    raw: RawData,
    limit: int | None,
) -> dict[str, Any]:
    match = raw.matches.get(split)
    counts = np.bincount(codes, minlength=len(raw.classes[task]))
    return {
        "dataset": name,
        "split": split,
        "task": task,
        "images": len(images),
        "mean_pixel": float(images.mean(dtype=np.float64)),
        "classes": int((counts > 0).sum()),
        "label_counts": json.dumps(counts.tolist()),
        "label_entropy_nats": label_entropy_nats(codes),
        "matched_distinct_share": match.distinct_share if match else None,
        "match_margin_median_nats": float(np.median(match.margin_nats)) if match else None,
        "match_margin_below_1_nat_share": float((match.margin_nats < 1).mean()) if match else None,
        "limit": limit,
    }
