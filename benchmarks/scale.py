"""How planning and aggregating grow with the number of trainings.

    python benchmarks/scale.py --out results/published/scale

For each size the paper's experiment with more or fewer β and seeds is planned where nothing is
there yet, then the tables of all its jobs are made up, and the workflow's own rules join them into
its tables, and draw figures and pages from these, on two cores. Nothing is trained. Writes a table
and a figure.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from fabricate import ROOT, write_overlay, write_sweep
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from labelinfo.config.experiment import read_config
from labelinfo.figures import style
from labelinfo.io.atomic import atomic_path

# β per decoder and seeds; both data sets and all twelve architectures are 24 trainings of each
SIZES = {50: (2, 1), 150: (6, 1), 500: (20, 1), 1500: (20, 3), 5000: (20, 10)}
# the rules that make it, and what is asked for, of each step after planning
STEPS = {
    "aggregate": (
        ("aggregate_datasets", "aggregate_runs", "aggregate_baselines", "compare_runs"),
        ("tables/runs.parquet", "tables/baselines.parquet", "tables/differences.parquet"),
    ),
    "draw": (
        ("compute_headlines", "judge_claims", "plot_figure1", "plot_figure2", "plot_figure3",
         "draw_explorer", "write_summary", "check_runs"),
        ("check_runs/checked.txt", "draw_explorer/explorer.html", "judge_claims/claims.html"),
    ),
}  # fmt: skip
# what is asked for at 5,000 trainings: seconds and MiB
PLAN_SECONDS, AGGREGATE_SECONDS, PLAN_MIB = 60, 30, 2048
LOOKS = {
    "plan": ("planning (snakemake -n)", style.MARGINALS["gaussian"]),
    "aggregate": ("tables of all runs", style.MARGINALS["maf"]),
    "draw": ("figures and pages", style.MARGINALS["vamp"]),
}


def copy_workflow(target: Path) -> None:
    """Copy what Snakemake needs of the repository."""
    for name in ("Snakefile", "config.yaml", "profiles"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        else:
            shutil.copy(source, target / name)
    shutil.copytree(ROOT / "workflow", target / "workflow", symlinks=True)
    shutil.copytree(ROOT / "envs", target / "envs")


def measured(command: list[str], folder: Path) -> dict[str, Any]:
    """Run a command; return its wall and processor time and peak memory, those of its own included.

    Other programs lengthen the wall time, hardly the processor time.
    """
    log = folder / "output.txt"
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": str(folder / "workflow")},
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(encoding="utf-8")
    if process.returncode:
        sys.exit(text[-3000:])
    jobs = re.findall(r"^total +(\d+)$", text, re.MULTILINE)
    return {
        "jobs": int(jobs[0]),
        "wall_seconds": round(time.perf_counter() - started, 2),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mib": round(usage.ru_maxrss / 1024),
    }


def best(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fastest of some runs, with the largest memory of any."""
    fastest = min(runs, key=lambda run: run["wall_seconds"])
    return fastest | {"peak_mib": max(run["peak_mib"] for run in runs)}


def measure_size(name: int, rounds: int, folder: Path) -> list[dict[str, Any]]:
    """Plan, aggregate and draw one size in a fresh folder; return a row of each step."""
    copy_workflow(folder)
    overlay = folder / "overlay.yaml"
    write_overlay(overlay, *SIZES[name])
    config = read_config([overlay])
    out = folder / "results" / config["experiment"]
    snakemake = [sys.executable, "-m", "snakemake", "--configfile", str(overlay)]
    plan = best([measured([*snakemake, "-n"], folder) for _ in range(rounds)])
    write_sweep(config, out)
    betas, seeds = SIZES[name]
    trainings = {"trainings": 24 * betas * seeds}
    rows = [trainings | {"step": "plan"} | plan]
    for step, (rules, targets) in STEPS.items():
        command = [*snakemake, "--cores", "2", "--config", "partial=true"]
        command += ["--allowed-rules", *rules, "--forcerun", *rules, "--"]
        command += [str(Path("results", config["experiment"], target)) for target in targets]
        found = best([measured(command, folder) for _ in range(rounds)])
        rows.append(trainings | {"step": step} | found)
    return rows


def draw(table: pd.DataFrame) -> Figure:
    """Draw seconds and memory against the number of trainings."""
    with mpl.rc_context(style.RC):
        figure = Figure(figsize=(7.2, 3.0), layout="constrained")
        times, memory = figure.subplots(1, 2)
        for step, rows in table.groupby("step", sort=False):
            label, look = LOOKS[str(step)]
            line = {"color": look.colour, "markersize": style.MARKER_SIZE, "label": label}
            hollow = line | {"label": f"{label}, processor", "markerfacecolor": "white"}
            times.plot("trainings", "wall_seconds", f"{look.marker}-", data=rows, **line)
            times.plot("trainings", "processor_seconds", f"{look.marker}:", data=rows, **hollow)
            memory.plot("trainings", "peak_mib", f"{look.marker}-", data=rows, **line)
        last = table["trainings"].max()
        goals = ((times, PLAN_SECONDS, "plan"), (times, AGGREGATE_SECONDS, "aggregate"))
        for axes, goal, step in (*goals, (memory, PLAN_MIB, "plan")):
            colour = LOOKS[step][1].colour
            axes.plot(
                [last / 1.8, last * 1.3], [goal, goal], color=colour, linewidth=2.2, alpha=0.5
            )
            axes.annotate("goal", (last / 1.8, goal), (-3, 0), textcoords="offset points",
                          ha="right", va="center", color=colour)  # fmt: skip
        for axes, what in ((times, "time (s)"), (memory, "peak memory (MiB)")):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel("trainings")
            axes.set_ylabel(what)
            axes.set_xticks(sorted(set(table["trainings"])))
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
                axis.set_minor_formatter(NullFormatter())
            axes.minorticks_off()
            axes.legend(frameon=False, loc="upper left", fontsize=7)
        times.set_ylim(top=10 * table["wall_seconds"].max())
        memory.set_ylim(100, 5000)
        memory.set_yticks([200, 500, 1000, 2000])
        times.set_yticks([5, 10, 20, 50, 100, 200])
    return figure


def main() -> None:
    """Measure, print, and write ``scale.csv`` and ``scale.png``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "published" / "scale")
    parser.add_argument("--sizes", type=int, nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=1, help="the fastest counts")
    parser.add_argument("--redraw", action="store_true", help="draw the table that is there")
    options = parser.parse_args()
    file = options.out / "scale.csv"
    if not options.redraw:
        rows: list[dict[str, Any]] = []
        for size in options.sizes:
            with tempfile.TemporaryDirectory(prefix="labelinfo-scale-") as folder:
                rows += measure_size(size, options.rounds, Path(folder))
            print(pd.DataFrame(rows[-3:]).to_string(index=False), flush=True)
        with atomic_path(file) as temporary:
            pd.DataFrame(rows).to_csv(temporary, index=False)
    figure = draw(pd.read_csv(file))
    with mpl.rc_context(style.RC), atomic_path(options.out / "scale.png") as temporary:
        figure.savefig(temporary, format="png", dpi=130)


if __name__ == "__main__":
    main()
