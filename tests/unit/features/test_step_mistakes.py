"""A mistake in a feature step: one line that names the key and the remedy, before anything runs."""

import pytest

from lockstep.check.config import load_config
from lockstep.errors import ConfigError
from lockstep.features.recipe import Features
from tests.conftest import OwnTable

DATASET = """
about: a table made by a test
target: y
metric: null
weight: null
exposure: null
source: {kind: csv, path: own.csv, sha256: "0000000000000000000000000000000000000000000000000000000000000000"}
missing_values: [""]
columns:
  n: {type: number}
  m: {type: number}
  word: {type: category}
  note: {type: text}
  day: {type: date}
  y: {type: number}
clean: []
judging: {slices: [], coordinates: null}
features:
  raw: [{step: columns, columns: [n]}]
  full: [STEP]
"""

GOOD = [
    "{step: log, columns: [n]}",
    "{step: rotate, x: n, y: m, angles: [30, 45.5]}",
    "{step: distance, columns: [n, m], points: {centre: [37.8, -122]}, metric: haversine}",
    "{step: interaction, name: i, operation: product, columns: [n, m]}",
    "{step: date_parts, columns: [day], parts: [year, week], reference: 2020-01-21}",
    "{step: difference, name: d, start: n, end: m, period: 24}",
    "{step: text, columns: [note, word]}",
    "{step: words, column: note, top: 5, encode: false}",
    "{step: count, columns: [note, word, n], distinct_of: day}",
    "{step: multi_value, column: note, separator: ;, top: 20, encode: true}",
    "{step: target_encode, columns: [word, note], together: [[word, n]], smooth: 10, spread: true}",
    "{step: clusters, columns: [n, m], n_clusters: 8, standardise: true}",
    "{step: neighbours, columns: [n, m], scale: {m: 0.79}, k: [5, 10], power: 1, of: [n], difference: true}",
    "{step: neighbours, columns: [n], k: [5], folds: null}",
    "{step: local_linear, columns: [n, m], scale: {m: 0.79}, inputs: [n], logs: [m], k: [30], alpha: 1, folds: 5}",
    "{step: linear, columns: [n, m], alphas: [0.1, 1e-02, 10]}",
]

