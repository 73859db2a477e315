"""The overfit gap: how much better the model looks on rows it knows."""

from typing import Any

from lockstep.evaluate.judgement import Judgement, score_of
from lockstep.fitting.fitting import Fitting
from lockstep.storage.tables import significant

DIGITS = 4


def overfit_gap(judgement: Judgement, fitting: Fitting) -> dict[str, Any]:
    """The score on training rows, in cross-validation and on test rows, and how they compare.

    Returns:
        train, cv and test; test_per_train and test_per_cv, None where a score is 0 or undefined.
    """
    train, cv, test = (score_of(fitting, scores) for scores in (judgement.train, judgement.cv, judgement.test))
    return {
        "train": train,
        "cv": cv,
        "test": test,
        "test_per_train": _ratio(test, train),
        "test_per_cv": _ratio(test, cv),
    }


def _ratio(above: float | None, below: float | None) -> float | None:
    return significant(above / below, DIGITS) if above is not None and below else None
