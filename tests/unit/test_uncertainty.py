"""Intervals of metrics and of differences: by hand where a hand can, and against brute force where not."""

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats

from lockstep.evaluate.dependence_in_time import long_run
from lockstep.evaluate.estimate import Estimate, Spread, estimate
from lockstep.evaluate.influence import MOST_UNITS, influence, units_of
from lockstep.evaluate.own_coverage import own_coverage
from lockstep.evaluate.sampling import method, sampling_record
from lockstep.evaluate.uncertainty import NO_ENDS, Sampled, sampled_metrics, sampled_score, score_lead
from lockstep.evaluate.units import Clustering, Units, relations
from lockstep.fitting.fitting import Fitting
from tests.unit.modelling import CLASSES, NUMBER

Numbers = npt.NDArray[np.float64]


def _score(error: Numbers, metric: str = "rmse", **units: Any) -> Sampled:
    found = sampled_score(Fitting(metric=metric), error, np.zeros(len(error)), Units(len(error), **units))
    assert found is not None
    return found


# ---- units ------------------------------------------------------------------------------------------------------


def test_groups_and_moments_are_those_of_the_columns() -> None:
    rows = pd.DataFrame({"g": ["b", None, "a", "b", None], "t": [3.5, 1.0, 3.5, 2.0, 9.0]})
    assert {name: list(codes) for name, codes in relations(rows, "g", "t").items()} == {
        "group": [0, 1, 2, 0, 3],
        "moment": [2, 0, 2, 1, 3],
    }
    assert relations(rows, None, None) == {}
    stored = pd.DataFrame({"row_id": range(3), "group": [7, 7, 2], "weight": [1.0, 2.0, 4.0]})
    units = Units.of(stored)
    assert units.clusterings[0].sizes.tolist() == [4.0, 3.0]
    assert [len(each.clusterings) for each in (units, Units(3), Units(3, units.group, np.arange(3)))] == [1, 1, 3]


def test_units_of_other_sizes_count_as_fewer_equal_ones() -> None:
    assert Clustering(np.repeat(np.arange(5), 4)).effective == pytest.approx(5)
    assert Clustering(np.repeat(np.arange(2), [3, 1])).effective == pytest.approx(16 / 10)


def test_neighbours_in_time_are_merged_and_other_units_at_random() -> None:
    ordered = Clustering(np.arange(10), ordered=True).merged(5)
    assert ordered.of_row.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    drawn = Clustering(np.arange(1000)).merged(5)
    assert np.bincount(drawn.of_row).tolist() == [200] * 5
    assert np.abs(np.corrcoef(drawn.of_row, np.arange(1000))[0, 1]) < 0.1
    assert Clustering(np.arange(4)).merged(4).count == 4


# ---- influence --------------------------------------------------------------------------------------------------


def test_influence_on_a_mean_is_the_distance_from_it() -> None:
    """MAE of errors 1, 2, 3, 6 is 3; groups of 1 and 2 and of 3 and 6 have the means 1.5 and 4.5."""
    error, metric = np.array([1.0, 2, 3, 6]), Fitting(metric="mae").scoring_metric()
    rows = influence(metric, error, np.zeros(4), Clustering(np.arange(4)))
    assert rows == pytest.approx(np.array([-2.0, -1, 0, 3]))
    groups = influence(metric, error, np.zeros(4), Clustering(np.array([0, 0, 1, 1])))
    assert groups == pytest.approx(np.array([-1.5, 1.5]))


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_influence_is_what_a_metric_loses_without_a_unit(n_classes: int) -> None:
    """Against leaving out one group after the other and measuring the rest."""
    random = np.random.default_rng(2)
    fitting = CLASSES[n_classes] if n_classes else Fitting(metric="pinball", objective="quantile", quantile=0.8)
    actual = random.integers(0, n_classes, 400).astype(float) if n_classes else random.random(400)
    said = random.dirichlet(np.ones(n_classes), 400) if n_classes else random.random(400)
    weight, group = random.random(400) + 0.5, np.arange(400) % 20
    units = Units(400, group=group, weight=weight)
    for name, found in sampled_metrics(fitting, actual, said, 3, units).items():
        without = [fitting.scores(actual[group != g], said[group != g], 3, weight[group != g]) for g in range(20)]
        lost = np.array([scores[name] for scores in without], dtype=np.float64)
        expected = -19 * (lost - lost.mean())
        assert found is not None
        # AUC moves weights instead of leaving rows out
        close = 0.1 if name == "auc" else 1e-6
        np.testing.assert_allclose(found.influences[0], expected, atol=close * np.abs(expected).max())


