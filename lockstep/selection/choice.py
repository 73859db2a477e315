"""The choice of the groups of features that an automatic recipe adds: once per fold, and once for all training rows.

A fold's groups are chosen by its training rows alone, so that its validation rows judge the choice as well. Each
choice compares groups by inner folds, which follow the split, with small boosters of the real objective and metric.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lockstep.features.features_block import Recipe
from lockstep.fitting.booster import RoundBudget
from lockstep.fitting.fitting import Value
from lockstep.search.evaluation_log import FoldLog
from lockstep.selection.forward import FOLDS, ForwardSelection, Gain, Groups
from lockstep.selection.inner_folds import InnerFold, completed, in_one_line, prepare, propose, score
from lockstep.selection.proposals import FeatureProblem, Proposals
from lockstep.signals import result_of
from lockstep.storage.tables import write_table
from lockstep.table.cross_fitting import BLOCKS_PER_FOLD, CrossFitting
from lockstep.table.timeline import Rows
from lockstep.workers.identity import fold_key
from lockstep.workers.trial import Evaluation, FoldTask

# Rows of a choice, draws of its inner folds, and the small boosters that compare groups.
MAX_ROWS, DRAWS = 20_000, 2
PARAMS: dict[str, Value] = {"max_depth": 6, "learning_rate": 0.1, "max_bin": 64, "min_child_weight": 3.0}
BUDGET = RoundBudget(early_stopping_rounds=10, max_rounds=150)


@dataclass(frozen=True)
class Choice:
    """The outcome of one choice.

    Attributes:
        steps: The start's steps and those of the chosen groups.
        alone: What each group adds to the start.
        added: What each group that gains adds to those before it, in order.
        features: The number of features of each group, in the first inner fold.
        cells: The boosting rounds times rows times features that were spent.
    """

    steps: Recipe
    alone: Sequence[Gain]
    added: Sequence[Gain]
    features: dict[str, int]
    cells: dict[str, int]

    @property
    def kept(self) -> Groups:
        """The chosen groups."""
        return tuple(gain.group for gain in self.added if gain.chosen)


def choose(
    problem: FeatureProblem, tables: Sequence[pd.DataFrame], folder: Path, executor: Executor, log: FoldLog
) -> list[Choice]:
    """Choose for several sets of training rows; the choices do not depend on one another or on the executor.

    Args:
        problem: What is chosen.
        tables: The training rows of each choice.
        folder: A folder for arrays.
        executor: Runs features and fits.
        log: Stored fits are not repeated.
    """
    problem = replace(problem, fitting=replace(problem.fitting, memory="in_core"))
    choices = [_Choosing(problem, table, folder / str(number), executor) for number, table in enumerate(tables)]
    fits = _Fits(problem, executor, log)
    selections = [ForwardSelection(choice.begin()) for choice in choices]
    while any(wanted := [selection.wanted() for selection in selections]):
        asked = [
            {groups: [fits.ask(fold, groups) for fold in choice.folds] for groups in each}
            for choice, each in zip(choices, wanted, strict=True)
        ]
        for selection, choice, each in zip(selections, choices, asked, strict=True):
            if each:
                selection.tell({groups: choice.scores(groups, scores) for groups, scores in each.items()})
    return [choice.outcome(selection) for choice, selection in zip(choices, selections, strict=True)]


class _Choosing:
    """One choice: its rows, its inner folds and what it costs."""

    def __init__(self, problem: FeatureProblem, table: pd.DataFrame, folder: Path, executor: Executor) -> None:
        self._problem = problem
        rows = _sampled(table, problem.seed)
        problem = replace(problem, cross_fitting=_thinned(problem.cross_fitting, len(rows) / len(table)))
        folder.mkdir(parents=True)
        path = folder / "rows.parquet"
        write_table(rows, path)
        pairs = _inner_pairs(problem, rows)
        self._prepared = [
            executor.submit(in_one_line, prepare, problem, path, train, valid, folder / f"fold_{number}")
            for number, (train, valid) in enumerate(pairs)
        ]
        self._proposed = executor.submit(in_one_line, propose, problem, path)
        self.folds: list[InnerFold] = []
        self._proposals = Proposals()
        self._cells = dict[str, int]()

    def begin(self) -> list[str]:
        """Wait for the inner folds; the groups that all training rows propose and some inner fold knows."""
        self.folds = [result_of(future) for future in self._prepared]
        self._proposals = result_of(self._proposed)
        return [name for name in self._proposals if any(fold.columns.get(name) for fold in self.folds)]

    def scores(self, groups: Groups, asked: "Sequence[_Asked]") -> list[float | None]:
        """The scores of a combination, whose cost is that of its last group."""
        scores = list[float | None]()
        for fold, fit in zip(self.folds, asked, strict=True):
            evaluation = fit.evaluation()
            scores.append(None if evaluation.score is None else evaluation.score.score)
            if evaluation.score is not None:
                cost = BUDGET.boosted(PARAMS, evaluation.score.rounds) * fold.cells(groups)
                name = groups[-1] if groups else ""
                self._cells[name] = self._cells.get(name, 0) + cost
        return scores

    def outcome(self, selection: ForwardSelection) -> Choice:
        steps = completed(self._problem.automatic.start, self._proposals, selection.kept)
        known = self.folds[0].columns if self.folds else {}
        features = {name: len(known.get(name, ())) for name in self._proposals}
        return Choice(steps, selection.alone, selection.added, features, self._cells)


@dataclass(frozen=True)
class _Asked:
    """A fit that was asked for."""

    evaluation: Callable[[], Evaluation]


class _Fits:
    """Fits by the executor, or from the log."""

    def __init__(self, problem: FeatureProblem, executor: Executor, log: FoldLog) -> None:
        self._executor, self._log = executor, log
        self._task = FoldTask(0, 0, PARAMS, BUDGET, problem.seed, problem.fitting)

    def ask(self, fold: InnerFold, groups: Groups) -> _Asked:
        """Begin a fit that is not in the log."""
        key = fold_key(self._task, fold.fingerprint(groups))
        if (stored := self._log.find(key)) is not None:
            return _Asked(lambda: stored)
        future: Future[Any] = self._executor.submit(in_one_line, score, fold, groups, self._task)
        return _Asked(lambda: self._remembered(key, future))

    def _remembered(self, key: str, future: Future[Any]) -> Evaluation:
        evaluation: Evaluation = result_of(future)
        self._log.remember(key, evaluation)
        return evaluation


def _inner_pairs(problem: FeatureProblem, rows: pd.DataFrame) -> list[tuple[Rows, Rows]]:
    """The inner folds of two draws; in time, where nothing is drawn, as many blocks.

    With exposures a fold whose training targets are all 0 is left out: its boosters could not start from a rate.
    """
    if problem.cross_fitting.forward:
        pairs = problem.cross_fitting.pairs(rows, DRAWS * FOLDS // BLOCKS_PER_FOLD, problem.seed)
    else:
        draws = [problem.cross_fitting.pairs(rows, FOLDS, problem.seed + draw) for draw in range(DRAWS)]
        pairs = [pair for draw in draws for pair in draw]
    if problem.target.exposure is None:
        return pairs
    y = problem.target.values(rows)
    return [(train, valid) for train, valid in pairs if y[train].any()]


def _thinned(cross_fitting: CrossFitting, share: float) -> CrossFitting:
    """A gap in rows, of a sample of them; a duration stays."""
    gap = cross_fitting.gap
    return replace(cross_fitting, gap=round(gap * share)) if isinstance(gap, int) else cross_fitting


def _sampled(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """At most MAX_ROWS rows in their order, a seeded sample of more."""
    if len(table) > MAX_ROWS:
        table = table.iloc[np.sort(np.random.default_rng(seed).permutation(len(table))[:MAX_ROWS])]
    return table.reset_index(drop=True)
