"""Recompute a sample of a published table, and compare.

python -m labelinfo.verify results/published/demo --rows 1
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import pandas as pd

from labelinfo.cli import print_in_any_locale
from labelinfo.config.completion import complete
from labelinfo.config.experiment import read_map
from labelinfo.errors import ConfigError, LabelinfoError, StorageError
from labelinfo.io.tables import read_with_provenance
from labelinfo.tables.results import run_name
from labelinfo.verify.compare import compare_rows
from labelinfo.verify.origin import Origins, differences_in_origin, origins_of_row, row_config
from labelinfo.verify.rerun import recompute_row


def main(arguments: list[str] | None = None) -> int:
    """Verify a sample; return 0 if all of it agrees and 1 if not."""
    print_in_any_locale()
    parser = argparse.ArgumentParser(prog="python -m labelinfo.verify", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds runs.parquet and datasets.parquet")
    parser.add_argument("--rows", type=int, default=1, help="how many rows (default 1)")
    parser.add_argument("--seed", type=int, help="seed of the choice of rows (default: random)")
    parser.add_argument("--device", default="cpu", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--configfile", type=Path, help="overlay that has your own data set")
    options = parser.parse_args(arguments)
    if options.rows < 1:
        parser.error("--rows must be at least 1")
    try:
        return _verify(options)
    except LabelinfoError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1


def _verify(options: argparse.Namespace) -> int:
    runs, origins = read_with_provenance(options.folder / "runs.parquet")
    _, prepared = read_with_provenance(options.folder / "datasets.parquet")
    datasets = complete(read_map(options.configfile) if options.configfile else {})["datasets"]
    finished = runs[runs["status"] == "ok"]
    if finished.empty:
        raise StorageError(f"The table {options.folder / 'runs.parquet'} has no finished row.")
    seed = random.randrange(10_000) if options.seed is None else options.seed  # noqa: S311 - no secret
    chosen = random.Random(seed).sample(range(len(finished)), min(options.rows, len(finished)))  # noqa: S311
    _print(f"The rows of --seed {seed}:")
    with tempfile.TemporaryDirectory() as folder:
        settings = (origins, prepared, datasets, Path(folder), options.device)
        rows = [finished.iloc[number] for number in sorted(chosen)]
        agreed = all([_verify_row(row, *settings) for row in rows])  # noqa: C419 - verify all
    said = "all agree." if agreed else "NOT all agree."
    _print(f"{len(chosen)} of {len(finished)} rows recomputed: {said}")
    return 0 if agreed else 1


def _verify_row(
    row: pd.Series, origins: Origins, prepared: Origins, datasets: dict, folder: Path, device: str
) -> bool:
    name = row["dataset"]
    own = [each for each in prepared["prepare_dataset"] if name in each["config"]["datasets"]]
    if name not in datasets or not own:
        raise ConfigError(
            f"The data set {name} is not in the catalogue: name the configuration that has it by "
            "--configfile."
        )
    data = own[0]["data"]
    found = origins_of_row(row, origins, data)
    config = row_config(row, found, own[0], datasets[name])
    config["machine"]["device"] = device
    # before Snakemake's messages, which go to standard error
    _print(f"{name}, {run_name(row)}, seed {row['seed']}, {row['task']}")
    remade, remade_origins = recompute_row(config, data, folder)
    reasons = differences_in_origin(row, found, remade, remade_origins)
    for reason in reasons:
        _print(f"  not the same bits, as {reason}")
    compared = compare_rows(row, remade, exactly=not reasons)
    for each in compared:
        allowed = f", {each.allowed:.3g} allowed" if each.allowed else ""
        _print(
            f"  {'agrees' if each.agrees else 'DIFFERS':8}{each.quantity:34}"
            f"{each.published:.9g} published, {each.recomputed:.9g} now{allowed}"
        )
    return all(each.agrees for each in compared)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
