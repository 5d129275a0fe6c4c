# Input functions, and the files that tables, figures and pages are made of.
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


def pictured_measures(wildcards):
    """The measured R and D of each pictured run of an architecture."""
    return pictured_files(f"{OUT}/measure_vae/{{run}}.parquet")(wildcards)


def pictured_probes(wildcards):
    """The probes of the first task of each pictured run of an architecture."""
    task = tasks_of(config, wildcards.dataset)[0]
    return pictured_files(f"{OUT}/train_probe/{{run}}/{task}.parquet")(wildcards)


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
