"""The logistic loss of classes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lockstep.fitting.objective import Objective


class Classes(Objective):
    """Log loss: predicts the probability of every class."""

    target = "classes"
    metric = "log_loss"
    link = "logit"
    is_default = True

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "multi:softprob" if n_classes > 2 else "binary:logistic"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        # Of several classes one rises as others fall.
        return n_classes <= 2

    @classmethod
    def more_params(cls, n_classes: int) -> Mapping[str, Any]:
        return {"num_class": n_classes} if n_classes > 2 else {}

    @classmethod
    def as_predictions(cls, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        # Of two classes XGBoost predicts the probability of the second alone.
        return np.column_stack([1 - raw, raw]) if raw.ndim == 1 else raw
