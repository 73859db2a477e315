"""The inner folds of a choice: the features of all groups, learned from each fold's training part alone."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lockstep.errors import DataError, LockstepError, SearchError
from lockstep.features.features_block import Recipe
from lockstep.fitting.folds import FoldSet, digest_of
from lockstep.selection.proposals import FeatureProblem, Proposals, proposals
from lockstep.storage.tables import read_table
from lockstep.table.timeline import Rows
from lockstep.workers.trial import Evaluation, FoldTask
from lockstep.workers.worker import SEARCH_REMEDY, FoldCache, evaluate, failure_message

Result = TypeVar("Result")

# The key of the features that the recipe has in any case.
START = ""


@dataclass(frozen=True)
class InnerFold:
    """A fold with the features of all groups.

    Attributes:
        folder: Where its arrays are, as a FoldSet of one fold.
        columns: The columns of each group's features in its matrix, and of the start's.
        digests: sha256 of each column.
    """

    folder: Path
    columns: Mapping[str, Sequence[int]]
    digests: Sequence[str]

    def of(self, groups: Sequence[str]) -> list[int]:
        """The columns of the start and of some groups."""
        return [column for group in (START, *groups) for column in self.columns.get(group, ())]

    def fingerprint(self, groups: Sequence[str]) -> str:
        """sha256 of all that a fit with some groups reads."""
        (fingerprint,) = _only(FoldSet.open(self.folder), self.of(groups), self.digests, copy=False).fingerprints()
        return fingerprint

    def cells(self, groups: Sequence[str]) -> int:
        """Training rows times features: what a boosting round costs."""
        return int(np.count_nonzero(FoldSet.open(self.folder).training)) * len(self.of(groups))


def prepare(problem: FeatureProblem, table: Path, train: Rows, valid: Rows, folder: Path) -> InnerFold:
    """Compute the features of every group for one inner fold.

    Args:
        problem: What is chosen.
        table: The rows of the choice.
        train: Positions of the rows to learn from.
        valid: Positions of the rows to validate with.
        folder: Where the arrays are written.
    """
    frame = read_table(table)
    rows = frame.iloc[np.concatenate([train, valid])].reset_index(drop=True)
    learn, new = rows.iloc[: len(train)], rows.iloc[len(train) :]
    y = problem.target.values(learn)
    start = problem.features(problem.automatic.start)
    x = start.fit_transform(learn, y)
    parts, names, types = [np.vstack([x, start.transform(new)])], list(start.names), list(start.types)
    columns: dict[str, Sequence[int]] = {START: range(x.shape[1])}
    for group, steps in proposals(problem, learn, start, x).items():
        features = problem.features(steps)
        try:
            part = np.vstack([features.fit_transform(learn, y), features.transform(new)])
        except DataError:
            # A value beyond float32, such as a product of extreme ones: the fold tells nothing about the group.
            continue
        parts.append(part)
        columns[group] = range(len(names), len(names) + len(features.names))
        names += features.names
        types += features.types
    matrix = np.hstack(parts)
    training = np.arange(len(rows)) < len(train)
    digests = [digest_of(np.ascontiguousarray(column)) for column in matrix.T]
    FoldSet(
        matrices=(matrix,),
        matrix_of=(0,),
        y=problem.target.values(rows),
        fold=np.where(training, -1, 0),
        training=training[np.newaxis],
        names=(tuple(names),),
        types=(tuple(types),),
        digests=("",),
        weight=problem.target.weights(rows),
        exposure=problem.target.exposures(rows),
        class_weight=problem.fitting.class_weight,
    ).save(folder)
    return InnerFold(folder, columns, digests)


def propose(problem: FeatureProblem, table: Path) -> Proposals:
    """The steps that the groups propose for all rows of a choice."""
    frame = read_table(table)
    start = problem.features(problem.automatic.start)
    x = start.fit_transform(frame, problem.target.values(frame))
    return proposals(problem, frame, start, x)


def score(fold: InnerFold, groups: Sequence[str], task: FoldTask) -> Evaluation:
    """Fit an inner fold with the features of some groups, and score its validation rows."""
    return evaluate(task, FoldCache(_only(FoldSet.open(fold.folder), fold.of(groups), fold.digests)))


def completed(start: Recipe, proposed: Proposals, groups: Sequence[str]) -> Recipe:
    """The start's steps, then those of some groups."""
    return (*start, *(step for group in groups for step in proposed.get(group, ())))


def _only(folds: FoldSet, columns: Sequence[int], digests: Sequence[str], *, copy: bool = True) -> FoldSet:
    """A FoldSet of one fold with some of its columns; without `copy` only its description."""
    (x,), (names,), (types,) = folds.matrices, folds.names, folds.types
    digest = hashlib.sha256(" ".join(digests[column] for column in columns).encode()).hexdigest()
    return replace(
        folds,
        matrices=(np.ascontiguousarray(x[:, columns]) if copy else x,),
        names=(tuple(names[column] for column in columns),),
        types=(tuple(types[column] for column in columns),),
        digests=(digest,),
    )


def in_one_line(function: Callable[..., Result], *args: Any) -> Result:
    """`function(*args)` in a worker process.

    Raises:
        SearchError: if it fails, for example for lack of memory; mistakes of settings and tables stay what they are.
    """
    try:
        return function(*args)
    except LockstepError:
        raise
    except Exception as error:
        raise SearchError(f"features: a group cannot be tried ({failure_message(error)}); {SEARCH_REMEDY}") from error
