# The configuration, checked before anything reads it, and the names that every stage shares.
import os
import re
import sys
import time
import uuid
from functools import cache
from itertools import product
from pathlib import Path

from labelinfo.code_digest import code_digest
from labelinfo.config.components import vae_spec
from labelinfo.config.experiment import check_config
from labelinfo.config.plan import LEVEL_STAGES, grid_jobs, level_jobs, probe_jobs
from labelinfo.config.run import Run
from labelinfo.config.schema import complete, load_schema
from labelinfo.config.sweep import enumerate_runs, tasks_of
from labelinfo.data.own_files import check_own_files, content_digests
from labelinfo.errors import ConfigError, LabelinfoError, StorageError
from labelinfo.machine import gpus, uses_gpu
from labelinfo.probes.waiting import CALL, WAITING, WaitingProbe, note_waiting
from labelinfo.progress.failures import failures_since
from snakemake.exceptions import WorkflowError

STARTED = time.time()
# jobs inherit it
os.environ.setdefault(CALL, uuid.uuid4().hex)
BASE = Path(workflow.basedir)
WORKFLOW = BASE / "workflow"
# where modules are looked for: the package, and beside the Snakefile a user's own
MODULE_ROOTS = (WORKFLOW, BASE)

try:
    # in place, so that scripts see the completed configuration too
    SCHEMA = load_schema(WORKFLOW / "schemas" / "config.schema.yaml")
    completed, COMPONENTS = check_config(config, SCHEMA, MODULE_ROOTS)
    config.update(completed)
    # on other machines a job finds only the files that it asks for
    if workflow.is_main_process:
        check_own_files(config["datasets"], config["sweep"]["datasets"], BASE)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

if config["partial"] and workflow.storage_settings.default_storage_provider:
    # what is finished is looked for in the folder itself
    raise WorkflowError("`partial` needs results in this folder, not in a storage.")

# where and how it runs is no part of what it is
EXPERIMENT = {key: value for key, value in config.items() if key not in ("machine", "partial")}
OUT = f"results/{config['experiment']}"
DOWNLOADS = "results/downloads"
# of probes that one job trains for others; it may be removed when nothing runs
PROBES_AHEAD = f"{OUT}/probes_ahead"
RUNS = list(enumerate_runs(config))
# pictures of one seed tell what a rate looks like
PICTURED_RUNS = [run for run in RUNS if run.seed == config["sweep"]["seeds"][0]]
DATASETS = config["sweep"]["datasets"]
# (data set, task) pairs, in the order of the figure's rows
PAIRS = [(dataset, task) for dataset in DATASETS for task in tasks_of(config, dataset)]
# where a run's files lie below each stage's folder; Run.path is the same with values filled in
RUN = "{dataset}/{encoder}-{decoder}-{marginal}/beta{beta}/seed{seed}"
# and those of a random encoder or a classifier
LEVEL = "{dataset}/{baseline}/{task}/seed{seed}"
CANDIDATE = "{dataset}/{task}/depth{depth}-dropout{dropout}"
# all pictured β of one architecture
ARCHITECTURE = "{dataset}/{encoder}-{decoder}-{marginal}"
ENVIRONMENT = BASE / "envs" / ("cuda.yaml" if uses_gpu(config["machine"]["device"]) else "cpu.yaml")


def check_results_folder():
    """Snakemake makes folders before a job can say that it may not write there."""
    folder = next(path for path in (Path(OUT), *Path(OUT).parents) if path.exists())
    if not os.access(folder, os.W_OK):
        raise WorkflowError(
            f"The folder {folder} cannot be written: make it writable (its disk may be read-only), "
            "or run the workflow where you may write."
        )


def one_of(names):
    """Regular expression for exactly these names."""
    return "|".join(sorted({re.escape(str(name)) for name in names}))


def fetched_files():
    """Files of the catalogue by name: what is needed to fetch and check each."""
    return {
        file["name"]: file
        for dataset in DATASETS
        for file in config["datasets"][dataset]["files"].values()
        if "path" not in file
    }


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
    beta=one_of(run.beta for run in RUNS),
    seed=r"\d+",
    depth=r"\d+",
    dropout=r"[0-9.e-]+",
    file=one_of(fetched_files()) or "(?!)",


