"""The examples of docs/extending.md work, in a checkout with an unchanged package."""

import re

import pandas as pd
import pytest
import yaml
from checkouts import ROOT

from labelinfo.config.experiment import check_config
from labelinfo.errors import ConfigError

pytestmark = pytest.mark.workflow

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SMALL = (
    "sweep={marginals: [learned], baselines: [random_discard, pca]}",
    "datasets={sample: {limit: {train: 128, valid: 64, test: 64}}}",
    "model={latent_dim: 3, width: 0.125}",
    "training={epochs: 1, batch_size: 32}",
    "measure={samples: 2}",
    "probe={epochs: 1, samples: 2}",
    "pca={dims: [2], sigmas: [1.0]}",
    "gallery={images: 2, reconstructions: 1}",
)


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def write_files(folder):
    """Write the page's two files."""
    for text in (*blocks("python"), *blocks("yaml")):
        name = text.splitlines()[0].removeprefix("# ")
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def extended(checkout):
    """Return a checkout with the page's files next to the Snakefile."""
    write_files(checkout.path)
    return checkout


def plan(checkout, *arguments):
    command = ("-n", "--configfile", "my_experiment.yaml", "--config", *SMALL, *arguments)
    return checkout.snakemake(*command)


def test_the_pages_components_run_like_any_other_and_are_watched(extended):
    (command,) = blocks("sh")
    outcome = extended.snakemake(*command.split()[1:], "--config", *SMALL)
    assert outcome.code == 0, outcome.text
    runs = pd.read_parquet(extended.path / "results" / "mine" / "tables" / "runs.parquet")
    assert set(zip(runs["encoder"], runs["decoder"], runs["marginal"], strict=True)) == {
        ("gaussian", "dense", "learned"),
        ("linear", "dense", "learned"),
    }
    assert (runs["status"] == "ok").all()
    assert (runs["rate_estimator"] == "closed form").all()
    assert (runs["label_distortion_nats"] > 0).all()

    # an option at its default and a comment rerun nothing; an option retrains its component, an
    # edit every component of the file
    components = "components={{decoders: {{dense: {{options: {{hidden_units: {}}}}}}}}}"
    extended.edit("my_models.py", '"""m(z) = N(ν', '# a comment\n    """The marginal m(z) = N(ν')
    assert plan(extended, components.format(200)).jobs == {}
    assert plan(extended, components.format(100)).jobs["train_vae"] == 2
    extended.edit("my_models.py", "nn.ELU()", "nn.ReLU()")
    assert plan(extended).jobs["train_vae"] == 2


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("my_models:LinearEncoder", "my_models.LinearEncoder", "should match pattern"),
        ("[gaussian, linear]", "[gaussian, linaer]", "known are: ['gaussian', 'iaf', 'linear'"),
        (
            'class: "my_models:LearnedGaussian"',
            "",
            "`components.marginals.learned.class` is missing",
        ),
    ],
)
def test_a_component_that_cannot_be_is_refused(tmp_path, old, new, sentence):
    write_files(tmp_path)
    text = (tmp_path / "my_experiment.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(ConfigError) as caught:
        check_config(yaml.safe_load(text.replace(old, new)), (ROOT / "workflow", tmp_path))
    assert sentence in str(caught.value)


def test_a_component_that_cannot_be_made_ends_its_job_with_a_sentence(extended):
    extended.edit("my_experiment.yaml", "hidden_units: 200", "hiden_units: 200")
    run = "results/mine/train_vae/sample/gaussian-dense-learned/beta1/seed0/best.safetensors"
    options = ("--configfile", "my_experiment.yaml", "--config", *SMALL)
    outcome = extended.snakemake("--cores", "1", run, *options)
    assert outcome.code != 0
    assert (
        "'my_models:DenseDecoder' cannot be made with latent_dim 3, width 0.125 and" in outcome.text
    )
