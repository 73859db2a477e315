"""Predicted classes: the most probable one, or of two classes the one that a threshold decides."""

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import THRESHOLD


def predicted_classes(probabilities: npt.NDArray[np.floating], threshold: float = THRESHOLD) -> npt.NDArray[np.int64]:
    """Numbers of the predicted classes, shape (rows,).

    Args:
        probabilities: Shape (rows, classes).
        threshold: Of two classes the second is predicted where its probability is greater; more classes have none.
    """
    if probabilities.shape[1] == 2 and threshold != THRESHOLD:
        return (probabilities[:, 1] > threshold).astype(np.int64)
    return np.asarray(np.argmax(probabilities, axis=1), dtype=np.int64)