def local_path(path):
    """A user's path; a relative one starts at the folder of the Snakefile.

    It is told relative to the working directory, so that results stay fresh when a checkout is
    moved or copied whole. It lies here, wherever results are stored.
    """
    return local(str(path) if Path(path).is_absolute() else os.path.relpath(BASE / path))


def dataset_files(dataset):
    """Where each file of a data set lies once it is here, by role."""
    return {
        role: local_path(file["path"]) if "path" in file else f"{DOWNLOADS}/{file['name']}"
        for role, file in config["datasets"][dataset]["files"].items()
    }


def dataset_definition(dataset):
    """The part of a data set's definition that decides its content; not its title or tasks, say."""
    definition = config["datasets"][dataset]
    return {key: definition[key] for key in ("reader", "binarize", "limit", "split")}


def matching_settings(dataset):
    """How binary images are matched with their originals, where they are."""
    matched = config["datasets"][dataset]["reader"] == "static_mnist"
    return {"naive_bayes_clamp": config["data"]["naive_bayes_clamp"]} if matched else {}


@cache
def content_of(dataset):
    """What the content of each file of a data set is known by, by role."""
    if not workflow.is_main_process:
        # what a job may not have at hand; which results are stale is judged before it starts
        return {}
    try:
        return content_digests(config["datasets"][dataset], BASE, Path("results/own_files.json"))
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


def finished(paths):
    """All paths, or, when only what is done is to be aggregated, those that exist."""
    return [path for path in paths if not config["partial"] or Path(path).exists()]


@cache
def pictured_runs(architecture):
    """The pictured runs of one architecture, named as in paths."""
    return [run for run in PICTURED_RUNS if f"{run.dataset}/{run.architecture}" == architecture]


def pictured_files(pattern):
    """Input function: a stage's file for each pictured run of an architecture, `{run}` its path."""

    def files(wildcards):
        runs = pictured_runs(ARCHITECTURE.format(**wildcards))
        return [pattern.format(run=run.path) for run in runs]

    return files


def picture_files():
    """The galleries of every pictured run and of every architecture."""
    architectures = dict.fromkeys(f"{run.dataset}/{run.architecture}" for run in PICTURED_RUNS)
    return [
        *(f"{OUT}/draw_gallery/{run.path}.png" for run in PICTURED_RUNS),
        *(f"{OUT}/draw_beta_gallery/{architecture}.png" for architecture in architectures),
    ]


# runs that the explorer can show pictures of
EXPLORED_RUNS = [
    run
    for run in PICTURED_RUNS
    if not config["partial"] or Path(f"{OUT}/draw_gallery/{run.path}.thumbnail.png").exists()
]


def measures_of(dataset):
    """The measured rate and distortion of every run of a data set."""
    return [f"{OUT}/measure_vae/{run.path}.parquet" for run in RUNS if run.dataset == dataset]


def probe_files(suffix):
    """What the probes of every run and task wrote."""
    return [f"{OUT}/{job.stage}/{job.name}{suffix}" for job in probe_jobs(config)]


def entropy_settings(wildcards):
    """Params function: H(X) as it is known, else what decides which runs may bound it."""
    definition = config["datasets"][wildcards.dataset]
    if definition["entropy_nats"] is not None:
        return {"nats": definition["entropy_nats"], "source": definition["entropy_source"]}
    errors = config["tables"]["violation_standard_errors"]
    return {"nats": None, "source": "", "standard_errors": errors}


def baseline_files():
    """The table of every baseline, data set and task; of a partial sweep, of what is finished."""
    baselines = config["sweep"]["baselines"]
    lines = [
        f"{OUT}/compute_random_discard/{dataset}/{task}.parquet"
        for dataset, task in PAIRS
        # it takes no time, but may need the R + D of a run
        if "random_discard" in baselines
        and (config["datasets"][dataset]["entropy_nats"] or finished(measures_of(dataset)))
    ]
    grids = [f"{OUT}/{job.result}" for job in grid_jobs(config)]
    return lines + finished(grids + level_files(".parquet"))


def level_files(suffix):
    """What every random encoder and classifier wrote, by data set, task and seed."""
    return [f"{OUT}/{job.stage}/{job.name}{suffix}" for job in level_jobs(config)]


def complex_image_settings():
    """How the convolutional classifier is trained, whatever its depth and dropout."""
    apart = ("networks", "search", "candidates")
    return {key: value for key, value in config["classifier"].items() if key not in apart}


