"""The base of baselines that scikit-learn fits on the model's features."""

import warnings
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from lockstep.evaluate.baseline import Baseline
from lockstep.evaluate.rows import sample_rows
from lockstep.fitting.folds import Matrix, Vector
from lockstep.fitting.matrices import labels
from lockstep.fitting.weighting import selected
from lockstep.model.trained import Predictions
from lockstep.table.row_weights import mean_one

# Rows that scikit-learn's models are fitted on; a seeded sample if there are more.
MAX_ROWS = 100_000
# One-hot columns per category; the remaining values share one.
MAX_VALUES = 50

Predictor = Callable[[Matrix], Predictions]


@dataclass(frozen=True)
class Sample:
    """Training rows of a learner.

    Attributes:
        x: Features, shape (rows, features).
        y: What is learned, shape (rows,): targets, transformed ones, or rates per unit of exposure.
        weight: Weights in the fit; None: all the same.
    """

    x: Matrix
    y: Vector
    weight: Vector | None


class Learner(Baseline):
    """A model of scikit-learn, fitted in one thread on a sample of at most `max_rows` rows.

    A transformed target is learned and predicted as the model's boosters do it; no predicted logarithm lies outside the
    range of the training rows', so that no extrapolation explodes. With exposures the rates are learned,
    each with the weight that gives its deviance the same share as the deviance of the row's own target has. Weights are
    1 on average, lest their unit decide how strong a penalty is.
    """

    @abstractmethod
    def fit(self, rows: Sample) -> Predictor | None:
        """Fit it; None if that would take too long."""

    def max_rows(self) -> int:
        """Rows that it is fitted on, at most."""
        return MAX_ROWS

    def predict(self) -> Predictions | None:
        rows, test = self._sample(), self.problem.test
        # A logarithmic link may overflow far outside the training rows, where predictions are cut off.
        with threadpool_limits(limits=1), warnings.catch_warnings(), np.errstate(over="ignore"):
            warnings.simplefilter("ignore", ConvergenceWarning)
            predictor = self.fit(rows)
            if predictor is None:
                return None
            predictions = self._in_unit(predictor, rows)(test.x)
        return predictions if test.exposure is None else predictions * test.exposure

    def _sample(self) -> Sample:
        train, fitting, fit_weight = self.problem.train, self.problem.fitting, self.problem.fit_weight
        drawn = sample_rows(len(train), self.max_rows(), self.problem.seed)
        y, weight, exposure = train.y[drawn], selected(fit_weight, drawn), selected(train.exposure, drawn)
        if exposure is not None:
            # Of variance power p the deviance of y and rate * e is that of y / e and rate, times e to the 2 - p.
            share = exposure ** (2 - fitting.power)
            y, weight = y / exposure, share if weight is None else weight * share
        return Sample(train.x[drawn], labels(y, fitting.transform), None if weight is None else mean_one(weight))

    def _in_unit(self, predictor: Predictor, rows: Sample) -> Predictor:
        """Predictions in the unit of the target, their mean corrected as the model's."""
        fitting, transform = self.problem.fitting, self.problem.fitting.transform
        if transform is None:
            return predictor
        low, high = rows.y.min(), rows.y.max()

        def inverse(x: Matrix) -> Predictions:
            return transform.inverse(np.clip(predictor(x), low, high))

        if not fitting.corrects_mean:
            return inverse
        factor = transform.mean_correction(transform.inverse(rows.y), inverse(rows.x), rows.weight)
        return lambda x: transform.corrected(inverse(x), factor)


def encoded_columns(types: list[str]) -> ColumnTransformer:
    """Numbers imputed with the median and standardised, categories one-hot encoded."""
    categories = np.array([kind == "c" for kind in types])
    return ColumnTransformer(
        [
            ("numbers", _standardiser(), ~categories),
            ("categories", OneHotEncoder(handle_unknown="ignore", max_categories=MAX_VALUES), categories),
        ],
        sparse_threshold=0,
    )


def class_predictor(
    model: Any, x: npt.NDArray[np.floating], y: Vector, n_classes: int, weight: Vector | None
) -> Predictor:
    """Fit a classifier of scikit-learn; it predicts all classes, with 0 for those without a training row."""
    present = np.unique(y).astype(np.int64)
    fitted = None
    if len(present) > 1:
        fitted = model.fit(x, y) if weight is None else model.fit(x, y, sample_weight=weight)

    def predict(new: npt.NDArray[np.floating]) -> Predictions:
        shares = np.zeros((len(new), n_classes))
        shares[:, present] = 1.0 if fitted is None else fitted.predict_proba(new)
        return shares

    return predict


def _standardiser() -> Pipeline:
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
