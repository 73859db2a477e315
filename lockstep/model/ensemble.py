"""The final model as an ensemble of the best trials, and what it gains over the best one alone."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lockstep.fitting.fitting import Fitting
from lockstep.metrics.metric import DIGITS
from lockstep.model.candidates import Candidate
from lockstep.model.fold_predictions import FoldPredictions
from lockstep.model.greedy import Predictions, ValidationRows, chosen_counts
from lockstep.model.training import EnsembleGain, Member, Training
from lockstep.storage.tables import significant
from lockstep.table.target import Target

# Of an ensemble; a person can read five configurations, and more hardly add to the accuracy.
MAX_MEMBERS = 5


def validation_rows(train: pd.DataFrame, target: Target) -> list[ValidationRows]:
    """The validation rows of every fold of a training table."""
    actual, weight, fold = target.values(train), target.weights(train), train["fold"].to_numpy()
    masks = [fold == number for number in range(int(fold.max()) + 1)]
    return [ValidationRows(actual[mask], None if weight is None else weight[mask]) for mask in masks]


def with_ensemble(
    training: Training,
    candidates: Sequence[Candidate],
    n_models: int,
    folds: Sequence[ValidationRows],
    fits: FoldPredictions,
    fitting: Fitting,
    *,
    always: bool,
) -> Training:
    """The training with the configurations of a greedy ensemble, and the ensemble's gain.

    The gain compares, fold by fold, `n_models` boosters of the best trial with an ensemble of as many that the other
    folds chose: no fold is scored by boosters that it chose itself.

    Args:
        training: That of the best trial.
        candidates: The best trials, the best one first.
        n_models: Boosters of the model.
        folds: The validation rows of two folds or more.
        fits: Fits the folds.
        fitting: Objective and metric.
        always: Whether the ensemble is also taken where its gain may be noise.

    Raises:
        ValueError: if it is always taken, and the metric is undefined for its predictions.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.number)
    selecting = loss_of(fitting)
    first = [fits.of_booster(_member(candidate, 1), 0) for candidate in ordered]

    def chosen(numbers: Sequence[int]) -> tuple[Member, ...]:
        """The ensemble of these folds, the configuration with the most boosters first, of equals the earliest trial."""
        predictions, rows = [[own[fold] for fold in numbers] for own in first], [folds[fold] for fold in numbers]
        counts = chosen_counts(predictions, rows, n_models, MAX_MEMBERS, selecting)
        members = [_member(one, count) for one, count in zip(ordered, counts, strict=True) if count]
        return tuple(sorted(members, key=lambda member: -member.n_models))

    numbers = range(len(folds))
    honest = [fits.averaged(chosen([one for one in numbers if one != fold]))[fold] for fold in numbers]
    gain = _gain(fits.averaged([_member(candidates[0], n_models)]), honest, folds, selecting)
    metrics = _metrics(honest, folds, fitting)
    if gain is None or metrics[fitting.metric] is None:
        if always:
            raise ValueError(
                f"train_best.final: 'ensemble': {fitting.metric} is undefined for averaged predictions of a fold; set"
                " it to refit"
            )
        return training
    if selecting.metric != fitting.metric:
        gain = replace(gain, loss=selecting.metric)
    if not (always or gain.clear):
        return replace(training, gain=gain)
    members = chosen(numbers)
    heaviest = members[0]
    return replace(
        training,
        params=dict(heaviest.params),
        n_rounds=heaviest.n_rounds,
        cv_score=fitting.loss(metrics),
        cv=metrics,
        members=members,
        gain=gain,
    )


def loss_of(fitting: Fitting) -> Fitting:
    """The fitting whose metric chooses: the one that scores the folds, or the objective's own.

    A metric of predicted classes moves in steps when boosters are averaged, and says nothing of rows far from its
    threshold.
    """
    return replace(fitting, metric=fitting.objective_class.metric) if fitting.metric_class.needs_classes else fitting


def _member(candidate: Candidate, n_models: int) -> Member:
    return Member(dict(candidate.params), candidate.n_rounds, n_models, candidate.number)


def _gain(
    single: Sequence[Predictions], ensemble: Sequence[Predictions], folds: Sequence[ValidationRows], fitting: Fitting
) -> EnsembleGain | None:
    """None where the loss is undefined."""
    pairs = [
        (rows.loss(alone, fitting), rows.loss(together, fitting))
        for alone, together, rows in zip(single, ensemble, folds, strict=True)
    ]
    if not np.isfinite(pairs).all():
        return None
    means = [sum(losses) / len(folds) for losses in zip(*pairs, strict=True)]
    squares = sum(((alone - together) - (means[0] - means[1])) ** 2 for alone, together in pairs)
    noise = math.sqrt(squares / (len(folds) - 1) / len(folds))
    alone_mean, ensemble_mean = (significant(value, DIGITS) for value in means)
    return EnsembleGain(alone_mean, ensemble_mean, significant(noise, DIGITS))


def _metrics(
    predictions: Sequence[Predictions], folds: Sequence[ValidationRows], fitting: Fitting
) -> dict[str, float | None]:
    """Mean metrics of the folds; those that a fold leaves undefined are None."""
    scores = [
        fitting.fold_scores(rows.actual, np.asarray(own), rows.weight)
        for own, rows in zip(predictions, folds, strict=True)
    ]
    return {name: _mean([of_fold[name] for of_fold in scores]) for name in scores[0]}


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return significant(sum(defined) / len(defined), DIGITS) if len(defined) == len(values) else None