def configured_network(task):
    """Depth and dropout of the convolutional classifier, as the configuration has them."""
    networks = config["classifier"]["networks"]
    return networks.get(task, networks["other"])


def papers_network(task):
    """Depth and dropout of the paper for a task, None for one that it does not have."""
    networks = complete({}, SCHEMA)["classifier"]["networks"]
    return networks.get(task) if task != "other" else None


def classifier_settings(wildcards):
    """Params function: the section that decides what a classifier is."""
    if wildcards.baseline == "simple_image":
        return config["probe"]
    return complex_image_settings() | configured_network(wildcards.task)


def largest_depth(wildcards):
    """The most filters that a classifier may come to have."""
    depths = config["classifier"]["candidates"]["depths"] if choice_for(wildcards) else []
    return max([configured_network(wildcards.task)["depth"], *depths])


def candidate_files(dataset, task):
    """The tables of all candidates of a search; the configured network is one."""
    candidates = config["classifier"]["candidates"]
    networks = [*product(candidates["depths"], candidates["dropouts"])]
    networks.append(tuple(configured_network(task)[key] for key in ("depth", "dropout")))
    names = dict.fromkeys(f"depth{depth}-dropout{dropout:.12g}" for depth, dropout in networks)
    return [f"{OUT}/train_candidate/{dataset}/{task}/{name}.parquet" for name in names]


def search_files():
    """The choices of all searches: none, unless they are asked for."""
    wanted = config["classifier"]["search"] and "complex_image" in config["sweep"]["baselines"]
    return (
        [f"{OUT}/choose_classifier/{pair[0]}/{pair[1]}.parquet" for pair in PAIRS] if wanted else []
    )


def choice_for(wildcards):
    """Input function: the choice of depth and dropout that a classifier waits for, if any."""
    searched = config["classifier"]["search"] and wildcards.baseline == "complex_image"
    choice = f"{OUT}/choose_classifier/{wildcards.dataset}/{wildcards.task}.parquet"
    return finished([choice]) if searched else []


def note_waiting_probes():
    """Tell the jobs of probes which others this very call is to train: some are faster at once.

    Where jobs run on other machines, or results lie in a storage, each trains its own.
    """
    noted = Path(PROBES_AHEAD) / WAITING
    elsewhere = workflow.non_local_exec or workflow.remote_exec
    if elsewhere or workflow.storage_settings.default_storage_provider:
        noted.unlink(missing_ok=True)
        return
    jobs = list(workflow.dag.needrun_jobs())
    still_trained = {job.output.best for job in jobs if job.rule.name == "train_vae"}
    probes = [
        WaitingProbe(
            Run.from_wildcards(job.wildcards),
            job.wildcards.task,
            Path(job.input.weights),
            Path(job.output.table),
            trained_first=job.input.weights in still_trained,
        )
        for job in jobs
        if job.rule.name == "train_probe"
    ]
    try:
        note_waiting(noted, probes, os.environ[CALL], workflow.cores)
    except (OSError, StorageError) as error:
        # only time is lost
        logger.warning(f"Each probe is trained by its own job: {error}")


def panels():
    """The rows of Figure 1: data set, task, title, caveat."""
    definitions = config["datasets"]
    return [
        {
            "dataset": dataset,
            "task": task,
            "title": f"{definitions[dataset]['title'] or dataset}, {task}",
            "caveat": definitions[dataset]["caveat"],
        }
        for dataset, task in PAIRS
    ]


def zoomed_panel():
    """The panel of Figure 2."""
    wanted = config["figures"]["zoom_dataset"] or DATASETS[0]
    return next(panel for panel in panels() if panel["dataset"] == wanted)


def tell_where_results_lie():
    """Last words of a successful run."""
    summary = Path(OUT) / "write_summary" / "summary.txt"
    if summary.exists():
        logger.info(f"\n{summary.read_text(encoding='utf-8')}")


def tell_what_failed():
    """Last words of a run in which jobs failed: which, and the ends of their logs."""
    failures = failures_since([f"{OUT}/logs", f"{DOWNLOADS}/logs"], STARTED)
    if failures:
        logger.error(f"\nWhat did not end well, with the last lines of its log:\n{failures}")