@pytest.mark.parametrize("metric", ["median_absolute_error", "mae"])
def test_the_standard_error_is_the_spread_over_samples(metric: str) -> None:
    """The median of 400 absolute normal errors varies by 1 / (2 * 0.6356 * sqrt(400)); leaving out rows fails there."""
    random, errors = np.random.default_rng(1), list[float]()
    for _ in range(60):
        found = _score(random.normal(size=400), metric).estimate
        assert found is not None
        errors.append(found.spread.error)
    truth = {"median_absolute_error": 1 / (2 * 0.6356 * 20), "mae": np.sqrt(1 - 2 / np.pi) / 20}[metric]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(truth, rel=0.1)


def test_a_metric_without_a_formula_is_computed_a_few_times_only() -> None:
    metric = Fitting(metric="median_absolute_error").scoring_metric()
    assert units_of(metric, Clustering(np.arange(5000))).count == MOST_UNITS
    assert units_of(NUMBER.scoring_metric(), Clustering(np.arange(5000))).count == 5000


# ---- estimates --------------------------------------------------------------------------------------------------


def test_the_interval_of_a_symmetric_mean_is_students() -> None:
    values = np.array([-3.0, -1, 1, 3])
    found = estimate(5.0, [values], [Clustering(np.arange(4))])
    assert found is not None
    error = np.sqrt(20 / 12)
    reach = stats.t.ppf(0.975, 3) * error
    assert found.interval(0.95) == pytest.approx((5 - reach, 5 + reach), rel=1e-5)
    assert found.p_value(5 - reach) == pytest.approx(0.05, rel=1e-5)


def test_skewness_moves_the_far_end_and_never_narrows_the_interval() -> None:
    plain, skewed = (Estimate(5.0, Spread(1.0, 30, skewness)) for skewness in (0.0, 0.3))
    (low, high), (skewed_low, skewed_high) = plain.interval(0.95), skewed.interval(0.95)
    assert skewed_low == low
    assert skewed_high > high + 0.5
    mirrored = Estimate(-5.0, Spread(1.0, 30, -0.3)).interval(0.95)
    assert mirrored == (-skewed_high, -skewed_low)
    for true in (low - 0.01, skewed_high + 0.01):
        assert skewed.p_value(true) < 0.05
    for true in (low + 0.01, skewed_high - 0.01):
        assert skewed.p_value(true) > 0.05


def test_a_unit_that_is_nearly_everything_gives_no_interval() -> None:
    group = np.r_[np.zeros(95, dtype=np.int64), np.arange(1, 6)]
    assert _score(np.arange(100.0), group=group).estimate is None
    assert _score(np.arange(100.0), group=np.zeros(100, dtype=np.int64) + np.arange(100) % 2).estimate is not None
    assert _score(np.arange(9.0), group=np.zeros(9, dtype=np.int64)).estimate is None


def test_ends_stay_within_the_bounds_of_the_metric_and_turn_with_the_score() -> None:
    actual = np.r_[np.zeros(10), np.ones(10)]
    said = np.where(np.arange(20) == 0, 0.9, 0.1 + 0.8 * actual)
    found = sampled_score(Fitting("classes", "accuracy", 2), actual, np.column_stack([1 - said, said]))
    assert found is not None
    ends, score = found.ends(0.95), found.score_ends(0.95)
    assert (ends["high"], score["low"]) == (1.0, 0.0)
    assert score["high"] == pytest.approx(1 - (ends["low"] or 0))


