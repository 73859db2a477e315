"""Weights of rows and classes: a row of weight 2 counts as two rows, from the fit to the comparison of two models."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sklearn_metrics
from sklearn.utils.class_weight import compute_class_weight

from lockstep.check.config import load_config
from lockstep.errors import ConfigError
from lockstep.evaluate.calibration import calibration_error, class_calibration, number_calibration
from lockstep.evaluate.contender import Contender
from lockstep.evaluate.differences import differences
from lockstep.evaluate.differences import test_rows_digest as rows_digest
from lockstep.evaluate.importance import feature_importance
from lockstep.evaluate.paired import paired_difference
from lockstep.evaluate.repeated import TABLE, refit_of, score_split
from lockstep.evaluate.rows import new_rows, predict_rows
from lockstep.evaluate.slices import bias, slice_table
from lockstep.evaluate.uncertainty import sampled_metrics
from lockstep.evaluate.units import Units
from lockstep.fitting.booster import RoundBudget, fit_fold, fit_rounds, predict
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import FoldSet
from lockstep.fitting.make_folds import make_folds
from lockstep.fitting.matrices import quantise, training_matrix
from lockstep.fitting.weighting import fit_weights, median
from lockstep.model.interval import offset_of
from lockstep.split.split_block import Split
from lockstep.storage.tables import write_table
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from tests.conftest import OwnTable, shipped_config
from tests.unit.modelling import CLASSES, NUMBER, RECIPE, model, table, target_of

YES_OR_NO = Target("y", ("no", "yes"))

# No sampling of rows or columns: a draw of rows differs from one of repeated rows.
PLAIN = {"max_depth": 3, "learning_rate": 0.5}
ROWS = "a,b,y\n" + "".join(f"{row},{row % 3 + 1},{row % 5}\n" for row in range(40))


def _repeated(rows: pd.DataFrame, times: np.ndarray) -> pd.DataFrame:
    return rows.loc[np.repeat(rows.index, times)].reset_index(drop=True)


def _halves(rows: pd.DataFrame) -> pd.DataFrame:
    """Targets and features in eighths, whose sums are exact in any order."""
    return rows.assign(a=np.round(rows["a"] * 8) / 8, y=np.round(rows["y"] * 8) / 8)


@pytest.mark.parametrize("n_classes", [0, 2])
def test_integer_weights_grow_the_trees_of_repeated_rows(n_classes: int) -> None:
    rows = _halves(table(120))
    rows["w"] = times = np.arange(len(rows)) % 3 + 1
    fitting, target = CLASSES.get(n_classes, NUMBER), target_of(n_classes)
    weighted = make_folds(rows, replace(target, weight="w"), RECIPE, CrossFitting(), 5)[1]
    copied = make_folds(_repeated(rows, times), target, RECIPE, CrossFitting(), 5)[1]
    boosters = [fit_rounds(training_matrix(fold, 256, "in_core"), PLAIN, 8, 1, fitting) for fold in (weighted, copied)]
    one, other = (predict(booster, weighted.x, ["a", "word"], ["q", "c"], fitting) for booster in boosters)
    np.testing.assert_allclose(one, other, atol=2e-6)
    columns = ["Tree", "Node", "Feature", "Split", "Category", "Yes", "No"]
    trees, others = (booster.trees_to_dataframe()[columns] for booster in boosters)
    pd.testing.assert_frame_equal(trees, others)
    unweighted = make_folds(rows, target, RECIPE, CrossFitting(), 5)[1]
    plain = fit_rounds(training_matrix(unweighted, 256, "in_core"), PLAIN, 8, 1, fitting)
    assert not np.allclose(one, predict(plain, weighted.x, ["a", "word"], ["q", "c"], fitting), atol=1e-3)


def test_early_stopping_and_fold_scores_weigh_the_validation_rows() -> None:
    rows = _halves(table(120))
    rows["w"] = times = np.arange(len(rows)) % 3 + 1
    budget = RoundBudget(3, 60)
    weighted = make_folds(rows, Target("y", weight="w"), RECIPE, CrossFitting(), 5)[0]
    copied = make_folds(_repeated(rows, times), Target("y"), RECIPE, CrossFitting(), 5)[0]
    one, other = (fit_fold(quantise(fold, 256, "in_core"), PLAIN, budget, 1, NUMBER) for fold in (weighted, copied))
    assert one.rounds == other.rounds
    assert one.score == pytest.approx(other.score, rel=1e-5)
    plain = make_folds(rows, Target("y"), RECIPE, CrossFitting(), 5)[0]
    assert fit_fold(quantise(plain, 256, "in_core"), PLAIN, budget, 1, NUMBER).score != pytest.approx(one.score, 1e-3)


def test_weights_are_part_of_a_folds_fingerprint_only_where_there_are_any(tmp_path: Path) -> None:
    rows = table(60).assign(w=2.0)
    plain, weighted = (make_folds(rows, Target("y", weight=name), RECIPE, CrossFitting(), 5) for name in (None, "w"))
    with_classes = replace(plain, class_weight="balanced")
    heavier = make_folds(rows.assign(w=3.0), Target("y", weight="w"), RECIPE, CrossFitting(), 5)
    assert len({folds.fingerprints()[0] for folds in (plain, weighted, heavier, with_classes)}) == 4
    for folds in (plain, weighted, with_classes, replace(plain, class_weight=(1.0, 2.0))):
        folder = tmp_path / folds.fingerprints()[0]
        folds.save(folder)
        assert FoldSet.open(folder).fingerprints() == folds.fingerprints()
        assert FoldSet.open(folder).class_weight == folds.class_weight


def test_a_balanced_class_weight_is_scikit_learns_and_counts_weights() -> None:
    y, every = np.array([0.0, 0, 0, 0, 0, 0, 1, 1, 2, 2]), np.ones(10, dtype=np.bool_)

    def balanced(train: Any, weight: Any = None) -> Any:
        return fit_weights(y, train, weight, "balanced")

    expected = compute_class_weight("balanced", classes=np.arange(3), y=y)
    np.testing.assert_allclose(balanced(every), expected[y.astype(int)])
    times = np.array([1, 2, 3, 1, 2, 3, 1, 2, 3, 1])
    again = compute_class_weight("balanced", classes=np.arange(3), y=np.repeat(y, times))
    np.testing.assert_allclose(balanced(every, times.astype(float)), times * again[y.astype(int)])
    # the training rows alone determine it, and a class that they lack counts once
    first = np.arange(10) < 8
    np.testing.assert_allclose(balanced(first), np.repeat([8 / 12, 2.0, 1.0], [6, 2, 2]))


def test_class_weights_change_the_fit_and_not_the_metrics() -> None:
    rows = table(200)
    folds = make_folds(rows, target_of(2), RECIPE, CrossFitting(), 5)
    heavy = replace(folds, class_weight=(1.0, 10.0))
    plain, weighed = (quantise(each[0], 256, "in_core") for each in (folds, heavy))
    assert set(weighed.train.get_weight().tolist()) == {1.0, 10.0}
    assert not len(weighed.valid.get_weight())
    assert weighed.weight_valid is None
    assert not len(plain.train.get_weight())


def test_class_weights_by_label_are_in_the_order_of_the_classes() -> None:
    settings = shipped_config().booster.model_copy(update={"class_weight": {"yes": 4.0}})
    assert settings.fitting(YES_OR_NO).class_weight == (1.0, 4.0)
    fitting = settings.fitting(YES_OR_NO)
    assert Fitting.from_json({**fitting.as_dict(), "class_weight": [1.0, 4.0]}) == fitting
    assert fitting.to_json()["class_weight"] == (1.0, 4.0)
    assert "class_weight" not in Fitting().to_json() | Fitting().as_dict()
    with pytest.raises(ConfigError, match=r"booster.class_weight: 'maybe' is none of the classes"):
        settings.model_copy(update={"class_weight": {"maybe": 2.0}}).fitting(YES_OR_NO)
    with pytest.raises(ConfigError, match=r"booster.class_weight: the target is a number"):
        settings.model_copy(update={"class_weight": "balanced"}).fitting(Target("y"))


def test_every_metric_of_a_result_counts_weights_as_repeated_rows() -> None:
    random = np.random.default_rng(0)
    times = random.integers(1, 4, 50)
    y, predicted = random.normal(size=50), random.normal(size=50)
    again = NUMBER.scores(np.repeat(y, times), np.repeat(predicted, times), 3)
    assert NUMBER.scores(y, predicted, 3, times.astype(float)) == pytest.approx(again, rel=1e-9)
    for n_classes in (2, 3):
        numbers, shares = random.integers(0, n_classes, 50).astype(float), random.dirichlet(np.ones(n_classes), 50)
        again = CLASSES[n_classes].scores(np.repeat(numbers, times), np.repeat(shares, times, axis=0))
        assert CLASSES[n_classes].scores(numbers, shares, weight=times.astype(float)) == pytest.approx(again, rel=1e-9)


def test_weighted_metrics_are_scikit_learns() -> None:
    random = np.random.default_rng(1)
    weight, y, predicted = random.random(60) + 0.1, random.normal(size=60), random.normal(size=60)
    scores = NUMBER.scores(y, predicted, weight=weight)
    assert scores["rmse"] == pytest.approx(sklearn_metrics.root_mean_squared_error(y, predicted, sample_weight=weight))
    assert scores["mae"] == pytest.approx(sklearn_metrics.mean_absolute_error(y, predicted, sample_weight=weight))
    assert scores["r2"] == pytest.approx(sklearn_metrics.r2_score(y, predicted, sample_weight=weight))
    classes, share = random.integers(0, 2, 60), random.random(60)
    scores = CLASSES[2].scores(classes.astype(float), np.column_stack([1 - share, share]), weight=weight)
    assert scores["auc"] == pytest.approx(sklearn_metrics.roc_auc_score(classes, share, sample_weight=weight))
    assert scores["log_loss"] == pytest.approx(sklearn_metrics.log_loss(classes, share, sample_weight=weight))
    assert scores["accuracy"] == pytest.approx(
        sklearn_metrics.accuracy_score(classes, share > 0.5, sample_weight=weight)
    )


def test_a_weighted_score_of_ten_rows_by_hand() -> None:
    error, weight = np.arange(10.0), np.arange(1.0, 11)
    by_hand = sum(w * e**2 for w, e in zip(weight, error, strict=True)) / 55
    assert NUMBER.value(error, np.zeros(10), weight) == pytest.approx(by_hand**0.5)
    assert bias(Target("y"), error, np.zeros(10), weight) == pytest.approx(6.0)
    assert median(error, weight) == np.median(np.repeat(error, weight.astype(int)))
    even = np.array([1.0, 1, 2, 2])
    assert median(even, np.ones(4)) == median(even) == 1.5


@pytest.mark.parametrize("n_classes", [0, 2])
def test_a_row_of_weight_2_counts_in_an_interval_as_a_group_of_two_rows(n_classes: int) -> None:
    rows, weight = table(40, seed=3), np.arange(40) % 2 + 1
    made = model(n_classes=n_classes)
    y, predicted, twice = made.target.values(rows), made.predict(rows), np.repeat(np.arange(40), weight)
    of_weights = sampled_metrics(made.fitting, y, predicted, 2, Units(40, weight=weight.astype(float)))
    of_groups = sampled_metrics(made.fitting, y[twice], predicted[twice], 2, Units(len(twice), group=twice))
    for name, one in of_weights.items():
        other = of_groups[name]
        assert one is not None
        assert other is not None
        assert one.ends(0.9) == pytest.approx(other.ends(0.9)), name


def test_two_models_are_compared_by_the_weights_of_their_rows() -> None:
    y = np.zeros(20)
    light, heavy = np.r_[np.ones(10), np.zeros(10)], np.r_[np.zeros(10), np.ones(10)]
    weight = np.r_[np.full(10, 1.0), np.full(10, 9.0)]
    frames = [
        pd.DataFrame({"row_id": range(20), "actual": y, "weight": weight, "predicted": errors})
        for errors in (light, heavy)
    ]
    compared = partial(paired_difference, NUMBER, Target("y"), confidence=0.9)
    difference = compared(*frames)
    assert difference.gain == pytest.approx(0.9**0.5 - 0.1**0.5)
    assert difference.better
    plain = compared(*(frame.drop(columns="weight") for frame in frames))
    assert plain.gain == 0
    assert rows_digest(frames[0]) != rows_digest(frames[0].assign(weight=1.0))


def test_predictions_keep_the_weights_only_where_there_are_any() -> None:
    made, rows = model(), table(20, seed=4).assign(w=2.5)
    assert "weight" not in predict_rows(made, new_rows(made, rows))[0]
    weighted = replace(made, target=Target("y", weight="w"))
    predictions, _ = predict_rows(weighted, new_rows(weighted, rows))
    assert list(predictions.columns) == ["row_id", "actual", "weight", "predicted"]
    assert (predictions["weight"] == 2.5).all()


def test_slices_importance_and_calibration_count_weights() -> None:
    made, rows = model(), table(60, seed=4).assign(w=np.arange(60) % 3 + 1)
    weighted = replace(made, target=Target("y", weight="w"))
    slices = slice_table(NUMBER, weighted.target, (), rows, new_rows(weighted, rows), made.predict(rows))
    lowest = rows["y"].to_numpy().argsort()[:6]
    y, predicted, weight = (each[lowest] for each in (rows["y"].to_numpy(), made.predict(rows), rows["w"].to_numpy()))
    assert slices["rmse"][0] == pytest.approx(NUMBER.scores(y, predicted, weight=weight)["rmse"], rel=1e-5)
    assert slices["bias"][0] == pytest.approx(np.average(y - predicted, weights=weight), rel=1e-5)
    test = new_rows(weighted, rows)
    importance = feature_importance(weighted, test, 3, 1, np.zeros(2))
    assert not importance.equals(feature_importance(made, replace(test, weight=None), 3, 1, np.zeros(2)))
    actual, share, weight = np.array([0.0, 1, 1, 0]), np.array([0.11, 0.12, 0.91, 0.92]), np.array([1.0, 3, 2, 2])
    reliability = class_calibration(actual, np.column_stack([1 - share, share]), weight)
    assert reliability["weight"].tolist() == [4.0, 4.0]
    assert reliability["actual_mean"].tolist() == [0.75, 0.5]
    assert calibration_error(reliability) == pytest.approx((abs(0.1175 - 0.75) + abs(0.915 - 0.5)) / 2)
    numbers = pd.DataFrame({"actual": [0.0, 4.0], "predicted": [1.0, 1.0], "weight": [1.0, 3.0]})
    assert number_calibration(numbers)["actual_mean"].tolist() == [3.0]


def test_an_interval_of_weighted_rows_is_that_of_repeated_rows() -> None:
    outside = [float(value) for value in range(1, 100)]
    assert offset_of(outside, 0.9, [1.0] * 99) == offset_of(outside, 0.9) == 90
    assert offset_of(outside, 0.9, [0.001] * 99) == 90
    # the last ten rows hold half of the weight: 89 + 2 * 8.9 < 0.6 * (178 + 178 / 99) < 89 + 3 * 8.9
    assert offset_of(outside, 0.6, [1.0] * 89 + [8.9] * 10) == 92
    assert offset_of(outside, 0.999, [1.0] * 99) == 99


@pytest.mark.parametrize("key", ["weight", "exposure"])
@pytest.mark.parametrize(
    ("value", "state"), [("0", "is 0"), ("-1", "is -1"), ("1e300", "is 1e+300"), ("", "is missing")]
)
def test_what_is_no_positive_number_is_refused_with_its_row(
    key: str, value: str, state: str, own_table: OwnTable, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = ROWS.splitlines()
    lines[5] = f"4,{value},4"
    own_table.write("\n".join(lines) + "\n")
    edits = [
        (f"{key}: null", f"{key}: b"),
        ("[a, b]", "[a]"),
        ("b: {type: number}", "b: {type: number, missing: true}"),
    ]
    _edit(own_table, *edits)
    own_table.run("fetch")
    with pytest.raises(SystemExit):
        own_table.run("clean")
    assert f"datasets/own.yaml: {key}: 'b' {state} in row 5; " in capfd.readouterr().err


def _edit(own_table: OwnTable, *edits: tuple[str, str]) -> None:
    file = own_table.folder / "datasets" / "own.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def _refusal(own_table: OwnTable, *edits: tuple[str, str]) -> str:
    own_table.write(ROWS)
    _edit(own_table, *edits)
    with pytest.raises(ConfigError) as refused:
        load_config(own_table.folder)
    return str(refused.value)


def test_a_weight_is_no_feature_no_target_and_a_column_of_numbers(own_table: OwnTable) -> None:
    assert "column 'b' is the weight, which is no feature" in _refusal(own_table, ("weight: null", "weight: b"))
    only_a = ("columns: [a, b]", "columns: [a]")
    assert "the target" in _refusal(own_table, only_a, ("weight: null", "weight: y"))
    assert "no column 'c'" in _refusal(own_table, only_a, ("weight: null", "weight: c"))
    assert "is the weight as well" in _refusal(
        own_table, only_a, ("weight: null", "weight: b"), ("exposure: null", "exposure: b")
    )
    assert "weight: missing; add it, null where the table has none" in _refusal(own_table, ("weight: null\n", ""))


def test_class_weights_do_not_prevent_a_comparison_and_other_weights_do() -> None:
    made, rows = model(n_classes=2), table(40, seed=4).assign(w=2.0)
    predictions, _ = predict_rows(made, new_rows(made, rows))
    plain = Contender(made.fitting, made.target, predictions, (), 1, 1, 0.9)
    balanced = replace(plain, fitting=replace(made.fitting, class_weight="balanced"))
    assert not list(differences(plain, balanced))
    weighted = replace(plain, predictions=predictions.assign(weight=2.0), target=replace(made.target, weight="w"))
    assert [mismatch.in_words() for mismatch in differences(plain, weighted)] == [
        "target (A: two, 2 classes, B: two, 2 classes, weight w)",
        "test rows (A: 40, B: the same with other weights)",
    ]


@pytest.mark.parametrize("folds", [1, 3])
def test_repeated_splits_weigh_fits_and_scores(folds: int, tmp_path: Path) -> None:
    made, rows = model(), table(120).drop(columns="fold").assign(w=1.0, v=np.arange(120) % 5 + 1.0)
    split = Split(strategy="random", test_size=0.25, folds=folds, valid_size=0.2)
    write_table(rows, tmp_path / TABLE)
    searched = {"early_stopping_rounds": 5, "max_rounds": 20, "space": {}}
    plain, ones, uneven = (
        score_split(refit_of(replace(made, target=Target("y", weight=name)), split, searched, 5), tmp_path, 6)
        for name in (None, "w", "v")
    )
    assert ones == pytest.approx(plain, rel=1e-6)
    assert uneven["rmse"] != pytest.approx(plain["rmse"], rel=1e-3)
