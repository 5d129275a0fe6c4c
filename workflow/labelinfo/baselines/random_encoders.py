"""Untrained encoders: the label information that an architecture keeps without training."""

from pathlib import Path

import torch
from torch import nn

from labelinfo.baselines.points import Point
from labelinfo.baselines.probed import write_probed
from labelinfo.config.probe_settings import ProbedEncoderSettings
from labelinfo.data.dataset import load_dataset
from labelinfo.models.encoders.trunk import ConvTrunk
from labelinfo.probes.encoding import FeatureCodes, encode_dataset
from labelinfo.provenance import describe
from labelinfo.seeds import derive_seed
from labelinfo.training.device import resolve_device


class FullyConnected(nn.Sequential):
    """Two fully connected layers of ELU units, images (B, 1, 28, 28) to codes (B, hidden_units).

    References
    ----------
    Fertig, Arbabi & Alemi (2018), https://arxiv.org/abs/1812.02682, section 2.
    """

    def __init__(self, hidden_units: int) -> None:
        super().__init__(
            nn.Flatten(),
            nn.Linear(784, hidden_units),
            nn.ELU(),
            nn.Linear(hidden_units, hidden_units),
            nn.ELU(),
        )


def random_encoder(
    baseline: str, *, hidden_units: int, width: float, identity: tuple[str | int, ...]
) -> nn.Module:
    """Return a deterministic encoder with torch's initialisation, seeded by ``identity``.

    The rate of a deterministic code is not bounded, so this is a baseline for C only.

    Parameters
    ----------
    baseline
        ``random_fully_connected``, or ``random_convolutional``: the trunk of the β-VAEs' encoders.
    hidden_units
        Units in each of the two fully connected layers.
    width
        Multiplier of the trunk's channels.
    """
    torch.manual_seed(derive_seed(*identity, "initialise"))
    encoder = (
        FullyConnected(hidden_units) if baseline == "random_fully_connected" else ConvTrunk(width)
    )
    return encoder.eval().requires_grad_(False)


def measure_random_encoder(
    baseline: str,
    task: str,
    seed: int,
    settings: ProbedEncoderSettings,
    *,
    files: dict[str, Path | str],
    device: str,
    code: str,
) -> None:
    """Train both probes on the codes of an untrained encoder, and write C.

    For ``files`` see :func:`~labelinfo.baselines.probed.write_probed`.
    """
    dataset = load_dataset(files["dataset"])
    where = resolve_device(device)
    identity = (dataset.name, baseline, seed)
    sizes = {"hidden_units": settings.hidden_units, "width": settings.width}
    encoder = random_encoder(baseline, identity=identity, **sizes).to(where)
    binarizations = settings.probe.binarizations
    features = encode_dataset(
        encoder, dataset, binarizations=binarizations, identity=identity, device=where
    )
    codes = FeatureCodes(features.standardised() if settings.standardise else features)
    used = {"random_fully_connected": "hidden_units", "random_convolutional": "width"}[baseline]
    config = settings.as_dict()
    origin = describe("measure_random_encoder", code=code, config=config, data=dataset.digests)
    write_probed(
        files,
        dataset,
        Point(task, baseline, seed, {used: sizes[used]}),
        codes,
        settings,
        (*identity, task),
        origin,
    )
