"""Progress of the search: the best score so far, quarters and the distribution of the scores."""

import math
from typing import Any

import numpy as np
import pandas as pd

PARTS = 4


def optimisation_history(trials: pd.DataFrame, score: str) -> pd.DataFrame:
    """Complete trials in order: number, the score under its own name and the best one so far."""
    complete = trials.loc[trials["state"] == "COMPLETE", ["number", score]]
    return complete.assign(best_so_far=complete[score].cummin())


def quarters(trials: pd.DataFrame, score: str) -> list[dict[str, Any]]:
    """The trials in four parts, in order: first, last, complete, pruned, failed, best, median, worst, best_so_far."""
    records, best_so_far = [], math.inf
    for part in np.array_split(np.arange(len(trials)), PARTS):
        if not len(part):
            continue
        rows = trials.iloc[part]
        scores = rows.loc[rows["state"] == "COMPLETE", score]
        best_so_far = min(best_so_far, float(scores.min())) if len(scores) else best_so_far
        records.append(
            {
                "first": int(rows["number"].iloc[0]),
                "last": int(rows["number"].iloc[-1]),
                "complete": len(scores),
                "pruned": int((rows["state"] == "PRUNED").sum()),
                "failed": int((rows["state"] == "FAIL").sum()),
                **_summary(scores),
                "best_so_far": best_so_far if math.isfinite(best_so_far) else None,
            }
        )
    return records


def distribution(complete: pd.DataFrame, score: str) -> dict[str, float | None]:
    """best, median, worst and std of the complete trials' scores."""
    scores = complete[score]
    return {**_summary(scores), "std": float(scores.std()) if len(scores) > 1 else None}


def _summary(scores: pd.Series) -> dict[str, float | None]:
    if not len(scores):
        return {"best": None, "median": None, "worst": None}
    return {"best": float(scores.min()), "median": float(scores.median()), "worst": float(scores.max())}
