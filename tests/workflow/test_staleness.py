"""An edit makes exactly its dependents stale, as shown by dry runs after a whole demo."""

import re
from collections import Counter

import pytest
from checkouts import LOUD

pytestmark = pytest.mark.workflow

DEMO = ("-n", "--configfile", "tests/workflow/small.yaml")
PACKAGE = "workflow/labelinfo"
RUNS = 9
PROBES = {"train_probe": RUNS}
PLANES = {"plot_figure1": 1, "plot_figure2": 1}
FIGURES = {**PLANES, "plot_figure3": 1}
PCA = {"measure_pca": 1, "select_dimension": 1}
# PCA, two random encoders and pixels, with two seeds each but for PCA
PROBED_BASELINES = {**PCA, "measure_random_encoder": 4, "probe_images": 2}
CLAIMS = {"compute_headlines": 1, "judge_claims": 1}
SHOWN = {**FIGURES, "draw_explorer": 1, "write_summary": 1}
POINTS = {"aggregate_baselines": 1, **SHOWN, **CLAIMS}
TABLES = {"aggregate_runs": 1, **SHOWN, **CLAIMS, "check_runs": 1}
PICTURED = {"draw_gallery": RUNS, "draw_beta_gallery": 6, "draw_explorer": 1}
# C stands above the pictures
REPROBED = {**PROBES, **PICTURED}
MEASURED = {"measure_vae": RUNS, **PICTURED, **PROBES}
COMPARED = {"compare_runs": 1, **CLAIMS, "write_summary": 1}
PROBED = {**TABLES, **COMPARED}
LEVELS = {**POINTS, **COMPARED}


def retrained(runs, architectures):
    """Return the jobs for retraining these numbers of runs and architectures."""
    stages = ("train_vae", "measure_vae", "draw_gallery", "train_probe")
    return {**dict.fromkeys(stages, runs), "draw_beta_gallery": architectures, **PROBED}


# each decoder is in three architectures, each marginal in two of three runs together
DECONV, PIXELCNN, MARGINAL = retrained(6, 3), retrained(3, 3), retrained(3, 2)


@pytest.fixture
def edit(finished_demo):
    """Edit files of the finished demo; restore them afterwards."""
    kept = {}

    def change(file, old, new):
        path = finished_demo.path / file
        kept.setdefault(path, path.read_bytes())
        finished_demo.edit(file, old, new)

    yield change
    for path, content in kept.items():
        path.write_bytes(content)


def planned(demo, *config):
    outcome = demo.snakemake(*DEMO, *(("--config", *config) if config else ()))
    assert outcome.code == 0, outcome.text
    return outcome.jobs


def test_nothing_is_stale_when_all_is_done_and_after_edits_that_change_no_result(
    finished_demo, edit
):
    for file, old, new in (
        # comments, docstrings, layout, and modules that compute nothing
        (f"{PACKAGE}/training/advance.py", "# a last checkpoint", "# one last checkpoint"),
        (f"{PACKAGE}/models/encoders/gaussian.py", '"""p(z|x) = N', '"""The encoder p(z|x) = N'),
        ("workflow/scripts/train_vae.py", '"""Train one VAE', '"""Train a single VAE'),
        (f"{PACKAGE}/bounds.py", "\n\n\ndef objective_nats", "\n\n\n\n\ndef objective_nats"),
        (f"{PACKAGE}/errors.py", "class DataError", "X = 1\n\n\nclass DataError"),
        (f"{PACKAGE}/models/registry.py", "ENCODERS = {", 'ENCODERS = {\n    "mine": "mine:Mine",'),
        (f"{PACKAGE}/config/completion.py", "n=3, cutoff=0.5", "n=3, cutoff=0.6"),
        ("workflow/rules/training.smk", "# A path depends on", "# A path depends upon"),
    ):
        edit(file, old, new)
    assert planned(finished_demo, "machine={device: cpu, mirror: elsewhere}") == {}


def test_a_refused_configuration_makes_nothing_stale(finished_demo):
    outcome = finished_demo.snakemake(*DEMO, "--config", "sweep={betas: {pixels: []}}")
    assert outcome.code != 0
    assert planned(finished_demo) == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        (f"{PACKAGE}/models/decoders/deconv.py", "self.trunk(z))", "self.trunk(1 * z))", DECONV),
        (f"{PACKAGE}/models/marginals/maf.py", "max(latent_dim, ", "min(latent_dim, ", MARGINAL),
        (f"{PACKAGE}/probes/measure.py", "_EVALUATION_BATCH = 1000", "_EVALUATION_BATCH = 999",
         {**REPROBED, **PROBED_BASELINES, **POINTS, **PROBED}),
        (f"{PACKAGE}/explorer/templates/explorer.css", "max-width: 84rem", "max-width: 85rem",
         {"draw_explorer": 1}),
    ],
    # the modules behind each stage: tests/test_code_digest.py
    ids=["decoder", "marginal", "probes", "template"],
)  # fmt: skip
def test_an_edit_to_code_reruns_what_uses_it(finished_demo, edit, file, old, new, stale):
    edit(file, old, new)
    assert planned(finished_demo) == stale


