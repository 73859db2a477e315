"""Metrics of numbers: scikit-learn's values, weighted and not, values by hand, and where they are undefined."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sklearns

from lockstep.fitting.fitting import Fitting
from lockstep.metrics.measure import measured
from lockstep.metrics.metric import METRICS, MetricSettings, Numbers

# Ten rows by hand.
ACTUAL = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 6.0, 9.0])
PREDICTED = np.array([0.5, 1.0, 1.0, 2.0, 1.0, 2.0, 6.0, 2.0, 3.0, 9.0])
WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0, 1.0, 1.0, 2.5, 1.0, 1.0, 4.0])


def _made(zeros: bool) -> tuple[Numbers, Numbers, Numbers]:
    random = np.random.default_rng(11)
    actual = random.gamma(2.0, 3.0, size=500) * (random.random(500) < 0.6 if zeros else 1)
    return actual, random.gamma(2.0, 3.0, size=500), random.random(500) * 5


def _tweedie(power: float) -> Callable[..., float]:
    return lambda *args, **kwargs: float(sklearns.mean_tweedie_deviance(*args, power=power, **kwargs))


@pytest.mark.parametrize(
    ("name", "settings", "sklearn", "zeros"),
    [
        ("poisson_deviance", {}, sklearns.mean_poisson_deviance, True),
        ("gamma_deviance", {}, sklearns.mean_gamma_deviance, False),
        ("tweedie_deviance", {"variance_power": 1.1}, _tweedie(1.1), True),
        ("tweedie_deviance", {"variance_power": 1.9}, _tweedie(1.9), True),
        ("rmsle", {}, sklearns.root_mean_squared_log_error, True),
        ("mape", {}, sklearns.mean_absolute_percentage_error, False),
        ("median_absolute_error", {}, sklearns.median_absolute_error, True),
    ],
)
def test_metrics_are_scikit_learns_with_weights_and_without(
    name: str, settings: dict[str, Any], sklearn: Callable[..., float], zeros: bool
) -> None:
    actual, predicted, weight = _made(zeros)
    metric = METRICS[name](MetricSettings(**settings))
    assert metric.value(actual, predicted) == pytest.approx(sklearn(actual, predicted), rel=1e-10)
    weighted = metric.value(actual, predicted, weight)
    assert weighted == pytest.approx(sklearn(actual, predicted, sample_weight=weight), rel=1e-10)
    assert weighted != pytest.approx(metric.value(actual, predicted), rel=1e-3)


@pytest.mark.parametrize(
    ("name", "value", "weighted"),
    [
        # |errors| in order: 0 0 0 | 0.5 | 1 1 1 | 2 | 3 3
        ("median_absolute_error", 1.0, 1.0),
        # 2 |y - p| / (|y| + |p|) is 2, 2, 0, 2/3, 2/3, 0, 2/3, 2/3, 2/3, 0
        ("smape", (4 + 5 * 2 / 3) / 10, (2 + 4 + (3 + 1 + 2.5 + 1 + 1) * 2 / 3) / 17),
    ],
)
def test_metrics_of_ten_rows_by_hand(name: str, value: float, weighted: float) -> None:
    metric = METRICS[name]()
    assert metric.value(ACTUAL, PREDICTED) == pytest.approx(value)
    assert metric.value(ACTUAL, PREDICTED, WEIGHTS) == pytest.approx(weighted)


def test_deviances_of_ten_rows_by_hand() -> None:
    log2 = np.log(2)
    # Rows of 0 add 2 p; (1, 2), (2, 1), (3, 6), (4, 2) and (6, 3) add 2 (y log(y / p) - y + p).
    poisson = 2 * (0.5 + 1 + (1 - log2) + (2 * log2 - 1) + (3 - 3 * log2) + (4 * log2 - 2) + (6 * log2 - 3)) / 10
    assert METRICS["poisson_deviance"]().value(ACTUAL, PREDICTED) == pytest.approx(poisson)
    above = ACTUAL > 0
    # Twice too much adds 2 (log(2) + 1/2 - 1), half of it 2 (2 - 1 - log(2)).
    gamma = 2 * (2 * (log2 - 0.5) + 3 * (1 - log2)) / 8
    assert METRICS["gamma_deviance"]().value(ACTUAL[above], PREDICTED[above]) == pytest.approx(gamma)


@pytest.mark.parametrize(
    ("name", "actual", "predicted"),
    [
        ("poisson_deviance", [1.0, 2.0], [1.0, 0.0]),
        ("poisson_deviance", [-1.0, 2.0], [1.0, 1.0]),
        ("gamma_deviance", [0.0, 2.0], [1.0, 1.0]),
        ("gamma_deviance", [1.0, 2.0], [1.0, -1.0]),
        ("tweedie_deviance", [1.0, 2.0], [1.0, -0.1]),
        ("rmsle", [1.0, 2.0], [1.0, -1.0]),
        ("rmsle", [1.0, -3.0], [1.0, 1.0]),
        ("mape", [0.0, 2.0], [1.0, 1.0]),
    ],
)
def test_where_a_metric_is_undefined_the_fold_says_why(name: str, actual: list[float], predicted: list[float]) -> None:
    fitting = Fitting(metric=name)
    scores = measured([fitting.scoring_metric()], np.array(actual), np.array(predicted))
    assert scores == {name: None}
    resampled = fitting.scoring_metric().resampled(np.array(actual), np.array(predicted), np.array([[2, 0], [1, 1]]))
    assert resampled is not None
    assert np.isnan(resampled[1])
    with pytest.raises(ValueError, match=rf"{name} is undefined on these validation rows: .*-?\d.*; choose another"):
        fitting.loss(scores)


def test_smape_of_nothing_predicted_as_nothing_is_no_error() -> None:
    assert METRICS["smape"]().value(np.zeros(2), np.array([0.0, 1.0])) == 1.0


@pytest.mark.parametrize("objective", ["poisson", "gamma", "tweedie"])
def test_the_deviance_of_an_objective_is_in_its_results_and_in_no_others(objective: str) -> None:
    def names(fitting: Fitting) -> set[str]:
        return {metric.kind_name() for metric in fitting.metrics()}

    default, deviance = names(Fitting()), f"{objective}_deviance"
    assert names(Fitting(objective=objective, metric="mae")) == default | {deviance}
    assert names(Fitting(metric="rmsle")) == default | {"rmsle"}
    assert default == {"rmse", "mae", "r2", "adjusted_r2"}
