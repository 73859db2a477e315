"""Writing and reading reports/tune/trials.csv, the table of all trials."""

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TextIO

import pandas as pd

from lockstep.fitting.fitting import Fitting

if TYPE_CHECKING:  # reading the file does not need XGBoost
    from lockstep.workers.trial import TrialResult


def trials_table(results: "list[TrialResult]", n_folds: int, fitting: Fitting) -> pd.DataFrame:
    """One row per trial: number, state, cv_rmse, a column per parameter, metrics per fold, message.

    With a metric other than RMSE the score is called cv_score. It is empty unless the trial is complete; cells of folds
    that were not fitted are empty.
    """
    names = [metric.kind_name() for metric in fitting.fold_metrics()]
    return pd.DataFrame([_row(result, n_folds, fitting.score_name, names) for result in results])


def read_trials(source: str | PathLike[str] | TextIO, space: Iterable[str]) -> pd.DataFrame:
    """The content of trials.csv; parameters and messages stay text.

    Args:
        source: The file.
        space: Names of the parameters.
    """
    texts: dict[str, Any] = dict.fromkeys((*space, "message", "state"), str)
    return pd.read_csv(source, keep_default_na=False, na_values=[""], dtype=texts)


def _row(result: "TrialResult", n_folds: int, score_name: str, names: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"number": result.number, "state": str(result.state), score_name: result.cv_score}
    row |= dict(result.params)
    for fold in range(n_folds):
        fold_score = result.folds[fold] if fold < len(result.folds) else None
        for name in names:
            row[f"fold_{fold}_{name}"] = fold_score.metrics[name] if fold_score else None
        row[f"fold_{fold}_rounds"] = str(fold_score.rounds) if fold_score else None
    row["message"] = result.message
    return row
