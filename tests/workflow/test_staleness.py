"""What an edit makes stale: exactly what depends on it, seen by dry runs after a whole demo."""

import re
from collections import Counter

import pytest
from checkouts import LOUD

pytestmark = pytest.mark.workflow

DEMO = ("-n", "--configfile", "tests/workflow/small.yaml")
PACKAGE = "workflow/labelinfo"
RUNS = 9
# an encoding is not kept, so that every probe asks for it
PROBES = {"encode_vae": RUNS, "train_probe": RUNS}
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
    """Return the jobs of runs that are trained anew, of so many architectures."""
    stages = ("train_vae", "measure_vae", "draw_gallery", "encode_vae", "train_probe")
    return {**dict.fromkeys(stages, runs), "draw_beta_gallery": architectures, **PROBED}


# each decoder is in three architectures, each marginal in two of three runs together
DECONV, PIXELCNN, MARGINAL = retrained(6, 3), retrained(3, 3), retrained(3, 2)


@pytest.fixture
def edit(finished_demo):
    """Edit a file of the finished demo; it is put back afterwards."""
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


def test_nothing_is_stale_when_all_is_done(finished_demo):
    assert planned(finished_demo) == {}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (f"{PACKAGE}/training/advance.py", "# at the end so that", "# in the end so that"),
        (f"{PACKAGE}/models/encoders/gaussian.py", '"""p(z|x) = N', '"""The encoder p(z|x) = N'),
        ("workflow/scripts/train_vae.py", '"""Train one VAE', '"""Train a single VAE'),
        (f"{PACKAGE}/bounds.py", "\n\n\ndef objective_nats", "\n\n\n\n\ndef objective_nats"),
        (f"{PACKAGE}/errors.py", "class DataError", "X = 1\n\n\nclass DataError"),
        (f"{PACKAGE}/models/registry.py", "ENCODERS = {", 'ENCODERS = {\n    "mine": "mine:Mine",'),
        (f"{PACKAGE}/config/completion.py", "n=3, cutoff=0.5", "n=3, cutoff=0.6"),
        ("workflow/rules/training.smk", "# one thread a job", "# a single thread a job"),
    ],
    ids=["comment", "docstring", "script docstring", "blank lines", "errors", "registry line",
         "validation", "rule comment"],
)  # fmt: skip
def test_edits_that_change_no_result_rerun_nothing(finished_demo, edit, file, old, new):
    edit(file, old, new)
    assert planned(finished_demo) == {}


