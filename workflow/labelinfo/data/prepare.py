"""Prepare a data set from verified files: split, label, binarise."""

import json
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from labelinfo.data.checks import check_blank, check_copies, count_copies
from labelinfo.data.dataset import SPLITS, Dataset, Split
from labelinfo.data.files import content_digest, read_verified
from labelinfo.data.labels import Match, match_originals
from labelinfo.data.readers import InputFile, RawData
from labelinfo.data.readers.omniglot import read_omniglot
from labelinfo.data.readers.static_mnist import read_static_mnist
from labelinfo.data.readers.user_file import read_user_file
from labelinfo.data.summary import typed_summary
from labelinfo.errors import DataError
from labelinfo.information import label_entropy_nats
from labelinfo.seeds import derive_seed

logger = logging.getLogger(__name__)

# By the configuration's `datasets.<name>.reader`
READERS = {
    "static_mnist": read_static_mnist,
    "omniglot": read_omniglot,
    "table": read_user_file,
}


def read_input(path: Path, file: Mapping[str, Any]) -> InputFile:
    """Return the content of a data set's file, verified by its section of the configuration."""
    checks = {"sha256": file.get("sha256"), "git_blob_sha1": file.get("git_blob_sha1")}
    return InputFile(str(path), read_verified(path, size=file.get("bytes"), **checks))


def prepare_dataset(
    name: str,
    definition: Mapping[str, Any],
    files: Mapping[str, InputFile],
    *,
    tasks: Sequence[str],
    clamp: float | None,
    duplicates_max_share: float,
    device: torch.device | str = "cpu",
) -> tuple[Dataset, pd.DataFrame]:
    """Check, label, split, shuffle and binarise one data set.

    ``name`` is the data set's key, the root of its seeds; ``definition`` is its section of the
    configuration; ``files`` are by role. All labels that can be probed are kept, not only the
    ``tasks``, so the prepared data do not depend on the tasks. ``clamp`` is the ε of the
    naive-Bayes match, whose labels do not depend on the ``device``. In no split may the share of
    copies of images in earlier splits exceed ``duplicates_max_share``.

    The table has one row per split and task: counts, label entropy in nats, share of labelled
    images whose label does not occur in training. Match quality and the number of copies are
    computed before ``limit``. Raises DataError, which names the faulty file and the remedy.
    """
    digests = {role: content_digest(file.content) for role, file in files.items()}
    match = partial(match_originals, clamp=clamp, device=device)
    raw = READERS[definition["reader"]](name, definition, tasks, files, match)
    mode, limit = definition["binarize"], definition["limit"]
    # Binarise before the choice of rows, so that the bits of an image do not depend on the limit.
    images = {split: _binarize(name, split, raw.images[split], mode) for split in SPLITS}
    # Draws of equal intensities differ, so equal images are sought among the intensities.
    compared = images if mode == "threshold" else raw.images
    check_blank(name, compared, mode)
    copies = check_copies(name, compared, duplicates_max_share)
    if mode == "bernoulli":
        _warn_of_near_copies(name, raw.images, copies)
    if raw.misfit:
        # after the check of copies: a file given for two splits fits only one part's originals
        raise DataError(raw.misfit)
    rows = {
        split: shuffled_rows(name, split, len(raw.images[split]), limit[split]) for split in SPLITS
    }
    kept = _probed_labels(name, raw, rows, tasks)
    splits = {
        split: Split(
            torch.from_numpy(np.ascontiguousarray(images[split][chosen])),
            {task: torch.from_numpy(raw.labels[split][task][chosen]) for task in kept},
        )
        for split, chosen in rows.items()
    }
    classes = {task: raw.classes[task] for task in kept}
    dataset = Dataset(name, **splits, classes=classes, digests=digests)
    summary = [
        _summary(dataset, split, task, raw.matches.get(split), limit[split], copies[split])
        for split in SPLITS
        for task in kept
    ]
    _log(summary, tasks)
    return dataset, typed_summary(pd.DataFrame(summary))


def _warn_of_near_copies(
    name: str, images: Mapping[str, np.ndarray], copies: Mapping[str, int]
) -> None:
    bits = {split: part > 0.5 for split, part in images.items()}
    near = count_copies({split: part[part.any(axis=1)] for split, part in bits.items()})
    for split in SPLITS:
        if near[split] > copies[split]:
            logger.warning(
                f"{name}: {near[split] - copies[split]} {split} images of other greys than an "
                "image in an earlier split show the same pixels brighter than 0.5: check that they "
                "are no copies of it."
            )


