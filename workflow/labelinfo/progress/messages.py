"""Messages of one call of the workflow: a notice before long trainings, and the failed jobs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labelinfo.config.plan import training_epochs, training_jobs
from labelinfo.job_log import read_log
from labelinfo.machine import gpus, uses_gpu
from labelinfo.progress.states import job_states, shortened

# GFLOP of an image, forward and backward, at full width; GFLOP a second of one Zen 5 core in
# float32 and of one H200 in bfloat16 (docs/speed.md). Decoders without a figure count as `deconv`.
_DECODER_GFLOP = {"deconv": 0.8, "pixelcnn": 2.8, "pixelcnn_short": 2.8, "mlp": 0.01}
_CORE_SPEED, _GPU_SPEED = 140.0, 80_000.0
# static MNIST's; the number of another data set is known only after its preparation
_IMAGES = 50_000
_LONG_HOURS = 10.0
_SHOWN = 20


def long_run_notice(config: dict[str, Any], out: Path, cores: int) -> str:
    """Return one line if the VAEs left train for more than ten hours on this machine, else nothing.

    hours = Σ epochs · images · GFLOP · width / (speed · devices): a narrower network needs width²
    of the arithmetic and is slower at it. ``out`` is the experiment's folder; ``cores`` is the
    number of jobs at a time on a CPU.
    """
    on_gpu = uses_gpu(config["machine"]["device"])
    devices = max(1, len(gpus())) if on_gpu else cores
    epochs = training_epochs(config)
    gflop = 0.0
    for each in job_states(training_jobs(config), out):
        run = each.job.run
        limit = config["datasets"][run.dataset]["limit"].get("train") or _IMAGES
        per_image = _DECODER_GFLOP.get(run.decoder, _DECODER_GFLOP["deconv"])
        gflop += each.share_left * epochs[each.job.stage] * min(limit, _IMAGES) * per_image
    speed = (_GPU_SPEED if on_gpu else _CORE_SPEED) * devices
    hours = gflop * config["model"]["width"] / speed / 3600
    if hours <= _LONG_HOURS:
        return ""
    return (
        f"Training alone takes about {hours:,.0f} hours on {devices} {'GPU' if on_gpu else 'core'}"
        f"{'s' if devices > 1 else ''}. You may interrupt it: the same command resumes. "
        "docs/cluster.md shows how to use more machines."
    )


def failures_since(folders: Iterable[Path | str], since: float) -> str:
    """Return each log in folders written since a time that does not end well, with its last lines.

    Call it when no job runs any more: a log without an end then belongs to a killed job. ``since``
    is in seconds, as :func:`time.time` returns it.
    """
    found = []
    for log in sorted(log for folder in folders for log in Path(folder).glob("**/*.log")):
        if log.stat().st_mtime >= since:
            end = read_log(log, now=float("inf"))
            if end is not None and end.state != "finished":
                found.append("\n    ".join([f"{end.state}: {log}", *end.lines]))
    return "\n".join(shortened(found, _SHOWN))
