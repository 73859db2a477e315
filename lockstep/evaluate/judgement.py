"""A model's metrics on training rows, in cross-validation and on test rows, beside the baselines' on test rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lockstep.evaluate.baseline import BaselineResult, Problem, fit_baselines
from lockstep.evaluate.rows import Rows
from lockstep.evaluate.thresholds import mean_cost
from lockstep.fitting.fitting import Fitting
from lockstep.metrics.metric import DIGITS, Scores
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions
from lockstep.storage.tables import significant

# Linear algebra and boosting of other libraries differ between CPUs in their last digits.
BASELINE_DIGITS = 6
RATIO_DIGITS = 4


@dataclass(frozen=True)
class Judgement:
    """Metrics of a model and of the baselines.

    Attributes:
        train: On training rows.
        cv: Mean over the folds, with the parameters and rounds of the model.
        test: On test rows.
        baselines: Each baseline's on test rows.
        fitted: Each baseline as it was fitted, with its predictions of the test rows.
        every: Every metric on training and on test rows: the content of all_metrics.json.
    """

    train: Scores
    cv: Scores
    test: Scores
    baselines: Mapping[str, Scores]
    fitted: Mapping[str, BaselineResult]
    every: Mapping[str, Scores]

    @property
    def constant(self) -> str:
        """The name of the best constant: mean, median, quantile, class_shares, one_class or constant."""
        return next(name for name, baseline in self.fitted.items() if baseline.role == "constant")

    @property
    def gated(self) -> list[str]:
        """The baselines of the gate `beat_baselines`."""
        return [name for name, baseline in self.fitted.items() if baseline.role != "other"]

    def as_dict(self) -> dict[str, Any]:
        """The content of reports/metrics.json, with only the baselines that every table has."""
        always = {
            name: self.baselines[name]
            for name, baseline in self.fitted.items()
            if baseline.role in ("constant", "same")
        }
        return {"train": self.train, "cv": self.cv, "test": self.test, "baseline": always}


def judge(problem: Problem, predicted: Predictions, best_trial: pd.Series, *, n_validated: float) -> Judgement:
    """Score a model, and fit and score the baselines.

    Args:
        problem: The model and its rows.
        predicted: The model's predictions of the test rows.
        best_trial: The row of the best trial in trials.csv.
        n_validated: Rows that validate in a fold, of which not all need train the final model, or their weights' sum.
    """
    model, train, test = problem.model, problem.train, problem.test
    fitting, n_features, fitted = model.fitting, test.x.shape[1], fit_baselines(problem)
    every = {
        "train": _every_score(model, train, model.predict_matrix(train.x, train.exposure)),
        "test": _every_score(model, test, predicted),
    }
    names = [metric.kind_name() for metric in fitting.metrics(n_features)]
    return Judgement(
        train={name: every["train"][name] for name in names},
        cv=_cv_scores(model, best_trial, n_validated, n_features),
        test={name: every["test"][name] for name in names},
        baselines={name: _baseline_scores(fitting, test, baseline) for name, baseline in fitted.items()},
        fitted=fitted,
        every=every,
    )


def score_of(fitting: Fitting, scores: Scores) -> float | None:
    """The score that the search minimises; None where its metric is undefined, such as AUC of rows of one class."""
    return None if scores[fitting.metric] is None else significant(fitting.loss(scores), DIGITS)


def overfit_gap(judgement: Judgement, fitting: Fitting) -> dict[str, Any]:
    """The score on training rows, in cross-validation and on test rows, and their ratios.

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


def _every_score(model: SavedModel, rows: Rows, predicted: Predictions) -> Scores:
    """Every metric, and the mean cost of a row where costs decide the threshold."""
    scores = model.fitting.all_scores(rows.y, predicted, rows.x.shape[1], rows.weight)
    if model.costs is None:
        return scores
    cost = mean_cost(rows.y, predicted, model.fitting.threshold, model.costs, rows.weight)
    return {**scores, "mean_cost": _rounded(cost)}


def _baseline_scores(fitting: Fitting, test: Rows, baseline: BaselineResult) -> Scores:
    n_features = test.x.shape[1] if baseline.uses_features else 0
    scores = fitting.scores(test.y, baseline.predictions, n_features, test.weight)
    if baseline.steady:
        return scores
    return {metric: None if value is None else significant(value, BASELINE_DIGITS) for metric, value in scores.items()}


def _cv_scores(model: SavedModel, best_trial: pd.Series, n_rows: float, n_features: int) -> Scores:
    """CV scores of the final training if it has its own (smaller learning rate), else those of the best trial."""
    fitting, trained = model.fitting, model.training.cv

    def mean(metric: str) -> float | None:
        columns = [name for name in best_trial.index if name.startswith("fold_") and name.endswith(f"_{metric}")]
        columns = [name for name in columns if name.split("_", 2)[2] == metric]
        values = [float(best_trial[name]) for name in columns if pd.notna(best_trial[name])]
        return _rounded(sum(values) / len(values)) if values else None

    names = [metric.kind_name() for metric in fitting.fold_metrics()]
    means = {name: mean(name) if trained is None else _rounded(trained.get(name)) for name in names}
    return {metric.kind_name(): _rounded(metric.of_folds(means, n_rows)) for metric in fitting.metrics(n_features)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else significant(value, DIGITS)


def _ratio(numerator: float | None, denominator: float | None) -> float | None:
    return significant(numerator / denominator, RATIO_DIGITS) if numerator is not None and denominator else None