@pytest.mark.parametrize(
    "config",
    ["machine={device: cpu}", "machine={mirror: elsewhere}", "sweep={betas: {pixels: []}}"],
    ids=["device", "mirror", "invalid"],
)
def test_machine_settings_rerun_nothing(finished_demo, config):
    if "pixels" in config:
        assert finished_demo.snakemake(*DEMO, "--config", config).code != 0
    else:
        assert planned(finished_demo, config) == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        (f"{PACKAGE}/figures/planes.py", "def draw_plane(", "X = 1\n\n\ndef draw_plane(",
         {**FIGURES, "draw_explorer": 1}),
        (f"{PACKAGE}/figures/layout.py", "_AFTER = 0.12", "_AFTER = 0.13",
         {**PLANES, "draw_explorer": 1}),
        (f"{PACKAGE}/claims/balls.py", "balls: int = 100", "balls: int = 101",
         {"plot_figure3": 1, "judge_claims": 1}),
        (f"{PACKAGE}/figures/figure2.py", "def draw_figure2(", "X = 1\n\n\ndef draw_figure2(",
         {"plot_figure2": 1}),
        (f"{PACKAGE}/figures/gallery.py", "_GAP = 2", "_GAP = 3", PICTURED),
        (f"{PACKAGE}/probes/measure.py", "_EVALUATION_BATCH = 1000", "_EVALUATION_BATCH = 999",
         {**REPROBED, **PROBED_BASELINES, **POINTS, **PROBED}),
        (f"{PACKAGE}/probes/run.py", "range(1, seeds)", "range(2, seeds)", {**REPROBED, **PROBED}),
        (f"{PACKAGE}/probes/prequential.py", "_STEPS_MIN = 100", "_STEPS_MIN = 101",
         {**REPROBED, **PROBED}),
        (f"{PACKAGE}/probes/search.py", "len(nats)}", "1 * len(nats)}", {}),
        (f"{PACKAGE}/measure/rate_distortion.py", "closed_form = True", "closed_form = False",
         {"measure_vae": RUNS, **PICTURED, **TABLES}),
        (f"{PACKAGE}/models/decoders/trunk.py", "padding=2),", "padding=2, ),\n", None),
        (f"{PACKAGE}/models/decoders/deconv.py", "self.trunk(z))", "self.trunk(1 * z))", DECONV),
        (f"{PACKAGE}/models/decoders/raster.py", "elu(cat([x, -x]", "elu(cat([-x, x]", PIXELCNN),
        (f"{PACKAGE}/models/marginals/maf.py", "max(latent_dim, ", "min(latent_dim, ", MARGINAL),
        (f"{PACKAGE}/models/encoders/gaussian.py", "0.5 * log_variance", "0.50001 * log_variance",
         {"train_vae": RUNS, **MEASURED, **PROBED}),
        (f"{PACKAGE}/training/schedule.py", "0.5 * (1 +", "0.49 * (1 +",
         {"train_vae": RUNS, **PROBED_BASELINES, "train_classifier": 2, **MEASURED, **POINTS,
          **PROBED}),
        (f"{PACKAGE}/baselines/classifiers.py", "2 * x - 1", "2 * x - 0.9",
         {"train_classifier": 2, **LEVELS}),
        (f"{PACKAGE}/baselines/random_encoders.py", "encoder.eval()", "encoder.train().eval()",
         {"measure_random_encoder": 4, **LEVELS}),
        (f"{PACKAGE}/baselines/choice.py", "ignore_index=True", "ignore_index=not False", {}),
        (f"{PACKAGE}/explorer/records.py", "_POINTS = 40", "_POINTS = 41", {"draw_explorer": 1}),
        (f"{PACKAGE}/explorer/templates/explorer.css", "max-width: 84rem", "max-width: 85rem",
         {"draw_explorer": 1}),
        (f"{PACKAGE}/claims/mnist.py", "c + times * error <= c_max", "c + times * error < c_max",
         {"judge_claims": 1}),
        (f"{PACKAGE}/claims/preference.py", "0.5 * data_entropy", "0.51 * data_entropy", CLAIMS),
        (f"{PACKAGE}/tables/bootstrap.py", "_BLOCK = 100", "_BLOCK = 99", COMPARED),
        (f"{PACKAGE}/tables/audit.py", "value(name) for name", "2 * value(name) for name",
         {"compute_random_discard": 1, **POINTS, **TABLES}),
        (f"{PACKAGE}/tables/sentences.py", "MOST = 0.8", "MOST = 0.9", {"write_summary": 1}),
        (f"{PACKAGE}/baselines/pca_selection.py", "x < rate_max", "x <= rate_max",
         {"select_dimension": 1, **POINTS}),
        (f"{PACKAGE}/baselines/pca.py", "1e-10 * eigenvalues", "1e-9 * eigenvalues",
         {**PCA, **POINTS}),
    ],
    ids=["panel", "layout", "balls", "figure 2", "gallery", "probe measuring",
         "probes of runs", "code length", "probe search", "measuring", "layout only",
         "deconv", "pixelcnn", "maf", "encoder", "schedule", "classifiers", "random encoders",
         "choice", "explorer", "explorer's look", "claim", "score", "bootstrap",
         "audit", "headlines", "best k", "PCA"],
)  # fmt: skip
def test_an_edit_to_code_reruns_what_uses_it(finished_demo, edit, file, old, new, stale):
    edit(file, old, new)
    assert planned(finished_demo) == (stale or {})


