"""Settings: what is accepted, and the one line a mistake gets."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.check.config import load_config
from lockstep.errors import ConfigError
from lockstep.guards.text.yaml_file import read_yaml
from tests.conftest import DATASETS, GOOD_ROWS, OwnTable, shipped_config


@pytest.mark.parametrize("name", DATASETS)
def test_every_shipped_dataset_is_valid_and_has_both_recipes(name: str) -> None:
    assert {"raw", "full"} <= set(shipped_config(name).dataset.features)


@pytest.mark.parametrize("text", ["1e-05", "1E5", "-2.5e+3", ".5e1"])
def test_scientific_notation_is_a_number(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"value: {text}")
    assert read_yaml(tmp_path / "a.yaml") == {"value": float(text)}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_survives_yaml(tmp_path_factory: pytest.TempPathFactory, value: float) -> None:
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_text(f"value: {value!r}")
    assert read_yaml(path) == {"value": value}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("010", 10),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2020-13-45", "2020-13-45"),
        ("-7", -7),
        ("true", True),
        ("null", None),
        ("", None),
        (".5", 0.5),
    ],
)
def test_yaml_is_read_as_dvc_reads_it(text: str, value: object, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"value: {text}")
    read = read_yaml(tmp_path / "a.yaml")["value"]
    assert read == value
    assert type(read) is type(value)


LEAVES = "max_leaves: {low: 2, high: 128, log: true}"
MISTAKES = [
    (
        LEAVES,
        "max_leaves: {low: 2.0, high: 4.0}",
        "spaces.default.max_leaves: takes whole numb",
    ),
    (
        LEAVES,
        "n_estimators: {low: 0, high: 9}",
        "n_estimators: 0 is below 1, XGBoost's minimum",
    ),
    ("n_trials: 60", "n_trials: 1\n  ? [1, 2]\n  : 3", "params.yaml: line "),
    ("n_estimators: {low: 200, high: 800, step: 50}", "n_estimators: {choices: [1.5]}", "takes whole numbers"),
    ("n_trials: 60", "n_trails: 60", "params.yaml: tune.n_trails: unknown key, did you mean 'n_trials'?"),
    ("n_trials: 60", "n_trials: -1", "params.yaml: tune.n_trials: -1: input should be greater than or equal to 1"),
    ("n_trials: 60", "n_trials: many", "params.yaml: tune.n_trials: 'many': input should be a valid integer"),
    ("n_trials: 60", "n_trials: 2.5", "params.yaml: tune.n_trials: 2.5: input should be a valid integer"),
    ("n_trials: 60", "n_trials: true", "params.yaml: tune.n_trials: True: input should be a valid integer"),
    ("  n_trials: 60\n", "", "params.yaml: tune.n_trials: is missing; add it"),
    ("n_trials: 60", "n_trials: 60\n  n_trials: 70", "params.yaml: line "),
    ("  patience:\n", "  patience: 0\n", "params.yaml: tune.patience: 0: input should be greater than or equal to 1"),
    ("  patience:\n", "  patience: 2.5\n", "params.yaml: tune.patience: 2.5: input should be a valid integer"),
    ("  budget: auto\n", "  budget: 3 min\n", "params.yaml: tune.budget: '3 min': input should be a valid number"),
    ("  budget: auto\n", "  budget: 0\n", "params.yaml: tune.budget: 0: input should be greater than 0"),
    ("  budget: auto\n", "", "params.yaml: tune.budget: is missing; add it"),
    (
        LEAVES,
        "max_leaves: {low: 2, high: 9, early_stopping: true}",
        "spaces.default.max_leaves.early_stopping: belongs to n_estimators alone; remove it",
    ),
    ("space: default", "space: wide", "params.yaml: tune.space: no space named 'wide'; spaces defines: aggressive11"),
    ("sampler: tpe", "sampler: grid", "params.yaml: tune.sampler: 'grid': input should be 'tpe' or 'random'"),
    ("pruner: race", "pruner: medium", "params.yaml: tune.pruner: 'medium': input should be 'none', 'race'"),
    ("test_size: 0.2", "test_size: 1.5", "params.yaml: split.test_size: 1.5: input should be less than 1"),
    ("test_size: 0.2", "test_size: .nan", "params.yaml: split.test_size: nan: input should be a finite number"),
    ("folds: 5", "folds: 0", "params.yaml: split.folds: 0: input should be greater than or equal to 1"),
    ("strategy: random", "strategy: group", "params.yaml: split: strategy is group but split.group names no column"),
    ("strategy: random", "strategy: time", "params.yaml: split: strategy is time but split.time names no column"),
    (
        LEAVES,
        "max_leaves: {low: 9, high: 3}",
        "low 9 is greater than high 3; swap them",
    ),
    (
        LEAVES,
        "max_deep: {low: 2, high: 10}",
        "spaces.default.max_deep: cannot be tuned",
    ),
    (
        LEAVES,
        "max_leaves: {low: 2}",
        "spaces.default.max_leaves: needs low and high, or",
    ),
    (
        LEAVES,
        "max_leaves: {low: 0, high: 9, log: true}",
        "log needs low above 0, not 0",
    ),
    (LEAVES, "max_leaves: {choices: []}", "choices is empty"),
    ("max_leaves: 96", "max_leaves: 999", "tune.enqueue[1].max_leaves: 999 is outside 2 to 128"),
    ("max_leaves: 96", "leaves: 96", "tune.enqueue[1].leaves: is in no space; spaces have colsample_bylevel, "),
    ("huber_slope: auto", "huber_slope: much", "huber_slope: 'much': input should be a valid number or 'auto'"),
    ("huber_slope: auto", "huber_slope: -1.0", "huber_slope: -1.0: input should be greater than 0"),
    ("class_weight:  ", "class_weight: balance #", "'balance': input should be 'balanced' or a valid dictionary"),
    ("class_weight:  ", "class_weight: {a: 0} #", "booster.class_weight.a: 0: input should be greater than 0"),
    ("metric: auto", "metric: auc", "params.yaml: booster.metric: 'auc' does not go with this target; allowed: auto,"),
    (
        "monotone: {}",
        "monotone: {c: 1}",
        "params.yaml: booster.monotone.c: recipe 'full' of datasets/own.yaml makes no",
    ),
    (
        "objective: auto",
        "objective: huber",
        "params.yaml: booster.objective: 'huber' is no objective; allowed: auto, absolute_error,",
    ),
    ("n_models: 5", "n_models: 0", "params.yaml: train_best.n_models: 0: input should be greater"),
    (
        "beat_baselines: not_worse",
        "beat_baselines: 1",
        "params.yaml: evaluate.gates.beat_baselines: 1: input should be 'not_worse' or 'shown'",
    ),
    (
        "beat_baselines: not_worse",
        "beat_baselines: true",
        "beat_baselines: true: is no longer a value; write not_worse",
    ),
    (
        "beat_baselines: not_worse",
        "beat_baselines: false",
        "beat_baselines: false: is no longer a value; write null",
    ),
    ("seed: 42", "seed: [42", "params.yaml: line "),
    ("dataset: own", "dataset: ../own", "params.yaml: dataset: '../own': string should match pattern"),
    ("dataset: own", "dataset: none_such", "'none_such': there is no datasets/none_such.yaml; datasets: own"),
    ("features: full", "features: fuller", "params.yaml: features: 'fuller': datasets/own.yaml has no such recipe"),
]


@pytest.mark.parametrize(("old", "new", "line"), MISTAKES, ids=[new for _, new, _ in MISTAKES])
def test_a_mistake_in_params_gets_one_line(own_table: OwnTable, old: str, new: str, line: str) -> None:
    own_table.write(GOOD_ROWS)
    load_config()
    own_table.edit_params(old, new)
    with pytest.raises(ConfigError) as error:
        load_config()
    assert line in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("gate", "value", "remedy"), [("min_test_r2: 0.0", "0.2", "0.0 or null"), ("max_test_rmse:  ", "60", "null")]
)
@pytest.mark.parametrize("objective", ["absolute_error", "pseudo_huber", "quantile"])
def test_a_gate_on_squared_error_is_refused_with_another_objective(
    own_table: OwnTable, gate: str, value: str, remedy: str, objective: str
) -> None:
    own_table.write(GOOD_ROWS)
    own_table.edit_params("objective: auto", f"objective: {objective}")
    load_config()  # the default judges nothing
    name = gate.partition(":")[0]
    own_table.edit_params(gate, f"{name}: {value}")
    with pytest.raises(ConfigError) as error:
        load_config()
    assert str(error.value) == (
        f"params.yaml: evaluate.gates.{name}: {float(value)}: judges squared error only, and booster.objective is"
        f" {objective}; set it to {remedy}, or use max_test_score"
    )
    own_table.edit_params(f"objective: {objective}", "objective: auto")
    load_config()


def test_a_gate_on_squared_error_is_refused_with_classes_and_may_be_switched_off(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    file = own_table.folder / "datasets/own.yaml"
    file.write_text(
        file.read_text()
        .replace("y: {type: number}", "y: {type: integer}")
        .replace("target: y", "target: {column: y, classes: [0, 1, 2, 3, 4]}")
    )
    own_table.edit_params("min_test_r2: 0.0", "min_test_r2: null")
    load_config()
    own_table.edit_params("min_test_r2: null", "min_test_r2: 0.2")
    with pytest.raises(
        ConfigError, match=r"min_test_r2: 0\.2: .* and the target of datasets/own\.yaml has classes; set"
    ):
        load_config()


FACTS = [
    ("clean: []", "clean: [{rule: rename, columns: {a: fold}}]", "clean[0] (rename): the name 'fold' is reserved"),
    ("clean: []", "clean: [{rule: rename, columns: {a: b}}]", "clean[0] (rename): makes column 'b' twice"),
    ("clean: []", "clean: [{rule: ratio, name: row_id, numerator: a, denominator: b}]", "'row_id' is reserved"),
    ("columns: [a, b]", "columns: [a, 'b[x]']", "features.raw: no column 'b[x]'"),
    ("type: number}", "typ: number}", "datasets/own.yaml: columns.a.typ: unknown key, did you mean 'type'?"),
    ("type: number}", "type: float}", "datasets/own.yaml: columns.a.type: 'float': input should be 'number', 'inte"),
    ("type: number}", "type: number, min: 3, max: 1}", "columns.a: min 3.0 is greater than max 1.0"),
    ("type: number}", "type: text, min: 3}", "columns.a: min goes with number, integer, time, duration, not with text"),
    ("target: y", "target: z", "datasets/own.yaml: target: no column 'z' at this point; there are: a, b, y"),
    ("columns: [a, b]", "columns: [a, y]", "datasets/own.yaml: features.raw: uses the target 'y'; remove it"),
    ("columns: [a, b]", "columns: [a, a]", "datasets/own.yaml: features.raw: makes feature 'a' twice"),
    ("columns: [a, b]", "columns: [a, c]", "datasets/own.yaml: features.raw: no column 'c' at this point"),
    ("clean: []", "clean: [{rule: drop_missing, columns: [q]}]", "clean[0] (drop_missing): no column 'q'"),
    ("clean: []", "clean: [{rule: drop_rows}]", "datasets/own.yaml: clean[0]"),
    ("kind: csv", "kind: word", "datasets/own.yaml: source"),
    ("path: own.csv, ", "", "datasets/own.yaml: source: needs either urls or path"),
    ("  a: {", "  fold: {type: number}\n  a: {", "columns: the name 'fold' is reserved"),
    ("clean: []", "clean: [{rule: drop_outside, column: a}]", "clean[0]: drop_outside drops nothing; set min, max or"),
    (
        "clean: []",
        "clean: [{rule: drop_outside, column: a, min: 2, max: 1}]",
        "clean[0]: min 2.0 is greater than max 1",
    ),
    (
        "coordinates: null",
        "coordinates: [a, y]",
        "judging.coordinates: 'y' is the target; name another column",
    ),
    (
        "step: columns, columns: [a, b]",
        "step: ratio, name: '', numerator: a, denominator: b",
        "name: '': string should",
    ),
]


def test_a_step_too_small_for_its_range_is_one_line(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    own_table.edit_params(
        "learning_rate: {low: 0.05, high: 0.2, log: true}", "learning_rate: {low: 0, high: 1, step: 5e-324}"
    )
    with pytest.raises(ConfigError, match=r"tune\.enqueue\[0\]\.learning_rate: 0\.1 is not on the grid 0, 5e-324, "):
        load_config()


@pytest.mark.parametrize(("old", "new", "line"), FACTS, ids=[new for _, new, _ in FACTS])
def test_a_mistake_in_a_dataset_file_gets_one_line(own_table: OwnTable, old: str, new: str, line: str) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ConfigError) as error:
        load_config()
    assert line in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("rows", "features", "line"),
    [
        (10_000_000_000_000, 10, "source.n_rows: 10000000000000: input should be less than or equal to 1000000000"),
        (10_000_000, 10_000, "source: 10000000 rows of 10000 features are more than 10000000000 numbers, 80 GB; lower"),
        (1_000_000_000, 10, ""),
    ],
)
def test_a_generated_table_fits_in_memory(own_table: OwnTable, rows: int, features: int, line: str) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    source = f"source: {{kind: friedman1, n_rows: {rows}, n_features: {features}, noise: 1.0, seed: 1}}"
    path.write_text(re.sub("source: {.*}", source, path.read_text()))
    if not line:
        load_config()
        return
    with pytest.raises(ConfigError) as error:
        load_config()
    assert line in str(error.value)


def test_more_rules_than_a_table_needs_are_refused(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    text = path.read_text()
    for count in (500, 501):
        rules = ", ".join(["{rule: scale, column: a, divide_by: 2.0}"] * count)
        path.write_text(text.replace("clean: []", f"clean: [{rules}]"))
        if count == 500:
            load_config()
    with pytest.raises(ConfigError, match=r"clean: .*: tuple should have at most 500 items"):
        load_config()


RATIO = "{rule: ratio, name: c, numerator: NUMERATOR, denominator: a}"
MADE_OF_TARGET = [
    (RATIO.replace("NUMERATOR", "y"), "c"),
    ("{rule: ratio, name: c, numerator: a, denominator: y}", "c"),
    ("{rule: scale, column: y, divide_by: 2}, " + RATIO.replace("NUMERATOR", "y"), "c"),
    (RATIO.replace("NUMERATOR", "y") + ", {rule: rename, columns: {c: d}}", "d"),
    (RATIO.replace("NUMERATOR", "y") + ", {rule: ratio, name: d, numerator: c, denominator: b}", "d"),
    (RATIO.replace("NUMERATOR", "y") + ", {rule: drop_columns, columns: [b]}, {rule: rename, columns: {c: b}}", "b"),
    ("{rule: drop_duplicates, columns: [a, y], keep: first, count_as: n}", "n"),
    # the target by its earlier name
    ("{rule: rename, columns: {y: z}}, {rule: ratio, name: c, numerator: z, denominator: a}, RENAMED", "c"),
]


@pytest.mark.parametrize(("rules", "column"), MADE_OF_TARGET, ids=[rules for rules, _ in MADE_OF_TARGET])
def test_a_column_made_from_the_target_is_no_feature(own_table: OwnTable, rules: str, column: str) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    rules = rules.replace("RENAMED", "{rule: rename, columns: {z: y}}")
    text = path.read_text().replace("clean: []", f"clean: [{rules}]").replace("columns: [a, b]", "columns: [a]")
    path.write_text(text)
    load_config()
    for old, new, where in (
        ("raw: [{step: columns, columns: [a]", "raw: [{step: columns, columns: [a, COLUMN]", "features.raw: column"),
        ("coordinates: null", "coordinates: [a, COLUMN]", "judging.coordinates: column"),
    ):
        path.write_text(text.replace(old, new.replace("COLUMN", column)))
        with pytest.raises(ConfigError, match=rf"own.yaml: {where} '{column}' is made from the target; "):
            load_config()


def test_what_the_target_is_made_of_can_be_a_feature(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    rule = "clean: [{rule: ratio, name: c, numerator: y, denominator: b}]"
    path.write_text(path.read_text().replace("clean: []", rule).replace("target: y", "target: c"))
    assert load_config().dataset.target_column == "c"


CLASSES = [
    ("integer", "['0', '1']", "target: 'y': classes of an integer column are whole numbers, written without quotes"),
    ("integer", "[false, true]", "target: 'y': classes of an integer column are whole numbers, written without quotes"),
    ("boolean", "['false', 'true']", "target: 'y': classes of a boolean column are false and true, written without"),
    ("boolean", "[0, 1, 2]", "target: 'y': classes of a boolean column are false and true, written without quotes"),
    ("number", "[0, 1]", "target: 'y' is a number; classes need another type"),
    ("category", "[true, 'true']", "target: a class is listed twice; remove one"),
    ("boolean", "[true, 1]", "target: a class is listed twice; remove one"),
    ("integer", "[9007199254740992, 9007199254740993]", "target: a class is listed twice; remove one"),
    ("integer", "[0, 1]", ""),
    ("boolean", "[false, true]", ""),
    ("boolean", "[0, 1]", ""),
    ("category", "['0', '1']", ""),
    ("category", "[0, 1]", ""),
    ("integer", f"[1, 1{'0' * 400}]", "a whole number must lie between -9223372036854775808 and 922337203685477580"),
    ("integer", "[-9223372036854775808, 9223372036854775807]", ""),
]


@pytest.mark.parametrize(("kind", "classes", "line"), CLASSES)
def test_classes_fit_the_columns_type(own_table: OwnTable, kind: str, classes: str, line: str) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    text = path.read_text().replace("target: y", f"target: {{column: y, classes: {classes}}}")
    path.write_text(text.replace("y: {type: number}", f"y: {{type: {kind}}}"))
    if not line:
        assert len(load_config().dataset.classes) == 2
        return
    with pytest.raises(ConfigError) as error:
        load_config()
    assert line in str(error.value)


def test_a_target_per_column_needs_a_number_before_anything_runs(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    step = "step: neighbours, columns: [a], k: [3], target_per: [b]"
    text = path.read_text().replace("step: columns, columns: [a, b]", step)
    path.write_text(text)
    load_config()
    text = text.replace("y: {type: number}", "y: {type: integer}")
    path.write_text(text.replace("target: y", "target: {column: y, classes: [0, 1]}"))
    with pytest.raises(ConfigError, match=r"features\.raw: neighbours: target_per needs a number as target; remove it"):
        load_config()


def test_columns_made_by_rules_can_be_features(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    rule = "clean: [{rule: ratio, name: c, numerator: a, denominator: b}]"
    path.write_text(path.read_text().replace("clean: []", rule).replace("columns: [a, b]", "columns: [a, c]"))
    assert list(load_config().dataset.clean_types()) == ["a", "b", "y", "c"]


def test_missing_params_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"params\.yaml: no such file; run this from the repository's root"):
        load_config(tmp_path)


WORDS = """
about: words
target: y
metric: null
weight: null
exposure: null
source: {kind: csv, path: own.csv, sha256: "0000000000000000000000000000000000000000000000000000000000000000"}
missing_values: [""]
columns:
  word: {type: category}
  note: {type: text}
  n: {type: number}
  "n [mm]": {type: number}
  y: {type: number}
