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
from labelinfo.tables import label_columns
from labelinfo.tables.audit import audit_row, validation_row, warn_of_row
from labelinfo.tables.stack import drop_repeated, typed

IDENTITY = ["dataset", "encoder", "decoder", "marginal", "beta", "seed"]
COLUMNS = [
    "dataset", "task", "encoder", "decoder", "marginal", "beta", "seed",
    "rate_nats", "rate_nats_se", "distortion_nats", "distortion_nats_se",
    "label_distortion_nats", "label_distortion_nats_se", "label_accuracy", "label_entropy_nats",
    "epochs", "train_seconds", "images_per_second", "device", "precision",
    "status", "violations", "violations_valid", "label_accuracy_se", *label_columns.LABEL_COLUMNS,
    "label_distortion_valid_nats", *label_columns.PROBE_COLUMNS, "probe_seeds",
    "label_distortion_probe_sd_nats", "strong_label_distortion_probe_sd_nats",
    "prequential_label_nats", "rate_valid_nats", "distortion_valid_nats",
    "rate_plus_distortion_nats", "rate_plus_distortion_nats_se", "nll_iwae_nats",
    "nll_iwae_nats_se", "independent_pixels_nats",
    "samples", "warnings", "rate_estimator", "rate_monte_carlo_nats", "rate_monte_carlo_nats_se",
    "rate_difference_nats", "rate_difference_nats_se", "best_epoch", "training_mode", "path_id",
    "epochs_total", "steps_total", "beta_start", "beta_warmup_epochs", "diverged_epoch",
    "diverged_step", "weights_sha256", "compiled", "caveat", "weights_file", "learning_curve_file",
]  # fmt: skip
_TEXTS = (
    "dataset", "task", "encoder", "decoder", "marginal", "device", "precision", "status",
    "violations", "violations_valid", "warnings", "rate_estimator", "training_mode", "path_id",
    "weights_sha256", "caveat", "weights_file", "learning_curve_file",
)  # fmt: skip
_INTEGERS = (
    "epochs", "probe_seeds", "samples", "best_epoch", "steps_total", "diverged_epoch",
    "diverged_step",
)  # fmt: skip
# the file that a row comes from
_FILE = "file"
Origins = list[dict[str, Any]]


@dataclass(frozen=True)
class JobFiles:
    """The jobs' one-row tables, or packed tables of slices; rows may be missing."""

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
) -> tuple[pd.DataFrame, Origins]:
    """Join the jobs' tables to the rows that the sweep expects, and audit each row.

    Parameters
    ----------
    expected
        The identity columns and ``task``, one row per row of the result.
    label_entropies, label_entropy_biases
        H(Y) of the test split and its mean underestimation, in nats, by (data set, task).
    best_known_nats, caveats
        The lowest known negative log-likelihood, or None, and the caveats by data set.
    standard_errors, probe_tolerance_nats
        See :func:`labelinfo.tables.audit.audit_row`.

    Returns
    -------
    tuple
        A table of :data:`COLUMNS`, and the files' origins. ``status`` is ``ok``; ``diverged``;
        ``incomplete``, if only some of the run's jobs are done; or ``missing``. ``violations`` is
        of the test split; ``violations_valid``, of validation, decides which runs may be chosen.
        ``weights_file`` and ``learning_curve_file`` are relative to the experiment's results and
        empty for runs of slices.

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
    table = label_columns.with_label_columns(table)
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
    booleans = ["compiled", *label_columns.CONVERGED]
    return (
        typed(table[COLUMNS], str=_TEXTS, Int64=_INTEGERS, int64=["seed"], boolean=booleans),
        origins,
    )


def _joined(expected: pd.DataFrame, files: JobFiles) -> tuple[pd.DataFrame, Origins]:
    """Return the expected rows with the columns of the jobs' tables, and the tables' origins."""
    origins: Origins = []
    trained = _stack(files.training, IDENTITY, origins)
    recorded = {}
    if "weights_sha256" in trained:
        recorded = dict(zip(_identities(trained), trained["weights_sha256"], strict=True))
    # a sweep of no runs has columns without types
    expected = expected[[*IDENTITY, "task"]].astype({"beta": float, "seed": int})
    table = expected.merge(_with_files(trained), how="left", on=IDENTITY, validate="many_to_one")
    for part, keys in ((files.measures, IDENTITY), (files.probes, [*IDENTITY, "task"])):
        rows = _of_these_weights(_stack(part, keys, origins), recorded)
        table = table.merge(rows, how="left", on=keys, validate="many_to_one")
    return table.reindex(columns=dict.fromkeys([*COLUMNS, *table.columns])), origins


def _status(table: pd.DataFrame) -> pd.Series:
    trained, measured = table["status"].eq("ok"), table["rate_nats"].notna()
    probed = table["label_distortion_nats"].notna()
    begun = trained | (table["status"].isna() & (measured | probed))
    status = table["status"].astype(object).fillna("missing")
    return status.mask(begun & ~(trained & measured & probed), "incomplete")


def _stack(files: Iterable[Path | str], keys: list[str], origins: Origins) -> pd.DataFrame:
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
    for (*names, beta, seed), file in zip(_identities(trained), trained[_FILE], strict=True):
        run, folder = Run(*names, beta_key(beta), int(seed)), Path(file).parent
        own = folder.as_posix().endswith(f"/{run.path}")
        depth = len(Path(run.path).parts) + 1  # plus the stage's folder
        folders.append("/".join((*folder.parts[-depth:], "")) if own else "")
    files = {"weights_file": "best.safetensors", "learning_curve_file": "learning_curve.parquet"}
    named = {name: [folder and folder + file for folder in folders] for name, file in files.items()}
    return trained.drop(columns=_FILE).assign(**named)


def _of_these_weights(part: pd.DataFrame, recorded: Mapping[tuple, str]) -> pd.DataFrame:
    """Check that rows were measured on the recorded weights; return their own columns."""
    if "weights_sha256" in part:
        rows = zip(_identities(part), part["weights_sha256"], part[_FILE], strict=True)
        for identity, digest, file in rows:
            if recorded.get(identity, digest) != digest:
                raise StorageError(
                    f"The table {file} is about other weights than those of its training "
                    f"({'-'.join(map(str, identity))}): delete it and run again."
                )
    return part.drop(columns=[_FILE, "weights_sha256", "status"], errors="ignore")


def _identities(table: pd.DataFrame) -> Iterable[tuple]:
    return zip(*(table[key] for key in IDENTITY), strict=True)
