"""Test rows that differ from the training rows, under a split that goes forward in time."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.rows import sample_rows
from lockstep.evaluate.screens.single_column import auc
from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion
from lockstep.fitting.booster import fit_rounds, predict
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.folds import Fold, Matrix
from lockstep.fitting.matrices import training_matrix
from lockstep.storage.tables import significant
from lockstep.table.filler import as_floats

# Rows of each side that are told apart, and values of a category that count as such.
MAX_ROWS, MAX_CATEGORIES = 2_000, 50
# A small classifier, of which each half of the rows is predicted by the other half.
ROUNDS, MAX_BIN = 30, 64
PARAMS: dict[str, Value] = {"max_depth": 3, "learning_rate": 0.3, "max_bin": MAX_BIN}
# XGBoost takes no infinite numbers.
LARGEST = 1e30
# The AUC from which sides can be told apart, and standard errors by which it must exceed that of no difference.
CAN_BE_TOLD, ERRORS = 0.7, 3.5


class Drift(Suspicion):
    """Training and test rows can be told apart by their features: later rows are of another kind than earlier ones."""

    order: ClassVar[int] = 70

    def look(self, evidence: Evidence) -> ResultFinding | None:
        split = evidence.split
        if split is None or not split.forward:
            return None
        sides = [_sampled(rows.frame, evidence.seed) for rows in (evidence.train, evidence.test)]
        both = pd.concat(sides, ignore_index=True)
        columns = [name for name in evidence.columns if name != split.time and _is_compared(both[name])]
        if not columns or min(map(len, sides)) < 2:
            return None
        area, decisive = _told_apart(both[columns], np.repeat([0.0, 1.0], list(map(len, sides))), evidence.seed)
        n_train, n_test = map(len, sides)
        error = ((n_train + n_test + 1) / (12 * n_train * n_test)) ** 0.5
        if area < max(CAN_BE_TOLD, 0.5 + ERRORS * error):
            return None
        calibrated = ""
        if evidence.model.interval is not None:
            calibrated = ", and prediction intervals, calibrated on earlier rows, may contain less than they promise"
        sentence = (
            f"Training and test rows can be told apart by their features (AUC {area:.2f}, most by {decisive}): rows"
            f" change with {split.time}. The intervals of the scores hold for rows like these test rows, not for later"
            f" ones{calibrated}. Train again often, and watch {decisive}."
        )
        return ResultFinding(self.kind_name(), "look", sentence, "data", (decisive,), {"auc": area})


def _sampled(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    return frame.iloc[sample_rows(len(frame), MAX_ROWS, seed)]


def _is_compared(values: pd.Series) -> bool:
    """Numbers and categories of few values; dates move with time by themselves, and long texts are no category."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return False
    return bool(pd.api.types.is_numeric_dtype(values)) or values.nunique() <= MAX_CATEGORIES


def _told_apart(columns: pd.DataFrame, side: npt.NDArray[np.float64], seed: int) -> tuple[float, str]:
    """The AUC of a small classifier for rows that it has not seen, and the column that tells most."""
    is_number = [bool(pd.api.types.is_numeric_dtype(columns[name])) for name in columns]
    x: Matrix = np.column_stack(
        [
            np.clip(as_floats(columns[name]), -LARGEST, LARGEST) if number else _codes(columns[name])
            for name, number in zip(columns, is_number, strict=True)
        ]
    ).astype(np.float32)
    names, types = tuple(map(str, columns)), tuple("q" if number else "c" for number in is_number)
    shuffled = np.random.default_rng(seed).permutation(len(side)) % 2 == 0
    fitting, score, gains = Fitting("classes", "log_loss", 2), np.empty(len(side)), dict[str, float]()
    for half in (shuffled, ~shuffled):
        fold = Fold(x, side, half, ~half, names, types)
        booster = fit_rounds(training_matrix(fold, MAX_BIN, "in_core"), PARAMS, ROUNDS, seed, fitting)
        score[~half] = predict(booster, x[~half], list(names), list(types), fitting)[:, 1]
        for name, gain in booster.get_score(importance_type="total_gain").items():
            gains[name] = gains.get(name, 0.0) + float(np.sum(gain))
    decisive = max(names, key=lambda name: gains.get(name, 0.0))
    return significant(auc(pd.Series(score), side.astype(np.intp)), 4), decisive


def _codes(values: pd.Series) -> npt.NDArray[np.float64]:
    codes = pd.factorize(values, sort=True)[0].astype(np.float64)
    return np.where(codes < 0, np.nan, codes)
