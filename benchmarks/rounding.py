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
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from workload import ROOT

from labelinfo.config.completion import complete
from labelinfo.io.tables import read_with_provenance
from labelinfo.training.device import device_name
from labelinfo.verify.compare import compare_rows
from labelinfo.verify.origin import origin_of
from labelinfo.verify.rerun import make_again, prepare_again

# what torch and its products may use of the processor
OLDER = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_CBWR": "AVX2"}
# environment, threads, precision of trainings and probes
WAYS: dict[str, tuple[dict[str, str], int, str]] = {
    "as here": ({}, 1, "auto"),
    "two threads": ({}, 2, "auto"),
    "the other precision": ({}, 1, "other"),
    "the other precision, AVX2 alone": (OLDER, 1, "other"),
}


def make_all(folder: Path, rows: int, way: str) -> list[dict[str, Any]]:
    """Recompute rows of a table in one way; return how far each quantity moved."""
    _, threads, precision = WAYS[way]
    torch.set_num_threads(threads)
    runs, origins = read_with_provenance(folder / "runs.parquet")
    prepared = read_with_provenance(folder / "datasets.parquet")[1]["prepare_dataset"]
    catalogue = complete({})["datasets"]
    moved = []
    with tempfile.TemporaryDirectory() as scratch:
        for _, row in runs.head(rows).iterrows():
            name = row["dataset"]
            dataset_file = Path(scratch, f"{name}.safetensors")
            own = next(each for each in prepared if name in each["config"]["datasets"])
            origin = origin_of(row, origins, device_name(torch.device("cpu")), own["data"])
            if not dataset_file.exists():
                downloads = ROOT / "results" / "downloads"
                prepare_again(name, own, catalogue[name]["files"], dataset_file, downloads, ROOT)
            if precision == "other":
                now = row["precision"]
                other = {"precision": "float32" if now == "bfloat16" else "bfloat16"}
                origin = replace(
                    origin, training=origin.training | other, probe=origin.probe | other
                )
            again = make_again(origin, dataset_file, Path(scratch, origin.run.path), "cpu", threads)
            moved += [
                {
                    "run": origin.run.path,
                    "decoder": origin.run.decoder,
                    "quantity": each.quantity,
                    "published": each.published,
                    "made_again": each.made_again,
                    "relative": abs(each.made_again - each.published)
                    / min(abs(each.made_again), abs(each.published)),
                    "of_allowed": abs(each.made_again - each.published) / each.allowed,
                }
                for each in compare_rows(row, again, exactly=False)
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
        print(json.dumps(make_all(options.table, options.rows, options.way)))
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
