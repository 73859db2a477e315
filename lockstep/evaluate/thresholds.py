"""The predictions of two classes at every threshold: confusion, precision, recall, cost."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.fitting.folds import Vector
from lockstep.model.decision import Costs, Tally
from lockstep.model.trained import Predictions
from lockstep.storage.tables import significant

# git stores the table, and a chart needs no more points.
MAX_POINTS = 200
DIGITS = 6
COUNTS = ("true_positive", "false_positive", "false_negative", "true_negative")
SHARES = ("precision", "recall", "false_positive_rate", "f1", "mcc")


def threshold_table(
    actual: Vector,
    probabilities: Predictions,
    threshold: float,
    costs: Costs | None = None,
    weight: Vector | None = None,
) -> pd.DataFrame:
    """Confusion and what follows from it at about 200 thresholds, that of the model among them.

    Args:
        actual: Numbers of the classes, shape (rows,).
        probabilities: Shape (rows, classes).
        threshold: The model's.
        costs: What mistakes cost.
        weight: How much each row counts, shape (rows,), and so what the counts add up; None: all the same.

    Returns:
        threshold, rising; true_positive, false_positive, false_negative, true_negative; precision, missing where no row
        is above the threshold; recall, false_positive_rate, f1, mcc; with costs also mean_cost. Without rows unless
        there are two classes.
    """
    columns = ["threshold", *COUNTS, *SHARES, *(["mean_cost"] if costs else [])]
    if probabilities.ndim == 1 or probabilities.shape[1] != 2:
        return pd.DataFrame(columns=columns)
    tally = Tally.of(actual == 1, probabilities[:, 1], weight)
    places = _places(tally, threshold)
    # The rows do not change between two probabilities: the model's own threshold replaces the one beside it.
    thresholds = np.where(places == _place(tally, threshold), threshold, tally.thresholds[places])
    counts = {name: getattr(tally, name)[places] for name in COUNTS}
    if weight is None:
        counts = {name: values.astype(np.int64) for name, values in counts.items()}
    above = counts["true_positive"] + counts["false_positive"]
    positive = counts["true_positive"] + counts["false_negative"]
    negative = counts["false_positive"] + counts["true_negative"]
    shares = {
        "precision": _ratios(counts["true_positive"], above),
        "recall": _ratios(counts["true_positive"], positive),
        "false_positive_rate": _ratios(counts["false_positive"], negative),
        "f1": tally.f1()[places],
        "mcc": tally.mcc()[places],
        **({"mean_cost": tally.cost(costs)[places]} if costs else {}),
    }
    rounded = {name: [significant(float(value), DIGITS) for value in values] for name, values in shares.items()}
    return pd.DataFrame({"threshold": [significant(float(value), DIGITS) for value in thresholds], **counts, **rounded})


def mean_cost(
    actual: Vector, probabilities: Predictions, threshold: float, costs: Costs, weight: Vector | None = None
) -> float:
    """Mean cost of a row at a threshold."""
    tally = Tally.of(actual == 1, probabilities[:, 1], weight)
    return float(tally.cost(costs)[_place(tally, threshold)])


def _place(tally: Tally, threshold: float) -> int:
    """Where the rows above a threshold are counted: after as many distinct probabilities as are not above it."""
    return int(np.searchsorted(tally.probabilities, threshold, side="right"))


def _places(tally: Tally, threshold: float) -> npt.NDArray[np.int64]:
    """Places of thresholds between which equally many rows lie, or of the second class, which may be rare; the ends."""
    places = [
        np.searchsorted(below, np.linspace(0, below[-1], MAX_POINTS // 2))
        for below in (tally.false_negative + tally.true_negative, tally.false_negative)
    ]
    return np.unique(np.r_[np.concatenate(places), _place(tally, threshold)]).astype(np.int64)


def _ratios(above: Vector, below: Vector) -> Vector:
    values = np.full(len(above), np.nan)
    np.divide(above, below, out=values, where=below > 0)
    return values
