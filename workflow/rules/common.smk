# The configuration, checked before anything reads it, and the names that every stage shares.
import os
import re
import sys
import time
from functools import cache
from itertools import product
from pathlib import Path

from labelinfo.code_digest import code_digest
from labelinfo.config.components import vae_spec
from labelinfo.config.experiment import check_config
from labelinfo.config.plan import (
    LEVEL_STAGES,
    PROBED_LEVEL_STAGES,
    grid_jobs,
    level_jobs,
    probe_jobs,
    training_epochs,
    training_stage,
)
from labelinfo.config.completion import complete
from labelinfo.config.sweep import enumerate_runs, path_betas
from labelinfo.config.tasks import tasks_of
from labelinfo.data.own_files import check_own_files, content_digests
from labelinfo.errors import ConfigError, LabelinfoError
from labelinfo.machine import gpus, uses_gpu
from labelinfo.progress.experiment import long_run_notice
from labelinfo.progress.failures import failures_since
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
    beta=one_of(run.beta for run in RUNS) or "(?!)",
    seed=r"\d+",
    depth=r"\d+",
    dropout=r"[0-9.e-]+",
    learning_rate=r"[0-9.e-]+",
    hidden_units=r"\d+",
    file=one_of(fetched_files()) or "(?!)",


def local_path(path):
    """A user's path; a relative one starts at the folder of the Snakefile.

    It is relative to the working directory, so that results stay fresh when a checkout is
    moved or copied whole. It lies here, wherever results are stored.
    """
    return local(str(path) if Path(path).is_absolute() else os.path.relpath(BASE / path))


def downloaded_files(dataset):
    """Where each file of a data set that is fetched lies once it is here, by role.

    A user's own files are no inputs: their content, a parameter, makes results stale, and not
    their place or date.
    """
    return {
        role: f"{DOWNLOADS}/{file['name']}"
        for role, file in config["datasets"][dataset]["files"].items()
        if "path" not in file
    }


def dataset_definition(dataset):
    """The part of a data set's definition that decides its content; not its title or tasks, say."""
    definition = config["datasets"][dataset]
    kept = {key: definition[key] for key in ("reader", "binarize", "limit", "split")}
    # left out where they change nothing, so that what was prepared without them stays fresh
    defaults = {"scale": None, "originals": "as_is"}
    return kept | {key: definition[key] for key in defaults if definition[key] != defaults[key]}


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


def path_training_settings():
    """The part of `training` that paths and their runs read."""
    other = ("mode", "epochs", "beta_warmup", "beta_start")
    return {key: value for key, value in config["training"].items() if key not in other}


def path_settings(*keys):
    """Some keys of `path`: a longer cool-down makes no path stale."""
    return {key: config["path"][key] for key in keys}


def path_records():
    """The record of every path that the runs cool down from, if they do."""
    if TRAINED == "train_vae":
        return []
    return [f"{OUT}/train_path/{path}/path.parquet" for path in {run.path_id: 0 for run in RUNS}]


def searched_code(wildcards):
    """Params function: the code behind a candidate of a strong probe, the encoder's included."""
    return run_code("search_probe")(searched_runs(wildcards.dataset)[0])


def finished(paths):
    """All paths, or, when only what is done is to be aggregated, those that exist."""
    return [path for path in paths if not PARTIAL or Path(path).exists()]


def slices(kind):
    """The files of one kind in the slices that are joined."""
    try:
        return slice_files(config["combine"], kind)
    except ConfigError as error:
        raise WorkflowError(str(error)) from None


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


def first_probe(wildcards):
    """Input function: the probe of a run's first task, whose C stands above its pictures."""
    task = tasks_of(config, wildcards.dataset)[0]
    return f"{OUT}/train_probe/{RUN.format(**wildcards)}/{task}.parquet"


def pictured_probes(wildcards):
    """The probes of the first task of each pictured run of an architecture."""
    task = tasks_of(config, wildcards.dataset)[0]
    return pictured_files(f"{OUT}/train_probe/{{run}}/{task}.parquet")(wildcards)


