"""From a training table with its `fold` column to the folds' arrays."""

from pathlib import Path

import numpy as np
import pandas as pd

from lockstep.features.features_block import Recipe
from lockstep.features.recipe import Features
from lockstep.fitting.folds import FoldSet, Matrices, fold_masks
from lockstep.fitting.weighting import ClassWeight
from lockstep.table.target import Target


def make_folds(
    train: pd.DataFrame,
    target: Target,
    recipe: Recipe,
    forward: bool,
    seed: int,
    folder: Path | None = None,
    class_weight: ClassWeight | None = None,
) -> FoldSet:
    """Fit each fold's features on its training rows, once, and apply them to the others.

    Args:
        train: A training table (see lockstep.split.splitting).
        target: The target.
        recipe: Feature steps.
        forward: Whether only earlier rows train a fold.
        seed: Seed of the features' random draws.
        folder: Where the matrices are stored, with one at a time in memory; without it all are in memory.
        class_weight: Weights of the classes in the fits.
    """
    y = target.values(train)
    fold = train["fold"].to_numpy()
    matrices, matrix_of, names, types = Matrices(folder), list[int](), list[tuple[str, ...]](), list[tuple[str, ...]]()
    for number in range(int(fold.max()) + 1):
        training, _ = fold_masks(fold, forward, number)
        features = Features(recipe, seed, target.n_classes)
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
        fold=fold,
        forward=forward,
        names=tuple(names),
        types=tuple(types),
        digests=tuple(matrices.digests),
        weight=target.weights(train),
        exposure=target.exposures(train),
        class_weight=class_weight,
    )
