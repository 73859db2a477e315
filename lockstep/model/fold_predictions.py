"""Predictions of the folds' validation rows by boosters that were trained without them, each fitted once."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from lockstep.fitting.booster import MetricByRound, fit_rounds, fit_with_history, max_bin_of, validation_predictions
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.matrices import FoldMatrices
from lockstep.model.final import Workers, rounds_of_curve
from lockstep.model.training import Member

Predictions = npt.NDArray[np.float64]


class FoldPredictions:
    """Predictions of the validation rows of every fold: numbers (rows,) or probabilities (rows, classes).

    Args:
        fitting: Objective and metric.
        seed: Seed of the first booster of a configuration; the others' are seed + 1, ...
        workers: Fit the folds.
    """

    def __init__(self, fitting: Fitting, seed: int, workers: Workers) -> None:
        self._fitting, self._seed, self._workers = fitting, seed, workers
        self._fitted: dict[tuple[str, int, int], list[Predictions]] = {}

    def of_booster(self, member: Member, number: int) -> list[Predictions]:
        """Predictions of one booster of a configuration, for each fold."""
        key = _key(member, number)
        if key not in self._fitted:
            settings = (member.params, member.n_rounds, self._seed + number, self._fitting)
            self._fitted[key] = self._workers.on_folds(predict_validation_rows, max_bin_of(member.params), *settings)
        return self._fitted[key]

    def curves_of(self, member: Member) -> list[MetricByRound]:
        """XGBoost's metric after each of `rounds_of_curve` of a configuration's first booster, for each fold.

        The fits also predict: `of_booster` does not repeat them.
        """
        settings = (member.params, member.n_rounds, self._seed, self._fitting)
        followed = self._workers.on_folds(follow_validation_rows, max_bin_of(member.params), *settings)
        self._fitted[_key(member, 0)] = [predictions for predictions, _ in followed]
        return [curve for _, curve in followed]

    def averaged(self, members: Sequence[Member]) -> list[Predictions]:
        """Mean predictions of all boosters of some configurations, for each fold."""
        fitted = [self.of_booster(member, number) for member in members for number in range(member.n_models)]
        # Sums from left to right give the same bits on every machine.
        return [np.asarray(sum(of_fold) / len(fitted)) for of_fold in zip(*fitted, strict=True)]


def predict_validation_rows(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting
) -> Predictions:
    """Predictions of a fold's validation rows by a booster that its training rows trained."""
    booster = fit_rounds(matrices.train, params, rounds, seed, fitting)
    return validation_predictions(booster, matrices, rounds, fitting).astype(np.float64)


def follow_validation_rows(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting
) -> tuple[Predictions, MetricByRound]:
    """The same predictions, and the metric of the booster after each of `rounds_of_curve`."""
    booster, curve = fit_with_history(matrices, params, rounds_of_curve(rounds), seed, fitting)
    return validation_predictions(booster, matrices, rounds, fitting).astype(np.float64), curve


def _key(member: Member, number: int) -> tuple[str, int, int]:
    return json.dumps(dict(member.params), sort_keys=True), member.n_rounds, number
