"""The table of runs: one row per run and task, whatever became of it."""

from collections.abc import Iterable, Mapping
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
COLUMNS = [
    "dataset",
    "task",
    "encoder",
    "decoder",
    "marginal",
    "beta",
    "seed",
    "rate_nats",
    "rate_nats_se",
    "distortion_nats",
    "distortion_nats_se",
    "label_distortion_nats",
    "label_distortion_nats_se",
    "label_accuracy",
    "label_entropy_nats",
    "epochs",
    "train_seconds",
    "images_per_second",
    "device",
    "precision",
    "status",
    "violations",
    "violations_valid",
    # beyond what the figures need
    "label_accuracy_se",
    *LABEL_COLUMNS,
    "label_distortion_valid_nats",
    *PROBE_COLUMNS,
    "probe_seeds",
    "label_distortion_probe_sd_nats",
    "strong_label_distortion_probe_sd_nats",
    "prequential_label_nats",
    "rate_valid_nats",
    "distortion_valid_nats",
    "rate_plus_distortion_nats",
    "rate_plus_distortion_nats_se",
    "nll_iwae_nats",
    "nll_iwae_nats_se",
    "independent_pixels_nats",
    "warnings",
    "rate_estimator",
    "rate_monte_carlo_nats",
    "rate_monte_carlo_nats_se",
    "rate_difference_nats",
    "rate_difference_nats_se",
    "best_epoch",
    "training_mode",
    "path_id",
    "epochs_total",
    "beta_start",
    "beta_warmup_epochs",
    "diverged_epoch",
    "diverged_step",
    "weights_sha256",
    "compiled",
    "caveat",
    "weights_file",
    "learning_curve_file",
]
_OF_PROBE_SEEDS = [
    "label_distortion_probe_sd_nats",
    "strong_label_distortion_probe_sd_nats",
    "prequential_label_nats",
]
_OF_TRAINING = ["epochs_total", "beta_start", "beta_warmup_epochs"]
# measures of older versions lack the last
_OF_MEASURES = ["nll_iwae_nats", "nll_iwae_nats_se", "independent_pixels_nats"]
# the file that a row comes from
_FILE = "file"
_TEXT = [
    "device",
    "precision",
    "status",
    "rate_estimator",
    "violations",
    "violations_valid",
    "warnings",
    "weights_sha256",
    "training_mode",
    "path_id",
    "caveat",
    "weights_file",
    "learning_curve_file",
]


