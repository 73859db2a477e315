"""From a training table with its `fold` column to the folds' arrays."""

from pathlib import Path

import numpy as np
import pandas as pd

from lockstep.features.recipe import Features
from lockstep.model.folds import FoldSet, Matrices, fold_masks
from lockstep.schema.features import Recipe


def make_folds(train: pd.DataFrame, target: str, recipe: Recipe, strategy: str, folder: Path | None = None) -> FoldSet:
    """Fit each fold's features on its training rows and apply them to all rows.

    Args:
        train: A training table (see lockstep.data.splitting).
        target: The column to predict.
        recipe: Feature steps.
        strategy: `split.strategy`.
        folder: Where the matrices are kept, one at a time in memory; without it all are in memory.
    """
    y = train[target].to_numpy(dtype=np.float64)
    fold = train["fold"].to_numpy()
    kept, matrix_of = Matrices(folder), list[int]()
    for number in range(int(fold.max()) + 1):
        training, _ = fold_masks(fold, strategy, number)
        features = Features(recipe).fit(train[training], y[training])
        matrix_of.append(kept.add(features.transform(train)))
    return FoldSet(
        matrices=tuple(kept.distinct),
        matrix_of=tuple(matrix_of),
        y=y,
        fold=fold,
        strategy=strategy,
        names=tuple(features.names),
        types=tuple(features.types),
        digests=tuple(kept.digests),
    )
