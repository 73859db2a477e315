"""The steps that each group proposes for a set of training rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xgboost as xgb

from lockstep.features.arrays import Numbers
from lockstep.features.features_block import AutomaticRecipe
from lockstep.features.group import GROUPS, TrainingRows
from lockstep.features.recipe import Features
from lockstep.features.step import STEPS, Step
from lockstep.features.step_mistakes import names_of
from lockstep.features.step_settings import FORBIDDEN_CHARACTERS
from lockstep.features.targets import target_columns
from lockstep.fitting.booster import fit_rounds
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.folds import Matrix
from lockstep.fitting.matrices import row_matrix
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target

# The small model whose residuals screen features: folds, rounds, parameters, and outputs of a target with classes.
FOLDS, ROUNDS, MAX_OUTPUTS = 3, 60, 4
PARAMS: Mapping[str, Value] = {"max_depth": 4, "learning_rate": 0.1, "max_bin": 64, "min_child_weight": 3.0}

Proposals = dict[str, tuple[Step, ...]]


@dataclass(frozen=True)
class FeatureProblem:
    """What a choice depends on besides the rows.

    Attributes:
        automatic: The recipe to complete.
        types: The type of each column of the cleaned table.
        target: The target.
        cross_fitting: How the split relates the rows.
        seed: Seed of all random draws.
        fitting: Objective and metric.
    """

    automatic: AutomaticRecipe
    types: Mapping[str, str]
    target: Target
    cross_fitting: CrossFitting
    seed: int
    fitting: Fitting

    def features(self, steps: Sequence[Step]) -> Features:
        """Unfitted features of some steps."""
        return Features(steps, self.seed, self.target.n_classes, self.cross_fitting, self.target.row_weights)


def proposals(problem: FeatureProblem, frame: pd.DataFrame, features: Features, x: Matrix) -> Proposals:
    """The steps of every group that has some, in the order of the groups' names; each candidate is a group by itself.

    A step whose features would have the name of another one's is left out; candidates come first.

    Args:
        problem: What is chosen.
        frame: Training rows.
        features: The start's features, fitted on these rows.
        x: Their values, shape (rows, features).
    """
    rows = _seen_by_groups(problem, frame, features, x)
    # With classes the names that are known before fitting are others than those after it.
    taken = {*features.names, *(name for step in problem.automatic.start for name in names_of(step, "makes"))}
    chosen, groups = Proposals(), problem.automatic.groups
    for number, step in enumerate(problem.automatic.candidates, start=1):
        chosen[f"candidate {number} ({step.kind_name()})"] = _without_clashes([step], taken)
    for name in GROUPS.built_in() if groups is None else sorted(groups):
        chosen[name] = _without_clashes([STEPS.parse(step) for step in GROUPS[name].steps(rows)], taken)
    return {name: steps for name, steps in chosen.items() if steps}


def _without_clashes(steps: Sequence[Step], taken: set[str]) -> tuple[Step, ...]:
    kept = list[Step]()
    for step in steps:
        names = set(step.makes())
        if names.isdisjoint(taken):
            taken |= names
            kept.append(step)
    return tuple(kept)


def _seen_by_groups(problem: FeatureProblem, frame: pd.DataFrame, features: Features, x: Matrix) -> TrainingRows:
    # Names of features are made of names of columns, and XGBoost refuses some characters.
    readable = {column for column in features.columns if not set(FORBIDDEN_CHARACTERS) & set(column)}
    types = {column: kind for column, kind in problem.types.items() if column in readable}
    residuals, gains = _residuals(problem, frame, features, x)
    importance = dict.fromkeys(types, 0.0)
    for step in features.steps:
        gain = sum(gains.get(name, 0.0) for name in step.names())
        for column in importance.keys() & set(step.reads()):
            importance[column] += gain / len(step.reads())
    return TrainingRows(types, frame, residuals, importance)


def _residuals(
    problem: FeatureProblem, frame: pd.DataFrame, features: Features, x: Matrix
) -> tuple[Numbers, Mapping[str, float]]:
    """Out-of-fold residuals of a small model, shape (rows, outputs), and each feature's gain in it."""
    target = problem.target
    y = target.row_weights.rates(frame, target.values(frame))
    outputs = target_columns(problem.fitting.labels(y), target.n_classes)
    outputs = outputs[:, np.argsort(-outputs.sum(axis=0), kind="stable")[:MAX_OUTPUTS]]
    weight = target.row_weights.of_rates(frame)
    residuals, gains = np.full(outputs.shape, np.nan), dict[str, float]()
    names, types = tuple(features.names), tuple(features.types)
    for train, own in problem.cross_fitting.pairs(frame, FOLDS, problem.seed):
        rows = np.zeros(len(frame), dtype=np.bool_)
        rows[train] = True
        for number, output in enumerate(outputs.T):
            matrix = row_matrix(x, output, rows, names, types, int(PARAMS["max_bin"]), "in_core", weight=weight)
            booster = fit_rounds(matrix, PARAMS, ROUNDS, problem.seed, Fitting())
            new = xgb.DMatrix(
                x[own], nthread=1, feature_names=list(names), feature_types=list(types), enable_categorical=True
            )
            residuals[own, number] = output[own] - booster.predict(new)
            for name, gain in booster.get_score(importance_type="total_gain").items():
                gains[name] = gains.get(name, 0.0) + float(gain if isinstance(gain, int | float) else sum(gain))
    return residuals, gains