@pytest.mark.parametrize(
    ("config", "stale"),
    [
        ("figures={zoom_label_distortion_nats: 0.3}", {"plot_figure2": 1}),
        ("figures={rate_max_nats: 50}", PLANES),
        ("gallery={images: 3}", PICTURED),
        ("probe={epochs: 41}", {**REPROBED, **PROBED_BASELINES, **POINTS, **PROBED}),
        ("probe={seeds: 3}", {**REPROBED, **PROBED}),
        ("strong_probe={recipes: {digit: {epochs: 31}}}",
         {**REPROBED, **PROBED_BASELINES, **POINTS, **PROBED}),
        ("strong_probe={recipes: {alphabet: {epochs: 31}}}", {}),
        ("strong_probe={pca_epochs_share: 0.4}", {**PCA, **POINTS}),
        ("strong_probe={candidates: {dropouts: [0.2]}}", {}),
        # the configured recipe is a candidate too
        ("strong_probe={search: true, candidates: {dropouts: [0.2]}}",
         {"search_probe": 5, "choose_probe": 1, "aggregate_searches": 1,
          **REPROBED, **PROBED_BASELINES, **POINTS, **PROBED}),
        ("measure={samples: 17}", {"measure_vae": RUNS, **PICTURED, **TABLES}),
        ("training={epochs: 21}", {"train_vae": RUNS, **MEASURED, **PROBED}),
        ("tables={violation_standard_errors: 5}", TABLES),
        ("sweep={betas: {deconv: [0.2, 2, 32]}}", retrained(3, 3)),
        ("sweep={betas: {pixelcnn: [0.1, 1]}}", retrained(3, 3)),
        ("sweep={encoders: [gaussian, iaf]}", {"train_vae": RUNS, **MEASURED, **PROBED}),
        ("model={vamp: {components: 51}}", MARGINAL),
        ("model={pixelcnn: {channels: 8}}", PIXELCNN),
        ("model={iaf: {steps: 5}}", {}),
        ("sweep={seeds: [0, 1]}",
         {"train_vae": RUNS, "measure_vae": RUNS, **PROBES, **PROBED}),
        ("sweep={baseline_seeds: [0, 1, 2]}",
         {"measure_random_encoder": 2, "probe_images": 1, "train_classifier": 1, **LEVELS}),
        ("classifier={epochs: 6}", {"train_classifier": 2, **LEVELS}),
        ("classifier={candidates: {depths: [8]}}", {}),
        ("classifier={search: true, candidates: {depths: [8, 16]}}",
         {"train_candidate": 8, "choose_classifier": 1, "aggregate_searches": 1,
          "train_classifier": 2, **LEVELS}),
        ("pca={selection_rate_max_nats: 40}", {"select_dimension": 1, **POINTS}),
        ("bootstrap={resamples: 300}", COMPARED),
        ("claims={near_nats: 0.1}", CLAIMS),
        ("claims={runs_min: 5}", {"judge_claims": 1}),
        ("random_encoder={hidden_units: 201}", {"measure_random_encoder": 4, **LEVELS}),
        ("random_encoder={standardise: false}", {"measure_random_encoder": 4, **LEVELS}),
        ("data={duplicates_max_share: 0.02}", {}),
        ("sweep={betas: {deconv: [0.2]}}", {"draw_beta_gallery": 3, **PROBED}),
        ("sweep={on_divergence: report}", {"check_runs": 1}),
        ("pca={dims: [5, 15]}",
         {**PCA, **POINTS}),
    ],
)  # fmt: skip
def test_a_setting_reruns_what_reads_it(finished_demo, config, stale):
    # and it is written down
    assert planned(finished_demo, config) == {"write_config": 1, **stale}


def test_more_runs_read_no_model_of_old_ones(finished_demo):
    more = "sweep={betas: {deconv: [0.2, 0.5, 1, 2, 4, 32], pixelcnn: [0.1, 1]}}"
    text = finished_demo.snakemake(LOUD, *DEMO, "--config", more).text
    blocks = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", text, re.MULTILINE)
    readers = Counter(rule for rule, block in blocks if ".safetensors" in inputs(block))
    models = re.findall(
        r"train_vae/\S+?\.safetensors", "".join(inputs(block) for _, block in blocks)
    )
    new = {f"beta{beta}/" for beta in ("0.5", "1", "4", "32")}
    assert set(readers) == {"train_vae", "measure_vae", "encode_vae", "train_probe", "draw_gallery"}
    assert models
    assert all(any(beta in model for beta in new) for model in models)
    old = ("beta0.2/", "beta2/", "beta0.1/")
    assert [rule for rule, block in blocks if any(beta in outputs(block) for beta in old)] == []


def inputs(block):
    """Return what a job of a plan reads."""
    return "".join(re.findall(r"^    input: (.*)$", block, re.MULTILINE))


def outputs(block):
    """Return what a job of a plan writes."""
    return "".join(re.findall(r"^    output: (.*)$", block, re.MULTILINE))
