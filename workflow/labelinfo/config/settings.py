"""All keys of the configuration, section by section."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, Field

from labelinfo.config.dataset_settings import DatasetSettings, DataSettings
from labelinfo.config.field_types import (
    INTEGER,
    Beta,
    Distinct,
    Flag,
    Name,
    NonNegative,
    OrNull,
    SeedIndex,
    Settings,
    Some,
)
from labelinfo.config.model_settings import (
    ComponentsSettings,
    MeasureSettings,
    ModelSettings,
    PathSettings,
    TrainingSettings,
)
from labelinfo.config.output_settings import (
    BootstrapSettings,
    ClaimsSettings,
    FiguresSettings,
    GallerySettings,
    TablesSettings,
)
from labelinfo.config.probe_settings import (
    ClassifierSettings,
    PcaSettings,
    ProbeSettings,
    RandomEncoderSettings,
    StrongProbeSettings,
)

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
FACTORISED_BETAS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24]
AUTOREGRESSIVE_BETAS = [
    *(0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2)
]
BASELINES = (
    "random_discard",
    "pca",
    "random_fully_connected",
    "random_convolutional",
    "simple_image",
    "complex_image",
)
Architecture = Annotated[str, Field(pattern="^[a-z0-9_]+-[a-z0-9_]+-[a-z0-9_]+$")]


class SweepSettings(Settings):
    """The runs: every data set × encoder × decoder × marginal × β × seed.

    Lists select from the definitions; an overlay replaces a whole list.
    """

    datasets: Some[str] = ["mnist_static"]
    """Data sets, by their keys under `datasets`."""
    encoders: Some[str] = ["gaussian"]
    """Encoders p(z|x): `gaussian`, `iaf` (inverse autoregressive flow), `mlp` (fully connected),
    and your own under `components`."""
    decoders: Some[str] = ["deconv"]
    """Decoders d(x|z): `deconv` (factorised), `pixelcnn` (autoregressive), `pixelcnn_short` (the
    same with a receptive field of half an image), `mlp` (factorised, fully connected), and your own
    under `components`."""
    marginals: Some[str] = ["gaussian"]
    """Marginals m(z): `gaussian` (fixed), `maf` (masked autoregressive flow), `vamp` (VampPrior),
    and your own under `components`."""
    architectures: OrNull[Distinct[Architecture]] = None
    """Architectures by name, `encoder-decoder-marginal`, such as `mlp-mlp-vamp`. The default is
    every combination of `encoders`, `decoders` and `marginals`; an empty list trains no VAE."""
    betas: dict[str, Some[Beta]] = {
        "deconv": FACTORISED_BETAS,
        "mlp": FACTORISED_BETAS,
        "pixelcnn": AUTOREGRESSIVE_BETAS,
        "pixelcnn_short": AUTOREGRESSIVE_BETAS,
    }
    """The β of the objective D + βR, one list per decoder (ours), because an autoregressive decoder
    ignores z at β ≥ 1. The defaults span rates from about 2 to 80 nats."""
    seeds: Some[SeedIndex] = [0]
    """Seed indices; each run's seeds derive from its identity, which includes the index."""
    baselines: Distinct[Literal[BASELINES]] = list(BASELINES)
    """Baselines to measure."""
    baseline_seeds: Some[SeedIndex] = [0, 1, 2]
    """Seed indices of the random encoders and of the trained classifiers; figures show mean and
    standard deviation over them."""
    on_divergence: Literal["fail", "report"] = "fail"
    """Effect of a diverged training on the workflow, after all tables and figures are made: `fail`
    ends it with an error that names the runs, `report` only writes their rows."""


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
