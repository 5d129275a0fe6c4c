"""The search for the convolutional classifier's depth and dropout, on validation alone."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.baselines.classifiers import fit_complex_image, measure_classifier
from labelinfo.data.dataset import load_dataset
from labelinfo.errors import StorageError
from labelinfo.io.tables import write_table
from labelinfo.provenance import describe
from labelinfo.training.device import resolve_device

logger = logging.getLogger(__name__)

NETWORK = ["depth", "dropout"]


def train_candidate(
    task: str,
    settings: dict[str, Any],
    *,
    dataset_file: Path | str,
    target: Path | str,
    device: str,
    code: str,
) -> None:
    """Train one candidate on the training split and write its C on validation.

    The test split has no part in it.

    Parameters
    ----------
    task
        For which labels.
    settings
        The configuration's ``classifier`` section with the candidate's ``depth`` and ``dropout``.
    dataset_file, target, device, code
        The prepared data set, the one-row table, where to compute, digest of the stage's code.
    """
    dataset = load_dataset(dataset_file)
    where = resolve_device(device)
    network = {key: settings[key] for key in NETWORK}
    identity = (dataset.name, "candidate", task, *network.values())
    model, facts = fit_complex_image(dataset, task, settings, identity, device=where)
    measured = measure_classifier(model, dataset.valid, task, where).row(0)
    row = {
        "dataset": dataset.name,
        "task": task,
        **network,
        "label_distortion_valid_nats": measured["label_distortion_nats"],
        "label_distortion_valid_nats_se": measured["label_distortion_nats_se"],
        "label_accuracy_valid": measured["label_accuracy"],
        "epochs": settings["epochs"],
        **facts,
    }
    logger.info("%s: C %.4f nats on valid", network, row["label_distortion_valid_nats"])
    origin = describe("train_candidate", code=code, config=settings, data=dataset.digests)
    write_table(target, pd.DataFrame([row]), origin)


def choose_network(
    candidates: pd.DataFrame, *, configured: dict[str, Any], paper: dict[str, Any] | None
) -> pd.DataFrame:
    """Return the candidates, best first, with the choice marked.

    Chosen is the smallest C on validation; of equal ones the shallower, then the one of less
    dropout. As the smallest of many noisy numbers it is a little too small, so it is no estimate of
    the C that the chosen network reaches on other images.

    Parameters
    ----------
    candidates
        One row per candidate of one data set and task.
    configured, paper
        Depth and dropout that the configuration has, and that the paper has for this task, if any;
        each is marked.

    Returns
    -------
    DataFrame
        The candidates with ``excess_valid_nats`` (C on validation less that of the chosen), and
        ``chosen``, ``configured`` and ``paper``, true or false.
    """
    order = ["label_distortion_valid_nats", *NETWORK]
    table = candidates.sort_values(order, ignore_index=True)
    nats = table["label_distortion_valid_nats"]
    return table.assign(
        excess_valid_nats=nats - nats.iloc[0],
        chosen=table.index == 0,
        configured=_is(table, configured),
        paper=_is(table, paper),
    )


def chosen_network(choice: pd.DataFrame, source: Path | str) -> dict[str, Any]:
    """Return depth and dropout of the chosen row of a table made by :func:`choose_network`.

    Raises
    ------
    StorageError
        If ``source``, where the table comes from, names no choice or several.
    """
    rows = choice[choice["chosen"]] if "chosen" in choice else choice.iloc[:0]
    if len(rows) != 1:
        raise StorageError(f"The table {source} names no one choice: delete it and run again.")
    return {"depth": int(rows["depth"].iloc[0]), "dropout": float(rows["dropout"].iloc[0])}


def _is(table: pd.DataFrame, network: dict[str, Any] | None) -> pd.Series:
    if network is None:
        return pd.Series(False, index=table.index)
    return (table["depth"] == network["depth"]) & (table["dropout"] == network["dropout"])