def span(files, column, digits):
    """The smallest and the largest value in one-row tables, as the report's list of pictures has it."""
    from labelinfo.io.tables import read_table

    tables = [read_table(file) for file in files if Path(file).exists()]
    values = [float(value) for table in tables for value in table[column].dropna()]
    ends = (
        dict.fromkeys(f"{end:.{digits}f}" for end in (min(values), max(values))) if values else {}
    )
    return " to ".join(ends) or "–"


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
    if not PARTIAL or Path(f"{OUT}/draw_gallery/{run.path}.thumbnail.png").exists()
]


def explorer_templates():
    """The files of which the explorer's page is made."""
    folder = WORKFLOW / "labelinfo" / "explorer" / "templates"
    return sorted(str(file.relative_to(BASE)) for file in folder.iterdir())


def summary_files():
    """What is known of every data set."""
    return [f"{OUT}/prepare_dataset/{dataset}/summary.parquet" for dataset in DATASETS]


def training_records():
    """The record of the training of every run."""
    return [f"{OUT}/{TRAINED}/{run.path}/training.parquet" for run in RUNS]


def measure_files():
    """The measured rate and distortion of every run."""
    return [f"{OUT}/measure_vae/{run.path}.parquet" for run in RUNS]


def measures_of(dataset):
    """Those of a data set."""
    return [f"{OUT}/measure_vae/{run.path}.parquet" for run in RUNS if run.dataset == dataset]


def probe_files(suffix):
    """What the probes of every run and task wrote."""
    return [f"{OUT}/{job.stage}/{job.name}{suffix}" for job in probe_jobs(config)]


def probe_losses():
    """The losses of both probes of every run and task."""
    return probe_files(".losses.parquet") + probe_files(".strong.losses.parquet")


def strong_recipe(wildcards):
    """Params function: how the strong probe of a task is trained, as it is configured."""
    recipes = config["strong_probe"]["recipes"]
    return recipes.get(wildcards.task, recipes["other"])


def recipe_choice(wildcards):
    """Input function: the choice of a recipe that a strong probe waits for, if any."""
    searched = config["strong_probe"]["search"]
    choice = f"{OUT}/choose_probe/{wildcards.dataset}/{wildcards.task}.parquet"
    return finished([choice]) if searched else []


def recipe_files(wildcards):
    """Input function: the tables of all candidates of a search; the configured recipe is one."""
    candidates = config["strong_probe"]["candidates"]
    recipes = [
        *product(*(candidates[key] for key in ("learning_rates", "hidden_units", "dropouts")))
    ]
    configured = strong_recipe(wildcards)
    recipes.append(tuple(configured[key] for key in ("learning_rate", "hidden_units", "dropout")))
    names = [
        f"rate{rate:.12g}-units{units}-dropout{dropout:.12g}" for rate, units, dropout in recipes
    ]
    folder = f"{OUT}/search_probe/{wildcards.dataset}/{wildcards.task}"
    return [f"{folder}/{name}.parquet" for name in dict.fromkeys(names)]


