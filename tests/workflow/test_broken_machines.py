"""A full disk, a read-only one, a job killed for its memory, a clock that jumps: a sentence each.

Once the cause is gone the same command continues, and repeats no finished job.
"""

import os
import shutil
import subprocess

import pytest
from checkouts import LOUD, copy_repository

pytestmark = [pytest.mark.workflow, pytest.mark.kills]

TINY = ("--configfile", "tests/workflow/tiny.yaml")
RUN = "results/tiny/{}/sample/gaussian-deconv-gaussian/beta1/seed0{}"
DATASET = "results/tiny/prepare_dataset/sample/dataset.safetensors"
WEIGHTS = RUN.format("train_vae", "/best.safetensors")
MEASURE = RUN.format("measure_vae", ".parquet")


def sentences(outcome):
    assert outcome.code != 0, outcome.text
    assert "Traceback" not in outcome.text
    assert "Logging error" not in outcome.text
    return {line for line in outcome.text.splitlines() if line.startswith("Error: ")}


@pytest.fixture
def disk(tmp_path):
    """Return a checkout with the results on a small file system, and its `mount`."""
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount a small file system")
    checkout = copy_repository(tmp_path / "checkout")
    folder = checkout.path / "results" / "tiny"
    folder.mkdir(parents=True)

    def mount(options, *, again=True):
        kind = () if again else ("-t", "tmpfs")
        prefix = "remount," if again else ""
        source = () if again else ("tmpfs",)
        command = ["mount", *kind, "-o", prefix + options, *source, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and not again:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr

    mount("size=380k", again=False)
    yield checkout, mount
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_and_then_a_read_only_one_lose_nothing(disk):
    checkout, mount = disk
    full = checkout.snakemake("--cores", "1", MEASURE, *TINY)
    (sentence,) = sentences(full)
    assert sentence.startswith("Error: Cannot write results/tiny/train_vae/")
    assert sentence.endswith("the disk is full: free some space and run again.")
    assert (checkout.path / DATASET).exists()
    assert not (checkout.path / WEIGHTS).exists()
    assert not list((checkout.path / "results").rglob("*.tmp*"))
    prepared = (checkout.path / DATASET).stat().st_mtime_ns

    mount("size=20m,ro")
    outcome = checkout.snakemake("--cores", "1", MEASURE, *TINY)
    assert sentences(outcome) == set()
    assert "results/tiny cannot be written: make it writable" in outcome.text

    mount("size=20m,rw")
    outcome = checkout.snakemake(LOUD, "--cores", "1", MEASURE, *TINY)
    assert outcome.code == 0, outcome.text
    assert outcome.jobs == {"train_vae": 1, "measure_vae": 1}
    assert (checkout.path / DATASET).stat().st_mtime_ns == prepared


GREEDY = """
import os, signal
from pathlib import Path
from labelinfo.models.marginals.gaussian import GaussianMarginal

class Greedy(GaussianMarginal):
    \"\"\"Ends as the system ends a process that takes too much memory, the first time.\"\"\"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        tried = Path("tried")
        if not tried.exists():
            tried.touch()
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_job_killed_for_its_memory_is_tried_with_more_while_others_go_on(checkout):
    (checkout.path / "greedy.py").write_text(GREEDY)
    own = "components={marginals: {greedy: {class: 'greedy:Greedy'}}}"
    sweep = "sweep={marginals: [gaussian, greedy], betas: {deconv: [1]}}"
    targets = [
        WEIGHTS.replace("deconv-gaussian", f"deconv-{name}") for name in ("greedy", "gaussian")
    ]
    arguments = ("--cores", "1", *targets, *TINY, "--config", own, sweep)
    killed = checkout.snakemake(*arguments)
    assert killed.code != 0
    assert "SIGKILL" in killed.text or "died with" in killed.text or "-9" in killed.text
    assert [(checkout.path / target).exists() for target in targets] == [False, True]
    (checkout.path / "tried").unlink()
    retried = checkout.snakemake(LOUD, *arguments, "--retries", "1")
    assert retried.code == 0, retried.text
    # jobs that finished while the other was killed are not repeated
    assert retried.jobs == {"train_vae": 1}
    assert "mem_mb=2200," in retried.text
    assert "mem_mb=4400," in retried.text


def test_a_clock_that_jumps_makes_nothing_again_that_is_made(checkout):
    outcome = checkout.snakemake("--cores", "1", WEIGHTS, *TINY)
    assert outcome.code == 0, outcome.text
    # as if the clock had been a day ahead when the data were prepared
    dataset = checkout.path / DATASET
    time = dataset.stat().st_mtime
    os.utime(dataset, (time + 86400, time + 86400))
    # a new job fails, because by the clock its outputs are older than its input
    ahead = checkout.snakemake("--cores", "1", MEASURE, *TINY)
    assert ahead.code != 0
    assert "clock skew" in ahead.text
    assert "dataset.safetensors" in ahead.text
    assert "Traceback" not in ahead.text
    os.utime(dataset)
    outcome = checkout.snakemake(LOUD, "--cores", "1", MEASURE, *TINY)
    assert outcome.code == 0, outcome.text
    assert outcome.jobs == {"measure_vae": 1}