clean: [CLEAN]
judging: {slices: [], coordinates: null}
features:
  full: [FEATURES]
"""


@pytest.mark.parametrize(
    ("clean", "features", "line"),
    [
        ("{rule: scale, column: word, divide_by: 2.0}", "", "clean[0] (scale): column 'word' is of type category"),
        ("{rule: drop_outside, column: note, min: 1}", "", "clean[0] (drop_outside): column 'note' is of type text"),
        ("{rule: ratio, name: q, numerator: n, denominator: word}", "", "clean[0] (ratio): column 'word' is of type"),
        ("", "{step: ratio, name: q, numerator: word, denominator: n}", "features.full: column 'word' is of type"),
        ("", "{step: columns, columns: [note]}", "features.full: column 'note' is text; state type category"),
        ("", "{step: columns, columns: ['n [mm]']}", "features.full: XGBoost refuses [, ] and < in a feature's name"),
    ],
)
def test_types_are_checked_before_anything_runs(own_table: OwnTable, clean: str, features: str, line: str) -> None:
    features = features or "{step: columns, columns: [n]}"
    facts = WORDS.replace("CLEAN", clean).replace("FEATURES", features)
    (own_table.folder / "datasets/own.yaml").write_text(facts)
    with pytest.raises(ConfigError) as error:
        load_config()
    assert line in str(error.value)


def test_a_text_target_is_refused(own_table: OwnTable) -> None:
    facts = WORDS.replace("CLEAN", "").replace("FEATURES", "{step: columns, columns: [n]}")
    (own_table.folder / "datasets/own.yaml").write_text(facts.replace("target: y", "target: word"))
    with pytest.raises(ConfigError, match="target: column 'word' is of type category; a number is needed"):
        load_config()


def test_names_can_be_swapped_by_rename(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    path = own_table.folder / "datasets/own.yaml"
    path.write_text(path.read_text().replace("clean: []", "clean: [{rule: rename, columns: {a: b, b: a}}]"))
    assert list(load_config().dataset.clean_types()) == ["b", "a", "y"]


def test_given_configurations_of_another_space_are_left_out(own_table: OwnTable) -> None:
    own_table.write(GOOD_ROWS)
    assert [start["max_leaves"] for start in load_config().tune.enqueue] == [32, 96, 8]
    own_table.edit_params("space: default", "space: housing7")
    assert load_config().tune.enqueue == ()