def searched_runs(dataset):
    """The runs on whose codes a search tries its candidates."""
    first, *_ = [run for run in RUNS if run.dataset == dataset]
    alike = {
        float(run.beta): run
        for run in RUNS
        if (run.dataset, run.architecture, run.seed) == (dataset, first.architecture, first.seed)
    }
    betas = sorted(alike)
    places = dict.fromkeys((0, len(betas) // 2, len(betas) - 1))
    return [alike[betas[place]] for place in places]


def searched_files(pattern):
    """Input function: a file for each run on whose codes a search tries its candidates."""
    return lambda wildcards: [
        pattern.format(run=run.path) for run in searched_runs(wildcards.dataset)
    ]


def probe_search_files():
    """The choices of all searches for a strong probe: none, unless they are asked for."""
    wanted = config["strong_probe"]["search"] and RUNS
    return [f"{OUT}/choose_probe/{pair[0]}/{pair[1]}.parquet" for pair in PAIRS] if wanted else []


def entropy_settings(wildcards):
    """Params function: H(X) as it is known, else what decides which runs may bound it."""
    definition = config["datasets"][wildcards.dataset]
    if definition["entropy_nats"] is not None:
        return {"nats": definition["entropy_nats"], "source": definition["entropy_source"]}
    errors = config["tables"]["violation_standard_errors"]
    return {"nats": None, "source": "", "standard_errors": errors}


def discard_measures(dataset):
    """The measured runs whose R + D may bound H(X): slices may have some of this data set."""
    return finished(measures_of(dataset)) + slices("measures")


def discard_line(dataset, task):
    """The random-discard line, where the sweep has one; no file where nothing bounds H(X)."""
    # it takes no time, but may need the R + D of a run
    known = config["datasets"][dataset]["entropy_nats"] or discard_measures(dataset)
    wanted = known and "random_discard" in config["sweep"]["baselines"]
    return [f"{OUT}/compute_random_discard/{dataset}/{task}.parquet"] if wanted else []


def baseline_files():
    """The table of every baseline, data set and task; of a partial sweep, of what is finished."""
    lines = [line for pair in PAIRS for line in discard_line(*pair)]
    return lines + measured_baseline_files()


def measured_baseline_files():
    """Those whose C was measured: all but random discarding."""
    # the choice of k takes no time once the grid is measured
    grids = [
        f"{OUT}/select_dimension/{job.name}.parquet"
        for job in grid_jobs(config)
        if finished([f"{OUT}/{job.result}"])
    ]
    return grids + finished(level_files(".parquet"))


def best_known_nats(dataset):
    """The lowest negative log-likelihood known of a data set, None where nothing is."""
    definition = config["datasets"][dataset]
    known = [definition[key] for key in ("entropy_nats", "best_known_nats")]
    return min((nats for nats in known if nats is not None), default=None)


def level_files(suffix):
    """What every random encoder and classifier wrote, by data set, task and seed."""
    return [f"{OUT}/{job.stage}/{job.name}{suffix}" for job in level_jobs(config)]


def level_losses():
    """The losses of every random encoder and classifier, of both probes where there are two."""
    strong = [
        f"{OUT}/{job.stage}/{job.name}.strong.losses.parquet"
        for job in level_jobs(config)
        if job.stage in PROBED_LEVEL_STAGES
    ]
    return level_files(".losses.parquet") + strong


def complex_image_settings():
    """How the convolutional classifier is trained, whatever its depth and dropout."""
    excluded = ("networks", "search", "candidates")
    return {key: value for key, value in config["classifier"].items() if key not in excluded}


def configured_network(task):
    """Depth and dropout of the convolutional classifier, as the configuration has them."""
    networks = config["classifier"]["networks"]
    return networks.get(task, networks["other"])


def papers_network(task):
    """Depth and dropout of the paper for a task, None for one that it does not have."""
    networks = complete({})["classifier"]["networks"]
    return networks.get(task) if task != "other" else None


def probe_settings(wildcards):
    """Params function: how both probes of a task are trained, with no key that is for runs alone."""
    of_runs = ("seeds", "prequential_classes_max")
    probe = {key: value for key, value in config["probe"].items() if key not in of_runs}
    return {"probe": probe, "strong_probe": strong_recipe(wildcards)}


def classifier_settings(wildcards):
    """Params function: how the convolutional classifier of a task is trained."""
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
    searched = config["classifier"]["search"]
    choice = f"{OUT}/choose_classifier/{wildcards.dataset}/{wildcards.task}.parquet"
    return finished([choice]) if searched else []


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


def tell_how_long_it_takes():
    """First words of a run of more than ten hours."""
    # of other machines' cores only the scheduler knows
    notice = "" if workflow.non_local_exec else long_run_notice(config, Path(OUT), workflow.cores)
    if notice:
        logger.info(notice)


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
