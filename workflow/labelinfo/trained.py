"""A trained run, loaded from its files for use in Python."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.distributions import Distribution

from labelinfo.config.run import Run, beta_key
from labelinfo.data.given import as_bits
from labelinfo.errors import ConfigError, DataError, StorageError
from labelinfo.io.tables import read_provenance, read_table, read_with_provenance
from labelinfo.measure.pictures import render
from labelinfo.models.registry import COMPONENTS
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VAE, VaeSpec
from labelinfo.training.device import resolve_device

WEIGHTS, RECORD = "best.safetensors", "training.parquet"
# images per call of a network
_BATCH = 100


@dataclass(frozen=True, repr=False)
class TrainedRun:
    """A trained VAE, at its best epoch on validation, and its measurements.

    ``model.encoder(x)`` is p(z|x), ``model.decoder(z)`` is d(x|z), and
    ``model.marginal(model.encoder)`` is m(z), for bits x (n, 1, 28, 28) and codes z (n, L).
    ``training``, ``measured`` and ``probed`` are the rows of the training, of R and D, and of the
    probes by task; empty before their stage has run. ``dataset_binarize`` is the binarisation of
    the data set: ``none``, ``threshold`` or ``bernoulli``; None if unknown.
    """

    run: Run
    model: VAE
    training: dict[str, Any]
    measured: dict[str, Any]
    probed: dict[str, dict[str, Any]]
    dataset_binarize: str | None

    def __repr__(self) -> str:
        values = {"R": self.rate_nats, "D": self.distortion_nats}
        values |= {f"C({task})": c for task, c in self.label_distortion_nats.items()}
        numbers = [f"{name} = {value:.4g}" for name, value in values.items() if value is not None]
        name = f"{self.run.dataset} {self.run.architecture} β={self.run.beta} seed {self.run.seed}"
        return f"<TrainedRun {name}, {self.status}: {', '.join(numbers)} nats>"

    @property
    def status(self) -> str:
        """``ok`` or ``diverged``; a diverged run has the last good weights and no measurements."""
        return self.training["status"]

    @property
    def beta(self) -> float:
        """β of the objective D + βR."""
        return float(self.run.beta)

    @property
    def rate_nats(self) -> float | None:
        """R on the test split in nats; None if not measured."""
        return self.measured.get("rate_nats")

    @property
    def distortion_nats(self) -> float | None:
        """D on the test split in nats; None if not measured."""
        return self.measured.get("distortion_nats")

    @property
    def label_distortion_nats(self) -> dict[str, float | None]:
        """C of the paper's probe on the test split in nats, by task."""
        return {task: row.get("label_distortion_nats") for task, row in self.probed.items()}

    @property
    def device(self) -> torch.device:
        """The device of the networks."""
        return next(self.model.parameters()).device

    def bits(self, images: Any, *, binarize: str | None = None, seed: int = 0) -> Tensor:
        """Return images as the bits (n, 1, 28, 28) that the encoder reads.

        Parameters are those of :func:`labelinfo.data.given.as_bits`; ``binarize="dataset"``
        binarises as the run's data set does. Raises DataError if the images cannot be read, or are
        grey without a choice of ``binarize``.
        """
        if binarize == "dataset":
            binarize = {"none": None}.get(self.dataset_binarize, self.dataset_binarize)
            if binarize is None:
                raise DataError(
                    f"How grey images of {self.run.dataset} are binarised is not known, since its "
                    "files are binary or its folder `prepare_dataset` is missing: set `binarize` "
                    "to 'threshold' or 'bernoulli'."
                )
        return as_bits(images, binarize=binarize, seed=seed).to(self.device)

    @torch.no_grad()
    def encode(self, images: Any, *, binarize: str | None = None, seed: int = 0) -> Distribution:
        """Return p(z|x) of each image, a distribution of batch shape (n,) and event shape (L,).

        ``.sample()`` draws codes (n, L), for which R and C are measured; ``.log_prob(z)`` is their
        log-density in nats. Gaussian encoders have ``.mean``; the mean of a flow (``iaf``) has no
        closed form. Parameters are those of :meth:`bits`.
        """
        x = self.bits(images, binarize=binarize, seed=seed)
        features = [self.model.encoder.features(batch) for batch in x.split(_BATCH)]
        return self.model.encoder.posterior(torch.cat(features))

    @torch.no_grad()
    def decode(self, z: Tensor, *, seed: int | None = None) -> Tensor:
        """Return images (n, 28, 28) of codes z (n, L), on the CPU.

        A factorised decoder gives pixel probabilities, an autoregressive decoder a sample. ``seed``
        seeds the sample; None uses torch's current random state.
        """
        with _seeded(seed, self.device):
            batches = [render(self.model.decoder(part)) for part in z.to(self.device).split(_BATCH)]
        return torch.cat(batches).reshape(-1, 28, 28).cpu()

    @torch.no_grad()
    def reconstruct(self, images: Any, *, binarize: str | None = None, seed: int = 0) -> Tensor:
        """Return :meth:`decode` of one draw from p(z|x) of each image, (n, 28, 28)."""
        posterior = self.encode(images, binarize=binarize, seed=seed)
        with _seeded(seed, self.device):
            return self.decode(posterior.sample())

    @torch.no_grad()
    def sample(self, count: int, *, seed: int | None = None) -> Tensor:
        """Return :meth:`decode` of ``count`` draws from the marginal m(z), (count, 28, 28)."""
        with _seeded(seed, self.device):
            return self.decode(self.model.marginal(self.model.encoder).sample((count,)))


