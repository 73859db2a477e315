"""Log loss."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers

# Probabilities are clipped this far from 0: a row predicted wrongly with certainty would make the log loss infinite.
PROBABILITY_EPS = 1e-7


class LogLoss(MeanMetric):
    """Mean negative natural logarithm of the probability of the actual class."""

    label = "log loss"
    greater_is_better = False
    target = "classes"
    bounds = (0.0, None)
    elicits = "mean"
    eval_metric = ("logloss", "mlogloss")
    order = 20
    fold_order = 10

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        probabilities = predicted[np.arange(len(actual)), actual.astype(np.int64)]
        return {"log_likelihood": np.log(np.clip(probabilities, PROBABILITY_EPS, 1.0))}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return -means["log_likelihood"]
