"""Does D + βR depend on where β comes from? One path upwards and one downwards, cooled alike.

    python benchmarks/hysteresis.py DATASET.safetensors gaussian-deconv-gaussian --output FILE.csv

DATASET is a prepared data set (results/EXPERIMENT/prepare_dataset/). The recipe is that of an
experiment. Numbers are of the validation split, one draw of z an image.
"""

import argparse
import tempfile
from pathlib import Path

import pandas as pd
import torch
from workload import ROOT, spec_of

from labelinfo.config.experiment import read_config
from labelinfo.config.model_settings import PathPlan
from labelinfo.config.path_grid import nearest_below
from labelinfo.config.sweep import path_betas
from labelinfo.data.dataset import load_dataset
from labelinfo.training.checkpoint import Checkpoints, load_snapshot
from labelinfo.training.cooling import cooling_settings
from labelinfo.training.path import train_path
from labelinfo.training.trainer import train

CPU = torch.device("cpu")


def main() -> None:
    """Train both paths, cool their snapshots at each β, and write one row a run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("architecture")
    parser.add_argument("--experiment", default="figure1")
    parser.add_argument("--betas", type=float, nargs="+", default=[0.2, 0.5, 1, 2, 4, 8])
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    overlay = ROOT / "workflow" / "experiments" / f"{arguments.experiment}.yaml"
    config = read_config([overlay])
    spec = spec_of(arguments.architecture, config["model"]["width"])
    dataset = load_dataset(arguments.dataset)
    grid = path_betas(config, arguments.architecture.split("-")[1])
    rows = []
    for direction in ("up", "down"):
        betas = grid if direction == "up" else grid[::-1]
        of = {"architecture": arguments.architecture, "direction": direction}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            sections = {key: config[key] for key in ("training", "path")}
            plan = PathPlan.of(sections | {"betas": betas})
            train_path(
                spec, dataset, plan, of=of, folder=folder, checkpoints=Checkpoints(), device=CPU
            )
            for beta in arguments.betas:
                # the last snapshot before β, from either side
                near = nearest_below(grid, beta)
                if direction == "down" and near < beta:
                    near = grid[grid.index(near) + 1]
                result = train(
                    spec, dataset, beta, cooling_settings(plan), (*of.values(), beta),
                    device=CPU, start=load_snapshot(folder, near, of),
                )  # fmt: skip
                best = result.curve.loc[result.curve.epoch == result.record["best_epoch"]].iloc[0]
                rows.append(
                    of
                    | {"beta": beta, "start_beta": near}
                    | {
                        name: best[f"valid_{name}"]
                        for name in ("rate_nats", "distortion_nats", "loss_nats")
                    }
                )
                print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    table.to_csv(arguments.output, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