def load_run(
    run_folder: Path | str, *, components: Iterable[str] = (), device: str = "cpu"
) -> TrainedRun:
    """Read a trained run; see :func:`labelinfo.load`."""
    folder = Path(run_folder).absolute()
    folder = folder.parent if folder.name == WEIGHTS else folder
    if not (folder / RECORD).is_file():
        raise StorageError(
            f"The folder {folder} holds no trained run, as {RECORD} is missing: name a folder such "
            "as results/demo/cool_vae/sample/mlp-mlp-maf/beta1/seed0."
        )
    table, origin = read_with_provenance(folder / RECORD)
    try:
        training = _row(table)
        spec = VaeSpec(**origin["config"]["model"])
        parts = {kind: training[kind] for kind in ("dataset", "encoder", "decoder", "marginal")}
        run = Run(**parts, beta=beta_key(training["beta"]), seed=training["seed"])
    except (IndexError, KeyError, TypeError) as error:
        raise StorageError(
            f"The table {folder / RECORD} is not the record of a training: run the workflow again."
        ) from error
    _check_components(run, spec, set(components))
    vae = load_vae(folder / WEIGHTS, spec, run)
    _check_weights(training, vae.weights_sha256, folder / RECORD)
    measured, probed, binarize = {}, {}, None
    # a folder that was not moved has the results of other stages next to it
    if folder.as_posix().endswith(f"/{run.path}"):
        results = folder.parents[len(Path(run.path).parts)]
        measured = _read(results / "measure_vae" / f"{run.path}.parquet", vae.weights_sha256)
        probes = (results / "train_probe" / run.path).glob("*.parquet")
        tables = [file for file in sorted(probes) if not file.name.endswith(".losses.parquet")]
        probed = {file.stem: _read(file, vae.weights_sha256) for file in tables}
        summary = results / "prepare_dataset" / run.dataset / "summary.parquet"
        if summary.exists():
            definitions = read_provenance(summary).get("config", {}).get("datasets", {})
            binarize = definitions.get(run.dataset, {}).get("binarize")
    model = vae.model.to(resolve_device(device))
    return TrainedRun(run, model, training, measured, probed, binarize)


def _check_components(run: Run, spec: VaeSpec, own: set[str]) -> None:
    """Refuse to import code that is not the package's, unless the caller named it."""
    for kind in ("encoder", "decoder", "marginal"):
        path = getattr(spec, kind)
        if path != COMPONENTS[f"{kind}s"].get(getattr(run, kind)) and path not in own:
            raise ConfigError(
                f"The {kind} of this run, {path!r}, is not one of the package's: if you trust it, "
                f"load the run with components=[{path!r}]."
            )


def _check_weights(row: dict[str, Any], sha256: str, source: Path) -> dict[str, Any]:
    if row.get("weights_sha256") != sha256:
        raise StorageError(
            f"The table {source} is about other weights than {WEIGHTS} of its run: run the "
            "workflow again."
        )
    return row


def _read(source: Path, sha256: str) -> dict[str, Any]:
    """Return the row of a stage's table about these weights; empty without a table."""
    return _check_weights(_row(read_table(source)), sha256, source) if source.exists() else {}


def _row(table: pd.DataFrame) -> dict[str, Any]:
    """Return the only row of a table as Python values; missing numbers are None."""
    row = table.astype(object).where(table.notna(), None).iloc[0].to_dict()
    return {key: value.item() if hasattr(value, "item") else value for key, value in row.items()}


@contextmanager
def _seeded(seed: int | None, device: torch.device) -> Iterator[None]:
    """Use ``seed`` within this block, then restore torch's random state."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
