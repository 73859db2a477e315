"""The Brier score."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers


class Brier(MeanMetric):
    """Mean squared error of the probabilities (Brier 1950).

    Of two classes that of the second class's probability, 0 to 1; of more the sum over the classes, 0 to 2.
    """

    label = "Brier score"
    greater_is_better = False
    target = "classes"
    bounds = (0.0, 2.0)
    elicits = "mean"
    only_if_chosen = True
    order = 25

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        classes = range(1, 2) if predicted.shape[1] == 2 else range(predicted.shape[1])
        squared = np.zeros(len(actual))
        for number in classes:
            squared += (predicted[:, number] - (actual == number)) ** 2
        return {"squared": squared}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["squared"]
