# Check and complete the configuration; define the names that all rules share.
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
from labelinfo.progress.messages import failures_since, long_run_notice
from labelinfo.tables.slices import LEVEL_LOSSES, RUN_LOSSES, slice_files
from snakemake.exceptions import WorkflowError

STARTED = time.time()
BASE = Path(workflow.basedir)
WORKFLOW = BASE / "workflow"
# folders of modules: the package, and a user's components next to the Snakefile
MODULE_ROOTS = (WORKFLOW, BASE)

try:
    # in place, so that scripts also see the completed configuration
    completed, COMPONENTS = check_config(config, MODULE_ROOTS)
    config.update(completed)
    # jobs on other machines only have their input files
    if workflow.is_main_process:
        check_own_files(config["datasets"], config["sweep"]["datasets"], BASE)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

# slices are joined with the finished runs
PARTIAL = config["partial"] or bool(config["combine"])
if PARTIAL and workflow.storage_settings.default_storage_provider:
    # finished files are only searched for in the local folder
    key = "partial" if config["partial"] else "combine"
    raise WorkflowError(f"`{key}` needs results in this folder, not in a storage.")

# the machine and `partial` are not part of an experiment's identity
EXPERIMENT = {key: value for key, value in config.items() if key not in ("machine", "partial")}
OUT = f"results/{config['experiment']}"
DOWNLOADS = "results/downloads"
RUNS = list(enumerate_runs(config))
# one seed is enough for pictures
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
# path of a run's files below each stage's folder; Run.path has the values filled in
RUN = "{dataset}/{encoder}-{decoder}-{marginal}/beta{beta}/seed{seed}"
# path of the files of a training through all β; Run.path_id has the values filled in
PATH = "{dataset}/{encoder}-{decoder}-{marginal}/seed{seed}"
# the rule that trains a run's weights, and the passes over the images in each training rule
TRAINED = training_stage(config)
EPOCHS = training_epochs(config)
# paths of a baseline of unbounded rate, and of a candidate of the search for the classifier
LEVEL = "{dataset}/{baseline}/{task}/seed{seed}"
CANDIDATE = "{dataset}/{task}/depth{depth}-dropout{dropout}"
# path of a candidate of the search for the strong probe
RECIPE = "{dataset}/{task}/rate{learning_rate}-units{hidden_units}-dropout{dropout}"
# all pictured β of one architecture
ARCHITECTURE = "{dataset}/{encoder}-{decoder}-{marginal}"
ENVIRONMENT = BASE / "envs" / ("cuda.yaml" if uses_gpu(config["machine"]["device"]) else "cpu.yaml")


def one_of(names):
    """Regular expression for exactly these names."""
    return "|".join(sorted({re.escape(str(name)) for name in names}))


def baselines_of(stage):
    """The baselines of unbounded rate that a rule measures."""
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
    """The digest of each file of a data set, by role."""
    if not workflow.is_main_process:
        # a job may not have the files, and needs no digests: staleness is judged before it starts
        return {}
    try:
        return content_digests(config["datasets"][dataset], BASE)
    except LabelinfoError as error:
        raise WorkflowError(str(error)) from None


@cache
def stage_code(stage, *modules):
    """Digest of the code behind a stage: its script, the script's imports, and `modules`."""
    try:
        return code_digest(WORKFLOW / "scripts" / f"{stage}.py", modules, MODULE_ROOTS)
    except ConfigError as error:
        raise WorkflowError(str(error)) from None


def run_code(stage):
    """Params function: digest of the code behind a stage for one run, including its components."""

    def code(wildcards):
        spec = run_spec(wildcards)
        paths = (spec["encoder"], spec["decoder"], spec["marginal"])
        return stage_code(stage, *(path.partition(":")[0] for path in paths))

    return code


def run_spec(wildcards):
    """Params function: the specification of the run's VAE."""
    return vae_spec(
        config,
        COMPONENTS,
        encoder=wildcards.encoder,
        decoder=wildcards.decoder,
        marginal=wildcards.marginal,
    )
