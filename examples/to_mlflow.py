"""Write the learning curves and results of an experiment's runs for MLflow.

python examples/to_mlflow.py results/demo; mlflow ui
It needs the package mlflow. MLFLOW_TRACKING_URI says where it writes.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from labelinfo.io.tables import read_table

PARAMETERS = ("dataset", "encoder", "decoder", "marginal", "beta", "seed", "precision")
RESULTS = ("rate_nats", "distortion_nats", "label_distortion_nats", "label_accuracy")


def finished_runs(results: Path) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield the rows of each run, one per task, and its learning curve."""
    runs = read_table(results / "tables" / "runs.parquet")
    for file, rows in runs[runs["status"] == "ok"].groupby("learning_curve_file"):
        if file:  # the runs of slices have none
            yield rows, read_table(results / file)


def main() -> None:
    """Write one MLflow run per run."""
    import mlflow

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="such as results/demo")
    results = parser.parse_args().results
    mlflow.set_experiment(results.name)
    for rows, curve in finished_runs(results):
        first = rows.iloc[0]
        with mlflow.start_run(run_name=str(Path(first["weights_file"]).parent)):
            mlflow.log_params({name: first[name] for name in PARAMETERS})
            for row in curve.to_dict("records"):
                epoch = int(row.pop("epoch"))
                mlflow.log_metrics(row, step=epoch)
            for _, row in rows.iterrows():
                mlflow.log_metrics({f"{row['task']}/{name}": row[name] for name in RESULTS})


if __name__ == "__main__":
    main()
