# The configuration, checked before anything reads it, and the names that every stage shares.
import os
import re
import sys
import time
from collections import defaultdict
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace

from labelinfo.code_digest import code_digest
from labelinfo.config.components import vae_spec
from labelinfo.config.experiment import check_config
from labelinfo.config.plan import (
    LEVEL_STAGES,
    PROBED_LEVEL_STAGES,
    planned_jobs,
    training_epochs,
    training_stage,
)
from labelinfo.config.completion import complete
from labelinfo.config.sweep import enumerate_runs, path_betas
from labelinfo.config.tasks import tasks_of
from labelinfo.data.own_files import check_own_files, content_digests
from labelinfo.errors import ConfigError, LabelinfoError
from labelinfo.machine import gpus, uses_gpu
from labelinfo.progress.failures import failures_since
from labelinfo.progress.notice import long_run_notice
from labelinfo.tables.slices import LEVEL_LOSSES, RUN_LOSSES, slice_files
from snakemake.exceptions import WorkflowError

STARTED = time.time()
BASE = Path(workflow.basedir)
WORKFLOW = BASE / "workflow"
# where modules are looked for: the package, and a user's own next to the Snakefile
MODULE_ROOTS = (WORKFLOW, BASE)

try:
    # in place, so that scripts see the completed configuration too
    completed, COMPONENTS = check_config(config, MODULE_ROOTS)
    config.update(completed)
    # on other machines a job finds only the files that it asks for
    if workflow.is_main_process:
        check_own_files(config["datasets"], config["sweep"]["datasets"], BASE)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

# slices are joined with what is finished here
PARTIAL = config["partial"] or bool(config["combine"])
if PARTIAL and workflow.storage_settings.default_storage_provider:
    # what is finished is looked for in the folder itself
    key = "partial" if config["partial"] else "combine"
    raise WorkflowError(f"`{key}` needs results in this folder, not in a storage.")

# where and how it runs is no part of what it is
EXPERIMENT = {key: value for key, value in config.items() if key not in ("machine", "partial")}
OUT = f"results/{config['experiment']}"
DOWNLOADS = "results/downloads"
RUNS = list(enumerate_runs(config))
# pictures of one seed tell what a rate looks like
PICTURED_RUNS = [run for run in RUNS if run.seed == config["sweep"]["seeds"][0]]
DATASETS = config["sweep"]["datasets"]
# files to fetch, by name
FETCHED_FILES = {
    file["name"]: file
    for dataset in DATASETS
    for file in config["datasets"][dataset]["files"].values()
    if "path" not in file
}
# (data set, task) pairs, in the order of the figure's rows
PAIRS = [(dataset, task) for dataset in DATASETS for task in tasks_of(config, dataset)]
# where a run's files lie below each stage's folder; Run.path is the same with values filled in
RUN = "{dataset}/{encoder}-{decoder}-{marginal}/beta{beta}/seed{seed}"
# those of the path that it cools down from; Run.path_id is the same with values filled in
PATH = "{dataset}/{encoder}-{decoder}-{marginal}/seed{seed}"
# the rule that makes the weights of a run, and the passes over the images in each training rule
TRAINED = training_stage(config)
EPOCHS = training_epochs(config)
# and those of a random encoder or a classifier
LEVEL = "{dataset}/{baseline}/{task}/seed{seed}"
CANDIDATE = "{dataset}/{task}/depth{depth}-dropout{dropout}"
# a candidate of the search for the strong probe
RECIPE = "{dataset}/{task}/rate{learning_rate}-units{hidden_units}-dropout{dropout}"
# all pictured β of one architecture
ARCHITECTURE = "{dataset}/{encoder}-{decoder}-{marginal}"
ENVIRONMENT = BASE / "envs" / ("cuda.yaml" if uses_gpu(config["machine"]["device"]) else "cpu.yaml")


def one_of(names):
    """Regular expression for exactly these names."""
    return "|".join(sorted({re.escape(str(name)) for name in names}))


def baselines_of(stage):
    """The baselines of unbounded rate that a rule makes."""
    return [baseline for baseline, maker in LEVEL_STAGES.items() if maker == stage]


wildcard_constraints:
    baseline=one_of(LEVEL_STAGES),
    dataset=one_of(DATASETS),
    task=one_of(task for _, task in PAIRS),
    encoder=one_of(COMPONENTS["encoders"]),
    decoder=one_of(COMPONENTS["decoders"]),
    marginal=one_of(COMPONENTS["marginals"]),
    beta=one_of(run.beta for run in RUNS) or "(?!)",
    seed=r"\d+",
    depth=r"\d+",
    dropout=r"[0-9.e-]+",
    learning_rate=r"[0-9.e-]+",
    hidden_units=r"\d+",
    file=one_of(FETCHED_FILES) or "(?!)",


@cache
def content_of(dataset):
    """What the content of each file of a data set is known by, by role."""
    if not workflow.is_main_process:
        # what a job may not have at hand; which results are stale is judged before it starts
        return {}
    try:
        return content_digests(config["datasets"][dataset], BASE)
    except LabelinfoError as error:
        raise WorkflowError(str(error)) from None


@cache
def stage_code(stage, *modules):
    """Digest of the code behind a stage: its script and what that imports, plus `modules`."""
    try:
        return code_digest(WORKFLOW / "scripts" / f"{stage}.py", modules, MODULE_ROOTS)
    except ConfigError as error:
        raise WorkflowError(str(error)) from None


def run_code(stage):
    """Params function: the code behind a stage for one run, its components included."""

    def code(wildcards):
        spec = run_spec(wildcards)
        paths = (spec["encoder"], spec["decoder"], spec["marginal"])
        return stage_code(stage, *(path.partition(":")[0] for path in paths))

    return code


def run_spec(wildcards):
    """Params function: what the run's VAE is made of."""
    return vae_spec(
        config,
        COMPONENTS,
        encoder=wildcards.encoder,
        decoder=wildcards.decoder,
        marginal=wildcards.marginal,
    )
