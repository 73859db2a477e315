"""Worker processes for the fits of train_best and evaluate: the engine of the search, without trials."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lockstep.features.features_block import Recipe
from lockstep.features.recipe import Features
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.fitting.final_rows import AllRowsCall, FinalRows
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import FoldSet, Mask, Matrix, Vector, digest_of, training_masks
from lockstep.fitting.make_folds import make_folds
from lockstep.project.settings import ALWAYS_TRAIN
from lockstep.signals import result_of
from lockstep.storage.scratch import scratch_folder
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from lockstep.workers import worker
from lockstep.workers.local_engine import LocalEngine
from lockstep.workers.machine import worker_count

ALL_ROWS = "all_rows"


class FoldWorkers:
    """Calls functions with the quantised folds, or with all rows, in worker processes.

    Args:
        engine: The worker processes.
        folder: Contains the arrays of the folds and, in a subfolder, those of all rows.
        n_folds: Number of folds.
        fitting: Settings of the fits.
    """

    def __init__(self, engine: LocalEngine, folder: Path, n_folds: int, fitting: Fitting) -> None:
        self._engine, self._folder, self._n_folds, self._fitting = engine, folder, n_folds, fitting

    def on_folds(self, function: Callable[..., Any], max_bin: int, *args: Any) -> list[Any]:
        """Results of `function(fold's matrices, *args)` for every fold, in fold order."""
        futures = [
            self._engine.submit(worker.on_fold, function, number, max_bin, self._fitting, args)
            for number in range(self._n_folds)
        ]
        return [result_of(future) for future in futures]

    def on_all_rows(self, function: Callable[..., Any], calls: Sequence[AllRowsCall]) -> list[Any]:
        """Results of `function(matrix of all training rows, *args)` for every call, in the calls' order."""
        folder = self._folder / ALL_ROWS
        futures = [
            self._engine.submit(
                worker.on_all_rows, function, folder, _place(call.fold), call.max_bin, self._fitting, call.args
            )
            for call in calls
        ]
        return [result_of(future) for future in futures]


@contextmanager
def training_workers(
    table: pd.DataFrame,
    target: Target,
    recipe: Recipe | ChosenRecipe,
    cross_fitting: CrossFitting,
    seed: int,
    fitting: Fitting,
) -> Iterator[tuple[FinalRows, FoldWorkers]]:
    """Worker processes for the folds of a training table and for the rows that train the final model.

    Args:
        table: The training table.
        target: The target.
        recipe: Feature steps, or those of every fold and of all rows.
        cross_fitting: How the split relates the rows.
        seed: Seed of the features' random draws.
        fitting: Settings of the fits.
    """
    with scratch_folder() as folder:
        folds = make_folds(table, target, recipe, cross_fitting, seed, folder, fitting.class_weight)
        steps = recipe.steps if isinstance(recipe, ChosenRecipe) else recipe
        final = FinalRows.of(table, target, steps, cross_fitting, seed)
        rows, x = final.rows, final.x
        weighing = {"weight": target.weights(rows), "exposure": target.exposures(rows)}
        masks = None if cross_fitting.forward else training_masks(rows, forward=False)
        with fold_workers(folds, final.features, x, target.values(rows), folder, fitting, masks, **weighing) as workers:
            yield final, workers


@contextmanager
def fold_workers(
    folds: FoldSet,
    features: Features,
    x: Matrix,
    y: Vector,
    folder: Path,
    fitting: Fitting,
    masks: Mask | None = None,
    *,
    weight: Vector | None = None,
    exposure: Vector | None = None,
) -> Iterator[FoldWorkers]:
    """Worker processes for the folds and for all rows.

    Args:
        folds: The folds.
        features: Fitted on all rows.
        x: Features of all rows.
        y: Target of all rows.
        folder: A folder for arrays.
        fitting: Settings of the fits.
        masks: For each fold a mask of the rows that train it, shape (folds, rows); None: no call names a fold.
        weight: Weights of all rows; None: all count the same.
        exposure: Exposures of all rows; None: there are none.
    """
    folds.save(folder)
    every = np.ones((1, len(y)), dtype=np.bool_)
    training = every if masks is None else np.concatenate([every, masks])
    all_rows = FoldSet(
        matrices=(x,),
        matrix_of=(0,) * len(training),
        y=y,
        fold=np.full(len(y), ALWAYS_TRAIN),
        training=training,
        names=(tuple(features.names),) * len(training),
        types=(tuple(features.types),) * len(training),
        digests=(digest_of(x),),
        weight=weight,
        exposure=exposure,
        class_weight=folds.class_weight,
    )
    all_rows.save(folder / ALL_ROWS)
    with LocalEngine(worker_count(), folder) as engine:
        yield FoldWorkers(engine, folder, len(folds), fitting)


def _place(fold: int | None) -> int:
    """Where the rows of a call are among those of `all_rows`, which begin with all of them."""
    return 0 if fold is None else fold + 1
