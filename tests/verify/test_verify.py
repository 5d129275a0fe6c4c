"""A published row is converted to a configuration, and a wrong number in it is found."""

import copy

import pandas as pd
import pytest

from components import make_spec
from labelinfo.config.completion import complete
from labelinfo.config.experiment import BASE, check_config
from labelinfo.config.run import Run
from labelinfo.config.sweep import enumerate_runs, path_betas
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_with_provenance, write_table
from labelinfo.verify import rerun
from labelinfo.verify.__main__ import main
from labelinfo.verify.compare import compare_rows
from labelinfo.verify.origin import differences_in_origin, origins_of_row, row_config

PUBLISHED = BASE / "results" / "published"
DATASETS = complete({})["datasets"]
ROW = pd.Series(
    {
        **Run("sample", "gaussian", "deconv", "maf", "0.5", 3).columns,
        "task": "digit",
        "rate_nats": 20.0,
        "rate_nats_se": 0.1,
        "distortion_nats": 70.0,
        "distortion_nats_se": 0.2,
        "label_distortion_nats": 0.2,
        "label_distortion_nats_se": 0.01,
        "label_entropy_nats": 2.3,
        "label_accuracy": 0.95,
        "label_accuracy_se": 0.003,
        "label_retained_share": 1 - 0.2 / 2.3,
        "rate_difference_nats": float("nan"),
        "device": "cpu (here)",
        "compiled": False,
        "status": "ok",
    }
)
DATA = {"x": "1"}
PREPARED = {
    "config": {"data": {"naive_bayes_clamp": 0.01}, "datasets": {"sample": {"limit": {"test": 9}}}}
}


def changed(**numbers):
    return pd.Series(dict(ROW) | numbers)


def origins():
    """Return the provenance of a table of two architectures and two tasks."""

    def of(stage, config):
        known = {"stage": stage, "code": f"of {stage}", "data": DATA, "versions": {"torch": "2.0"}}
        return known | {"config": config}

    models = [make_spec("gaussian", "deconv", marginal).as_dict() for marginal in ("maf", "vamp")]
    probe = {"epochs": 9, "precision": "float32"}
    return {
        "train_vae": [
            of("train_vae", {"training": {"epochs": 7}, "model": model}) for model in models
        ],
        "measure_vae": [of("measure_vae", {"measure": {"samples": 5}})],
        "train_probe": [
            of(
                "train_probe",
                {
                    "probe": probe,
                    "strong_probe": {"epochs": number, "precision": "float32"},
                    "task": task,
                },
            )
            for number, task in enumerate(("digit", "parity"), start=1)
        ],
    }


def rebuilt(row=ROW, known=None):
    found = origins_of_row(row, known or origins(), DATA)
    return row_config(row, found, PREPARED, DATASETS["sample"])


def test_the_configuration_of_a_row_has_its_run_and_settings_alone():
    config = rebuilt()
    assert [(run.path, run.seed) for run in enumerate_runs(config)] == [
        ("sample/gaussian-deconv-maf/beta0.5/seed3", 3)
    ]
    assert config["datasets"]["sample"]["tasks"] == ["digit"]
    assert config["datasets"]["sample"]["limit"]["test"] == 9
    assert config["data"]["naive_bayes_clamp"] == 0.01
    assert config["sweep"]["baselines"] == []
    training, probe = config["training"], config["probe"]
    assert (training["mode"], training["epochs"], training["precision"]) == ("separate", 7, "auto")
    assert (config["measure"]["samples"], probe["epochs"], probe["precision"]) == (5, 9, "float32")
    # each task has its own
    assert config["strong_probe"]["recipes"]["digit"]["epochs"] == 1
    assert rebuilt(changed(precision="bfloat16"))["training"]["precision"] == "bfloat16"


