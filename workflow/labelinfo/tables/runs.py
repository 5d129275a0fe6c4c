"""The table of runs: one row per run and task, including diverged and missing ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from labelinfo.config.run import Run, beta_key
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_arrow
from labelinfo.tables.audit import audit_row, validation_row, warn_of_row
from labelinfo.tables.label_columns import (
    CONVERGED,
    LABEL_COLUMNS,
    PROBE_COLUMNS,
    with_label_columns,
)
from labelinfo.tables.stack import drop_repeated

IDENTITY = ["dataset", "encoder", "decoder", "marginal", "beta", "seed"]
# types of a task's probe columns, which would have none if all rows are null
_LABEL_TYPES = {name: "boolean" if name in CONVERGED else float for name in PROBE_COLUMNS}
# the type of each column; None: an identity column, with its type in the sweep's table
_TYPES: dict[str, Any] = {
    **dict.fromkeys(["dataset", "task", "encoder", "decoder", "marginal", "beta", "seed"]),
    "rate_nats": float,
    "rate_nats_se": float,
    "distortion_nats": float,
    "distortion_nats_se": float,
    "label_distortion_nats": float,
    "label_distortion_nats_se": float,
    "label_accuracy": float,
    "label_entropy_nats": float,
    "epochs": "Int64",
    "train_seconds": float,
    "images_per_second": float,
    "device": "text",
    "precision": "text",
    "status": "text",
    "violations": "text",
    "violations_valid": "text",
    "label_accuracy_se": float,
    **dict.fromkeys(LABEL_COLUMNS, float),
    "label_distortion_valid_nats": float,
    **_LABEL_TYPES,
    "probe_seeds": "Int64",
    "label_distortion_probe_sd_nats": float,
    "strong_label_distortion_probe_sd_nats": float,
    "prequential_label_nats": float,
    "rate_valid_nats": float,
    "distortion_valid_nats": float,
    "rate_plus_distortion_nats": float,
    "rate_plus_distortion_nats_se": float,
    "nll_iwae_nats": float,
    "nll_iwae_nats_se": float,
    "independent_pixels_nats": float,
    "samples": "Int64",
    "warnings": "text",
    "rate_estimator": "text",
    "rate_monte_carlo_nats": float,
    "rate_monte_carlo_nats_se": float,
    "rate_difference_nats": float,
    "rate_difference_nats_se": float,
    "best_epoch": "Int64",
    "training_mode": "text",
    "path_id": "text",
    "epochs_total": float,
    "steps_total": "Int64",
    "beta_start": float,
    "beta_warmup_epochs": float,
    "diverged_epoch": "Int64",
    "diverged_step": "Int64",
    "weights_sha256": "text",
    "compiled": "boolean",
    "caveat": "text",
    "weights_file": "text",
    "learning_curve_file": "text",
}
COLUMNS = list(_TYPES)
# the file that a row comes from
_FILE = "file"


@dataclass(frozen=True)
class JobFiles:
    """The jobs' one-row tables, or packed tables of slices; each row names its run."""

    training: Iterable[Path | str]
    measures: Iterable[Path | str]
    probes: Iterable[Path | str]