def _probed_labels(
    name: str, raw: RawData, rows: Mapping[str, np.ndarray], tasks: Sequence[str]
) -> list[str]:
    """Return the labels that can be probed in every split; refuse if ``tasks`` has another."""
    for task in tasks:
        if task not in raw.classes:
            raise DataError(
                f"The data set {name!r} has no labels {task!r}; it has {sorted(raw.classes)}: "
                f"correct the config key `datasets.{name}.tasks`."
            )
    for split, chosen in rows.items():
        if len(chosen) < 2:
            raise DataError(
                f"The {split} split of {name!r} has {len(chosen)} images: give 2 or more."
            )
    kept = []
    for task in sorted(raw.classes):
        fault = _fault_of_labels(name, task, {s: raw.labels[s][task][rows[s]] for s in SPLITS})
        if fault is None:
            kept.append(task)
        elif task in tasks:
            raise DataError(f"{fault}: there is nothing to probe; choose another task or split.")
        else:
            logger.info("%s: it is left out.", fault)
    return kept


def _fault_of_labels(name: str, task: str, labels: Mapping[str, np.ndarray]) -> str | None:
    """Return why a task cannot be probed, or None if every split has two different labels."""
    for split in SPLITS:
        classes = len(np.unique(labels[split][labels[split] >= 0]))
        if classes == 0:
            return f"No image of the {split} split of {name!r} has a label {task!r}"
        if classes == 1:
            which = "All images" if labels[split].min() >= 0 else "All labelled images"
            return f"{which} of the {split} split of {name!r} have the same label {task!r}"
    return None


def shuffled_rows(name: str, split: str, count: int, limit: int | None = None) -> np.ndarray:
    """Return the rows of a file in the order of the prepared split, at most ``limit`` of them.

    The shuffle is needed because files may be sorted by class, like the test file of static MNIST.
    The rows of a smaller limit are the first rows of a larger one.
    """
    order = np.random.default_rng(derive_seed(name, "order", split)).permutation(count)
    return order[:limit]


def _binarize(name: str, split: str, images: np.ndarray, mode: str) -> np.ndarray:
    """Return uint8 bits, or float32 intensities of a training split that draws bits afresh."""
    if images.dtype == np.uint8:
        return images
    if mode == "none":
        greys = np.count_nonzero((images > 0) & (images < 1))
        raise DataError(
            f"The images of {name!r} are not binary, as {greys} of the {images.size} pixels of the "
            f"{split} split are grey: set the config key `datasets.{name}.binarize` to "
            "'bernoulli' or 'threshold'."
        )
    if mode == "threshold":
        return (images > 0.5).astype(np.uint8)
    if split == "train":
        return images.astype(np.float32, copy=False)
    generator = np.random.default_rng(derive_seed(name, "binarize", split))
    return (generator.random(images.shape) < images).astype(np.uint8)


def _summary(
    dataset: Dataset, split: str, task: str, match: Match | None, limit: int | None, copies: int
) -> dict[str, Any]:
    images = dataset.split(split).images.numpy()
    codes = dataset.split(split).labels[task]
    known = codes[codes >= 0]
    labelled = known.numpy()
    counts = np.bincount(labelled, minlength=len(dataset.classes[task]))
    seen = torch.isin(known, dataset.train.labels[task])
    return {
        "dataset": dataset.name,
        "split": split,
        "task": task,
        "images": len(images),
        "labelled_images": len(labelled),
        "mean_pixel": float(images.mean(dtype=np.float64)),
        "classes": int((counts > 0).sum()),
        "label_counts": json.dumps(counts.tolist()),
        "label_entropy_nats": label_entropy_nats(labelled),
        "matched_distinct_share": match.distinct_share if match else None,
        "match_margin_median_nats": float(np.median(match.margin_nats)) if match else None,
        "match_margin_below_1_nat_share": float((match.margin_nats < 1).mean()) if match else None,
        "limit": limit,
        "copies_of_earlier_splits": copies,
        "label_unseen_in_train_share": float(1 - seen.double().mean()),
    }


def _log(summary: Sequence[Mapping[str, Any]], tasks: Sequence[str]) -> None:
    for row in summary:
        name, split, task, images = (row[key] for key in ("dataset", "split", "task", "images"))
        logger.info(f"{split}, {task}: {images} images, {row['classes']} classes")
        if task not in tasks:
            continue
        if row["labelled_images"] < images:
            logger.warning(
                f"{name}: {row['labelled_images']} of the {images} {split} images have a label "
                f"{task}; the others train the VAE, and probes leave them out."
            )
        absent = json.loads(row["label_counts"]).count(0)
        if split == "test" and absent:
            logger.warning(
                f"{name}: no test image has any of {absent} of the {absent + row['classes']} "
                f"labels {task}."
            )
        if unseen := row["label_unseen_in_train_share"]:
            logger.warning(
                f"{name}: {unseen:.1e} of the {split} images have a {task} that no training image "
                "has; no probe can know it, and C shows that."
            )
