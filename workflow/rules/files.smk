# Inputs of tables, figures and pages, and input functions.
PREPARED = f"{OUT}/prepare_dataset/{{dataset}}/dataset.safetensors"
WEIGHTS = f"{OUT}/{TRAINED}/{RUN}/best.safetensors"


def tables(*names):
    """The experiment's tables by name."""
    return {name: f"{OUT}/tables/{name}.parquet" for name in names}


def reported(path, rule, category):
    """An output in the report, with the caption of its rule."""
    return report(path, caption=f"../report/{rule}.rst", category=category)


def figure_files(name):
    """A figure's file in each format."""
    stem = f"{OUT}/figures/{name}"
    png = reported(f"{stem}.png", f"plot_{name}", "Figures")
    return {"pdf": f"{stem}.pdf", "svg": f"{stem}.svg", "png": png}


# The digests of a user's own files are parameters, and the files are not inputs: only a change of
# content makes results stale, not a change of path or date.
def downloaded_files(wildcards):
    """Input function: the fetched files of a data set, by role."""
    files = config["datasets"][wildcards.dataset]["files"]
    return {
        role: f"{DOWNLOADS}/{file['name']}" for role, file in files.items() if "path" not in file
    }


def finished(paths):
    """All paths; for a partial sweep, the existing ones."""
    return [path for path in paths if not PARTIAL or Path(path).exists()]


def written_by(jobs, suffix=None):
    """The results of planned jobs, or their files with another suffix."""
    names = (job.result if suffix is None else f"{job.stage}/{job.name}{suffix}" for job in jobs)
    return finished(f"{OUT}/{name}" for name in names)


def slices(kind):
    """The files of one kind in the joined slices."""
    try:
        return slice_files(config["combine"], kind)
    except ConfigError as error:
        raise WorkflowError(str(error)) from None


PLANNED = planned_jobs(config)
JOBS = defaultdict(list)
for job in PLANNED:
    JOBS[job.stage].append(job)
LEVEL_JOBS = [job for job in PLANNED if job.stage in LEVEL_STAGES.values()]
SUMMARIES = written_by(JOBS["prepare_dataset"])
PATH_RECORDS = written_by(JOBS["train_path"])
TRAINING_RECORDS = written_by(JOBS[TRAINED])
MEASURES = written_by(JOBS["measure_vae"])
PROBES = written_by(JOBS["train_probe"])
PROBE_LOSSES = [
    file
    for suffix in (".losses.parquet", ".strong.losses.parquet")
    for file in written_by(JOBS["train_probe"], suffix)
]
LEVEL_LOSS_FILES = written_by(LEVEL_JOBS, ".losses.parquet") + written_by(
    (job for job in LEVEL_JOBS if job.stage in PROBED_LEVEL_STAGES), ".strong.losses.parquet"
)
# all baselines except random discarding; the choice of k takes no time after the grid is measured
MEASURED_BASELINES = [
    *(
        f"{OUT}/select_dimension/{job.name}.parquet"
        for job in JOBS["measure_pca"]
        if written_by([job])
    ),
    *written_by(LEVEL_JOBS),
]


# pictures


def pictured_runs(wildcards):
    """The pictured runs of one architecture."""
    name = ARCHITECTURE.format(**wildcards)
    return [run for run in PICTURED_RUNS if f"{run.dataset}/{run.architecture}" == name]


def pictured_files(wildcards, pattern):
    """A stage's file for each pictured run of an architecture; `{run}` is the run's path."""
    return [f"{OUT}/{pattern.format(run=run.path)}" for run in pictured_runs(wildcards)]


def first_task(wildcards):
    """The task whose C is in the titles of pictures."""
    return tasks_of(config, wildcards.dataset)[0]


ARCHITECTURES = dict.fromkeys(f"{run.dataset}/{run.architecture}" for run in PICTURED_RUNS)
PICTURES = [
    *(f"{OUT}/draw_gallery/{run.path}.png" for run in PICTURED_RUNS),
    *(f"{OUT}/draw_beta_gallery/{architecture}.png" for architecture in ARCHITECTURES),
]
# runs with pictures in the explorer
EXPLORED_RUNS = [
    run
    for run in PICTURED_RUNS
    if not PARTIAL or Path(f"{OUT}/draw_gallery/{run.path}.thumbnail.png").exists()
]
# Relative to the working directory, so that moving a checkout makes nothing stale; local, even if
# results are in a remote storage.
TEMPLATES = {
    page: [
        local(os.path.relpath(file))
        for file in sorted((WORKFLOW / "labelinfo" / page / "templates").iterdir())
    ]
    for page in ("claims", "explorer")
}


