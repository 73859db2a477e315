"""The coverage of prediction intervals: its own interval, and what page and terminal say of the promise."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter
from scipy.stats import t as student

from lockstep.evaluate.coverage import coverage_verdict, interval_coverage
from lockstep.evaluate.units import relations
from lockstep.model.final import fit_interval
from lockstep.model.interval import conformity_scores, offset_of
from lockstep.report.coverage_text import FORWARD, GROUPED, coverage_sentence, least_sentence
from lockstep.report.terminal_summary import summary
from lockstep.split.split_block import Split
from lockstep.terminal import Paint
from tests.unit.modelling import NUMBER, HereWorkers, model, table, with_interval
from tests.unit.reporting import evaluated, page

SIZES: dict[str, Any] = {"test_size": 0.2, "folds": 5, "valid_size": 0.15}
RANDOM = Split(strategy="random", **SIZES)
BY_GROUP = Split(strategy="group", group="shop", **SIZES)
IN_TIME = Split(strategy="time", time="day", **SIZES)
# Rows before those that count, until errors that depend on their past have their variance.
WARM_UP = 100
GROUPS_IN_TIME = Split(strategy="group_time", group="shop", time="day", **SIZES)


def _predictions(inside: Any, **columns: Any) -> pd.DataFrame:
    """Intervals from -1 to 1, and a target that is inside or not."""
    actual = np.where(np.asarray(inside, dtype=np.bool_), 0.0, 2.0)
    return pd.DataFrame({"actual": actual, "predicted": 0.0, "lower": -1.0, "upper": 1.0, **columns})


def _coverage(inside: Any, split: Split | None = None, nominal: float = 0.9, **columns: Any) -> dict[str, Any]:
    weight = {"weight": columns.pop("weight")} if "weight" in columns else {}
    rows = _predictions(inside, **weight, **columns)
    related = relations(rows, split.grouped_by, split.ordered_by) if split else {}
    return interval_coverage(rows.assign(**related), nominal, 0.95)


def _share(inside: int, rows: int) -> np.ndarray[Any, Any]:
    return np.arange(rows) < inside


# ---- the interval of the share ----------------------------------------------------------------------------------


def test_the_interval_of_unrelated_rows_is_wilsons() -> None:
    """Worked by hand: 40 of 50 rows; the variance of a share has n - 1 in its denominator."""
    found, z, n = _coverage(_share(40, 50)), student.ppf(0.975, 49), 49
    middle = (0.8 + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(0.8 * 0.2 / n + z**2 / (4 * n**2))
    assert (found["coverage"], found["mean_width"], found["nominal"]) == (0.8, 2.0, 0.9)
    assert found["coverage_low"] == pytest.approx(middle - half, rel=1e-5)
    assert found["coverage_high"] == pytest.approx(middle + half, rel=1e-5)
    assert {"groups", "parts", "least_coverage"}.isdisjoint(found)


def test_rows_that_lie_inside_in_groups_say_less() -> None:
    inside = np.repeat([1, 1, 1, 0], 50)
    apart = _coverage(inside, BY_GROUP, shop=np.tile(np.arange(50), 4))
    together = _coverage(inside, BY_GROUP, shop=np.repeat(["a", "b", "c", "d"], 50))
    assert apart["coverage"] == together["coverage"] == 0.75
    assert (coverage_verdict(apart), coverage_verdict(together)) == ("below", "kept")
    assert (together["groups"], together["least_coverage"], together["least_rows"]) == (4, 0.0, 50)
    assert apart["least_coverage"] is None


def test_groups_in_which_all_rows_are_inside_are_worth_a_row_each() -> None:
    found = _coverage(np.ones(1000), BY_GROUP, shop=np.repeat(np.arange(5), 200))
    assert found["coverage_high"] == 1.0
    assert found["coverage_low"] < 0.5
    assert coverage_verdict(found) == "kept"


@pytest.mark.parametrize("split", [BY_GROUP, GROUPS_IN_TIME])
def test_a_single_group_shows_nothing(split: Split) -> None:
    found = _coverage(_share(10, 100), split, shop="a", day=np.arange(100))
    assert (found["coverage"], found["coverage_low"], found["coverage_high"]) == (0.1, None, None)
    assert coverage_verdict(found) == "unknown"
    assert coverage_sentence(found, 0.95).endswith("contain 10% of the test rows: too few groups to judge the promise.")


def test_a_row_of_weight_2_covers_as_two_rows() -> None:
    inside, weight = _share(60, 100), np.tile([1.0, 2.0], 50)
    shops = np.arange(100) // 5
    weighted = _coverage(inside, BY_GROUP, weight=weight, shop=shops)
    times = weight.astype(int)
    repeated = _coverage(np.repeat(inside, times), BY_GROUP, shop=np.repeat(shops, times))
    for key in ("coverage", "coverage_low", "coverage_high", "mean_width"):
        assert weighted[key] == pytest.approx(repeated[key], rel=1e-5), key


def test_in_time_neighbours_count_together_and_the_weakest_part_is_named() -> None:
    inside = np.ones(200, dtype=bool)
    inside[150:] = np.arange(50) % 2 == 0
    spread = _coverage(np.random.default_rng(1).permutation(inside), IN_TIME, day=np.arange(200))
    drift = _coverage(inside, IN_TIME, day=np.arange(200))
    assert spread["coverage"] == drift["coverage"] == 0.875
    assert drift["coverage_low"] < spread["coverage_low"] < spread["coverage_high"] < drift["coverage_high"]
    assert (drift["parts"], drift["least_coverage"], drift["least_rows"]) == (10, 0.5, 20)
    order = np.random.default_rng(2).permutation(200)
    assert _coverage(inside[order], IN_TIME, day=np.arange(200)[order]) == drift
    sentence = "The lowest coverage of 10 consecutive parts of the test rows is 50%, of 20 rows."
    assert least_sentence(drift) == sentence


def test_rows_of_one_moment_stay_in_one_part() -> None:
    found = _coverage(np.arange(120) % 3 > 0, IN_TIME, day=np.repeat([1, 2], 60))
    assert (found["parts"], found["least_rows"]) == (2, 60)
    assert _coverage(np.ones(120), IN_TIME, day=1)["coverage_low"] is None


def _broken(repeats: int, split: Split, shops: Any, autocorrelation: float = 0.0) -> tuple[float, float]:
    """Shares of kept promises that are called broken, below and above: 90% of all rows are inside."""
    random, n_rows, verdicts = np.random.default_rng(7), len(shops), list[str]()
    for _ in range(repeats):
        errors = random.normal(size=n_rows)
        if split is BY_GROUP:  # rows of a group share half of their variance
            errors = (random.normal(size=shops.max() + 1)[shops] + errors) / 2**0.5
        errors = lfilter([(1 - autocorrelation**2) ** 0.5], [1, -autocorrelation], errors)
        inside = np.abs(errors[WARM_UP if autocorrelation else 0 :]) < 1.6449
        verdicts.append(
            coverage_verdict(_coverage(inside, split, shop=shops[: len(inside)], day=np.arange(len(inside))))
        )
    return verdicts.count("below") / repeats, verdicts.count("above") / repeats


@pytest.mark.parametrize("n_groups", [5, 20])
def test_a_promise_that_is_kept_is_rarely_called_broken(n_groups: int) -> None:
    below, above = _broken(400, BY_GROUP, np.repeat(np.arange(n_groups), 20))
    assert below <= 0.04
    assert above <= 0.1


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("split", "rows", "groups", "autocorrelation", "below", "above"),
    [
        (RANDOM, 50, 1, 0.0, 0.023, 0.002),
        (RANDOM, 500, 1, 0.0, 0.028, 0.018),
        (BY_GROUP, 100, 5, 0.0, 0.008, 0.015),
        (BY_GROUP, 240, 12, 0.0, 0.016, 0.064),
        (BY_GROUP, 1000, 50, 0.0, 0.022, 0.040),
        (IN_TIME, 240, 1, 0.5, 0.010, 0.015),
        (IN_TIME, 240, 1, 0.9, 0.026, 0.075),
        (IN_TIME, 4000, 1, 0.9, 0.020, 0.026),
    ],
)
def test_kept_promises_are_called_broken_as_often_as_the_decisions_say(
    split: Split, rows: int, groups: int, autocorrelation: float, below: float, above: float
) -> None:
    shops = np.arange(rows + WARM_UP * (autocorrelation > 0)) * groups // rows
    found_below, found_above = _broken(2000, split, shops, autocorrelation)
    assert found_below == pytest.approx(below, abs=0.012)
    assert found_above == pytest.approx(above, abs=0.015)


# ---- what calibrates ----------------------------------------------------------------------------------------------


def test_in_time_the_latest_two_folds_calibrate() -> None:
    """The oldest fold is far noisier, which says nothing of rows to come."""
    rows = table(600)
    noise = np.random.default_rng(3).normal(size=600) * 5 * (rows["fold"] == 0)
    rows, made = rows.assign(y=rows["y"] + noise), model(rows=rows)
    workers = HereWorkers(rows)
    settings = (made.training.params, made.training.n_rounds, 5, NUMBER, 0.8)
    distances = [outside for outside, _ in workers.on_folds(conformity_scores, 256, *settings)]
    arguments = (made.training, 0.8, NUMBER, 5, workers)
    assert fit_interval(*arguments, forward=True).offset == offset_of([*distances[1], *distances[2]], 0.8)
    assert fit_interval(*arguments).offset == offset_of([value for fold in distances for value in fold], 0.8)
    assert fit_interval(*arguments, forward=True).offset < fit_interval(*arguments).offset


# ---- the words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (80, r"contain 80% of the test rows \(95% interval 73.9% to 85%\): less than promised\."),
        (91, r"contain 91% of the test rows \(95% interval .* to .*\): in keeping with the promise\."),
        (99, r"contain 99% of the test rows \(95% interval .*\): more than promised, so that they are wider"),
    ],
)
def test_the_interval_of_the_coverage_decides_the_wording(inside: int, said: str) -> None:
    found = _coverage(_share(inside * 2, 200))
    assert re.search(said, coverage_sentence(found, 0.95))


def test_a_few_rows_never_break_a_promise_by_bad_luck_alone() -> None:
    """17 of 20 rows are 85%, less than the nominal 90%, and no evidence."""
    assert coverage_verdict(_coverage(_share(17, 20))) == "kept"


def _far_rows() -> pd.DataFrame:
    """Test rows whose target has drifted away."""
    rows = table(60, seed=9)
    return rows.assign(y=rows["y"] + 5.0, day=np.arange(60), shop=np.arange(60) % 6)


def test_page_and_terminal_say_that_too_few_rows_are_inside(tmp_path: Path) -> None:
    made = with_interval(0.8, table())
    _, found = evaluated(tmp_path / "run", made, _far_rows())
    (line,) = (
        line for line in summary(found, NUMBER, 0.95, Paint(False)).splitlines() if "prediction intervals" in line
    )
    assert re.fullmatch(
        r"  The 80% prediction intervals contain 0% of the test rows \(95% .*\): less than promised\.", line
    )
    assert f"\x1b[31m{line}" in summary(found, NUMBER, 0.95, Paint(True))
    written = " ".join(page(tmp_path / "page", made=made, test=_far_rows()).split())
    assert re.search(r'<li class="act"><strong>Act:</strong> The 80% prediction intervals contain 0% of', written)
    assert FORWARD not in written
    assert GROUPED not in written


@pytest.mark.parametrize(("split", "sentence"), [(IN_TIME, FORWARD), (BY_GROUP, GROUPED)])
def test_what_the_promise_assumes_is_said_whether_or_not_it_is_kept(
    split: Split, sentence: str, tmp_path: Path
) -> None:
    rows = _far_rows().assign(y=table(60, seed=9)["y"])
    made, train = with_interval(0.8, table()), table().assign(day=-1, shop=0)
    written = " ".join(page(tmp_path / "page", made=made, train=train, test=rows, split=split).split())
    assert sentence in written
