# Resources of all jobs: memory, time and GPUs. Locally, only memory counts, against
# `--resources mem_mb=...`; a cluster's scheduler receives all of them.


resource_scopes:
    # on a cluster, these limits hold for each allocation, not for all together
    gpu="local",
    gpu_jobs="local",


ON_GPU = uses_gpu(config["machine"]["device"])
# Locally, `machine.jobs_per_gpu` jobs share each GPU; a job leases its GPU when it starts.
if ON_GPU and "gpu_jobs" not in workflow.global_resources:
    workflow.register_resource("gpu_jobs", config["machine"]["jobs_per_gpu"] * max(1, len(gpus())))
# An allocation has one GPU, which its jobs use in turn. Snakemake does not pass the profile's
# `resources` on to an allocation, so the limit is registered here.
if workflow.remote_exec and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", 1)


def check_where_jobs_run():
    """Require `machine.device` if jobs run on other machines, whose GPUs are not visible here."""
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
    """Resources of a computing job, on a GPU if there is one.

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
    # `gpu` is known to schedulers; `gpu_jobs` is ours, a place among the jobs that share a GPU
    return resources | ({"gpu": 1, "gpu_jobs": 1} if ON_GPU else {})


def training(megabytes, epochs):
    """Resources of a training, for the slowest architecture and 50,000 images per epoch.

    A training that runs out of time resumes from its checkpoint when it is retried.
    """
    return computing(megabytes, minutes=30 + 30 * epochs, minutes_on_gpu=30 + epochs)


def classifier_memory(depth):
    """Megabytes of a convolutional classifier with `depth` filters."""
    return 600 + 6 * int(depth)
