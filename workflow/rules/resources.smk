# What jobs ask for: memory, time and GPUs, from one place. Locally memory counts against
# `--resources mem_mb=...`; a cluster's scheduler gets all of it.


resource_scopes:
    # on a cluster, limits of each allocation and not of all together
    gpu="local",
    gpu_jobs="local",


ON_GPU = uses_gpu(config["machine"]["device"])
# On a machine with GPUs, as many jobs share each as the configuration says; which one a job gets, it
# finds out itself.
if ON_GPU and "gpu_jobs" not in workflow.global_resources:
    workflow.register_resource("gpu_jobs", config["machine"]["jobs_per_gpu"] * max(1, len(gpus())))
# An allocation has one GPU, at which its jobs take turns. Snakemake does not hand on to them what the
# profile says of that (`resources`).
if workflow.remote_exec and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", 1)


def check_where_jobs_run():
    """Where jobs run elsewhere, the machine that hands them over cannot see what they will find."""
    if workflow.non_local_exec and config["machine"]["device"] == "auto" and not ON_GPU:
        raise WorkflowError(
            "Jobs run on other machines, so say whether these have GPUs: "
            "--config 'machine={device: cuda}' or 'machine={device: cpu}'."
        )


def retried(amount):
    """Resource function: an amount, or a function of the wildcards, doubled with each retry."""

    def asked(wildcards, attempt):
        first = amount(wildcards) if callable(amount) else amount
        return first * 2 ** (attempt - 1)

    return asked


def light(megabytes=500):
    """Resources of a job that reads and writes tables and figures."""
    return {"mem_mb": retried(megabytes), "runtime": retried(20)}


def computing(megabytes, minutes, minutes_on_gpu):
    """Resources of a job that computes, on a GPU where there is one.

    Parameters
    ----------
    megabytes
        Memory on a CPU (measured in docs/speed.md), or a function of the wildcards. On a GPU,
        torch's libraries and the driver take some gigabytes of the machine's memory in addition.
    minutes, minutes_on_gpu
        Several times the duration of the slowest of these jobs.
    """
    on_gpu = 4000 * ON_GPU
    resources = {
        "mem_mb": retried(
            (lambda wildcards: megabytes(wildcards) + on_gpu)
            if callable(megabytes)
            else megabytes + on_gpu
        ),
        "runtime": retried(minutes_on_gpu if ON_GPU else minutes),
    }
    # schedulers know `gpu`, a place among those that share one is our own
    return resources | ({"gpu": 1, "gpu_jobs": 1} if ON_GPU else {})


def training(megabytes, epochs):
    """Resources of a training: the slowest architecture at 50,000 images an epoch sets the pace.

    One that runs out of time goes on from its checkpoint when it is tried again.
    """
    return computing(megabytes, minutes=30 + 30 * epochs, minutes_on_gpu=30 + epochs)


def classifier_memory(depth):
    """Megabytes of a convolutional classifier with so many filters."""
    return 600 + 6 * int(depth)
