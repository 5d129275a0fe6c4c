"""The final check of a sweep: the outcomes of its runs."""

import pandas as pd

from labelinfo.errors import LabelinfoError


def check_runs(runs: pd.DataFrame, on_divergence: str) -> str:
    """Return one line on the outcomes of the runs.

    Raises
    ------
    LabelinfoError
        If a training diverged and ``on_divergence`` is ``fail``.
    """
    diverged = runs[runs["status"] == "diverged"]
    if len(diverged) and on_divergence == "fail":
        names = dict.fromkeys(
            f"{row['dataset']} {row['encoder']}-{row['decoder']}-{row['marginal']} "
            f"β={row['beta']:g} seed {row['seed']} (epoch {row['diverged_epoch']}, step "
            f"{row['diverged_step']})"
            for _, row in diverged.iterrows()
        )
        raise LabelinfoError(
            f"{len(names)} training(s) diverged: {'; '.join(names)}. All tables and figures are "
            "made and hold them as rows with that status. Lower `training.learning_rate`, leave "
            "these β out, or accept them with `sweep.on_divergence: report`."
        )
    counts = ", ".join(
        f"{count} {status}" for status, count in runs["status"].value_counts().items()
    )
    return f"rows by status: {counts}\n"
