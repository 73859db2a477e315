"""Metrics of classes: scikit-learn's values, weighted and not, and values computed by hand."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from lockstep.fitting.fitting import Fitting
from lockstep.metrics.labels import predicted_classes
from lockstep.metrics.metric import METRICS, MetricSettings, Numbers

Scorer = Callable[[Numbers, Numbers, Numbers | None], float]


def _of_labels(function: Any, **options: Any) -> Scorer:
    """A scorer of scikit-learn that takes labels; of two classes with its default average."""

    def score(actual: Numbers, predicted: Numbers, weight: Numbers | None) -> float:
        averages = options if predicted.shape[1] > 2 or "average" not in options else {"zero_division": 0}
        return float(function(actual, predicted.argmax(axis=1), sample_weight=weight, **averages))

    return score


def _of_ranks(function: Any, average: str) -> Scorer:
    """A scorer of scikit-learn that takes probabilities, one class against the rest."""

    def score(actual: Numbers, predicted: Numbers, weight: Numbers | None) -> float:
        one_hot = np.eye(predicted.shape[1])[actual.astype(np.int64)]
        if predicted.shape[1] == 2:
            return float(function(actual, predicted[:, 1], sample_weight=weight))
        return float(function(one_hot, predicted, average=average, sample_weight=weight))

    return score


def _brier(actual: Numbers, predicted: Numbers, weight: Numbers | None) -> float:
    if predicted.shape[1] == 2:
        return float(sk.brier_score_loss(actual, predicted[:, 1], sample_weight=weight))
    labels = np.arange(predicted.shape[1])
    return float(sk.brier_score_loss(actual, predicted, sample_weight=weight, labels=labels, scale_by_half=False))


SCORERS: Mapping[str, Scorer] = {
    "average_precision": _of_ranks(sk.average_precision_score, "macro"),
    "balanced_accuracy": _of_labels(sk.balanced_accuracy_score),
    "brier": _brier,
    "f1": _of_labels(sk.f1_score, average="macro", zero_division=0),
    "mcc": _of_labels(sk.matthews_corrcoef),
    "precision": _of_labels(sk.precision_score, average="macro", zero_division=0),
    "recall": _of_labels(sk.recall_score, average="macro", zero_division=0),
}
OF_MANY: Mapping[str, Scorer] = {
    "auc_weighted": _of_ranks(sk.roc_auc_score, "weighted"),
    "average_precision_weighted": _of_ranks(sk.average_precision_score, "weighted"),
    "f1_weighted": _of_labels(sk.f1_score, average="weighted", zero_division=0),
    "precision_weighted": _of_labels(sk.precision_score, average="weighted", zero_division=0),
}
# Ten rows by falling probability of the second class: 3 of 10 are of it.
TEN_ACTUAL = np.array([1, 0, 1, 0, 0, 0, 1, 0, 0, 0], dtype=np.float64)
TEN_PROBABILITIES = np.array([0.95, 0.85, 0.8, 0.6, 0.4, 0.35, 0.3, 0.2, 0.1, 0.05])
TEN = np.column_stack([1 - TEN_PROBABILITIES, TEN_PROBABILITIES])


def _rows(n_classes: int, seed: int) -> tuple[Numbers, Numbers, Numbers]:
    """Classes, probabilities with ties, and weights."""
    random = np.random.default_rng(seed)
    actual = random.integers(0, n_classes, 80).astype(np.float64)
    shares = 0.4 * np.eye(n_classes)[actual.astype(np.int64)] + random.dirichlet(np.ones(n_classes), 80)
    # Eighths, so that rows of equal probability are frequent and the sums exact.
    eighths = np.floor(8 * shares[:, 1:] / shares.sum(axis=1, keepdims=True)) / 8
    return actual, np.column_stack([1 - eighths.sum(axis=1), eighths]), random.uniform(0.5, 3, 80)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_metrics_of_classes_are_scikit_learns_weighted_and_not(n_classes: int, seed: int) -> None:
    actual, predicted, weight = _rows(n_classes, seed)
    for name, scorer in {**SCORERS, **(OF_MANY if n_classes > 2 else {})}.items():
        metric = METRICS[name](MetricSettings(n_classes=n_classes))
        for weights in (None, weight):
            found = metric.value(actual, predicted, weights)
            assert found == pytest.approx(scorer(actual, predicted, weights), rel=1e-12, abs=1e-12), name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # Precision at the three rows: 1/1, 2/3, 3/7.
        ("average_precision", (1 + 2 / 3 + 3 / 7) / 3),
        ("balanced_accuracy", (2 / 3 + 5 / 7) / 2),
        ("brier", (0.05**2 + 0.85**2 + 0.2**2 + 0.6**2 + 0.4**2 + 0.35**2 + 0.7**2 + 0.2**2 + 0.1**2 + 0.05**2) / 10),
        ("f1", 2 * 2 / (4 + 3)),
        ("mcc", (2 * 5 - 2 * 1) / (4 * 3 * 7 * 6) ** 0.5),
        ("precision", 2 / 4),
        ("recall", 2 / 3),
        # A tenth of the first row is 1% of the rows; half of it is 5%.
        ("lift_1", 1 / 0.3),
        ("lift_5", 1 / 0.3),
        ("lift_10", 1 / 0.3),
    ],
)
def test_metrics_of_ten_rows_are_those_computed_by_hand(name: str, value: float) -> None:
    metric = METRICS[name](MetricSettings(n_classes=2))
    assert metric.value(TEN_ACTUAL, TEN) == pytest.approx(value, rel=1e-12)


def test_the_lift_counts_tied_rows_in_equal_parts() -> None:
    tied = np.column_stack([np.r_[0.3, 0.3, np.full(8, 0.9)], np.r_[0.7, 0.7, np.full(8, 0.1)]])
    lift = METRICS["lift_10"](MetricSettings(n_classes=2))
    assert lift.value(TEN_ACTUAL, tied) == pytest.approx(0.5 / 0.3)
    assert lift.value(TEN_ACTUAL[::-1].copy(), tied[::-1].copy()) == pytest.approx(0.5 / 0.3)
    assert lift.value(TEN_ACTUAL, np.full((10, 2), 0.5)) == pytest.approx(1)


def test_a_threshold_moves_the_metrics_of_labels_and_no_other() -> None:
    at = {threshold: Fitting("classes", "f1", 2, threshold=threshold) for threshold in (0.5, 0.25)}
    before, after = (at[threshold].all_scores(TEN_ACTUAL, TEN) for threshold in (0.5, 0.25))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"accuracy", "balanced_accuracy", "f1", "mcc", "precision", "recall"}
    assert after["recall"] == 1
    assert after["precision"] == pytest.approx(3 / 7)


def test_half_is_the_first_class_and_the_threshold_itself_too() -> None:
    halves = np.array([[0.5, 0.5], [0.25, 0.75], [0.75, 0.25]])
    assert predicted_classes(halves).tolist() == [0, 1, 0]
    assert predicted_classes(halves, 0.25).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("name", "value"), [("recall", None), ("f1", None), ("mcc", None), ("average_precision", None), ("lift_5", None)]
)
def test_without_a_row_of_the_class_a_metric_is_undefined(name: str, value: None) -> None:
    assert METRICS[name](MetricSettings(n_classes=2)).value(np.zeros(10), TEN) is value


def test_only_the_chosen_metric_joins_folds_and_results_and_all_have_every_one() -> None:
    fitting = Fitting("classes", "average_precision", 2)
    assert [metric.kind_name() for metric in fitting.metrics()] == ["accuracy", "log_loss", "auc", "average_precision"]
    assert "average_precision" in [metric.kind_name() for metric in fitting.fold_metrics()]
    names = [metric.kind_name() for metric in fitting.all_metrics()]
    assert set(names) == {"accuracy", "auc", "log_loss", *SCORERS, "lift_1", "lift_5", "lift_10"}
    assert set(OF_MANY) <= {metric.kind_name() for metric in Fitting("classes", "auc", 3).all_metrics()}


def test_metrics_with_settings_are_among_all_where_the_fitting_has_them() -> None:
    assert "pinball" not in [metric.kind_name() for metric in Fitting().all_metrics()]
    quantile = Fitting("quantile", "rmse", quantile=0.9)
    assert "pinball" in [metric.kind_name() for metric in quantile.all_metrics()]
