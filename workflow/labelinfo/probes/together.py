"""Probes of several runs trained as one batch, each to the bits that it has alone."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from labelinfo.probes.fit import (
    Codes,
    Identity,
    compiles,
    epoch_batches,
    fit_batches,
    initial_seed,
)
from labelinfo.probes.mlp import BatchedMLP

logger = logging.getLogger(__name__)

# Steps of all probes in a batch from which on it wins back what compiling it takes (docs/speed.md)
# and the epochs that are compared.
_WORTHWHILE_STEPS = 40_000


class CodesTogether:
    """Codes of several runs, each drawn with the random numbers that the run would have alone.

    The runs share data set and number of features; every other thing is their own.

    Parameters
    ----------
    each
        The codes of each run, for one probe.
    """

    def __init__(self, each: list[Codes]) -> None:
        self.each = each
        self.probes = len(each)
        self.in_features = each[0].in_features
        self.device = each[0].device
        self.binarizations = each[0].binarizations
        self._states = [torch.get_rng_state()] * len(each)

    def in_turn(self, acts: list[Callable[[], Tensor]]) -> list[Tensor]:
        """Call one function for each run, in the run's own state of torch's random numbers."""
        results = []
        for number, act in enumerate(acts):
            torch.set_rng_state(self._states[number])
            results.append(act())
            self._states[number] = torch.get_rng_state()
        return results

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (P, B, F) of the images ``index`` (P, B)."""
        runs = zip(self.each, index, strict=True)
        return torch.cat(self.in_turn([partial(codes.draw, split, own) for codes, own in runs]))


def pays_together(
    images: int, settings: dict[str, Any], device: torch.device, compiled_folder: Path | None
) -> int | None:
    """Return how many probes a batch has to have to be worth it; None if none is.

    It is on a CPU, where steps are compiled and in bfloat16, for a process of one thread: in
    float32 a batch gains little and its last bits are others, and a GPU takes many jobs at once.

    Parameters
    ----------
    images
        Number of training images.
    settings
        The configuration's ``probe`` section, with ``precision`` resolved.
    device, compiled_folder
        Where probes are trained, and where compiled code is kept.
    """
    if device.type != "cpu" or settings["precision"] != "bfloat16" or torch.get_num_threads() > 1:
        return None
    if not compiles(images, settings, device, compiled_folder):
        return None
    steps = settings["epochs"] * (images // min(settings["batch_size"], images))
    return max(2, -(-_WORTHWHILE_STEPS // steps))


def fit_each(
    each: list[Codes],
    labels: Tensor,
    classes: int,
    settings: dict[str, Any],
    identities: list[Identity],
    probe_name: str,
    *,
    compiled_folder: Path | None = None,
) -> list[BatchedMLP]:
    """Train one probe for each run, to the bits that :func:`fit_probes` gives it by itself.

    Several are trained as one batch, in bfloat16. Nothing passes from one probe of a batch to
    another, but whether each gets its very bits is up to how the processor's library cuts up the
    products of a batch. So their first epochs are compared, the batch's with those alone; later
    ones take the same steps. If a bit differs, each is trained by itself.

    Parameters
    ----------
    each
        The codes of each run, with one probe, on one data set.
    labels, classes, settings, compiled_folder
        As for :func:`~labelinfo.probes.fit.fit_probes`.
    identities
        Root of the seeds of order and noise of each run.
    probe_name
        Seeds the initial parameters, under the run's identity.

    Returns
    -------
    list of BatchedMLP
        A batch of one for each run.
    """

    def fit(codes: Any, identities: list[Identity], epochs: int | None = None) -> BatchedMLP:
        return _fit(
            codes, labels, classes, settings, identities, probe_name,
            epochs=epochs, compiled_folder=compiled_folder,
        )  # fmt: skip

    def fit_alone(epochs: int | None = None) -> list[BatchedMLP]:
        runs = zip(each, identities, strict=True)
        return [fit(codes, [identity], epochs) for codes, identity in runs]

    if len(each) == 1 or settings["precision"] != "bfloat16":
        return fit_alone()
    # alone first, as in a process that trains but one: what is compiled first depends on nothing
    first = fit_alone(epochs=1)
    together = CodesTogether(each)
    if not all(map(_same, fit(together, identities, 1).apart(), first)):
        logger.warning(
            "Probes are trained one by one: in a batch they get other last bits on this processor."
        )
        return fit_alone()
    return fit(together, identities).apart()


def _fit(
    codes: Any,
    labels: Tensor,
    classes: int,
    settings: dict[str, Any],
    identities: list[Identity],
    probe_name: str,
    *,
    epochs: int | None,
    compiled_folder: Path | None,
) -> BatchedMLP:
    """Train one probe for each identity, whose batches are its own if there are several."""
    ordered = [
        partial(epoch_batches, identity, codes, len(labels), settings) for identity in identities
    ]

    def batches(epoch: int) -> Tensor:
        if len(ordered) == 1:
            return ordered[0](epoch)
        return torch.stack(codes.in_turn([partial(own, epoch) for own in ordered]), dim=1)

    return fit_batches(
        codes,
        labels,
        classes,
        settings,
        [initial_seed(identity, probe_name) for identity in identities],
        batches,
        "-".join(map(str, identities[0])),
        own_batches=len(identities) > 1,
        epochs=epochs,
        compiled_folder=compiled_folder,
    )


def _same(one: BatchedMLP, other: BatchedMLP) -> bool:
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))
