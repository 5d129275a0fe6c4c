# The parts of the configuration that each rule reads. Only these make its results stale.
def selected(settings, *keys):
    """The given keys of a section, if present."""
    return {key: settings[key] for key in keys if key in settings}


def without(settings, *keys):
    """A section without some keys."""
    return {key: value for key, value in settings.items() if key not in keys}


def dataset_definition(dataset):
    """The part of a data set's definition that affects its content, without its title or tasks."""
    definition = config["datasets"][dataset]
    kept = selected(definition, "reader", "binarize", "limit", "split")
    # left out at their defaults, so that data prepared by older versions stays fresh
    defaults = {"scale": None, "originals": "as_is"}
    return kept | {key: definition[key] for key in defaults if definition[key] != defaults[key]}


def matching_settings(dataset):
    """Settings of the match of binary images with originals; empty for other data sets."""
    matched = config["datasets"][dataset]["reader"] == "static_mnist"
    return {"naive_bayes_clamp": config["data"]["naive_bayes_clamp"]} if matched else {}


def path_training_settings():
    """The part of `training` that paths and their runs read."""
    return without(config["training"], "mode", "epochs", "beta_warmup", "beta_start")


def strong_recipe(wildcards):
    """Params function: the configured recipe of a task's strong probe."""
    recipes = config["strong_probe"]["recipes"]
    return recipes.get(wildcards.task, recipes["other"])


def configured_recipe(wildcards):
    """Params function: the configured values of the settings that a search varies."""
    return selected(strong_recipe(wildcards), "learning_rate", "hidden_units", "dropout")


def entropy_settings(wildcards):
    """Params function: the known H(X), or the tolerance for runs that may bound it."""
    definition = config["datasets"][wildcards.dataset]
    if definition["entropy_nats"] is not None:
        return {"nats": definition["entropy_nats"], "source": definition["entropy_source"]}
    errors = config["tables"]["violation_standard_errors"]
    return {"nats": None, "source": "", "standard_errors": errors}


def best_known_nats(dataset):
    """The lowest known negative log-likelihood of a data set, or None."""
    definition = config["datasets"][dataset]
    known = [definition[key] for key in ("entropy_nats", "best_known_nats")]
    return min((nats for nats in known if nats is not None), default=None)


def complex_image_settings():
    """Settings of the convolutional classifier, without depth and dropout."""
    return without(config["classifier"], "networks", "search", "candidates")


def configured_network(task):
    """The configured depth and dropout of the convolutional classifier."""
    networks = config["classifier"]["networks"]
    return networks.get(task, networks["other"])


def papers_network(task):
    """The paper's depth and dropout for a task, or None."""
    networks = complete({})["classifier"]["networks"]
    return networks.get(task) if task != "other" else None


def largest_depth(wildcards):
    """The maximum number of filters of a classifier, including candidates of a search."""
    depths = config["classifier"]["candidates"]["depths"] if network_choice(wildcards) else []
    return max([configured_network(wildcards.task)["depth"], *depths])


def probe_settings(wildcards):
    """Params function: settings of both probes of a task, without the keys only used for runs."""
    probe = without(config["probe"], "seeds", "prequential_classes_max")
    return {"probe": probe, "strong_probe": strong_recipe(wildcards)}


def classifier_settings(wildcards):
    """Params function: settings of a task's convolutional classifier."""
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
