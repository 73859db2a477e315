"""The best complete trials of a search, of which the final model may be made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lockstep.fitting.fitting import Value

# Trials that are worse than these rarely help the best, and each costs a fit of every fold.
MAX_CANDIDATES = 10


@dataclass(frozen=True)
class Candidate:
    """A complete trial.

    Attributes:
        number: Its number.
        params: Booster parameters.
        rounds: Boosting rounds of each fold.
    """

    number: int
    params: Mapping[str, Value]
    rounds: tuple[int, ...]

    @property
    def n_rounds(self) -> int:
        """The median of the folds, as for the best trial."""
        return sorted(self.rounds)[len(self.rounds) // 2]


def best_candidates(trials: pd.DataFrame, best: Mapping[str, Any], score: str) -> list[Candidate]:
    """The complete trials with the lowest scores: the best trial first, then of equals the earliest.

    Args:
        trials: The content of trials.csv, as lockstep.search.trials_file makes or reads it.
        best: The content of best_params.json. The search compares scores before they are rounded, so of trials that the
            file shows as equals any may be the best one; its parameters also have types, which the file lacks.
        score: The column of the score.
    """
    complete = trials[trials["state"].astype(str) == "COMPLETE"]
    others = complete.assign(other=complete["number"] != best["trial"])
    first = others.sort_values(["other", score, "number"], kind="stable").head(MAX_CANDIDATES)
    rounds = [name for name in trials.columns if name.startswith("fold_") and name.endswith("_rounds")]
    return [
        Candidate(
            int(row["number"]),
            {name: _typed(str(row[name]), value) for name, value in best["params"].items()},
            tuple(int(row[name]) for name in rounds),
        )
        for _, row in first.iterrows()
    ]


def _typed(text: str, like: Value) -> Value:
    """A parameter's value; a choice of another type than that of `like` stays text, which XGBoost reads alike."""
    if isinstance(like, bool):
        return text == "True"
    try:
        return type(like)(text)
    except ValueError:
        return text
