"""What the trials tell in numbers: progress, distribution, the best ones, and parameters at their bounds."""

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lockstep.data.tables import significant
from lockstep.schema.params import WHOLE

# A best value this close to an end of its range, as a share of the range, has perhaps not found its best.
AT_BOUND = 0.02
PARTS = 4
MOST_TRIALS = 10
# How far to widen: a logarithmic range by this factor, another by this share of itself.
FACTOR, SHARE = 4.0, 0.5
# What XGBoost allows at all; every other parameter is 0 or more.
SHARES = ("subsample", "colsample_bytree", "colsample_bylevel", "colsample_bynode", "learning_rate")
SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Bound:
    """A parameter whose best value lies at an end of its range.

    Attributes:
        name: The parameter.
        best: Its best value.
        end: low or high.
        bound: That end of the range.
        command: An experiment with a wider range; None where XGBoost allows no more.
    """

    name: str
    best: float
    end: str
    bound: float
    command: str | None


def bounds_hit(best: Mapping[str, Any], space: Mapping[str, Any], space_name: str) -> list[Bound]:
    """The parameters whose best value lies at an end of their range, and how to widen it.

    Args:
        best: The content of best_params.json.
        space: The space as models/search.json holds it.
        space_name: Its name in params.yaml.
    """
    found = []
    for name, limits in space.items():
        value = best["params"].get(name)
        end = _end(value, limits)
        if end is not None:
            wider = _wider(name, limits, end)
            setting = shlex.quote(f"spaces.{space_name}.{name}.{end}={wider}")
            command = None if wider is None else f"dvc exp run -S {setting}"
            found.append(Bound(name, value, end, limits[end], command))
    return found


def quarters(trials: pd.DataFrame, score: str) -> list[dict[str, Any]]:
    """The trials in four parts, in order: first, last, complete, pruned, failed, best, median, worst, best_so_far."""
    found, so_far = [], math.inf
    for part in np.array_split(np.arange(len(trials)), PARTS):
        if not len(part):
            continue
        rows = trials.iloc[part]
        scores = rows.loc[rows["state"] == "COMPLETE", score]
        so_far = min(so_far, float(scores.min())) if len(scores) else so_far
        found.append(
            {
                "first": int(rows["number"].iloc[0]),
                "last": int(rows["number"].iloc[-1]),
                "complete": len(scores),
                "pruned": int((rows["state"] == "PRUNED").sum()),
                "failed": int((rows["state"] == "FAIL").sum()),
                **_summary(scores),
                "best_so_far": so_far if math.isfinite(so_far) else None,
            }
        )
    return found


def distribution(complete: pd.DataFrame, score: str) -> dict[str, float | None]:
    """best, median, worst and std of the complete trials' scores."""
    scores = complete[score]
    return {**_summary(scores), "std": float(scores.std()) if len(scores) > 1 else None}


def top_trials(complete: pd.DataFrame, score: str, metric: str, space: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ten best trials: number, score, behind (its score less the best), spread, rounds and params.

    The spread is the standard deviation of the folds' metric, None with one fold; params are the varied ones.
    """
    best = complete.sort_values([score, "number"], kind="stable").head(MOST_TRIALS)
    folds = [name for name in complete.columns if name.startswith("fold_") and name.split("_", 2)[2] == metric]
    rounds = [name for name in complete.columns if name.startswith("fold_") and name.endswith("_rounds")]
    return [
        {
            "number": int(row["number"]),
            "score": float(row[score]),
            "behind": float(row[score] - best[score].iloc[0]),
            "spread": float(np.std([float(row[name]) for name in folds], ddof=1)) if len(folds) > 1 else None,
            "rounds": float(np.mean([float(row[name]) for name in rounds])) if rounds else None,
            "params": [row[name] for name in varied(space)],
        }
        for _, row in best.iterrows()
    ]


def varied(space: Mapping[str, Any]) -> list[str]:
    """The parameters of a space that have more than one value."""
    return [name for name, limits in space.items() if len(limits.get("choices", (1, 2))) > 1 and not _fixed(limits)]


def _fixed(limits: Mapping[str, Any]) -> bool:
    return "choices" not in limits and bool(limits["low"] == limits["high"])


def _summary(scores: pd.Series) -> dict[str, float | None]:
    if not len(scores):
        return {"best": None, "median": None, "worst": None}
    return {"best": float(scores.min()), "median": float(scores.median()), "worst": float(scores.max())}


def _end(value: Any, limits: Mapping[str, Any]) -> str | None:
    if "choices" in limits or isinstance(value, bool | str | None) or limits["low"] == limits["high"]:
        return None
    scale = math.log if limits.get("log") else float
    low, high, here = scale(limits["low"]), scale(limits["high"]), scale(value)
    near = AT_BOUND * (high - low)
    return "low" if here - low <= near else "high" if high - here <= near else None


def _wider(name: str, limits: Mapping[str, Any], end: str) -> int | float | None:
    """A farther end of the range; None where it lies at the end of what XGBoost allows."""
    bound, reach = float(limits[end]), SHARE * (limits["high"] - limits["low"])
    if limits.get("log"):
        wider = bound * FACTOR if end == "high" else bound / FACTOR
    else:
        # Most parameters end at 0: below, half the bound is far enough.
        wider = bound + reach if end == "high" else max(bound - reach, bound / 2)
    whole = all(isinstance(limits.get(key, 1), int) for key in ("low", "high", "step"))
    least = float(WHOLE.get(name, 0)) or (1.0 if whole else 0.0)
    if name in SHARES:
        least, most = SMALLEST_SHARE, 1.0
    else:
        most = math.inf
    if limits.get("log") and least == 0:
        least = min(bound, SMALLEST_SHARE**4)
    wider = min(max(significant(wider, 2), least), most)
    if wider == bound:
        return None
    return round(wider) if whole else wider
