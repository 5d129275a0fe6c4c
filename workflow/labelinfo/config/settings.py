"""Every key of the configuration, section by section."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, Field

from labelinfo.config.baseline_settings import (
    ClassifierSettings,
    PcaSettings,
    RandomEncoderSettings,
)
from labelinfo.config.dataset_settings import DatasetSettings, DataSettings
from labelinfo.config.field_types import (
    INTEGER,
    Distinct,
    Flag,
    Name,
    NonNegative,
    OrNull,
    Settings,
)
from labelinfo.config.model_settings import ComponentsSettings, ModelSettings
from labelinfo.config.output_settings import (
    BootstrapSettings,
    ClaimsSettings,
    FiguresSettings,
    GallerySettings,
    TablesSettings,
)
from labelinfo.config.probe_settings import ProbeSettings, StrongProbeSettings
from labelinfo.config.sweep_settings import SweepSettings
from labelinfo.config.training_settings import MeasureSettings, PathSettings, TrainingSettings

CATALOGUE = Path(__file__).parents[1] / "data" / "catalogue.yaml"
# folders of results/ that are no experiment's
RESERVED = ("compiled", "downloads", "published")


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise ValueError("should not be a name that is reserved")
    return name


ExperimentName = Annotated[
    str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"), AfterValidator(_not_reserved)
]


class MachineSettings(Settings):
    """Where and how it runs.

    These keys never make a result stale, so they are not part of its identity; under `--sdm conda`
    alone `device` does, as a GPU's environment has another PyTorch.
    """

    mirror: OrNull[Annotated[str, Field(pattern=r"^[^\n\t]*$")]] = None
    """Folder that holds the data files as NAME or NAME.gz, instead of downloads; null asks the
    environment variable LABELINFO_MIRROR, then the internet."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where tensors live; `auto` takes a GPU if there is one."""
    jobs_per_gpu: Annotated[int, Field(ge=1, le=64), INTEGER] = 4
    """Trainings, measurements and probes that share one GPU at a time, when Snakemake runs them on
    this machine."""
    checkpoint_seconds: NonNegative = 20
    """A training keeps the state it could go on from at the end of an epoch, unless what it kept
    last is younger than this."""


class ExperimentSettings(Settings):
    """Every key of config.yaml: its meaning, what is allowed, its default."""

    experiment: ExperimentName = "paper"
    """Name of the experiment; its outputs go to results/<experiment>/."""
    partial: Flag = False
    """Aggregate and draw what is finished instead of finishing the sweep; the tables say what is
    missing."""
    combine: Distinct[Annotated[str, Field(pattern=r"^[^{}\n\t]*$", min_length=1)]] = []
    """Folders of published slices, made by the rule `pack_slice`. The tables then have their rows
    next to the finished ones of this experiment, and nothing is trained."""
    sweep: SweepSettings = SweepSettings()
    datasets: dict[Name, DatasetSettings] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    """Definitions of data sets. Yours go next to the built-in ones, which are in
    workflow/labelinfo/data/catalogue.yaml; keys of a built-in one can be overridden singly."""
    data: DataSettings = DataSettings()
    model: ModelSettings = ModelSettings()
    components: ComponentsSettings = ComponentsSettings()
    training: TrainingSettings = TrainingSettings()
    path: PathSettings = PathSettings()
    measure: MeasureSettings = MeasureSettings()
    probe: ProbeSettings = ProbeSettings()
    strong_probe: StrongProbeSettings = StrongProbeSettings()
    pca: PcaSettings = PcaSettings()
    random_encoder: RandomEncoderSettings = RandomEncoderSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    tables: TablesSettings = TablesSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    claims: ClaimsSettings = ClaimsSettings()
    figures: FiguresSettings = FiguresSettings()
    gallery: GallerySettings = GallerySettings()
    machine: MachineSettings = MachineSettings()
