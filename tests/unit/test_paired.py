"""Which of two models is better: certain when it is, and only then."""

import numpy as np
import pandas as pd
import pytest

from lockstep.evaluate.paired import PairedDifference, paired_difference
from lockstep.evaluate.units import Units
from lockstep.fitting.fitting import Fitting
from lockstep.table.target import Target

ROWS = 400


def _said(noise: float, seed: int, offset: float = 0.0) -> pd.DataFrame:
    actual = np.random.default_rng(0).normal(size=ROWS)
    predicted = actual + np.random.default_rng(seed).normal(scale=noise, size=ROWS) + offset
    return pd.DataFrame({"row_id": np.arange(ROWS), "actual": actual, "predicted": predicted})


def _compared(
    this: pd.DataFrame, other: pd.DataFrame, metric: str = "rmse", units: Units | None = None
) -> PairedDifference:
    fitting = Fitting(metric=metric)
    return paired_difference(fitting, Target("y"), this, other, confidence=0.95, units=units)


def test_a_clearly_better_model_is_better_and_the_other_way_round_it_is_not() -> None:
    good, bad = _said(0.5, 1), _said(0.8, 2)
    found = _compared(good, bad)
    assert found.better
    assert found.gain == pytest.approx(
        np.std(bad.predicted - bad.actual) - np.std(good.predicted - good.actual), abs=0.02
    )
    turned = _compared(bad, good)
    assert not turned.better
    assert turned.gain == pytest.approx(-(found.gain or 0))


def test_a_model_beside_itself_gains_nothing() -> None:
    itself = _compared(_said(0.5, 1), _said(0.5, 1))
    assert (itself.gain, itself.low, itself.high, itself.better) == (0.0, 0.0, 0.0, False)


def test_equal_models_are_rarely_called_better() -> None:
    """With 95 percent intervals one in forty on either side, in the long run."""
    wrong = sum(_compared(_said(0.5, 2 * n + 10), _said(0.5, 2 * n + 11)).better for n in range(60))
    assert wrong <= 5


def test_rows_of_a_group_count_as_one() -> None:
    """A gain on the rows of one large group is no certain gain when groups are the units."""
    other = _said(0.5, 1)
    this = other.copy()
    this.loc[:99, "predicted"] = this.loc[:99, "actual"]
    groups = Units(ROWS, group=np.r_[np.zeros(100, dtype=np.int64), 1 + np.arange(300) % 4])
    assert _compared(this, other).better
    assert not _compared(this, other, units=groups).better


def test_classes_are_compared_by_their_probabilities() -> None:
    random = np.random.default_rng(5)
    actual = random.choice(["no", "yes"], ROWS)
    truth = (actual == "yes").astype(float)

    def said(sure: float) -> pd.DataFrame:
        yes = np.clip(truth * sure + (1 - truth) * (1 - sure) + random.normal(scale=0.05, size=ROWS), 0.01, 0.99)
        table = pd.DataFrame({"row_id": np.arange(ROWS), "actual": actual, "predicted": actual})
        return table.assign(probability_no=1 - yes, probability_yes=yes)

    fitting = Fitting(metric="log_loss", n_classes=2)
    classes = Target("y", ("no", "yes"))
    found = paired_difference(fitting, classes, said(0.8), said(0.6), confidence=0.95)
    assert found.better
    assert found.gain is not None
    assert found.gain > 0.1
