"""Write the learning curves and results of an experiment's runs for TensorBoard.

python examples/to_tensorboard.py results/demo logs; tensorboard --logdir logs
It needs the package tensorboard.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from labelinfo.io.tables import read_table

RESULTS = ("rate_nats", "distortion_nats", "label_distortion_nats", "label_accuracy")


def finished_runs(results: Path) -> Iterator[tuple[str, pd.DataFrame, dict[str, float]]]:
    """Yield the name of each run, its learning curve, and its results by quantity and task."""
    runs = read_table(results / "tables" / "runs.parquet")
    for file, rows in runs[runs["status"] == "ok"].groupby("learning_curve_file"):
        if file:  # the runs of slices have none
            numbers = {
                f"{row['task']}/{name}": row[name] for _, row in rows.iterrows() for name in RESULTS
            }
            yield str(Path(file).parent), read_table(results / file), numbers


def main() -> None:
    """Write one TensorBoard run per run."""
    from torch.utils.tensorboard import SummaryWriter

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="such as results/demo")
    parser.add_argument("logs", type=Path, help="folder for TensorBoard")
    options = parser.parse_args()
    for name, curve, numbers in finished_runs(options.results):
        with SummaryWriter(options.logs / name) as writer:
            for row in curve.to_dict("records"):
                epoch = int(row.pop("epoch"))
                for quantity, value in row.items():
                    writer.add_scalar(f"learning_curve/{quantity}", value, epoch)
            for quantity, value in numbers.items():
                writer.add_scalar(quantity, value, len(curve))


if __name__ == "__main__":
    main()
