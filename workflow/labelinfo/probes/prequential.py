"""Prequential code length: nats per label if a probe learns while it decodes."""

import math
from dataclasses import replace
from itertools import pairwise

import torch

from labelinfo.probes.codes import Codes, PartOfCodes, TaskLabels
from labelinfo.probes.fit import fit_probes
from labelinfo.probes.measure import measure_probes
from labelinfo.probes.recipe import Identity, StrongRecipe
from labelinfo.seeds import derive_seed
from labelinfo.training.schedule import steps_of_epoch

# block ends as shares of the training labels; a new probe is trained at each
SHARES = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
# minimum number of steps, for probes of few labels
_STEPS_MIN = 100
# maximum numbers of validation images and of measured epochs for the choice of an epoch
_VALID_IMAGES_MAX, _MEASURED_EPOCHS = 2000, 10


def prequential_label_nats(
    codes: Codes, labels: TaskLabels, recipe: StrongRecipe, identity: Identity
) -> float:
    """Return the prequential (online) code length of the training labels, in nats per label.

    The labels, in a seeded order, are cut into blocks that end at :data:`SHARES` of all. The first
    block costs ln K per label. Each later block is coded by a probe trained on all labels before
    it: L = (n_1 ln K − Σ_b Σ_{i in b} ln c_b(y_i|z_i)) / N, with one draw of z each. Unlike C, L
    includes the cost of describing the probe: it is small if the code has the label information
    and a probe learns it from few examples. Sender and receiver share the validation labels. They
    choose each probe's epoch, and a block is coded uniformly if its probe is worse on them than
    ln K. Without label information L is about the entropy of the labels, and never much above ln K.

    Parameters
    ----------
    codes, labels
        As for :func:`~labelinfo.probes.fit.fit_probes`; codes of one probe.
    recipe
        The strong probe's recipe. Probes of few labels get more epochs, for at least 100 steps.
    identity
        Root of all seeds.

    References
    ----------
    Voita & Titov (2020), https://arxiv.org/abs/2003.12298, section 3.2.
    """
    train = labels.splits["train"]
    generator = torch.Generator().manual_seed(derive_seed(*identity, "order"))
    order = torch.randperm(len(train), generator=generator)
    ends = sorted({max(1, round(share * len(train))) for share in SHARES})
    uniform = math.log(labels.classes)
    total = ends[0] * uniform
    for begin, end in pairwise(ends):
        known, block = order[:begin], order[begin:end]
        own = (*identity, begin)
        part = PartOfCodes(codes, {"train": known}, len(train))
        fitted = fit_probes(
            part,
            replace(labels, splits=labels.splits | {"train": train[known]}),
            _long_enough(recipe, begin).resolved(begin, codes.device),
            [own],
            ["prequential"],
            valid_images_max=_VALID_IMAGES_MAX,
            measured_epochs=_MEASURED_EPOCHS,
        )
        if fitted.best_valid_nats[0] < uniform:
            seed = derive_seed(*own, "code")
            coded = measure_probes(
                fitted.probes, codes, "train", train[block], samples=1, seed=seed, index=block
            )
            total += float(coded.per_image_nats.sum())
        else:
            total += len(block) * uniform
    return total / len(train)


def _long_enough(recipe: StrongRecipe, images: int) -> StrongRecipe:
    """Return the recipe with enough epochs for the minimum number of steps.

    Few images are not worth compiling, so their precision is float32.
    """
    _, steps = steps_of_epoch(images, recipe.batch_size)
    precision = "float32" if recipe.precision == "float32" else "auto"
    epochs = max(recipe.epochs, -(-_STEPS_MIN // steps))
    return replace(recipe, epochs=epochs, precision=precision)
