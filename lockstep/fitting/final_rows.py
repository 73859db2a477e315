"""The rows that the final model is trained on, with their features."""

from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from lockstep.features.features_block import Recipe
from lockstep.features.recipe import Features
from lockstep.fitting.folds import Matrix, final_rows
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target


@dataclass(frozen=True)
class AllRowsCall:
    """A call of a function with a matrix of the rows that train the final model.

    Attributes:
        max_bin: Bins of a feature in the matrix.
        args: The function's further arguments.
        fold: Only the rows that train this fold, with the features of all; None: all rows.
    """

    max_bin: int
    args: tuple[Any, ...]
    fold: int | None = None


@dataclass(frozen=True)
class FinalRows:
    """The rows that the final model is trained on.

    Attributes:
        table: The training table; some of its rows may only validate.
        target: The target.
        features: Fitted on the rows.
        x: Features of the rows, shape (rows, features).
        forward: Whether the folds go forward in time.
    """

    table: pd.DataFrame
    target: Target
    features: Features
    x: Matrix
    forward: bool = False

    @classmethod
    def of(cls, table: pd.DataFrame, target: Target, recipe: Recipe, cross_fitting: CrossFitting, seed: int) -> Self:
        """Fit the features on the rows of a training table that train the final model.

        Args:
            table: The training table.
            target: The target.
            recipe: Feature steps.
            cross_fitting: How the split relates the rows.
            seed: Seed of the features' random draws.
        """
        features, rows = Features(recipe, seed, target.n_classes, cross_fitting, target.row_weights), final_rows(table)
        return cls(table, target, features, features.fit_transform(rows, target.values(rows)), cross_fitting.forward)

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of the training table that `x` describes."""
        return final_rows(self.table)
