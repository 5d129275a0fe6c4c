"""Compare runs of a path with separate trainings of as many epochs, in D + βR and in C.

    python benchmarks/anchors.py SLICE... --runs results/published/figure1/runs.parquet

SLICE is the packed folder of separate trainings. Their C is compared with the path's at equal R,
log-linear between the two neighbouring β of the same architecture.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

ARCHITECTURE = ["dataset", "encoder", "decoder", "marginal", "seed"]
C = {"C": "label_distortion_nats", "strong C": "strong_label_distortion_nats"}


def separate_runs(folder: Path) -> pd.DataFrame:
    """Return R, D, C and the epochs of each run of a packed slice."""
    key = [*ARCHITECTURE, "beta"]
    tables = [
        pd.read_parquet(folder / f"{name}.parquet") for name in ("measures", "probes", "training")
    ]
    measured, probed, trained = (
        table.drop(columns=["status", "weights_sha256"]) for table in tables
    )
    return measured.merge(probed, on=key).merge(trained, on=key)


def at_rate(path: pd.DataFrame, column: str, rate_nats: float) -> float:
    """Return a column of a path's runs at a rate; NaN outside its rates."""
    path = path.sort_values("rate_nats")
    log_value = np.interp(
        rate_nats, path["rate_nats"], np.log(path[column]), left=np.nan, right=np.nan
    )
    return float(np.exp(log_value))


def compare(run: pd.Series, runs: pd.DataFrame) -> dict[str, object]:
    """Return one line of the table; a positive difference says that the path is worse."""
    path = runs[
        (runs[ARCHITECTURE] == run[ARCHITECTURE]).all(axis=1) & (runs["task"] == run["task"])
    ]
    same = path[path["beta"] == run["beta"]].iloc[0]
    total, path_total = (
        each["distortion_nats"] + each["beta"] * each["rate_nats"] for each in (run, same)
    )
    return {
        "architecture": "-".join(run[["encoder", "decoder", "marginal"]]),
        "β": run["beta"],
        "warm-up": run["beta_warmup_epochs"],
        "epochs": f"{run['epochs_total']:.0f}, {same['epochs_total']:.1f}",
        "R": f"{run['rate_nats']:.1f}, {same['rate_nats']:.1f}",
        "D": f"{run['distortion_nats']:.1f}, {same['distortion_nats']:.1f}",
        "D + βR": f"{total:.1f}, {path_total:.1f}",
        "path − separate": f"{path_total - total:+.1f}",
        **{f"{name} at equal R": pair_of_c(path, run, column) for name, column in C.items()},
    }


def pair_of_c(path: pd.DataFrame, run: pd.Series, column: str) -> str:
    """Return C of the separate training and of the path at the same rate."""
    return f"{run[column]:.3f}, {at_rate(path, column, run['rate_nats']):.3f}"


def main() -> None:
    """Print the table in Markdown, separate training first in each pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("slices", type=Path, nargs="+")
    parser.add_argument("--runs", type=Path, required=True)
    arguments = parser.parse_args()
    runs = pd.read_parquet(arguments.runs)
    separate = pd.concat([separate_runs(folder) for folder in arguments.slices])
    rows = [compare(run, runs) for _, run in separate.iterrows()]
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" * len(rows[0]) + "|")
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")


if __name__ == "__main__":
    main()
