"""Calibrated probabilities: a rising curve of the booster's probability, learned from out-of-fold predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from lockstep.guards.text.messages import quoted
from lockstep.metrics.metric import DIGITS
from lockstep.storage.tables import significant

Method = Literal["sigmoid", "isotonic"]
Numbers = npt.NDArray[np.float64]

# Probabilities are clipped this far from 0 and 1 before their log-odds are taken.
EPS = 1e-7
# A sigmoid has two numbers, an isotonic curve up to one per row: scikit-learn's guide advises against it for fewer.
LEAST_ROWS: Mapping[Method, int] = {"sigmoid": 0, "isotonic": 1000}
LEAST_ROWS_OF_A_CLASS = 10
NEWTON_STEPS, NEWTON_TOLERANCE = 100, 1e-12


@dataclass(frozen=True)
class Sigmoid:
    """1 / (1 + exp(-(slope * log-odds + intercept))) of a probability.

    Attributes:
        slope: Below 1 the booster is overconfident.
        intercept: Above 0 its probabilities are too low.
    """

    slope: float
    intercept: float

    def __call__(self, probability: Numbers) -> Numbers:
        # A steep curve has probabilities whose exponential is infinite: they are 0.
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(-(self.slope * log_odds(probability) + self.intercept))))


@dataclass(frozen=True)
class Isotonic:
    """Points of a rising curve, straight between them and level outside.

    Attributes:
        probability: The booster's probabilities, rising.
        calibrated: The probability for each.
    """

    probability: tuple[float, ...]
    calibrated: tuple[float, ...]

    def __call__(self, probability: Numbers) -> Numbers:
        return np.interp(probability, self.probability, self.calibrated)


@dataclass(frozen=True)
class Calibration:
    """The calibration of a model.

    Attributes:
        method: How it was learned.
        curves: Of two classes the curve of the second; of more one for each class.
    """

    method: Method
    curves: tuple[Sigmoid | Isotonic, ...]

    def __call__(self, probabilities: Numbers) -> Numbers:
        """Calibrated probabilities of shape (rows, classes).

        Of more than two classes those of one against the rest, divided by their sum; where all are 0, all are equal.
        """
        if len(self.curves) == 1:
            second = _single(self.curves[0](probabilities[:, 1]))
            return np.column_stack([1 - second, second])
        ones = np.column_stack([_single(curve(probabilities[:, number])) for number, curve in enumerate(self.curves)])
        totals = ones.sum(axis=1, keepdims=True)
        equal = np.full_like(ones, 1 / len(self.curves))
        return np.asarray(np.divide(ones, totals, out=equal, where=totals > 0))

    def to_json(self) -> dict[str, Any]:
        """The description in model.json."""
        return {"method": self.method, "curves": [vars(curve) for curve in self.curves]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], n_classes: int) -> Self:
        """The calibration that model.json describes.

        Raises:
            ValueError: if it does not fit a target with that many classes, or a curve is none.
        """
        method, curves = content["method"], list(content["curves"])
        if method not in LEAST_ROWS or len(curves) != _n_curves(n_classes):
            raise ValueError(f"the calibration {method!r:.40} has {len(curves)} curves for {n_classes} classes")
        return cls(method, tuple(_sigmoid(curve) if method == "sigmoid" else _isotonic(curve) for curve in curves))


def learn_calibration(
    method: Method, actual: Numbers, probabilities: Numbers, weight: Numbers | None = None
) -> Calibration:
    """Learn a calibration from rows that the boosters were not trained on, enough for `check_rows`.

    Args:
        method: sigmoid or isotonic.
        actual: Numbers of the classes, shape (rows,).
        probabilities: The boosters', shape (rows, classes).
        weight: How much each row counts, shape (rows,).
    """
    n_classes = probabilities.shape[1]
    learn = learn_sigmoid if method == "sigmoid" else learn_isotonic
    numbers = range(1, 2) if n_classes == 2 else range(n_classes)
    return Calibration(method, tuple(learn((actual == number), probabilities[:, number], weight) for number in numbers))


def check_rows(setting: str, actual: Numbers, labels: Sequence[str], least: int, remedy: str) -> None:
    """Refuse to learn from too few rows.

    Args:
        setting: What asks for it, as the message begins.
        actual: Numbers of the classes, shape (rows,).
        labels: The classes.
        least: Rows that are needed.
        remedy: What to do.

    Raises:
        ValueError: naming the setting, the rows and what to do.
    """
    if len(actual) < least:
        raise ValueError(f"{setting}: needs {least:,} out-of-fold rows, and there are {len(actual):,}; {remedy}")
    counts = np.bincount(actual.astype(np.int64), minlength=len(labels))
    if counts.min() < LEAST_ROWS_OF_A_CLASS:
        raise ValueError(
            f"{setting}: needs {LEAST_ROWS_OF_A_CLASS} out-of-fold rows of every class, and"
            f" {quoted(labels[int(counts.argmin())])} has {counts.min()}; {remedy}"
        )


def learn_sigmoid(positive: npt.NDArray[np.bool_], probability: Numbers, weight: Numbers | None = None) -> Sigmoid:
    """Platt scaling of the log-odds: logistic regression with one variable, by Newton's method (Platt 1999).

    The targets are (positives + 1) / (positives + 2) and 1 / (negatives + 2) instead of 1 and 0, as Platt's. The slope
    is at least 0: boosters that rank the rows worse than by chance have learned nothing, and every row gets the share
    of the class.
    """
    rows = np.ones(len(positive)) if weight is None else weight
    n_positive, n_negative = float(np.sum(rows[positive])), float(np.sum(rows[~positive]))
    target = np.where(positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    x = np.column_stack([log_odds(probability), np.ones(len(positive))])
    beta = np.array([0.0, np.log((n_positive + 1) / (n_negative + 1))])
    loss = _loss(x, target, rows, beta)
    for _ in range(NEWTON_STEPS):
        fitted = 1 / (1 + np.exp(-(x @ beta)))
        gradient = x.T @ (rows * (fitted - target))
        hessian = (x * (rows * fitted * (1 - fitted))[:, np.newaxis]).T @ x + 1e-12 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        while (shorter := _loss(x, target, rows, beta - step)) > loss and np.abs(step).max() > NEWTON_TOLERANCE:
            step = step / 2
        beta, loss = beta - step, min(loss, shorter)
        if np.abs(step).max() <= NEWTON_TOLERANCE * (1 + np.abs(beta).max()):
            break
    if beta[0] < 0:
        beta = np.array([0.0, np.log(np.sum(rows * target) / np.sum(rows * (1 - target)))])
    return Sigmoid(_rounded(beta[0]), _rounded(beta[1]))


def learn_isotonic(positive: npt.NDArray[np.bool_], probability: Numbers, weight: Numbers | None = None) -> Isotonic:
    """The rising curve with the least squared error, by pooling adjacent violators (Zadrozny and Elkan 2002)."""
    # Imported here: a served model needs no scikit-learn for it.
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    fitted.fit(probability, positive.astype(np.float64), sample_weight=weight)
    # The boosters' own probabilities stay exact: a rounded one would lie beside its step.
    rounded = tuple(_rounded(value) for value in fitted.y_thresholds_)
    return Isotonic(tuple(fitted.X_thresholds_.tolist()), rounded)


def log_odds(probability: Numbers) -> Numbers:
    """log(p / (1 - p)) of probabilities, clipped."""
    clipped = np.clip(probability, EPS, 1 - EPS)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _loss(x: Numbers, target: Numbers, rows: Numbers, beta: Numbers) -> float:
    z = x @ beta
    return float(np.sum(rows * (np.logaddexp(0, z) - target * z)))


def _single(values: Numbers) -> Numbers:
    """Rounded to single precision, the boosters' own: the last bits of exp differ between CPUs."""
    return values.astype(np.float32).astype(np.float64)


def _rounded(value: float) -> float:
    # Sums of many rows differ between CPUs in their last digits, and so does what they converge to.
    return significant(float(value), DIGITS - 2)


def _n_curves(n_classes: int) -> int:
    return 1 if n_classes == 2 else n_classes


def _sigmoid(content: Mapping[str, Any]) -> Sigmoid:
    curve = Sigmoid(float(content["slope"]), float(content["intercept"]))
    if not np.isfinite([curve.slope, curve.intercept]).all():
        raise ValueError("a curve of the calibration is not finite")
    return curve


def _isotonic(content: Mapping[str, Any]) -> Isotonic:
    x, y = (np.array(content[name], dtype=np.float64) for name in ("probability", "calibrated"))
    if x.ndim != 1 or x.shape != y.shape or not len(x) or not (np.isfinite(x).all() and (np.diff(x) >= 0).all()):
        raise ValueError("a curve of the calibration has no rising points")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError("a curve of the calibration leaves 0 to 1")
    return Isotonic(tuple(x.tolist()), tuple(y.tolist()))