# searches for the convolutional classifier and for the strong probe


def candidate_names(pattern, values, configured):
    """Distinct names of the candidates of a search, including the configured one."""
    candidates = [*product(*values), tuple(configured)]
    return dict.fromkeys(pattern.format(*(f"{x:.12g}" for x in each)) for each in candidates)


def recipe_files(wildcards):
    """Input function: the tables of all candidates of a search for the strong probe."""
    candidates = config["strong_probe"]["candidates"]
    values = [candidates[key] for key in ("learning_rates", "hidden_units", "dropouts")]
    names = candidate_names(
        "rate{}-units{}-dropout{}", values, configured_recipe(wildcards).values()
    )
    folder = f"{OUT}/search_probe/{wildcards.dataset}/{wildcards.task}"
    return [f"{folder}/{name}.parquet" for name in names]


def network_files(wildcards):
    """Input function: the tables of all candidates of a search for the classifier."""
    candidates = config["classifier"]["candidates"]
    configured = configured_network(wildcards.task)
    names = candidate_names(
        "depth{}-dropout{}",
        [candidates[key] for key in ("depths", "dropouts")],
        [configured[key] for key in ("depth", "dropout")],
    )
    folder = f"{OUT}/train_candidate/{wildcards.dataset}/{wildcards.task}"
    return [f"{folder}/{name}.parquet" for name in names]


def recipe_choice(wildcards):
    """Input function: the file of the chosen recipe, if there is a search for the strong probe."""
    file = f"{OUT}/choose_probe/{wildcards.dataset}/{wildcards.task}.parquet"
    return finished([file]) if config["strong_probe"]["search"] else []


def network_choice(wildcards):
    """Input function: the file of the chosen depth and dropout, if there is a search."""
    file = f"{OUT}/choose_classifier/{wildcards.dataset}/{wildcards.task}.parquet"
    return finished([file]) if config["classifier"]["search"] else []


def choices(stage, wanted):
    """The files of the choices of all data sets and tasks, if a search is `wanted`."""
    return finished(f"{OUT}/{stage}/{'/'.join(pair)}.parquet" for pair in PAIRS if wanted)


CHOICES = {
    "classifier": choices(
        "choose_classifier",
        config["classifier"]["search"] and "complex_image" in config["sweep"]["baselines"],
    ),
    "probe": choices("choose_probe", config["strong_probe"]["search"] and RUNS),
}


def searched_runs(wildcards):
    """The runs whose codes train the candidates of a search for a strong probe."""
    first, *_ = [run for run in RUNS if run.dataset == wildcards.dataset]
    alike = {
        float(run.beta): run
        for run in RUNS
        if (run.dataset, run.architecture, run.seed)
        == (first.dataset, first.architecture, first.seed)
    }
    betas = sorted(alike)
    places = dict.fromkeys((0, len(betas) // 2, len(betas) - 1))
    return [alike[betas[place]] for place in places]


def searched_files(pattern):
    """Input function: a file for each of the searched runs."""
    return lambda wildcards: [pattern.format(run=run.path) for run in searched_runs(wildcards)]


# random discarding, whose line ends at H(X) or at its upper bound, the smallest R + D


def bounding_measures(wildcards):
    """Input function: measured runs, also of slices, whose R + D may bound an unknown H(X)."""
    if config["datasets"][wildcards.dataset]["entropy_nats"] is not None:
        return []
    jobs = [job for job in JOBS["measure_vae"] if job.run.dataset == wildcards.dataset]
    return written_by(jobs) + slices("measures")


def discard_line(wildcards):
    """The file of the random-discard line; none if the sweep has no line or nothing bounds H(X)."""
    known = config["datasets"][wildcards.dataset]["entropy_nats"] or bounding_measures(wildcards)
    wanted = known and "random_discard" in config["sweep"]["baselines"]
    file = f"{OUT}/compute_random_discard/{wildcards.dataset}/{wildcards.task}.parquet"
    return [file] if wanted else []


def discard_line_of_unknown(wildcards):
    """Input function: the file of this line if H(X) is not in the configuration."""
    known = config["datasets"][wildcards.dataset]["entropy_nats"] is not None
    return [] if known else discard_line(wildcards)


DISCARD_LINES = [
    line
    for dataset, task in PAIRS
    for line in discard_line(SimpleNamespace(dataset=dataset, task=task))
]
