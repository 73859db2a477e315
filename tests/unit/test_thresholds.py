"""The table of thresholds: hand-computed rows, the model's own threshold, and the metrics that agree with it."""

import numpy as np
import pytest

from lockstep.evaluate.thresholds import mean_cost, threshold_table
from lockstep.fitting.fitting import Fitting
from lockstep.model.decision import Costs

ACTUAL = np.array([0, 0, 0, 1, 0, 0, 1, 0, 1, 1], dtype=np.float64)
PROBABILITY = np.array([0.05, 0.1, 0.2, 0.3, 0.35, 0.4, 0.6, 0.8, 0.85, 0.95])
TEN = np.column_stack([1 - PROBABILITY, PROBABILITY])
COSTS = Costs(false_positive=1, false_negative=10)


def test_the_rows_of_ten_predictions_are_those_computed_by_hand() -> None:
    table = threshold_table(ACTUAL, TEN, 0.25, COSTS).set_index("threshold")
    assert len(table) == 11
    assert table.loc[0.25].to_dict() == pytest.approx(
        {
            **{"true_positive": 4, "false_positive": 3, "false_negative": 0, "true_negative": 3},
            **{"precision": 4 / 7, "recall": 1, "false_positive_rate": 0.5, "f1": 8 / 11},
            **{"mcc": 12 / (7 * 3 * 4 * 6) ** 0.5, "mean_cost": 0.3},
        },
        rel=1e-5,
    )
    assert np.isnan(table["precision"].iloc[-1])
    assert table["mean_cost"].iloc[[0, -1]].tolist() == [0.6, 4.0]


@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.5, 0.77, 0.96])
def test_the_models_threshold_has_a_row_that_its_metrics_agree_with(threshold: float) -> None:
    random = np.random.default_rng(1)
    actual, probability = random.integers(0, 2, 3000).astype(np.float64), random.uniform(size=3000)
    predicted = np.column_stack([1 - probability, probability])
    table = threshold_table(actual, predicted, threshold)
    assert len(table) <= 201
    assert table["threshold"].is_monotonic_increasing
    row = table.set_index("threshold").loc[threshold]
    metrics = Fitting("classes", "auc", 2, threshold=threshold).all_scores(actual, predicted)
    for name in ("precision", "recall", "f1", "mcc"):
        assert row[name] == pytest.approx(metrics[name], rel=1e-5), name
    wrong = row["false_positive"] + 10 * row["false_negative"]
    assert mean_cost(actual, predicted, threshold, COSTS) == pytest.approx(wrong / 3000)


def test_a_rare_class_has_a_threshold_between_each_two_of_its_rows() -> None:
    """Fifty of 20,000 rows are positive: among the first 200 rows by their probability."""
    probability = np.linspace(0.0001, 0.9999, 20_000)
    actual = np.zeros(20_000)
    actual[-200::4] = 1
    table = threshold_table(actual, np.column_stack([1 - probability, probability]), 0.5)
    assert len(table) <= 201
    assert set(table["true_positive"]) == set(range(51))


def test_test_rows_of_one_class_have_an_f1_of_0_and_no_warning() -> None:
    table = threshold_table(np.zeros(10), TEN, 0.5)
    assert table["f1"].tolist() == [0.0] * len(table)
    assert table["recall"].isna().all()


def test_only_two_classes_have_rows() -> None:
    assert threshold_table(ACTUAL, PROBABILITY, 0.5).empty
    assert threshold_table(ACTUAL, np.full((10, 3), 1 / 3), 0.5).empty
    assert "precision" in threshold_table(ACTUAL, PROBABILITY, 0.5).columns
