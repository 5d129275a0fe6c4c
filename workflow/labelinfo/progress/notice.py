"""A notice before trainings of more than ten hours."""

from pathlib import Path
from typing import Any

from labelinfo.config.plan import training_epochs, training_jobs
from labelinfo.machine import gpus, uses_gpu
from labelinfo.progress.states import job_states

# GFLOP of an image, forward and backward, at full width; GFLOP a second of one Zen 5 core in
# float32 and of one H200 in bfloat16 (docs/speed.md). Decoders without a figure count as `deconv`.
_DECODER_GFLOP = {"deconv": 0.8, "pixelcnn": 2.8, "pixelcnn_short": 2.8, "mlp": 0.01}
_CORE_SPEED, _GPU_SPEED = 140.0, 80_000.0
# static MNIST's; a data set's own number is known only once it is prepared
_IMAGES = 50_000
_LONG_HOURS = 10.0


def long_run_notice(config: dict[str, Any], out: Path, cores: int) -> str:
    """Return one line if the VAEs left train for more than ten hours on this machine, else nothing.

    hours = Σ epochs · images · GFLOP · width / (speed · devices): a narrower network needs width²
    of the arithmetic and is slower at it.

    Parameters
    ----------
    config
        A completed configuration.
    out
        The experiment's folder.
    cores
        Jobs at a time on a CPU.
    """
    on_gpu = uses_gpu(config["machine"]["device"])
    devices = max(1, len(gpus())) if on_gpu else cores
    speed = _GPU_SPEED if on_gpu else _CORE_SPEED
    epochs = training_epochs(config)
    seconds = 0.0
    for each in job_states(training_jobs(config), out):
        limit = config["datasets"][each.job.run.dataset]["limit"].get("train") or _IMAGES
        gflop = _DECODER_GFLOP.get(each.job.run.decoder, _DECODER_GFLOP["deconv"])
        work = epochs[each.job.stage] * min(limit, _IMAGES) * gflop * config["model"]["width"]
        seconds += each.share_left * work / speed
    hours = seconds / 3600 / devices
    if hours <= _LONG_HOURS:
        return ""
    return (
        f"Training alone takes about {hours:,.0f} hours on {devices} {'GPU' if on_gpu else 'core'}"
        f"{'s' if devices > 1 else ''}. You may interrupt it: the same command resumes. "
        "docs/cluster.md shows how to use more machines."
    )