def aggregate_runs(
    expected: pd.DataFrame,
    files: JobFiles,
    *,
    label_entropies: Mapping[tuple[str, str], float],
    label_entropy_biases: Mapping[tuple[str, str], float],
    best_known_nats: Mapping[str, float | None],
    caveats: Mapping[str, str],
    standard_errors: float,
    probe_tolerance_nats: float,
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Join the jobs' tables to the rows that the sweep expects, and audit each row.

    Parameters
    ----------
    expected
        The identity columns and ``task``, one row per row of the result.
    files
        The tables to join; rows may be missing.
    label_entropies, label_entropy_biases
        H(Y) of the test split and its mean underestimation, in nats, by (data set, task).
    best_known_nats
        The lowest known negative log-likelihood by data set, or None.
    caveats
        Caveats of the results by data set.
    standard_errors, probe_tolerance_nats
        See :func:`labelinfo.tables.audit.audit_row`.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`. ``status`` is ``ok``; ``diverged``; ``incomplete``, if only some of
        the run's jobs are done; or ``missing``. ``violations`` is of the test split;
        ``violations_valid``, of validation, decides which runs may be chosen. For ``warnings`` see
        :func:`labelinfo.tables.audit.warn_of_row`. ``weights_file`` and ``learning_curve_file`` are
        relative to the experiment's results. They are empty for runs of slices, which hold neither.
    list
        The origins of the files read.

    Raises
    ------
    StorageError
        If a table does not name its run, was measured on other weights than the training recorded,
        or if two rows of one run have different numbers.
    """
    table, origins = _joined(expected, files)
    table["status"] = _status(table)
    pairs = list(zip(table["dataset"], table["task"], strict=True))
    table["label_entropy_nats"] = [label_entropies.get(pair) for pair in pairs]
    table["label_entropy_nats"] = table["label_entropy_nats"].astype(float)
    table = with_label_columns(table)
    table["caveat"] = table["dataset"].map(caveats)
    rows = table.to_dict("records")
    for column, of_split in (("violations", dict), ("violations_valid", validation_row)):
        table[column] = [
            audit_row(
                of_split(row),
                standard_errors=standard_errors,
                probe_tolerance_nats=probe_tolerance_nats,
                label_entropy_bias_nats=label_entropy_biases.get(pair, 0.0),
                best_known_nats=best_known_nats[row["dataset"]],
            )
            for row, pair in zip(rows, pairs, strict=True)
        ]
    table["warnings"] = list(map(warn_of_row, rows))
    texts = [name for name, kind in _TYPES.items() if kind == "text"]
    table[texts] = table[texts].astype(object).fillna("").astype(str)
    types = {name: kind for name, kind in _TYPES.items() if kind not in (None, "text")}
    return table.astype(types)[COLUMNS], origins


def _joined(expected: pd.DataFrame, files: JobFiles) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the expected rows with the columns of the jobs' tables, and the tables' origins."""
    origins: list[dict[str, Any]] = []
    trained = _stack(files.training, IDENTITY, origins)
    measured = _stack(files.measures, IDENTITY, origins)
    probed = _stack(files.probes, [*IDENTITY, "task"], origins)
    recorded = _recorded_weights(trained)
    measured, probed = (
        _of_these_weights(part, recorded).drop(columns="status", errors="ignore")
        for part in (measured, probed)
    )
    table = expected[[*IDENTITY, "task"]]
    parts = ((_with_files(trained), IDENTITY), (measured, IDENTITY), (probed, [*IDENTITY, "task"]))
    for part, keys in parts:
        table = table.merge(part, how="left", on=keys, validate="many_to_one")
    return table.reindex(columns=dict.fromkeys([*COLUMNS, *table.columns])), origins


def _status(table: pd.DataFrame) -> pd.Series:
    trained, measured = table["status"].eq("ok"), table["rate_nats"].notna()
    probed = table["label_distortion_nats"].notna()
    begun = trained | (table["status"].isna() & (measured | probed))
    status = table["status"].astype(object).fillna("missing")
    return status.mask(begun & ~(trained & measured & probed), "incomplete")


def _stack(
    files: Iterable[Path | str], keys: list[str], origins: list[dict[str, Any]]
) -> pd.DataFrame:
    tables = []
    for file in files:
        table, origin = read_arrow(file)
        if not set(keys) <= set(table.column_names):
            raise StorageError(f"The table {file} does not name its run: delete it and run again.")
        # pandas' metadata describe only one table
        table = table.replace_schema_metadata(None)
        tables.append(table.append_column(_FILE, [[str(file)] * len(table)]))
        origins.append(origin)
    if not tables:
        empty = {key: pd.Series(dtype=object) for key in keys}
        return pd.DataFrame(empty).astype({"beta": float, "seed": int})
    # pandas takes seconds to concatenate thousands of one-row tables
    stacked = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    return drop_repeated(stacked, keys, "runs")


def _with_files(trained: pd.DataFrame) -> pd.DataFrame:
    """Add the paths of the files next to each training's record, empty for runs of slices."""
    if _FILE not in trained:
        return trained
    folders = []
    for *identity, beta, seed, file in zip(
        *(trained[key] for key in (*IDENTITY, _FILE)), strict=True
    ):
        run, folder = Run(*identity, beta_key(beta), int(seed)), Path(file).parent
        own = folder.as_posix().endswith(f"/{run.path}")
        depth = len(Path(run.path).parts) + 1  # plus the stage's folder
        folders.append("/".join((*folder.parts[-depth:], "")) if own else "")
    files = {"weights_file": "best.safetensors", "learning_curve_file": "learning_curve.parquet"}
    named = {name: [folder and folder + file for folder in folders] for name, file in files.items()}
    return trained.drop(columns=_FILE).assign(**named)


def _recorded_weights(trained: pd.DataFrame) -> dict[tuple, str]:
    """Return the digest of each run's weights, as recorded by its training."""
    if "weights_sha256" not in trained:
        return {}
    return dict(zip(_identities(trained), trained["weights_sha256"], strict=True))


def _of_these_weights(part: pd.DataFrame, recorded: Mapping[tuple, str]) -> pd.DataFrame:
    """Check that rows were measured on the recorded weights; return them without both columns."""
    if "weights_sha256" not in part:
        return part.drop(columns=_FILE, errors="ignore")
    rows = zip(_identities(part), part["weights_sha256"], part[_FILE], strict=True)
    for identity, digest, file in rows:
        if recorded.get(identity, digest) != digest:
            raise StorageError(
                f"The table {file} is about other weights than those of its training "
                f"({'-'.join(map(str, identity))}): delete it and run again."
            )
    return part.drop(columns=[_FILE, "weights_sha256"])


def _identities(table: pd.DataFrame) -> Iterable[tuple]:
    return zip(*(table[key] for key in IDENTITY), strict=True)