@pytest.mark.parametrize("right", [0, 1])
def test_a_metric_to_which_every_row_contributes_the_same_has_no_interval(right: int) -> None:
    """That none of 20 rows is right, or wrong, does not show that none of all rows is."""
    actual = np.arange(20) % 2
    said = np.eye(2)[actual if right else 1 - actual]
    found = sampled_score(Fitting("classes", "accuracy", 2), actual.astype(np.float64), said)
    assert found is not None
    assert (found.value, found.ends(0.95), found.score_ends(0.95)) == (right, NO_ENDS, NO_ENDS)


def test_equal_errors_have_no_interval_whatever_the_rows_weigh() -> None:
    """Their sums differ in the last digits, so that the spread is not 0 but less than any digit that is kept."""
    random = np.random.default_rng(1)
    actual, units = random.normal(size=37), Units(37, weight=random.random(37) + 0.1)
    found = sampled_score(Fitting(), actual, actual + 0.1, units)
    assert found is not None
    assert found.ends(0.95) == NO_ENDS
    (note,) = sampling_record(found, units, None, None, confidence=0.95, samples=100, seed=1)["notes"]
    assert note.startswith("The RMSE is the same in each of the tested rows")


def test_rows_that_are_all_right_do_not_prove_that_none_is_ever_wrong() -> None:
    """12 of 12: an interval of 1 to 1 would promise that the model never errs."""
    actual = (np.arange(12) % 2).astype(np.float64)
    fitting = Fitting("classes", "accuracy", 2)
    found = sampled_score(fitting, actual, np.column_stack([1 - actual, actual]))
    assert found is not None
    assert (found.value, found.ends(0.95)) == (1.0, {"low": None, "high": None})
    record = sampling_record(found, Units(12), None, None, confidence=0.95, samples=100, seed=1)
    assert record["notes"] == [
        "The accuracy is the same in each of the tested rows: they show nothing of how it varies, so it has no"
        " interval."
    ]
    # Beside another model the rows on which the two differ still count.
    other = sampled_score(fitting, actual, np.column_stack([np.ones(12), np.zeros(12)]))
    lead = score_lead(found, other)
    assert lead is not None
    assert lead.interval(0.95)[0] > 0


def test_an_area_of_rows_of_one_class_has_no_interval() -> None:
    actual = np.zeros(12)
    assert sampled_score(Fitting("classes", "auc", 2), actual, np.full((12, 2), 0.5)) is None
    actual[0] = 1
    assert sampled_score(Fitting("classes", "auc", 2), actual, np.full((12, 2), 0.5)) is not None


def test_a_lead_is_the_other_score_minus_this_one() -> None:
    error = np.random.default_rng(0).normal(size=50)
    one, half = _score(error, "mae"), _score(error / 2, "mae")
    there, back = score_lead(half, one), score_lead(one, half)
    assert there is not None
    assert back is not None
    assert there.value == pytest.approx(np.abs(error).mean() / 2)
    assert there.interval(0.95) == pytest.approx(tuple(-end for end in reversed(back.interval(0.95))))
    assert there.p_value() == back.p_value() < 0.05
    assert score_lead(one, None) is None


# ---- time -------------------------------------------------------------------------------------------------------


def _autoregression(correlation: float, length: int, seed: int) -> Numbers:
    steps, series = np.random.default_rng(seed).normal(size=length + 100), np.zeros(length + 100)
    for row in range(1, len(series)):
        series[row] = correlation * series[row - 1] + steps[row]
    return series[100:]


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_long_run_variance_is_that_of_the_mean_times_the_length(correlation: float) -> None:
    """Of an autoregression 1 / (1 - correlation)², and not its variance 1 / (1 - correlation²)."""
    found = [long_run(_autoregression(correlation, 1000, seed)) for seed in range(40)]
    mean = np.mean([each.variance for each in found])
    assert mean == pytest.approx(1 / (1 - correlation) ** 2, rel=0.2)
    assert all(len(each.stretches) == each.freedom + 1 for each in found)


