"""Settings of the sweep."""

from typing import Annotated, Literal

from pydantic import Field

from labelinfo.config.field_types import Beta, Distinct, OrNull, SeedIndex, Settings, Some

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
