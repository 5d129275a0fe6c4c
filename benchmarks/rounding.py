"""How far the numbers of a published table move where rounding is another.

    python benchmarks/rounding.py

Each row of the published demo is recomputed as another machine would: on two threads; in the
other precision, as a processor without fast bfloat16 would; or so and with fewer of this one's
instructions. Prints for each way and quantity how far the rows move at most, relative to the
smaller of the two values, and which part that is of what `make verify` allows there.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from workload import ROOT

from labelinfo.config.completion import complete
from labelinfo.io.tables import read_with_provenance
from labelinfo.training.device import device_name
from labelinfo.verify.compare import compare_rows
from labelinfo.verify.origin import origins_of_row, row_config
from labelinfo.verify.rerun import recompute_row

# what torch and its products may use of the processor
OLDER = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_CBWR": "AVX2"}
STAGES = ("train_path", "cool_vae", "train_vae", "measure_vae", "train_probe")
# environment, threads, precision of trainings and probes
WAYS: dict[str, tuple[dict[str, str], int, str]] = {
    "as here": ({}, 1, "auto"),
    "two threads": ({}, 2, "auto"),
    "the other precision": ({}, 1, "other"),
    "the other precision, AVX2 alone": (OLDER, 1, "other"),
}


def recompute_all(folder: Path, rows: int, way: str) -> list[dict[str, Any]]:
    """Recompute rows of a table in one way; return how far each quantity moved."""
    _, threads, precision = WAYS[way]
    arguments = ["--set-threads", *(f"{stage}={threads}" for stage in STAGES)]
    runs, origins = read_with_provenance(folder / "runs.parquet")
    prepared = read_with_provenance(folder / "datasets.parquet")[1]["prepare_dataset"]
    catalogue = complete({})["datasets"]
    moved = []
    with tempfile.TemporaryDirectory() as scratch:
        for _, row in runs.head(rows).iterrows():
            name = row["dataset"]
            own = next(each for each in prepared if name in each["config"]["datasets"])
            found = origins_of_row(row, origins, own["data"])
            config = row_config(row, found, own, catalogue[name])
            config["machine"]["device"] = "cpu"
            if precision == "other":
                other = "float32" if row["precision"] == "bfloat16" else "bfloat16"
                config["training"]["precision"] = config["probe"]["precision"] = other
            made, _ = recompute_row(config, own["data"], Path(scratch), *arguments, cores=threads)
            moved += [
                {
                    "decoder": row["decoder"],
                    "quantity": each.quantity,
                    "relative": abs(each.recomputed - each.published)
                    / min(abs(each.recomputed), abs(each.published)),
                    "of_allowed": abs(each.recomputed - each.published) / each.allowed,
                }
                for each in compare_rows(row, made, exactly=False)
            ]
    return moved


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--table", type=Path, default=ROOT / "results" / "published" / "demo")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(recompute_all(options.table, options.rows, options.way)))
        return
    print(f"{device_name(torch.device('cpu'))}, torch {torch.__version__}, {options.table.name}")
    print("| way | decoder | quantity | moves at most | of what is allowed |")
    for way in options.ways:
        command = [sys.executable, __file__, "--table", str(options.table)]
        command += ["--rows", str(options.rows), "--way", way]
        done = subprocess.run(  # noqa: S603 - ourselves
            command, env=os.environ | WAYS[way][0], stdout=subprocess.PIPE, check=True
        )
        moved = pd.DataFrame(json.loads(done.stdout))
        for (decoder, quantity), of in moved.groupby(["decoder", "quantity"], sort=False):
            most, share = of["relative"].max(), of["of_allowed"].max()
            print(f"| {way} | {decoder} | `{quantity}` | {most:.1%} | {share:.0%} |", flush=True)


if __name__ == "__main__":
    main()