@pytest.mark.parametrize("name", ["demo", "figure1"])
def test_every_published_row_has_its_configuration_again(name):
    runs, known = read_with_provenance(PUBLISHED / name / "runs.parquet")
    summaries = read_with_provenance(PUBLISHED / name / "datasets.parquet")[1]["prepare_dataset"]
    prepared = {dataset: each for each in summaries for dataset in each["config"]["datasets"]}
    for _, row in runs.iterrows():
        own = prepared[row["dataset"]]
        found = origins_of_row(row, known, own["data"])
        config = row_config(row, found, own, DATASETS[row["dataset"]])
        check_config(config, (BASE / "workflow", BASE))
        then = found["cool_vae"][0]["config"]
        assert path_betas(config, row["decoder"]) == then["betas"]
        assert config["path"]["cooling_epochs"] == then["path"]["cooling_epochs"]
        assert config["model"]["width"] == then["model"]["width"]
        training = then["training"] | {"precision": row["precision"]}
        assert training.items() <= config["training"].items()
        for kind, options in then["model"]["options"].items():
            assert not options or config["model"][row[kind]] == options
        assert config["probe"] == found["train_probe"][0]["config"]["probe"]


@pytest.mark.parametrize("stage", ["train_vae", "measure_vae", "train_probe"])
def test_a_table_without_settings_or_with_several_cannot_be_verified(stage):
    with pytest.raises(StorageError, match=f"0 settings of {stage} for sample, gaussian-deconv-"):
        rebuilt(known=origins() | {stage: []})
    several = origins()
    # different code is not a different setting
    several[stage].append(several[stage][0] | {"code": "other"})
    # and data of another data set does not belong to the row
    several[stage].append(several[stage][0] | {"data": {"x": "2"}, "config": {"model": {}}})
    rebuilt(known=several)
    several[stage].append(copy.deepcopy(several[stage][0]))
    several[stage][-1]["config"]["more"] = 1
    with pytest.raises(StorageError, match=f"2 settings of {stage}"):
        rebuilt(known=several)


def test_what_this_version_does_not_have_is_named():
    with pytest.raises(StorageError, match="component 'mine'"):
        rebuilt(changed(marginal="mine"))
    old = origins()
    old["measure_vae"][0]["config"]["measure"]["draws"] = 3
    with pytest.raises(StorageError, match=r"does not have \(Config key `measure.draws`.* check "):
        rebuilt(known=old)


@pytest.mark.parametrize(
    ("remade", "origin", "said"),
    [
        ({}, {}, ""),
        ({}, {"code": "other"}, "the code of measure_vae has changed"),
        ({}, {"versions": {"torch": "3.0"}}, "torch 2.0 → 3.0"),
        ({"device": "cpu (there)"}, {}, "it was made on cpu (here), this is cpu (there)"),
        ({"compiled": True}, {}, "its steps were not compiled, here they are compiled"),
    ],
)
def test_a_difference_in_machine_code_or_versions_is_named(remade, origin, said):
    found = origins_of_row(ROW, origins(), DATA)
    now = {stage: [each[0] | origin] for stage, each in found.items()}
    reasons = differences_in_origin(ROW, found, changed(**remade), now)
    assert said in "; ".join(reasons)
    assert bool(reasons) == bool(said)
    # older rows do not record whether they were compiled
    if "compiled" in remade:
        unknown = changed(compiled=pd.NA)
        assert differences_in_origin(unknown, found, changed(**remade), now) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_nats", 20.0 + 4e-15),
        ("label_accuracy", 0.5),
        ("label_entropy_nats", 0.5),
        ("label_retained_share", 0.5),
    ],
)
def test_every_wrong_number_is_found_where_bits_are_due(name, value):
    found = compare_rows(ROW, ROW, exactly=True)
    assert all(each.agrees and each.allowed == 0 for each in found)
    assert {"rate_nats", "rate_nats_se", "label_distortion_nats"} <= {e.quantity for e in found}
    found = compare_rows(changed(**{name: value}), ROW, exactly=True)
    assert [each.quantity for each in found if not each.agrees] == [name]


