"""From a training table with its `fold` column to the folds' arrays."""

from pathlib import Path

import numpy as np
import pandas as pd

from lockstep.errors import DataError
from lockstep.features.features_block import Recipe
from lockstep.features.recipe import Features
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.fitting.folds import FoldSet, Mask, Matrices, Vector, training_masks
from lockstep.fitting.weighting import ClassWeight
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target


def make_folds(
    train: pd.DataFrame,
    target: Target,
    recipe: Recipe | ChosenRecipe,
    cross_fitting: CrossFitting,
    seed: int,
    folder: Path | None = None,
    class_weight: ClassWeight | None = None,
) -> FoldSet:
    """Fit each fold's features on its training rows, once, and apply them to the others.

    Args:
        train: A training table (see lockstep.split.splitting).
        target: The target.
        recipe: Feature steps, or those of every fold.
        cross_fitting: How the split relates the rows.
        seed: Seed of the features' random draws.
        folder: Where the matrices are stored, with one at a time in memory; without it all are in memory.
        class_weight: Weights of the classes in the fits.

    Raises:
        DataError: if rows have exposures, and the targets of a fold's training rows are all 0.
    """
    y, exposure = target.values(train), target.exposures(train)
    masks = training_masks(train, cross_fitting.forward)
    if exposure is not None:
        _check_rates(target.column, y, masks)
    matrices, matrix_of, names, types = Matrices(folder), list[int](), list[tuple[str, ...]](), list[tuple[str, ...]]()
    for number, training in enumerate(masks):
        steps = recipe.of_fold(number) if isinstance(recipe, ChosenRecipe) else recipe
        features = Features(steps, seed, target.n_classes, cross_fitting, target.row_weights)
        own_features = features.fit_transform(train[training], y[training])
        matrix = np.empty((len(train), own_features.shape[1]), dtype=np.float32)
        matrix[training], matrix[~training] = own_features, features.transform(train[~training])
        matrix_of.append(matrices.add(matrix))
        names.append(tuple(features.names))
        types.append(tuple(features.types))
    return FoldSet(
        matrices=tuple(matrices.distinct),
        matrix_of=tuple(matrix_of),
        y=y,
        fold=train["fold"].to_numpy(),
        training=masks,
        names=tuple(names),
        types=tuple(types),
        digests=tuple(matrices.digests),
        weight=target.weights(train),
        exposure=exposure,
        class_weight=class_weight,
    )


def _check_rates(column: str, y: Vector, masks: Mask) -> None:
    """Refuse folds whose boosters would start from a rate of 0."""
    for number, training in enumerate(masks):
        if not y[training].any():
            raise DataError(
                f"target: {column!r} is 0 in all {np.count_nonzero(training):,} rows that train fold {number}, and an"
                " exposure needs a rate above 0; use fewer folds or another split.strategy in params.yaml"
            )
