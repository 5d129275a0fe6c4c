"""A published row is made anew from its table alone, and a wrong number in it is found."""

import pandas as pd
import pytest

from components import make_spec
from labelinfo.config.run import Run
from labelinfo.errors import StorageError
from labelinfo.provenance import versions
from labelinfo.verify import origin as origin_module
from labelinfo.verify.__main__ import main
from labelinfo.verify.compare import compare_rows
from labelinfo.verify.origin import origin_of, unlike_made

RUN = Run("mnist", "gaussian", "deconv", "maf", "0.5", 3)
NUMBERS = {
    **RUN.columns,
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
    "status": "ok",
}
ROW = pd.Series(NUMBERS)
DATA = {"x": "1"}


@pytest.fixture(autouse=True)
def _code(monkeypatch):
    monkeypatch.setattr(origin_module, "code_digest", lambda script, *rest: f"of {script.stem}")


def origins(**changes):
    """Return the provenance of a table of two architectures."""

    def of(stage, config):
        found = {"stage": stage, "code": f"of {stage}", "config": config, "data": {"x": "1"}}
        return found | {"versions": versions()} | changes

    models = [make_spec("gaussian", "deconv", marginal).as_dict() for marginal in ("maf", "vamp")]
    return {
        "train_vae": [of("train_vae", {"training": {"epochs": 7}, "model": m}) for m in models],
        "measure_vae": [of("measure_vae", {"measure": {"samples": 5}})],
        "train_probe": [
            of("train_probe", {"probe": {"epochs": 9}, "strong_probe": {"epochs": n}, "task": task})
            for n, task in enumerate(("digit", "parity"))
        ],
    }


def test_the_origin_of_a_row_is_the_one_of_its_architecture():
    found = origin_of(ROW, origins(), "cpu (here)", DATA)
    assert found.run == RUN
    assert found.task == "digit"
    assert found.spec == make_spec("gaussian", "deconv", "maf")
    assert (found.training, found.measure, found.probe) == (
        {"epochs": 7}, {"samples": 5}, {"epochs": 9},
    )  # fmt: skip
    # each task has its own
    assert found.strong_probe == {"epochs": 0}
    assert found.unlike_here == ()


def test_a_run_that_cooled_down_has_the_lengths_of_its_path():
    config = {"training": {"epochs": 7}, "path": {"cooling_epochs": 2}, "betas": [0.1, 1.0]}
    model = make_spec("gaussian", "deconv", "maf").as_dict()
    several = origins()
    origin = several.pop("train_vae")[0]
    cooled = origin | {"code": "of cool_vae", "config": config | {"model": model}}
    lengths = {"path": {"first_epochs": 3}, "model": model}
    path = origin | {"code": "of train_path", "config": config | lengths}
    several |= {"train_path": [path], "cool_vae": [cooled]}
    row = pd.Series(NUMBERS | {"training_mode": "path"})
    found = origin_of(row, several, "cpu (here)", DATA)
    assert found.path == {"first_epochs": 3, "cooling_epochs": 2}
    assert found.betas == [0.1, 1.0]
    assert found.unlike_here == ()
    # and a separate training has none
    assert origin_of(ROW, origins(), "cpu (here)", DATA).path is None


@pytest.mark.parametrize(
    ("changes", "device", "said"),
    [
        ({"code": "other"}, "cpu (here)", "the code of measure_vae has changed"),
        ({"versions": versions() | {"torch": "1.0"}}, "cpu (here)", "torch 1.0 → "),
        ({}, "cpu (there)", "it was made on cpu (here), this is cpu (there)"),
    ],
)
def test_what_is_not_as_it_was_is_told(changes, device, said):
    assert said in "; ".join(origin_of(ROW, origins(**changes), device, DATA).unlike_here)


def test_a_table_of_several_configurations_cannot_be_verified():
    several = origins()
    several["train_probe"] = several["train_probe"] + origins()["train_probe"]
    assert origin_of(ROW, several, "cpu (here)", DATA).probe == {"epochs": 9}
    config = several["train_probe"][0]["config"] | {"probe": {"epochs": 8}}
    several["train_probe"][0] = several["train_probe"][0] | {"config": config}
    with pytest.raises(StorageError, match="2 ways in which train_probe made mnist"):
        origin_of(ROW, several, "cpu (here)", DATA)


@pytest.mark.parametrize("stage", ["train_vae", "measure_vae", "train_probe"])
def test_a_table_that_does_not_tell_is_named(stage):
    with pytest.raises(StorageError, match=f"0 ways in which {stage}"):
        origin_of(ROW, origins() | {stage: []}, "cpu (here)", DATA)


def test_a_component_that_is_not_ours_is_named():
    with pytest.raises(StorageError, match="component 'mine'"):
        origin_of(pd.Series(NUMBERS | {"marginal": "mine"}), origins(), "cpu (here)", DATA)


def test_the_same_bits_are_due_where_nothing_has_changed():
    found = compare_rows(ROW, ROW, exactly=True)
    assert all(each.agrees and each.allowed == 0 for each in found)
    assert {"rate_nats", "rate_nats_se", "label_distortion_nats"} <= {e.quantity for e in found}
    assert "rate_difference_nats" not in {each.quantity for each in found}
    changed = pd.Series(NUMBERS | {"rate_nats": 20.0 + 4e-15})
    (wrong,) = [each for each in compare_rows(ROW, changed, exactly=True) if not each.agrees]
    assert wrong.quantity == "rate_nats"


