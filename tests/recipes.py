"""Settings of short trainings, and devices, for tests."""

import pytest
import torch

from labelinfo.config.model_settings import TrainingSettings
from labelinfo.config.probe_settings import TaskClassifierSettings, TaskProbeSettings
from labelinfo.probes.recipe import PaperRecipe

GPU = (
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here"),
)
DEVICES = ["cpu", pytest.param("cuda", marks=GPU)]

# probes of both kinds
PAPER = {
    "hidden_units": 16,
    "epochs": 12,
    "batch_size": 50,
    "learning_rate": 1e-2,
    "decay_factor": 0.1,
    "decay_epochs": 8,
    "precision": "float32",
    "samples": 2,
    "binarizations": 2,
    "seeds": 1,
    "converged_nats": 0.01,
    "prequential_classes_max": 100,
}
STRONG = {
    "hidden_units": 16,
    "epochs": 8,
    "batch_size": 50,
    "learning_rate": 1e-2,
    "dropout": 0.0,
    "warmup_share": 0.1,
}
# a short training of the convolutional classifier
CLASSIFIER = {
    "epochs": 4,
    "batch_size": 16,
    "learning_rate": 3e-3,
    "warmup_epochs": 0.5,
    "hidden_units": 20,
    "precision": "float32",
    "depth": 4,
    "dropout": 0.0,
}


def classifier(**changes):
    """Return the settings of a short training of the convolutional classifier, with changes."""
    return TaskClassifierSettings.of(CLASSIFIER | changes)


def probes(*, strong=None, **paper):
    """Return the settings of both kinds, with changes to either."""
    return TaskProbeSettings.of({"probe": PAPER | paper, "strong_probe": STRONG | (strong or {})})


def paper_recipe(**changes):
    """Return the recipe of a paper's probe, with changes."""
    return PaperRecipe.of(probes(**changes).probe)


# a short training of a small VAE
TRAINING = {
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 3e-3,
    "warmup_epochs": 0.5,
    "beta_warmup": 0.5,
    "beta_start": 0.03,
    "gradient_norm_max": 100.0,
    "precision": "float32",
    "compile": "never",
    "activations_mb": None,
}


def training(**changes):
    """Return the settings of a short training of a small VAE, with changes."""
    return TrainingSettings.of(TRAINING | changes)


# of its components
SMALL = {"pixelcnn": {"dilations": [1], "channels": 16}, "vamp": {"components": 10}}
