"""The search chooses on validation, keeps all candidates, and does not use test images."""

import pandas as pd
import pytest

from labelinfo.baselines.candidates import train_candidate
from labelinfo.baselines.choice import choose_candidate
from labelinfo.baselines.chosen import NETWORK, with_choice
from labelinfo.data.dataset import save_dataset
from labelinfo.errors import StorageError
from labelinfo.io.checkpoints import checkpoint_of, lock_of
from labelinfo.io.tables import read_provenance, write_table
from labelinfo.provenance import collect
from labelinfo.tables.stack import stack_tables
from recipes import classifier

NETWORKS = [(2, 0.0), (4, 0.0), (4, 0.9)]


def test_each_candidate_is_a_row(tiny_dataset, tmp_path):
    save_dataset(tmp_path / "dataset", tiny_dataset)
    files = [tmp_path / f"{depth}-{dropout}" for depth, dropout in NETWORKS]
    for file, (depth, dropout) in zip(files, NETWORKS, strict=True):
        settings = classifier(epochs=3, depth=depth, dropout=dropout)
        job = {"dataset_file": tmp_path / "dataset", "device": "cpu", "code": "0"}
        train_candidate("half", settings, target=file, **job)
    configured = {"depth": 4, "dropout": 0.9}
    table = choose_candidate(stack_tables(files)[0], configured=configured, paper=None)
    assert sorted(zip(table["depth"], table["dropout"], strict=True)) == NETWORKS
    assert table["label_distortion_valid_nats"].is_monotonic_increasing
    assert table["label_distortion_valid_nats"].nunique() == 3
    assert table["chosen"].tolist() == [True, False, False]
    assert table.loc[table["configured"], "dropout"].tolist() == [0.9]


def made_up(rows):
    columns = ["depth", "dropout", "label_distortion_valid_nats"]
    return pd.DataFrame(rows, columns=columns)


def test_of_equals_the_smaller_is_chosen_and_the_papers_is_marked(tmp_path):
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
    write_table(tmp_path / "choice", table, {})
    settings = with_choice(classifier(), NETWORK, [tmp_path / "choice"])
    assert settings == classifier(depth=32, dropout=0.1)


@pytest.mark.parametrize("choices", [[], [True, True], [False, False]])
def test_no_one_choice_is_a_fault(tmp_path, choices):
    table = made_up([(64, 0.3, 0.5), (32, 0.5, 0.25)])
    if choices:
        table["chosen"] = choices
    write_table(tmp_path / "choice.parquet", table, {})
    with pytest.raises(StorageError, match=r"choice\.parquet names no one choice"):
        with_choice(classifier(), NETWORK, [tmp_path / "choice.parquet"])


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
