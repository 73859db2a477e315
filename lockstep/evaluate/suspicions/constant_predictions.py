"""Predictions that hardly differ."""

from typing import ClassVar

import numpy as np

from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion

# The spread of the predictions in standard deviations of what is predicted. Predictions of a shuffled target spread
# by several hundredths.
ALMOST = 0.01


class ConstantPredictions(Suspicion):
    """The model predicts the same, or almost the same, for every row."""

    order: ClassVar[int] = 30

    def look(self, evidence: Evidence) -> ResultFinding | None:
        y, predicted = evidence.test.y, evidence.predicted
        if evidence.test.exposure is not None:  # per unit, as a rate
            y, predicted = y / evidence.test.exposure, predicted / evidence.test.exposure
        n_classes = evidence.model.target.n_classes
        actual = np.eye(n_classes)[y.astype(np.int64)] if n_classes else y[:, np.newaxis]
        spread, of_actual = np.std(predicted.reshape(len(y), -1), axis=0), np.std(actual, axis=0)
        # A class without test rows has no spread to compare with; if its probability differs, so does another one's.
        varies = of_actual > 0
        if len(y) < 2 or not varies.any() or np.any(spread[varies] > ALMOST * of_actual[varies]):
            return None
        value = "" if n_classes else f", {float(np.median(predicted)):.4g}"
        almost = "" if np.ptp(predicted, axis=0).max() == 0 else "almost "
        other = (
            ""
            if n_classes
            else ", or the objective suits the target badly (the median of a target that is mostly 0 is 0)"
        )
        what = "probabilities" if n_classes else "value"
        sentence = (
            f"The model predicts {almost}the same {what} for every test row{value}: the features tell nothing{other}."
        )
        return ResultFinding(self.kind_name(), "act", sentence, "errors", (), {"spread": float(spread.max())})
