"""A stage validates the blocks it reads, and says in one line what is wrong with them."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from lockstep.check.config import Dataset, Params, load_config
from lockstep.clean.table_blocks import TableBlocks
from lockstep.errors import ConfigError, DataError
from lockstep.fetch.source_block import SourceBlock
from lockstep.project.blocks import DATASET_KEYS, PARAMS_KEYS, Blocks
from lockstep.split.split_block import Split, SplitBlocks, check_split_columns, check_split_types
from lockstep.table.table_columns import TableColumns
from lockstep.table.target import Target, TargetBlock
from tests.conftest import GOOD_ROWS, ROOT, OwnTable


def _edited(own_table: OwnTable, old: str, new: str) -> Blocks:
    own_table.write(GOOD_ROWS)
    for file in (own_table.folder / "params.yaml", own_table.folder / "datasets/own.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return Blocks.read(own_table.folder)


@pytest.mark.parametrize(
    ("old", "new", "model", "line"),
    [
        (
            "clean: []",
            "cleaning: []",
            TableBlocks,
            "cleaning: unknown key, did you mean 'clean'?; correct or remove it",
        ),
        ("source:", "sources:", SourceBlock, "sources: unknown key, did you mean 'source'?; correct or remove it"),
        ("kind: csv", "kind: xls", SourceBlock, "source: xls: there is no such source; built-in: arff, csv, "),
        (
            "clean: []",
            "clean: [{rule: ratioo}]",
            TableBlocks,
            "clean[0]: ratioo: there is no such rule, did you mean 'ratio'?; built-in: date_of, date_part, ",
        ),
        ("clean: []", "clean: [{rul: ratio}]", TableBlocks, "clean[0]: needs the key `rule`, which names the rule; "),
        (
            "clean: []",
            "clean: [{rule: scale, colum: a, divide_by: 2}]",
            TableBlocks,
            "clean[0].colum: unknown key, did you mean 'column'?; correct or remove it",
        ),
        (
            "clean: []",
            "clean: [{rule: scale, columns: a, divide_by: 2}]",
            TableBlocks,
            "clean[0].columns: unknown key, did you mean 'column'?; correct or remove it",
        ),
        ("clean: []", "clean: [{rule: scale, column: a}]", TableBlocks, "clean[0].divide_by: is missing; add it"),
        (
            "weight: null\nexposure: null\n",
            "",
            TableBlocks,
            "weight, exposure: missing; add them, null where the table",
        ),
        (
            "clean: []",
            "clean: [{rule: scale, column: a, divide_by: -2}]",
            TableBlocks,
            "clean[0].divide_by: -2: input should be greater than 0",
        ),
        ("b: {type: number}", "b: {type: numbr}", TableBlocks, "columns.b.type: 'numbr': input should be"),
        ("target: y", "target: z", TableBlocks, "target: no column 'z' at this point; there are: a, b, y"),
    ],
)
def test_a_mistake_in_a_block_of_the_dataset_is_one_line(
    own_table: OwnTable, old: str, new: str, model: type[BaseModel], line: str
) -> None:
    with pytest.raises(ConfigError, match=r"^datasets/own.yaml: [^\n]*$") as refused:
        _edited(own_table, old, new).facts(model)
    assert str(refused.value).startswith(f"datasets/own.yaml: {line}")


def test_what_a_stage_does_not_read_may_be_wrong(own_table: OwnTable) -> None:
    blocks = _edited(own_table, "n_trials: 60", "n_trials: none")
    assert blocks.choices(SplitBlocks).seed == 42
    assert blocks.facts(TargetBlock).target_column == "y"


def test_the_column_of_the_split_and_the_target_are_in_the_table(own_table: OwnTable) -> None:
    split = _edited(own_table, "strategy: random", "strategy: group").choices
    with pytest.raises(ConfigError, match=r"^params.yaml: split: strategy is group but split.group names no column"):
        split(SplitBlocks)
    chosen = _edited(own_table, "strategy: group", "strategy: random").choices(SplitBlocks).split
    with pytest.raises(ConfigError, match=r"^datasets/own.yaml: target: the table has no column 'z'; it has: a, y$"):
        check_split_columns(chosen, Target("z"), ["a", "y"], "datasets/own.yaml")


def test_a_gap_that_does_not_fit_the_column_of_the_time_is_found_before_anything_runs(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    own_table.edit_params("strategy: random", "strategy: time")
    own_table.edit_params("  time:  ", "  time: a")
    own_table.edit_params("  gap:  ", "  gap: 7d")
    with pytest.raises(ConfigError) as refused:
        load_config(own_table.folder)
    assert str(refused.value) == (
        "params.yaml: split.gap: '7d' is a duration, and column 'a' is of type number in datasets/own.yaml; write a"
        " number of rows, or give the column the type date"
    )
    own_table.edit_params("gap: 7d", "gap: 3 ")
    assert load_config(own_table.folder).split.gap == 3
    facts = own_table.folder / "datasets/own.yaml"
    text = facts.read_text(encoding="utf-8")
    facts.write_text(text.replace("a: {type: number}", "a: {type: category}"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^params.yaml: split.time: column 'a' is of type category in .* no order"):
        load_config(own_table.folder)
    facts.write_text(text.replace("a: {type: number}", "a: {type: date}"), encoding="utf-8")
    own_table.edit_params("gap: 3 ", "gap: 7d")
    assert load_config(own_table.folder).split.gap == "7d"


def test_the_same_mistake_is_named_first_every_time(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    facts = own_table.folder / "datasets/own.yaml"
    text = facts.read_text(encoding="utf-8")
    facts.write_text(text.replace("columns:\n", "colums:\n").replace("clean:", "cleen:").replace("target:", "targets:"))
    code = (
        "from lockstep.project.blocks import Blocks; from lockstep.clean.table_blocks import TableBlocks\n"
        "Blocks.read().facts(TableBlocks)"
    )
    messages = set[str]()
    for seed in range(4):
        env = {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=own_table.folder, env=env, capture_output=True, text=True, check=False)
        messages.add(done.stderr.splitlines()[-1])
    assert messages == {
        "lockstep.errors.ConfigError: datasets/own.yaml: targets: unknown key, did you mean 'target'?;"
        " correct or remove it"
    }


def test_the_known_keys_are_those_that_check_reads() -> None:
    assert set(PARAMS_KEYS) == set(Params.model_fields)
    assert set(DATASET_KEYS) == set(Dataset.model_fields)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("seed: 42", "seed: 42\nevaluates: {}", "params.yaml: evaluates: unknown key, did you mean 'evaluate'?; "),
        ("seed: 42", "seed: 42\nhttp://u:secret@h/x: 1", "params.yaml: http://"),
        (
            "clean: []",
            "clean: []\njudgment: {x: 1}",
            "datasets/own.yaml: judgment: unknown key, did you mean 'judging'?",
        ),
        ("clean: []", "clean: []\n1: 2", "datasets/own.yaml: 1: unknown key; correct or remove it"),
    ],
)
def test_every_stage_refuses_a_key_that_none_reads(own_table: OwnTable, old: str, new: str, line: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _edited(own_table, old, new)
    assert str(refused.value).startswith(line)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["{}", "x{", "[]", '{"columns": [{"name": "a"}], "made_of_target": []}'])
def test_damaged_columns_of_the_cleaned_table_are_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "columns.json"
    TableColumns({"a": "number", "b": "text"}, {"b"}).write(file)
    assert TableColumns.read(file) == TableColumns({"a": "number", "b": "text"}, {"b"})
    file.write_text(text)
    with pytest.raises(DataError, match=r"columns.json: is damaged \([^\n]*\); remove it and run `dvc repro`$"):
        TableColumns.read(file)


@pytest.mark.parametrize(
    ("kind", "gap", "message"),
    [
        (
            "category",
            None,
            "split.time: column 'z' is of type category in own.yaml, which has no order in time; give",
        ),
        (
            "integer",
            "7d",
            "split.gap: '7d' is a duration, and column 'z' is of type integer in own.yaml; write a number",
        ),
    ],
)
def test_a_column_without_an_order_in_time_is_refused_before_any_row_is_read(
    kind: str, gap: str | None, message: str
) -> None:
    sizes = {"test_size": 0.2, "folds": 3, "valid_size": 0.2}
    split = Split.model_validate({"strategy": "time", "time": "z", "gap": gap, **sizes})
    with pytest.raises(ConfigError, match=message):
        check_split_types(split, {"z": kind}, "own.yaml")
    check_split_types(split, {"z": "date"}, "own.yaml")
    check_split_types(Split.model_validate({"strategy": "random", "time": "z", **sizes}), {"z": "text"}, "own.yaml")