def test_a_slow_drift_is_seen_though_neighbours_hardly_correlate() -> None:
    random = np.random.default_rng(3)
    series = random.normal(size=1000) + 0.5 * np.sin(np.arange(1000) / 1000 * np.pi * 2)
    assert long_run(series).variance > 2.5 * series.var()


def test_rows_of_one_moment_count_as_one_and_rows_of_a_single_moment_as_independent() -> None:
    random = np.random.default_rng(5)
    moment = np.repeat(np.arange(30), 10)
    error = random.normal(size=30)[moment]
    plain, timed = _score(error).estimate, _score(error, moment=moment).estimate
    one = _score(error, moment=np.zeros(300, dtype=np.int64)).estimate
    assert plain is not None
    assert timed is not None
    assert timed.spread.error > 2 * plain.spread.error
    assert one == plain


def test_groups_within_time_count_both() -> None:
    random = np.random.default_rng(6)
    group, moment = np.repeat(np.arange(40), 200), np.tile(np.arange(40), 200)
    error = random.normal(size=40)[group] + random.normal(size=40)[moment] + random.normal(size=8000)
    both, of_groups, of_moments = (
        _score(error, **units).estimate
        for units in ({"group": group, "moment": moment}, {"group": group}, {"moment": moment})
    )
    assert both is not None
    assert of_groups is not None
    assert of_moments is not None
    assert both.spread.error > max(of_groups.spread.error, of_moments.spread.error)
    assert both.spread.error < of_groups.spread.error + of_moments.spread.error


# ---- what is said of them ---------------------------------------------------------------------------------------


def test_an_interval_is_doubted_where_a_few_errors_outweigh_all_others() -> None:
    random = np.random.default_rng(7)
    record = partial(sampling_record, units=Units(500), group=None, time=None, confidence=0.95, samples=200, seed=1)
    well, ill = _score(random.normal(size=500)), _score(np.exp(2 * random.normal(size=500)))
    assert record(well)["notes"] == []
    assert own_coverage(well, 0.95, 200, 1) is None or own_coverage(well, 0.95, 200, 1) > 0.925  # type: ignore[operator]
    (note,) = record(ill)["notes"]
    assert f"in about {100 * record(ill)['coverage']:.0f}% of cases instead of 95%" in note
    assert record(ill)["coverage"] < 0.9


@pytest.mark.parametrize("rows", [89, 500])
def test_heavy_tails_are_said_though_the_largest_error_is_not_among_the_test_rows(rows: int) -> None:
    random, told = np.random.default_rng(11), {"normal": 0, "t3": 0}
    for kind, _ in [(kind, number) for kind in told for number in range(20)]:
        score = _score(random.normal(size=rows) if kind == "normal" else random.standard_t(3, rows))
        record = sampling_record(score, Units(rows), None, None, confidence=0.95, samples=100, seed=1)
        told[kind] += len(record["notes"])
    assert told["normal"] <= 2
    assert told["t3"] >= (18 if rows == 500 else 10)


def test_few_units_and_a_single_moment_are_said() -> None:
    error = np.random.default_rng(8).normal(size=60)
    group, one = np.arange(60) % 5, np.zeros(60, dtype=np.int64)
    for units, group_name, time, begin in (
        (Units(60, group=group), "shop", None, "The groups say no more than 5 independent ones"),
        (Units(60, group=np.minimum(group, 1) * 0), "shop", None, "There are too few groups for an interval: 1"),
        (Units(60, moment=one), None, "year", "All test rows are of one moment of year"),
    ):
        score = sampled_score(NUMBER, error, np.zeros(60), units)
        record = sampling_record(score, units, group_name, time, confidence=0.95, samples=100, seed=1)
        assert record["notes"][0].startswith(begin)
        assert f"from {record['count']}" in method(record)
