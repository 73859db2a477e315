"""scikit-learn's histogram gradient boosting with its defaults."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from lockstep.evaluate.baseline import Problem
from lockstep.evaluate.learner import Learner, Predictor, Sample, class_predictor
from lockstep.fitting.folds import Vector

# scikit-learn's histograms have that many bins for categories; a feature with more is treated as a number.
MAX_BINS = 255
# scikit-learn's losses by our objectives. It has none for pseudo-Huber and Tweedie: its Poisson loss takes steps
# without a limit, and predicted hundreds of times the largest of costs that are mostly 0.
LOSSES: Mapping[str, str] = {
    "squared_error": "squared_error",
    "absolute_error": "absolute_error",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
    "classes": "log_loss",
}


class UntunedSklearn(Learner):
    """scikit-learn's histogram gradient boosting with its defaults, where it has the model's loss.

    No prediction through a logarithmic link exceeds the largest target of the training rows.
    """

    role = "other"

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return problem.fitting.objective in LOSSES

    def fit(self, rows: Sample) -> Predictor:
        fitting, types = self.problem.fitting, self.problem.types
        # It treats a value that no training row has as missing, as XGBoost does.
        categories = [kind == "c" and _n_codes(rows.x[:, index]) <= MAX_BINS for index, kind in enumerate(types)]
        settings: dict[str, Any] = {"random_state": self.problem.seed, "categorical_features": categories}
        loss = LOSSES[fitting.objective]
        if fitting.n_classes:
            stopping = "auto" if _can_hold_out(rows.y) else False
            classifier = HistGradientBoostingClassifier(loss=loss, early_stopping=stopping, **settings)
            return class_predictor(classifier, rows.x, rows.y, fitting.n_classes, rows.weight)
        if loss == "quantile":
            settings["quantile"] = fitting.scoring_metric().settings.quantile
        model = HistGradientBoostingRegressor(loss=loss, **settings).fit(rows.x, rows.y, sample_weight=rows.weight)
        largest = rows.y.max() if fitting.objective_class.link == "log" else np.inf
        return lambda x: np.minimum(model.predict(x).astype(np.float64), largest)

    def about(self) -> str:
        return "scikit-learn's histogram gradient boosting with its defaults and the same loss"


def _can_hold_out(y: Vector) -> bool:
    """Whether scikit-learn can hold out a tenth of the rows with all classes on both sides."""
    counts = np.unique(y, return_counts=True)[1]
    return bool(counts.min() >= 2 and len(counts) <= len(y) // 10)


def _n_codes(codes: npt.NDArray[np.float32]) -> int:
    return 0 if np.isnan(codes).all() else int(np.nanmax(codes)) + 1
