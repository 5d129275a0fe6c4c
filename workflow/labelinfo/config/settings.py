"""All keys of the configuration, section by section."""

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
# folders of results/ that do not belong to an experiment
RESERVED = ("compiled", "downloads", "published")


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise ValueError("should not be a name that is reserved")
    return name


ExperimentName = Annotated[
    str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"), AfterValidator(_not_reserved)
]


class MachineSettings(Settings):
    """The machine that runs the workflow.

    These keys are not part of a result's identity, so they do not make results stale. Only `device`
    does so under `--sdm conda`, because the environment for GPUs has another PyTorch.
    """

    mirror: OrNull[Annotated[str, Field(pattern=r"^[^\n\t]*$")]] = None
    """Folder with the data files as NAME or NAME.gz, which replaces downloads. null means the
    folder in the environment variable LABELINFO_MIRROR, if set, or else downloads."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Device of the computation; `auto` uses a GPU if there is one."""
    jobs_per_gpu: Annotated[int, Field(ge=1, le=64), INTEGER] = 4
    """Number of trainings, measurements and probes that share a GPU at a time, if Snakemake runs
    them on this machine."""
    checkpoint_seconds: NonNegative = 20
    """Minimum time between two checkpoints of a training; they are written at the ends of
    epochs."""


class ExperimentSettings(Settings):
    """All keys of config.yaml, with meanings, allowed values and defaults."""

    experiment: ExperimentName = "paper"
    """Name of the experiment; its outputs go to results/<experiment>/."""
    partial: Flag = False
    """Aggregate and draw the finished runs instead of finishing the sweep; the tables name the
    missing runs."""
    combine: Distinct[Annotated[str, Field(pattern=r"^[^{}\n\t]*$", min_length=1)]] = []
    """Folders of published slices, made by the rule `pack_slice`. Their rows are added to the
    finished rows of this experiment, and nothing is trained."""
    sweep: SweepSettings = SweepSettings()
    datasets: dict[Name, DatasetSettings] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    """Definitions of data sets, in addition to the built-in ones in
    workflow/labelinfo/data/catalogue.yaml. Single keys of a built-in one can be overridden."""
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
