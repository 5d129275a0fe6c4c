"""Recompute a sample of a published table, and compare.

python -m labelinfo.verify results/published/demo --rows 1
"""

import argparse
import logging
import random
import sys
import tempfile
from pathlib import Path

import pandas as pd
import torch

from labelinfo.config.completion import complete
from labelinfo.config.experiment import BASE, read_map
from labelinfo.console import print_in_any_locale
from labelinfo.errors import ConfigError, LabelinfoError, StorageError
from labelinfo.io.tables import read_with_provenance
from labelinfo.training.device import device_name, resolve_device
from labelinfo.verify.compare import compare_rows
from labelinfo.verify.origin import Origins, origin_of, unlike_made
from labelinfo.verify.rerun import make_again, prepare_again


def main(arguments: list[str] | None = None) -> int:
    """Verify a sample; return 0 if all of it agrees and 1 if not."""
    print_in_any_locale()
    parser = argparse.ArgumentParser(prog="python -m labelinfo.verify", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds runs.parquet and datasets.parquet")
    parser.add_argument("--rows", type=_some, default=1, help="how many rows (default 1)")
    parser.add_argument("--seed", type=int, help="which rows (default: others each time)")
    parser.add_argument("--device", default="cpu", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--configfile", type=Path, help="of an experiment on data of your own")
    options = parser.parse_args(arguments)
    _tell_steps()
    torch.set_num_threads(1)
    try:
        return _verify(options)
    except LabelinfoError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1


class _Elapsed(logging.Formatter):
    """Minutes and seconds since the start, and the message."""

    def format(self, record: logging.LogRecord) -> str:
        minutes, seconds = divmod(int(record.relativeCreated / 1000), 60)
        return f"{minutes:3d}:{seconds:02d}  {record.getMessage()}"


def _tell_steps() -> None:
    """Print each step of a verification, and warnings alone of what it calls."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Elapsed())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("labelinfo.verify").setLevel(logging.INFO)


def _some(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _verify(options: argparse.Namespace) -> int:
    runs, origins = read_with_provenance(options.folder / "runs.parquet")
    _, prepared = read_with_provenance(options.folder / "datasets.parquet")
    files = _catalogue(options.configfile)
    whole = runs[runs["status"] == "ok"]
    if whole.empty:
        raise StorageError(f"The table {options.folder / 'runs.parquet'} has no finished row.")
    seed = random.randrange(10_000) if options.seed is None else options.seed  # noqa: S311 - no secret
    chosen = random.Random(seed).sample(range(len(whole)), min(options.rows, len(whole)))  # noqa: S311
    sys.stdout.write(f"The rows of --seed {seed}:\n")
    sys.stdout.flush()
    agreed = True
    with tempfile.TemporaryDirectory() as folder:
        for number in sorted(chosen):
            row = whole.iloc[number]
            agreed &= _verify_row(row, origins, prepared, files, Path(folder), options.device)
    sys.stdout.write(f"{len(chosen)} of {len(whole)} rows recomputed: ")
    sys.stdout.write("all agree.\n" if agreed else "NOT all agree.\n")
    return 0 if agreed else 1


def _verify_row(
    row: pd.Series, origins: Origins, prepared: Origins, files: dict, folder: Path, device: str
) -> bool:
    name = row["dataset"]
    own = [each for each in prepared["prepare_dataset"] if name in each["config"]["datasets"]]
    if name not in files or not own:
        raise ConfigError(
            f"The data set {name} is not in the catalogue: name the configuration that has it by "
            "--configfile."
        )
    origin = origin_of(row, origins, device_name(resolve_device(device)), own[0]["data"])
    dataset_file = folder / f"{name}.safetensors"
    if not dataset_file.exists():
        downloads = BASE / "results" / "downloads"
        prepare_again(name, own[0], files[name]["files"], dataset_file, downloads, BASE)
    # before its steps, which go to standard error
    sys.stdout.write(f"{origin.run.path}, {origin.task}\n")
    sys.stdout.flush()
    made = make_again(origin, dataset_file, folder / origin.run.path, device)
    reasons = [*origin.unlike_here, *unlike_made(row, made)]
    for reason in reasons:
        sys.stdout.write(f"  not the same bits, as {reason}\n")
    compared = compare_rows(row, made, exactly=not reasons)
    for each in compared:
        sys.stdout.write(
            f"  {'agrees' if each.agrees else 'DIFFERS':8}{each.quantity:34}"
            f"{each.published:.9g} published, {each.made_again:.9g} now"
            f"{f', {each.allowed:.3g} allowed' if each.allowed else ''}\n"
        )
    return all(each.agrees for each in compared)


def _catalogue(configfile: Path | None) -> dict:
    given = read_map(configfile) if configfile else {}
    return complete(given)["datasets"]


if __name__ == "__main__":
    sys.exit(main())