@pytest.mark.parametrize(
    ("change", "agrees"),
    [
        ({"rate_nats": 21.5}, True),  # 5 % of 20 and 4 √2 · 0.1 = 1.57
        ({"rate_nats": 21.6}, False),
        ({"rate_nats": 18.6}, True),  # of the smaller one, whichever that is
        ({"rate_nats": 18.4}, False),
        ({"distortion_nats": 74.6}, True),
        ({"distortion_nats": 75.0}, False),
        ({"label_distortion_nats": 0.27}, True),
        ({"label_distortion_nats": 0.28}, False),
        ({"label_distortion_nats": float("nan")}, False),
        ({"label_entropy_nats": 2.30001}, False),
    ],
)
def test_elsewhere_numbers_may_differ_by_the_stated_tolerance(change, agrees):
    found = compare_rows(ROW, pd.Series(NUMBERS | change), exactly=False)
    assert [each.quantity for each in found] == [
        "objective_nats", "rate_nats", "distortion_nats", "label_distortion_nats",
        "label_entropy_nats", "label_retained_share",
    ]  # fmt: skip
    assert all(each.agrees for each in found) is agrees


@pytest.mark.parametrize("decoder", ["deconv", "pixelcnn"])
@pytest.mark.parametrize(
    "forged",
    [
        {"label_distortion_nats": 100.0, "label_retained_share": 1 - 100 / 2.3},
        {"label_distortion_nats": 0.6, "label_retained_share": 1 - 0.6 / 2.3},
        # what a published row says of its errors makes nothing pass
        {"label_distortion_nats": 0.6, "label_distortion_nats_se": 5.0,
         "label_retained_share": 1 - 0.6 / 2.3},
        {"label_entropy_nats": 9.9, "label_retained_share": 1 - 0.2 / 9.9},
        {"label_retained_share": 0.99},
    ],
)  # fmt: skip
def test_forged_numbers_are_found_on_any_machine(decoder, forged):
    numbers = NUMBERS | {"decoder": decoder}
    for exactly in (True, False):
        found = compare_rows(pd.Series(numbers | forged), pd.Series(numbers), exactly=exactly)
        assert not all(each.agrees for each in found)


def test_every_measured_number_has_to_be_the_same_where_the_bits_are_due():
    for name in ("label_accuracy", "label_entropy_nats", "label_retained_share"):
        forged = pd.Series(NUMBERS | {name: 0.5})
        (wrong,) = [e for e in compare_rows(forged, ROW, exactly=True) if not e.agrees]
        assert wrong.quantity == name


@pytest.mark.parametrize(
    ("change", "agrees"),
    [
        ({"rate_nats": 24.0, "distortion_nats": 68.0}, True),
        ({"rate_nats": 41.0, "distortion_nats": 60.0}, False),  # twice the rate
        ({"label_distortion_nats": 0.4}, True),
        ({"label_distortion_nats": 0.5}, False),
        ({"rate_nats": 35.0, "distortion_nats": 70.0}, False),  # D + R/2 is 87.5 then, not 80
    ],
)
def test_an_autoregressive_decoder_may_split_its_objective_otherwise(change, agrees):
    numbers = NUMBERS | {"decoder": "pixelcnn"}
    found = compare_rows(pd.Series(numbers), pd.Series(numbers | change), exactly=False)
    assert all(each.agrees for each in found) is agrees


def test_a_row_is_made_anew_in_the_precision_that_it_had():
    assert "precision" not in origin_of(ROW, origins(), "cpu (here)", DATA).training
    row = pd.Series(NUMBERS | {"precision": "bfloat16"})
    assert origin_of(row, origins(), "cpu (here)", DATA).training["precision"] == "bfloat16"


def test_of_two_data_sets_each_row_has_its_own_origin():
    both = origins()
    for stage, each in origins(data={"x": "2"}).items():
        section = {"train_vae": "training", "measure_vae": "measure", "train_probe": "probe"}[stage]
        for other in each:
            other["config"][section] = {"epochs": 1000}
        both[stage] = both[stage] + each
    found = origin_of(ROW, both, "cpu (here)", DATA)
    assert (found.training, found.probe) == ({"epochs": 7}, {"epochs": 9})
    assert origin_of(ROW, both, "cpu (here)", {"x": "2"}).probe == {"epochs": 1000}
    # and the other may be trained, but not measured yet
    del both["measure_vae"][-1]
    assert origin_of(ROW, both, "cpu (here)", DATA).measure == {"samples": 5}


@pytest.mark.parametrize(
    ("then", "now", "reasons"),
    [(True, True, 0), (True, False, 1), (False, True, 1), (None, True, 0), (pd.NA, False, 0)],
)
def test_compiled_steps_and_plain_ones_are_not_due_the_same_bits(then, now, reasons):
    row = pd.Series(NUMBERS | {"compiled": then})
    assert len(unlike_made(row, pd.Series({"compiled": now}))) == reasons


@pytest.mark.parametrize("rows", ["0", "-1", "many"])
def test_a_sample_of_no_rows_is_refused(rows, capsys):
    with pytest.raises(SystemExit):
        main(["folder", "--rows", rows])
    assert "--rows" in capsys.readouterr().err
