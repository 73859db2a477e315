"""Nearest neighbours in space."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from threadpoolctl import threadpool_limits

from lockstep.evaluate.baseline import Baseline, Problem
from lockstep.evaluate.best_constant import Targets
from lockstep.evaluate.learner import MAX_ROWS, class_predictor
from lockstep.evaluate.rows import sample_rows
from lockstep.features.arrays import numbers
from lockstep.model.trained import Predictions

NEIGHBOURS = 10


class NearestNeighbours(Baseline):
    """The nearest training rows on the map, where the dataset names two coordinates, without weights."""

    role = "other"

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return problem.coordinates is not None

    def predict(self) -> Predictions:
        train, test, n_classes = self.problem.train, self.problem.test, self.problem.fitting.n_classes
        drawn = sample_rows(len(train), MAX_ROWS, self.problem.seed)
        positions = self._positions(train.frame)
        medians = np.nan_to_num(np.nanmedian(positions, axis=0))
        places, new = (
            np.where(np.isnan(points), medians, points) for points in (positions[drawn], self._positions(test.frame))
        )
        y = Targets(train.y, exposure=train.exposure).per_unit[drawn]
        settings = {"n_neighbors": min(NEIGHBOURS, len(y)), "weights": "distance"}
        with threadpool_limits(limits=1):
            if n_classes:
                return class_predictor(KNeighborsClassifier(**settings), places, y, n_classes, None)(new)
            predictions = np.asarray(KNeighborsRegressor(**settings).fit(places, y).predict(new), dtype=np.float64)
        return predictions if test.exposure is None else predictions * test.exposure

    def about(self) -> str:
        columns = " and ".join(self.problem.coordinates or ())
        return f"{NEIGHBOURS} nearest training rows in {columns}, weighted by the inverse of their distance"

    def _positions(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        return np.column_stack([numbers(frame, column) for column in self.problem.coordinates or ()])