@pytest.mark.parametrize(
    ("config", "stale"),
    [
        (["strong_probe={recipes: {alphabet: {epochs: 31}}, candidates: {dropouts: [0.2]}}",
          "model={iaf: {steps: 5}}", "classifier={candidates: {depths: [8]}}",
          "data={duplicates_max_share: 0.02}", "figures={zoom_label_distortion_nats: 0.3}"],
         {"plot_figure2": 1}),
        (["claims={runs_min: 5}", "sweep={on_divergence: report}"],
         {"judge_claims": 1, "check_runs": 1}),
        (["figures={rate_max_nats: 50}", "bootstrap={resamples: 300}"], {**PLANES, **COMPARED}),
        (["gallery={images: 3}", "pca={selection_rate_max_nats: 40}"],
         {**PICTURED, "select_dimension": 1, **POINTS}),
        (["claims={near_nats: 0.1}"], CLAIMS),
        (["tables={violation_standard_errors: 5}"], TABLES),
        (["measure={samples: 17}"], {"measure_vae": RUNS, **PICTURED, **TABLES}),
        (["probe={epochs: 41}"], {**REPROBED, **PROBED_BASELINES, **POINTS, **PROBED}),
        (["probe={seeds: 3}"], {**REPROBED, **PROBED}),
        (["strong_probe={pca_epochs_share: 0.4}"], {**PCA, **POINTS}),
        # the configured recipe and network are also candidates
        (["strong_probe={search: true, candidates: {dropouts: [0.2]}}"],
         {"search_probe": 5, "choose_probe": 1, "aggregate_searches": 1,
          **REPROBED, **PROBED_BASELINES, **POINTS, **PROBED}),
        (["classifier={search: true, candidates: {depths: [8, 16]}}"],
         {"train_candidate": 8, "choose_classifier": 1, "aggregate_searches": 1,
          "train_classifier": 2, **LEVELS}),
        (["random_encoder={hidden_units: 201}", "classifier={epochs: 6}"],
         {"measure_random_encoder": 4, "train_classifier": 2, **LEVELS}),
        (["training={epochs: 21}"], {"train_vae": RUNS, **MEASURED, **PROBED}),
        (["model={vamp: {components: 51}}"], MARGINAL),
        (["model={pixelcnn: {channels: 8}}"], PIXELCNN),
        (["sweep={seeds: [0, 1]}"],
         {"train_vae": RUNS, "measure_vae": RUNS, **PROBES, **PROBED}),
        (["sweep={betas: {deconv: [0.2, 2, 32]}, baseline_seeds: [0, 1, 2]}"],
         {**retrained(3, 3), "measure_random_encoder": 2, "probe_images": 1,
          "train_classifier": 1, **LEVELS}),
        (["sweep={betas: {deconv: [0.2]}}"], {"draw_beta_gallery": 3, **PROBED}),
    ],
    ids=["one figure", "verdicts", "figures", "galleries", "claims", "tables", "measure", "probe",
         "probe seeds", "PCA", "probe search", "classifier search", "baselines", "training",
         "marginal", "decoder", "seeds", "more runs", "fewer runs"],
)  # fmt: skip
def test_a_setting_reruns_what_reads_it(finished_demo, config, stale):
    # and it is written down
    assert planned(finished_demo, *config) == {"write_config": 1, **stale}


def test_more_runs_read_no_model_of_old_ones(finished_demo):
    more = "sweep={betas: {deconv: [0.2, 0.5, 1, 2, 4, 32], pixelcnn: [0.1, 1]}}"
    text = finished_demo.snakemake(LOUD, *DEMO, "--config", more).text
    blocks = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", text, re.MULTILINE)
    read = [(rule, part(block, "input")) for rule, block in blocks]
    readers = Counter(rule for rule, files in read if ".safetensors" in files)
    models = re.findall(r"train_vae/\S+?\.safetensors", "".join(files for _, files in read))
    new = {f"beta{beta}/" for beta in ("0.5", "1", "4", "32")}
    assert set(readers) == {"train_vae", "measure_vae", "train_probe", "draw_gallery"}
    assert models
    assert all(any(beta in model for beta in new) for model in models)
    written = "".join(part(block, "output") for _, block in blocks)
    assert not [beta for beta in ("beta0.2/", "beta2/", "beta0.1/") if beta in written]


def part(block, name):
    """Return what a job of a plan reads or writes."""
    return "".join(re.findall(rf"^    {name}: (.*)$", block, re.MULTILINE))