def aggregate_runs(
    expected: pd.DataFrame,
    *,
    training: Iterable[Path | str],
    measures: Iterable[Path | str],
    probes: Iterable[Path | str],
    label_entropies: Mapping[tuple[str, str], float],
    label_entropy_biases: Mapping[tuple[str, str], float],
    best_known_nats: Mapping[str, float | None],
    caveats: Mapping[str, str],
    standard_errors: float,
    probe_tolerance_nats: float,
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Join what the jobs wrote onto the rows that the sweep expects, and audit each row.

    Parameters
    ----------
    expected
        The identity columns and ``task``, one row per row of the result.
    training, measures, probes
        The jobs' one-row tables, or packed ones of slices; each row names its run. Rows may be
        missing.
    label_entropies
        H(Y) of the test split in nats by (data set, task).
    label_entropy_biases
        By how much those are too small on average, in nats.
    best_known_nats
        The lowest negative log-likelihood known by data set, or None.
    caveats
        What has to be said of a data set's results, by data set.
    standard_errors, probe_tolerance_nats
        See :func:`labelinfo.tables.audit.audit_row`.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`. ``status`` is ``ok``; ``diverged``; ``incomplete``, where some of
        the run's jobs are done; or ``missing``.
        ``violations`` is of the test split; ``violations_valid``, of validation, is what choices
        among runs go by. ``warnings`` is of :func:`labelinfo.tables.audit.warn_of_row`.
        ``weights_file`` and ``learning_curve_file`` are relative to the experiment's results, and
        empty for runs of slices, which hold neither.
    list
        The origins of the files read.

    Raises
    ------
    StorageError
        If a table does not name its run, is about other weights than the training's record, or if
        two rows of one run have different numbers.
    """
    origins: list[dict[str, Any]] = []
    trained = _stack(training, IDENTITY, origins)
    measured = _stack(measures, IDENTITY, origins)
    probed = _stack(probes, [*IDENTITY, "task"], origins)
    recorded = _recorded_weights(trained)
    trained = _with_files(trained)
    measured, probed = (_of_these_weights(part, recorded) for part in (measured, probed))
    table = expected[[*IDENTITY, "task"]]
    for part, keys in (
        (trained, IDENTITY),
        (measured.drop(columns="status", errors="ignore"), IDENTITY),
        (probed.drop(columns="status", errors="ignore"), [*IDENTITY, "task"]),
    ):
        table = table.merge(part, how="left", on=keys, validate="many_to_one")
    table = table.reindex(columns=dict.fromkeys([*COLUMNS, *table.columns]))
    has_measure = table["rate_nats"].notna()
    has_probe = table["label_distortion_nats"].notna()
    begun = table["status"].eq("ok") | (table["status"].isna() & (has_measure | has_probe))
    whole = table["status"].eq("ok") & has_measure & has_probe
    table["status"] = table["status"].astype(object).fillna("missing")
    table.loc[begun & ~whole, "status"] = "incomplete"
    pairs = zip(table["dataset"], table["task"], strict=True)
    table["label_entropy_nats"] = [label_entropies.get(pair) for pair in pairs]
    table["label_entropy_nats"] = table["label_entropy_nats"].astype(float)
    table = with_label_columns(table)
    table["caveat"] = table["dataset"].map(caveats)
    for column, of_split in (("violations", dict), ("violations_valid", validation_row)):
        table[column] = [
            audit_row(
                of_split(row),
                standard_errors=standard_errors,
                probe_tolerance_nats=probe_tolerance_nats,
                label_entropy_bias_nats=label_entropy_biases.get(
                    (row["dataset"], row["task"]), 0.0
                ),
                best_known_nats=best_known_nats[row["dataset"]],
            )
            for row in table.to_dict("records")
        ]
    table["warnings"] = [warn_of_row(row) for row in table.to_dict("records")]
    table[_TEXT] = table[_TEXT].astype(object).fillna("").astype(str)
    counts = ["epochs", "best_epoch", "diverged_epoch", "diverged_step", "probe_seeds"]
    flags = ["compiled", *CONVERGED]
    # a column that is all null has a type too
    numbers = [name for name in PROBE_COLUMNS if name not in CONVERGED]
    numbers += [*_OF_PROBE_SEEDS, *_OF_TRAINING, *_OF_MEASURES]
    types = (("Int64", counts), ("boolean", flags), (float, numbers))
    table = table.astype({name: kind for kind, names in types for name in names})
    return table[COLUMNS], origins


def _stack(
    files: Iterable[Path | str], keys: list[str], origins: list[dict[str, Any]]
) -> pd.DataFrame:
    tables = []
    for file in files:
        table, origin = read_arrow(file)
        if not set(keys) <= set(table.column_names):
            raise StorageError(f"The table {file} does not name its run: delete it and run again.")
        # what it says for pandas is of one table alone
        table = table.replace_schema_metadata(None)
        tables.append(table.append_column(_FILE, [[str(file)] * len(table)]))
        origins.append(origin)
    if not tables:
        empty = {key: pd.Series(dtype=object) for key in keys}
        return pd.DataFrame(empty).astype({"beta": float, "seed": int})
    # thousands of rows as tables of pandas would take longer than all the rest
    stacked = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    return drop_repeated(stacked, keys, "runs")


def _with_files(trained: pd.DataFrame) -> pd.DataFrame:
    """Name the files next to each training's own record; one of a slice has no such neighbours."""
    if _FILE not in trained:
        return trained
    folders = []
    for *identity, beta, seed, file in zip(
        *(trained[key] for key in (*IDENTITY, _FILE)), strict=True
    ):
        run, folder = Run(*identity, beta_key(beta), int(seed)), Path(file).parent
        own = folder.as_posix().endswith(f"/{run.path}")
        depth = len(Path(run.path).parts) + 1  # the stage's folder, too
        folders.append("/".join((*folder.parts[-depth:], "")) if own else "")
    files = {"weights_file": "best.safetensors", "learning_curve_file": "learning_curve.parquet"}
    named = {name: [folder and folder + file for folder in folders] for name, file in files.items()}
    return trained.drop(columns=_FILE).assign(**named)


def _recorded_weights(trained: pd.DataFrame) -> dict[tuple, str]:
    """Return the digest of each run's weights, as its training wrote it down."""
    if "weights_sha256" not in trained:
        return {}
    return dict(zip(_identities(trained), trained["weights_sha256"], strict=True))


def _of_these_weights(part: pd.DataFrame, recorded: Mapping[tuple, str]) -> pd.DataFrame:
    """Return measured rows without what only the training tells, having checked their weights."""
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
