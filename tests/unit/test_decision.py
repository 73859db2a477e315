"""Calibration and threshold: hand-computed values, scikit-learn's curves, and one model in every place."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

from lockstep.errors import DataError
from lockstep.evaluate.calibration import confusion_matrix
from lockstep.evaluate.rows import new_rows, predict_rows
from lockstep.fitting.make_folds import make_folds
from lockstep.metrics.metric import THRESHOLD
from lockstep.model.calibration import (
    LEAST_ROWS,
    Calibration,
    Isotonic,
    Sigmoid,
    learn_calibration,
    learn_isotonic,
    learn_sigmoid,
    log_odds,
)
from lockstep.model.decision import Chosen, Costs, Tally, choose_threshold
from lockstep.model.final import Workers
from lockstep.model.fold_predictions import FoldPredictions
from lockstep.model.out_of_fold import OutOfFold, learn_decision, members_per_fold, out_of_fold
from lockstep.model.saved import SavedModel
from lockstep.model.train_block import TrainBest
from lockstep.table.cross_fitting import CrossFitting
from lockstep.testing.processes import fresh_output
from lockstep.workers.fold_workers import fold_workers
from tests.unit.modelling import CLASSES, RECIPE, HereWorkers, model, table, target_of

BLOCK: Mapping[str, Any] = {
    "final": "refit",
    "n_models": 2,
    "learning_rate_factor": 1.0,
    "interval": None,
    "calibration": "none",
    "threshold": 0.5,
}
TEN_ACTUAL = np.array([0, 0, 0, 1, 0, 0, 1, 0, 1, 1], dtype=np.float64)
TEN = np.array([0.05, 0.1, 0.2, 0.3, 0.35, 0.4, 0.6, 0.8, 0.85, 0.95])


def _choices(**changed: Any) -> TrainBest:
    return TrainBest(**{**BLOCK, **changed})


def _two(probability: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - probability, probability])


def _learned(
    choices: TrainBest, train: pd.DataFrame, made: SavedModel, workers: Workers
) -> tuple[Calibration | None, float]:
    out = out_of_fold(train, members_per_fold(choices, made.training), FoldPredictions(made.fitting, 5, workers))
    return learn_decision(choices, out, made.target)


def _decided(n_classes: int, **changed: Any) -> SavedModel:
    """A model with its calibration and threshold, learned on the folds of the made table."""
    made, choices = model(2, n_classes, table(1500)), _choices(**changed)
    workers = HereWorkers(table(1500), n_classes)
    calibration, threshold = _learned(choices, table(1500), made, workers)
    fitting = replace(made.fitting, threshold=threshold)
    return replace(made, fitting=fitting, calibration=calibration, costs=choices.costs)


def test_the_tally_counts_rows_on_both_sides_of_every_threshold() -> None:
    tally = Tally.of(TEN_ACTUAL == 1, TEN)
    at = int(np.searchsorted(tally.thresholds, 0.25))
    assert tally.thresholds[at] == 0.25
    cells = (tally.true_positive[at], tally.false_positive[at], tally.false_negative[at], tally.true_negative[at])
    assert cells == (4, 3, 0, 3)
    assert (tally.true_positive[0], tally.false_positive[0], tally.true_positive[-1]) == (4, 6, 0)


@pytest.mark.parametrize(
    ("chosen", "threshold"),
    [
        # Above 0.5: 3 right, 1 wrong, 1 missed: F1 6/8, MCC 14/24. Above 0.25: 4 right, 3 wrong: F1 8/11.
        ("max_f1", 0.5),
        # Above 0.825: 2 right, 0 wrong, 2 missed: MCC 12 / sqrt(384) = 0.61, F1 4/6.
        ("max_mcc", 0.825),
        # Above 0.25 the 3 false positives cost 3; above 0.5 a false positive and a false negative cost 11.
        (Costs(false_positive=1, false_negative=10), 0.25),
        # Above 0.825 two are missed, nothing is wrong: 2.
        (Costs(false_positive=10, false_negative=1), 0.825),
    ],
)
def test_the_threshold_of_ten_rows_is_that_computed_by_hand(
    chosen: Any, threshold: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockstep.model.calibration.LEAST_ROWS_OF_A_CLASS", 1)
    assert choose_threshold(chosen, TEN_ACTUAL, _two(TEN)) == threshold
    order = np.random.default_rng(1).permutation(10)
    assert choose_threshold(chosen, TEN_ACTUAL[order], _two(TEN)[order]) == threshold


def test_a_row_of_weight_2_counts_as_two_for_the_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockstep.model.calibration.LEAST_ROWS_OF_A_CLASS", 1)
    times = np.arange(10) % 3 + 1
    weighted = choose_threshold("max_f1", TEN_ACTUAL, _two(TEN), times.astype(np.float64))
    assert weighted == choose_threshold("max_f1", np.repeat(TEN_ACTUAL, times), _two(np.repeat(TEN, times)))


@pytest.mark.parametrize("weighted", [False, True])
def test_the_sigmoid_is_platts(weighted: bool) -> None:
    random = np.random.default_rng(3)
    probability = random.uniform(0.01, 0.99, 500)
    positive = random.uniform(size=500) < probability**2
    weight = random.uniform(0.5, 2, 500) if weighted else None
    found = learn_sigmoid(positive, probability, weight)
    reference = _SigmoidCalibration().fit(log_odds(probability), positive.astype(float), weight)
    expected = reference.predict(log_odds(probability))
    assert found(probability) == pytest.approx(expected, abs=2e-4)
    assert found(np.array([0.5])) == pytest.approx([1 / (1 + np.exp(-found.intercept))])


def test_a_sigmoid_never_turns_the_ranking_around() -> None:
    """Ten positive rows below ten negative ones: the best rising sigmoid is level, at their share."""
    found = learn_sigmoid(np.arange(20) < 10, np.linspace(0.1, 0.9, 20))
    assert found.slope == 0
    assert found.intercept == pytest.approx(0, abs=1e-9)
    assert found(np.array([0.1, 0.9])) == pytest.approx([0.5, 0.5])
    rare = learn_sigmoid(np.arange(40) < 10, np.linspace(0.1, 0.9, 40))
    targets = (10 * 11 / 12 + 30 / 32) / 40
    assert rare(np.array([0.1, 0.9])) == pytest.approx([targets, targets])


def test_the_isotonic_curve_is_scikit_learns_and_rises() -> None:
    random = np.random.default_rng(4)
    probability = random.uniform(size=400)
    positive = random.uniform(size=400) < probability**2
    found = learn_isotonic(positive, probability)
    expected = IsotonicRegression(out_of_bounds="clip").fit_transform(probability, positive)
    assert found(probability) == pytest.approx(expected, abs=1e-7)
    assert np.all(np.diff(found(np.linspace(0, 1, 200))) >= 0)


def test_pooled_rows_get_the_share_of_their_pool() -> None:
    """0.1 and 0.2 are in the wrong order: both get 1/2."""
    found = learn_isotonic(np.array([False, True, False, True]), np.array([0.05, 0.1, 0.2, 0.9]))
    assert found(np.array([0.0, 0.05, 0.1, 0.2, 0.9, 1.0])).tolist() == [0, 0, 0.5, 0.5, 1, 1]


def test_of_several_classes_one_against_the_rest_is_divided_by_the_sum() -> None:
    level = tuple(Isotonic((0.0, 1.0), (share, share)) for share in (0.25, 0.25, 0.5))
    calibration = Calibration("isotonic", level)
    assert calibration(np.full((2, 3), 1 / 3)).tolist() == [[0.25, 0.25, 0.5]] * 2
    nothing = Calibration("isotonic", (Isotonic((0.0, 1.0), (0.0, 0.0)),) * 3)
    assert nothing(np.full((1, 3), 1 / 3)) == pytest.approx(np.full((1, 3), 1 / 3))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_calibration_brings_overconfident_probabilities_nearer_to_the_shares(method: Any, n_classes: int) -> None:
    random = np.random.default_rng(5)
    truth = random.dirichlet(np.ones(n_classes), 4000)
    actual = np.array([random.choice(n_classes, p=row) for row in truth], dtype=np.float64)
    sharp = truth**2.5 / (truth**2.5).sum(axis=1, keepdims=True)
    calibrated = learn_calibration(method, actual[:2000], sharp[:2000])(sharp[2000:])
    assert calibrated.sum(axis=1) == pytest.approx(np.ones(2000))
    log_loss = CLASSES[n_classes].scoring_metric()
    before, after = (log_loss.value(actual[2000:], rows) for rows in (sharp[2000:], calibrated))
    assert after is not None
    assert before is not None
    assert after < before - 0.05


def test_out_of_fold_predictions_average_as_many_boosters_as_the_final_model() -> None:
    rows = table()
    both, one, other = (
        out_of_fold(
            rows,
            model(2, 2).training.members_of(count),
            FoldPredictions(CLASSES[2], seed, HereWorkers(rows, 2)),
        )
        for count, seed in ((2, 5), (1, 5), (1, 6))
    )
    assert both.predictions == pytest.approx((one.predictions + other.predictions) / 2)
    assert both.rows["row_id"].tolist() == rows["row_id"].tolist()


@pytest.mark.parametrize("count", ["1", "3"])
def test_any_number_of_workers_learns_the_same(count: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCKSTEP_WORKERS", count)
    rows, made = table(), model(2, 2)
    folds, here = make_folds(rows, target_of(2), RECIPE, CrossFitting(), 5), HereWorkers(rows, 2)
    choices = _choices(calibration="sigmoid", threshold="max_f1")
    with fold_workers(folds, here.features, here.x, here.y, tmp_path, made.fitting) as workers:
        found = _learned(choices, rows, made, workers)
    assert found == _learned(choices, rows, made, here)


@pytest.mark.parametrize(
    ("n_classes", "changed"),
    [
        (2, {"calibration": "sigmoid", "threshold": {"false_positive": 1, "false_negative": 10}}),
        (2, {"calibration": "isotonic", "threshold": "max_mcc"}),
        (3, {"calibration": "isotonic"}),
        (3, {"calibration": "sigmoid"}),
    ],
)
def test_a_saved_model_predicts_the_same_calibrated_probabilities_and_labels(
    n_classes: int, changed: dict[str, Any], tmp_path: Path
) -> None:
    made, new = _decided(n_classes, **changed), table(80, seed=3)
    made.save(tmp_path / "model")
    again = SavedModel.load(tmp_path / "model")
    probabilities = again.predict(new)
    assert (probabilities == made.predict(new)).all()
    assert (again.calibration, again.costs, again.fitting) == (made.calibration, made.costs, made.fitting)
    assert (probabilities != again.boosted(again.features.transform(new))).any()
    predictions, as_metrics_take_them = predict_rows(again, new_rows(again, new))
    assert (as_metrics_take_them == probabilities).all()
    labels = again.target.labels
    above = probabilities[:, 1] > again.fitting.threshold
    expected = above.astype(int) if n_classes == 2 else probabilities.argmax(axis=1)
    assert predictions["predicted"].tolist() == [labels[number] for number in expected]
    actual = new_rows(again, new).y
    confusion = confusion_matrix(actual, probabilities, again.fitting.threshold)
    accuracy = again.fitting.scores(actual, probabilities)["accuracy"]
    assert np.trace(confusion) / confusion.sum() == pytest.approx(accuracy)


def test_without_calibration_and_threshold_the_description_has_neither(tmp_path: Path) -> None:
    made = _decided(2)
    assert (made.calibration, made.fitting.threshold) == (None, THRESHOLD)
    made.save(tmp_path / "model")
    described = json.loads((tmp_path / "model/model.json").read_text(encoding="utf-8"))
    assert not {"calibration", "costs"} & set(described)
    assert "threshold" not in described["fitting"]


@pytest.mark.parametrize(
    "curves",
    [
        [],
        [{"slope": 1.0, "intercept": float("nan")}],
        [{"slope": 1.0}],
        [{"slope": 1.0, "intercept": 0.0}] * 2,
    ],
)
def test_a_damaged_calibration_is_one_line(curves: list[dict[str, float]], tmp_path: Path) -> None:
    _decided(2, calibration="sigmoid").save(tmp_path / "model")
    file = tmp_path / "model/model.json"
    described = json.loads(file.read_text(encoding="utf-8"))
    described["calibration"]["curves"] = curves
    file.write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(DataError, match="the model is damaged"):
        SavedModel.load(tmp_path / "model")


def test_a_rare_class_is_found_with_costs_and_never_at_one_half() -> None:
    """2.4% positives with a weak signal: at 0.5 no row is predicted as positive."""
    random = np.random.default_rng(6)
    rows = 12_000
    signal = random.normal(size=rows)
    positive = random.uniform(size=rows) < 1 / (1 + np.exp(-(signal - 4.2)))
    assert 0.015 < positive.mean() < 0.035
    made = pd.DataFrame(
        {
            "row_id": range(rows),
            "fold": np.arange(rows) % 3,
            "a": signal,
            "word": random.choice(list("xyz"), rows),
            "y": 0.0,
            "two": np.where(positive, "high", "low"),
        }
    )
    train, test = made[: rows // 2], made[rows // 2 :]
    trained = model(2, 2, train, rounds=20)
    costs = {"false_positive": 1, "false_negative": 30}
    _, threshold = _learned(_choices(threshold=costs), train, trained, HereWorkers(train, 2))
    at_half = trained.prediction_table(trained.features.transform(test))
    by_cost = replace(trained, fitting=replace(trained.fitting, threshold=threshold))
    found = by_cost.prediction_table(by_cost.features.transform(test))
    right = (found["predicted"] == "high") & (test["two"].to_numpy() == "high")
    assert threshold < 0.1
    assert (at_half["predicted"] == "high").sum() <= 3
    assert right.sum() >= 0.4 * (test["two"] == "high").sum()


@pytest.mark.parametrize(
    ("n_classes", "changed", "message"),
    [
        (0, {"calibration": "sigmoid"}, "train_best.calibration: 'sigmoid': calibrates probabilities of classes"),
        (0, {"threshold": "max_f1"}, "train_best.threshold: decides between two classes, and the target is a number"),
        (3, {"threshold": 0.3}, "train_best.threshold: decides between two classes, and the target has 3 classes"),
    ],
)
def test_settings_without_an_effect_are_refused(n_classes: int, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _choices(**changed).check(n_classes)
    _choices().check(n_classes)


@pytest.mark.parametrize("threshold", [0, 1, 1.5, True, "max_f2", None, [0.5], {"false_positive": 1}, {1: 5}])
def test_a_threshold_of_another_kind_is_refused(threshold: Any) -> None:
    with pytest.raises(ValueError, match="threshold"):
        _choices(threshold=threshold)


@pytest.mark.parametrize(
    ("method", "positives", "rows", "message"),
    [
        ("isotonic", 100, 900, "'isotonic': needs 1,000 out-of-fold rows, and there are 900; set it to none"),
        ("sigmoid", 9, 900, "'sigmoid': needs 10 out-of-fold rows of every class, and 'high' has 9; set it to none"),
        ("none", 9, 900, "threshold: needs 10 out-of-fold rows of every class, and 'high' has 9; set it to 0.5"),
    ],
)
def test_too_few_rows_are_refused_in_one_line(method: Any, positives: int, rows: int, message: str) -> None:
    frame = pd.DataFrame({"two": np.where(np.arange(rows) < positives, "high", "low")})
    choices = _choices(calibration=method, threshold=0.5 if method != "none" else "max_f1")
    with pytest.raises(ValueError, match=message):
        learn_decision(choices, OutOfFold(frame, _two(np.linspace(0, 1, rows))), target_of(2))


def test_a_perfect_ranking_has_a_finite_sigmoid() -> None:
    found = learn_sigmoid(np.arange(40) >= 20, np.linspace(0.01, 0.99, 40))
    assert isinstance(found, Sigmoid)
    assert np.isfinite([found.slope, found.intercept]).all()
    assert 0.9 < found(np.array([0.99]))[0] < 1


PRINT = "from tests.unit.test_decision import digests; print(*digests(), sep='\\n')"


def digests() -> list[str]:
    """One line per calibration and threshold: what was learned, and the sha256 of calibrated probabilities."""
    random, lines = np.random.default_rng(8), list[str]()
    for n_classes in (2, 3):
        truth = random.dirichlet(np.ones(n_classes), 3000)
        actual = np.array([random.choice(n_classes, p=row) for row in truth], dtype=np.float64)
        sharp = (truth**2 / (truth**2).sum(axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
        for method in LEAST_ROWS:
            calibration = learn_calibration(method, actual, sharp)
            probabilities = calibration(sharp)
            lines.append(f"{method} {n_classes} {hashlib.sha256(probabilities.tobytes()).hexdigest()}")
            lines.append(json.dumps(calibration.to_json()))
            if n_classes == 2:
                chosen: tuple[Chosen, ...] = ("max_f1", "max_mcc", Costs(false_positive=1, false_negative=7))
                lines += [str(choose_threshold(each, actual, probabilities)) for each in chosen]
    return lines


@pytest.mark.slow
def test_calibration_and_threshold_do_not_depend_on_the_machine() -> None:
    assert fresh_output(PRINT).splitlines() == digests()