@pytest.mark.parametrize(
    ("decoder", "change", "agrees"),
    [
        ("deconv", {"rate_nats": 21.5}, True),  # 5 % of 20 and 4 √2 · 0.1 = 1.57
        ("deconv", {"rate_nats": 21.6}, False),
        ("deconv", {"rate_nats": 18.6}, True),  # of the smaller of the two
        ("deconv", {"rate_nats": 18.4}, False),
        ("deconv", {"distortion_nats": 74.6}, True),
        ("deconv", {"distortion_nats": 75.0}, False),
        ("deconv", {"label_distortion_nats": 0.27}, True),
        ("deconv", {"label_distortion_nats": 0.28}, False),
        ("deconv", {"label_distortion_nats": float("nan")}, False),
        ("deconv", {"label_entropy_nats": 2.30001}, False),
        # an autoregressive decoder may split its objective differently
        ("pixelcnn", {"rate_nats": 24.0, "distortion_nats": 68.0}, True),
        ("pixelcnn", {"rate_nats": 41.0, "distortion_nats": 60.0}, False),  # twice the rate
        ("pixelcnn", {"label_distortion_nats": 0.4}, True),
        ("pixelcnn", {"label_distortion_nats": 0.5}, False),
        ("pixelcnn", {"rate_nats": 35.0, "distortion_nats": 70.0}, False),  # D + R/2: 87.5, not 80
    ],
)
def test_elsewhere_numbers_may_differ_by_the_stated_tolerance(decoder, change, agrees):
    row = changed(decoder=decoder)
    found = compare_rows(row, pd.Series(dict(row) | change), exactly=False)
    assert [each.quantity for each in found] == [
        "objective_nats", "rate_nats", "distortion_nats", "label_distortion_nats",
        "label_entropy_nats", "label_retained_share",
    ]  # fmt: skip
    assert all(each.agrees for each in found) is agrees


@pytest.mark.parametrize("exactly", [True, False])
@pytest.mark.parametrize("decoder", ["deconv", "pixelcnn"])
@pytest.mark.parametrize(
    "forged",
    [
        {"label_distortion_nats": 0.6, "label_retained_share": 1 - 0.6 / 2.3},
        # published standard errors do not widen the tolerance
        {"label_distortion_nats": 0.6, "label_distortion_nats_se": 5.0,
         "label_retained_share": 1 - 0.6 / 2.3},
        {"label_entropy_nats": 9.9, "label_retained_share": 1 - 0.2 / 9.9},
        {"label_retained_share": 0.99},
    ],
)  # fmt: skip
def test_forged_numbers_are_found_on_any_machine(decoder, forged, exactly):
    true = changed(decoder=decoder)
    found = compare_rows(pd.Series(dict(true) | forged), true, exactly=exactly)
    assert not all(each.agrees for each in found)


def test_a_sample_of_no_rows_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["folder", "--rows", "0"])
    assert "--rows" in capsys.readouterr().err


def test_a_data_set_that_is_in_no_catalogue_is_named(tmp_path, capsys):
    runs, known = read_with_provenance(PUBLISHED / "demo" / "runs.parquet")
    write_table(tmp_path / "runs.parquet", runs.assign(dataset="mine"), known)
    source = PUBLISHED / "demo" / "datasets.parquet"
    (tmp_path / "datasets.parquet").write_bytes(source.read_bytes())
    assert main([str(tmp_path)]) == 1
    assert "The data set mine is not in the catalogue: name" in capsys.readouterr().err


def test_other_data_and_failed_jobs_end_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(rerun, "BASE", tmp_path / "checkout")
    with pytest.raises(StorageError, match="cannot be recomputed: Snakemake's message above"):
        rerun.recompute_row(rebuilt(), DATA, tmp_path / "folder")
    monkeypatch.setattr(rerun, "_make", lambda *_: None)
    monkeypatch.setattr(rerun, "read_provenance", lambda _: {"data": {"x": "2"}})
    with pytest.raises(StorageError, match="The files of sample here are not those behind"):
        rerun.recompute_row(rebuilt(), DATA, tmp_path / "folder")