MISTAKES = [
    ("{step: logs, columns: [n]}", "features.full[0]: logs: there is no such step, did you mean 'log'?; built-in: clu"),
    ("{columns: [n]}", "features.full[0]: needs the key `step`, which names the step; built-in: clusters, columns,"),
    (
        "{step: 3}",
        "features.full[0]: step: 3 is no name of a step; built-in: clusters, columns, count, cyclic, date_parts",
    ),
    ("log", "features.full[0]: 'log': input should be a valid dictionary or instance of Step"),
    ("{step: log, colums: [n]}", "features.full[0].colums: unknown key, did you mean 'columns'?"),
    ("{step: log, columns: [n, n]}", "features.full[0].columns: 'n' occurs twice; remove one"),
    ("{step: log, columns: []}", "features.full[0].columns: []: tuple should have at least 1 item"),
    ("{step: log, columns: [word]}", "features.full: column 'word' is of type category; a number is needed"),
    ("{step: log, columns: [y]}", "features.full: uses the target 'y'; remove it"),
    ("{step: rotate, x: n, y: m, angles: [400]}", "angles[0]: 400: input should be less than or equal to 360"),
    ("{step: rotate, x: n, y: m, angles: [5, 5.0]}", "angles: the angle 5 occurs twice (to six digits); remove one"),
    ("{step: rotate, x: n, y: n, angles: [5]}", "features.full[0]: x and y are both 'n'; name two columns"),
    ("{step: distance, columns: [n], points: {p: [1, 1]}, metric: euclidean}", "columns: ['n']: tuple should have at"),
    ("{step: distance, columns: [n, m], points: {p: [1]}, metric: euclidean}", "features.full[0].points.p"),
    (
        "{step: distance, columns: [n, m], points: {p: [-122, 37]}, metric: haversine}",
        "point 'p': [-122, 37] is no latitude (-90 to 90) and longitude (-180 to 180); put the latitude first",
    ),
    ("{step: distance, columns: [n, m], points: {'p[1]': [1, 1]}, metric: euclidean}", "XGBoost refuses [, ] and <"),
    ("{step: interaction, name: i, operation: product, columns: [n]}", "two or more columns are needed; add one"),
    (
        "{step: interaction, name: i, operation: power, columns: [n, m]}",
        "operation: 'power': input should be 'product'",
    ),
    ("{step: difference, name: d, start: n, end: n}", "start and end are both 'n'; name two columns"),
    (
        "{step: difference, name: d, start: day, end: n}",
        "features.full: difference: start 'day' is of type date, end 'n' of type number; two dates or two numbers are",
    ),
    ("{step: difference, name: d, start: n, end: word}", "end 'word' of type category; two dates or two numbers are"),
    ("{step: words, column: n}", "column 'n' is of type number; text or a category is needed"),
    ("{step: words, column: note, top: 0, encode: false}", "words makes nothing; set top or encode"),
    ("{step: date_parts, columns: [day]}", "date_parts makes nothing; list parts, or set reference"),
    ("{step: date_parts, columns: [day], parts: [minute]}", "parts[0]: 'minute': input should be 'year'"),
    ("{step: date_parts, columns: [n], parts: [year]}", "column 'n' is of type number; a date is needed"),
    (
        "{step: date_parts, columns: [day], reference: 2020-02-30}",
        "reference: '2020-02-30' is not a date; write YYYY-MM-DD",
    ),
    (
        "{step: count, columns: [word], together: true}",
        "together needs two or more columns; add one, or remove together",
    ),
    ("{step: count, columns: [word], distinct_of: word}", "distinct_of: 'word' is one of columns; name another column"),
    ("{step: multi_value, column: note, separator: ;}", "multi_value makes nothing; set top, count or encode"),
    ("{step: multi_value, column: note, separator: '', top: 1}", "separator: '': string should have at least 1 char"),
    ("{step: target_encode}", "target_encode makes nothing; list columns, or combinations under together"),
    ("{step: target_encode, together: [[word]]}", "together[0]: two or more columns are needed; add one"),
    (
        "{step: target_encode, columns: [word], smooth: -1}",
        "smooth: -1 is neither auto nor a number of rows; write auto",
    ),
    (
        "{step: target_encode, columns: [word], bins: {n: 4}}",
        "bins: 'n' is not among the columns; add it there or remove it here",
    ),
    ("{step: target_encode, columns: [word], bins: {word: 4}}", "column 'word' is of type category; a number is"),
    ("{step: cyclic, columns: [n], period: year}", "column 'n' is of type number; a date is needed"),
    ("{step: cyclic, columns: [day], period: 7}", "column 'day' is of type date; a number is needed"),
    ("{step: cyclic, columns: [n], period: 0}", "input should be greater than 0"),
    ("{step: group_statistics, columns: [n], by: [n]}", "by: 'n' is one of columns; name another column"),
    ("{step: group_statistics, columns: [word], by: [n]}", "column 'word' is of type category; a number is needed"),
    ("{step: target_encode, columns: [word], folds: 1}", "folds: 1: input should be greater than or equal to 2"),
    ("{step: clusters, columns: [n], n_clusters: 1}", "n_clusters: 1: input should be greater than or equal to 2"),
    ("{step: neighbours, columns: [n], k: [0]}", "k[0]: 0: input should be greater than or equal to 1"),
    ("{step: neighbours, columns: [n], k: [5, 5]}", "k: 5 occurs twice; remove one"),
    ("{step: neighbours, columns: [n], k: 5}", "k: 5: input should be a valid tuple"),
    ("{step: neighbours, columns: [n], k: [5], scale: {m: 2}}", "scale: 'm' is not among columns; add it there or"),
    ("{step: neighbours, columns: [n], k: [5], scale: {n: 0}}", "scale.n: 0: input should be greater than 0"),
    ("{step: neighbours, columns: [n], k: [5], difference: true}", "difference compares with the neighbours' mean of"),
    ("{step: neighbours, columns: [n], k: [5], of: [y]}", "uses the target 'y'; remove it"),
    ("{step: linear, columns: [n], alphas: [1e-5]}", "alphas[0]: 1e-05: input should be greater than or equal to 0.0"),
    ("{step: local_linear, columns: [n], inputs: [m], k: [5], scale: {m: 2}}", "scale: 'm' is not among columns; add"),
    ("{step: local_linear, columns: [n], inputs: [m], k: [1]}", "k[0]: 1: input should be greater than or equal to 2"),
    ("{step: local_linear, columns: [n], inputs: [m], k: [5, 5]}", "k: 5 occurs twice; remove one"),
    ("{step: local_linear, columns: [n], inputs: [m], logs: [y], k: [5]}", "uses the target 'y'; remove it"),
    ("{step: local_linear, columns: [n], inputs: [word], k: [5]}", "column 'word' is of type category; a number is"),
    ("{step: local_linear, columns: [n], inputs: [m], k: [5], folds: null}", "folds: None: input should be a valid"),
    ("{step: ratio, name: 'a[b]', numerator: n, denominator: m}", "full[0].name: XGBoost refuses [, ] and <"),
    ("{step: linear, columns: [n]}, {step: linear, columns: [m]}", "makes feature 'linear' twice; remove one"),
]


def _load(own_table: OwnTable, step: str) -> None:
    (own_table.folder / "datasets/own.yaml").write_text(DATASET.replace("STEP", step))


@pytest.mark.parametrize("step", GOOD)
def test_these_steps_are_right(own_table: OwnTable, step: str) -> None:
    _load(own_table, step)
    assert len(Features(load_config().recipe).steps) == 1


@pytest.mark.parametrize(("step", "line"), MISTAKES, ids=[step for step, _ in MISTAKES])
def test_a_mistake_in_a_step_gets_one_line(own_table: OwnTable, step: str, line: str) -> None:
    _load(own_table, step)
    with pytest.raises(ConfigError) as error:
        load_config()
    assert str(error.value).startswith("datasets/own.yaml: ")
    assert line in str(error.value)
    assert "\n" not in str(error.value)
