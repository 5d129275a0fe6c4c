"""The search chooses on validation, keeps all candidates, and does not use test images."""

from dataclasses import replace

import pandas as pd
import pytest

from labelinfo.baselines.candidates import train_candidate
from labelinfo.baselines.choice import choose_candidate
from labelinfo.baselines.chosen import NETWORK, chosen_settings
from labelinfo.data.dataset import Split, save_dataset
from labelinfo.errors import StorageError
from labelinfo.io.checkpoints import checkpoint_of, lock_of
from labelinfo.io.tables import read_provenance, write_table
from labelinfo.provenance import collect
from labelinfo.tables.stack import stack_tables

SETTINGS = {
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 2e-3,
    "warmup_epochs": 0.5,
    "hidden_units": 20,
    "precision": "float32",
}
NETWORKS = [(2, 0.0), (4, 0.0), (4, 0.9)]


def candidate(dataset, folder, depth, dropout):
    save_dataset(folder / "dataset.safetensors", dataset)
    target = folder / f"{depth}-{dropout}.parquet"
    train_candidate(
        "half", SETTINGS | {"depth": depth, "dropout": dropout},
        dataset_file=folder / "dataset.safetensors", target=target, device="cpu", code="0",
    )  # fmt: skip
    return target


def search(dataset, folder):
    folder.mkdir()
    files = [candidate(dataset, folder, *network) for network in NETWORKS]
    return choose_candidate(
        stack_tables(files)[0], configured={"depth": 4, "dropout": 0.9}, paper=None
    )


def test_each_candidate_is_a_row_of_validation_alone(tiny_dataset, tmp_path):
    table = search(tiny_dataset, tmp_path / "search")
    assert sorted(zip(table["depth"], table["dropout"], strict=True)) == NETWORKS
    assert table["label_distortion_valid_nats"].is_monotonic_increasing
    assert table["label_distortion_valid_nats"].nunique() == 3
    assert not any("test" in column for column in table.columns)
    assert table["chosen"].tolist() == [True, False, False]
    assert table.loc[table["configured"], "dropout"].tolist() == [0.9]


def test_no_test_image_has_a_say(tiny_dataset, tmp_path):
    table = search(tiny_dataset, tmp_path / "search")
    test = tiny_dataset.test
    noise = Split(1 - test.images, {"half": 1 - test.labels["half"]})
    assert search(replace(tiny_dataset, test=noise), tmp_path / "other").equals(table)
    one = Split(test.images[:1], {"half": test.labels["half"][:1]})
    assert search(replace(tiny_dataset, test=one), tmp_path / "one").equals(table)


def test_validation_has_a_say(tiny_dataset, tmp_path):
    table = search(tiny_dataset, tmp_path / "search")
    valid = tiny_dataset.valid
    wrong = Split(valid.images, {"half": 1 - valid.labels["half"]})
    other = search(replace(tiny_dataset, valid=wrong), tmp_path / "other")
    networks = [tuple(each[["depth", "dropout"]].iloc[0]) for each in (table, other)]
    assert networks[0] != networks[1]


def made_up(rows):
    columns = ["depth", "dropout", "label_distortion_valid_nats"]
    return pd.DataFrame(rows, columns=columns)


def test_of_equals_the_smaller_is_chosen_and_the_papers_is_marked():
    table = choose_candidate(
        made_up([(64, 0.3, 0.5), (32, 0.5, 0.25), (32, 0.1, 0.25), (256, 0.0, 0.75)]),
        configured={"depth": 32, "dropout": 0.5},
        paper={"depth": 64, "dropout": 0.3},
    )
    assert table["excess_valid_nats"].tolist() == [0, 0, 0.25, 0.5]
    assert table["dropout"].tolist() == [0.1, 0.5, 0.3, 0.0]
    assert table["chosen"].tolist() == [True, False, False, False]
    assert table["configured"].tolist() == [False, True, False, False]
    assert table["paper"].tolist() == [False, False, True, False]
    assert chosen_settings(table, NETWORK, "choice.parquet") == {"depth": 32, "dropout": 0.1}


@pytest.mark.parametrize("choices", [[], [True, True], [False, False]])
def test_no_one_choice_is_a_fault(choices):
    table = made_up([(64, 0.3, 0.5), (32, 0.5, 0.25)])
    if choices:
        table["chosen"] = choices
    with pytest.raises(StorageError, match=r"choice\.parquet names no one choice"):
        chosen_settings(table, NETWORK, "choice.parquet")


def test_the_origins_of_candidates_survive_two_aggregations(tmp_path):
    for name, origins in (("a", ["1", "2"]), ("b", ["2", "3"])):
        files = []
        for code in origins:
            file = tmp_path / f"{name}{code}.parquet"
            write_table(file, made_up([(1, 0, 0)]), {"stage": "train_candidate", "code": code})
            files.append(file)
        table, found = stack_tables(files)
        write_table(tmp_path / f"{name}.parquet", table, collect(found))
    table, found = stack_tables([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    assert len(table) == 4
    write_table(tmp_path / "c.parquet", table, collect(found))
    codes = [each["code"] for each in read_provenance(tmp_path / "c.parquet")["train_candidate"]]
    assert codes == ["1", "2", "3"]


def test_candidates_of_one_depth_have_checkpoints_and_locks_of_their_own():
    outputs = [f"results/x/depth64-dropout{dropout}.parquet" for dropout in ("0", "0.1", "0.35")]
    for place in (checkpoint_of, lock_of):
        assert len({place(output) for output in outputs}) == len(outputs)
