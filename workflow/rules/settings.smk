# The parts of the configuration that rules read, and those alone: another part makes nothing stale.
def selected(settings, *keys):
    """The keys of a section that are there."""
    return {key: settings[key] for key in keys if key in settings}


def without(settings, *keys):
    """A section without some keys."""
    return {key: value for key, value in settings.items() if key not in keys}


def dataset_definition(dataset):
    """The part of a data set's definition that decides its content; not its title or tasks, say."""
    definition = config["datasets"][dataset]
    kept = selected(definition, "reader", "binarize", "limit", "split")
    # left out where they change nothing, so that what was prepared without them stays fresh
    defaults = {"scale": None, "originals": "as_is"}
    return kept | {key: definition[key] for key in defaults if definition[key] != defaults[key]}


def matching_settings(dataset):
    """How binary images are matched with their originals, where they are."""
    matched = config["datasets"][dataset]["reader"] == "static_mnist"
    return {"naive_bayes_clamp": config["data"]["naive_bayes_clamp"]} if matched else {}


def path_training_settings():
    """The part of `training` that paths and their runs read."""
    return without(config["training"], "mode", "epochs", "beta_warmup", "beta_start")


def strong_recipe(wildcards):
    """Params function: how the strong probe of a task is trained, as it is configured."""
    recipes = config["strong_probe"]["recipes"]
    return recipes.get(wildcards.task, recipes["other"])


def configured_recipe(wildcards):
    """Params function: the settings of a strong probe that a search tries, as configured."""
    return selected(strong_recipe(wildcards), "learning_rate", "hidden_units", "dropout")


def entropy_settings(wildcards):
    """Params function: the known H(X), else the rule for runs that may bound it."""
    definition = config["datasets"][wildcards.dataset]
    if definition["entropy_nats"] is not None:
        return {"nats": definition["entropy_nats"], "source": definition["entropy_source"]}
    errors = config["tables"]["violation_standard_errors"]
    return {"nats": None, "source": "", "standard_errors": errors}


def best_known_nats(dataset):
    """The lowest negative log-likelihood known of a data set, None where nothing is."""
    definition = config["datasets"][dataset]
    known = [definition[key] for key in ("entropy_nats", "best_known_nats")]
    return min((nats for nats in known if nats is not None), default=None)


def complex_image_settings():
    """How the convolutional classifier is trained, without its depth and dropout."""
    return without(config["classifier"], "networks", "search", "candidates")


def configured_network(task):
    """Depth and dropout of the convolutional classifier, as the configuration has them."""
    networks = config["classifier"]["networks"]
    return networks.get(task, networks["other"])


def papers_network(task):
    """Depth and dropout of the paper for a task, None for one that it does not have."""
    networks = complete({})["classifier"]["networks"]
    return networks.get(task) if task != "other" else None


def largest_depth(wildcards):
    """The most filters that a classifier may come to have."""
    depths = config["classifier"]["candidates"]["depths"] if network_choice(wildcards) else []
    return max([configured_network(wildcards.task)["depth"], *depths])


def probe_settings(wildcards):
    """Params function: how both probes of a task are trained, with no key that is for runs alone."""
    probe = without(config["probe"], "seeds", "prequential_classes_max")
    return {"probe": probe, "strong_probe": strong_recipe(wildcards)}


def classifier_settings(wildcards):
    """Params function: how the convolutional classifier of a task is trained."""
    return complex_image_settings() | configured_network(wildcards.task)


def title_of(dataset):
    """A data set's name in figures."""
    return config["datasets"][dataset]["title"] or dataset


def panels():
    """The rows of Figure 1: data set, task, title, caveat."""
    return [
        {
            "dataset": dataset,
            "task": task,
            "title": f"{title_of(dataset)}, {task}",
            "caveat": config["datasets"][dataset]["caveat"],
        }
        for dataset, task in PAIRS
    ]


def zoomed_panel():
    """The panel of Figure 2."""
    wanted = config["figures"]["zoom_dataset"] or DATASETS[0]
    return next(panel for panel in panels() if panel["dataset"] == wanted)
