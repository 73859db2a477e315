"""Bounds: the parameters whose best value lies at an end of their range, and a wider range for each."""

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.search.tune_blocks import INTEGER_MINIMUM
from lockstep.storage.tables import significant

# A best value within this share of the range from an end counts as lying at that end.
AT_BOUND = 0.02
# How far to widen: a logarithmic range by this factor, a linear one by this share of its width.
FACTOR, SHARE = 4.0, 0.5
# Parameters that XGBoost limits to 0 to 1; every other parameter is 0 or more.
SHARES = ("subsample", "colsample_bytree", "colsample_bylevel", "colsample_bynode", "learning_rate")
SMALLEST_SHARE = 1e-3
# Significant digits of all suggestions.
DIGITS = 4


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
    bounds = []
    for name, limits in space.items():
        value = best["params"].get(name)
        end = _end(value, limits)
        if end is not None:
            wider = _wider(name, limits, end)
            setting = shlex.quote(f"spaces.{space_name}.{name}.{end}={wider}")
            command = None if wider is None else f"dvc exp run -S {setting}"
            bounds.append(Bound(name, value, end, limits[end], command))
    return bounds


def _end(value: Any, limits: Mapping[str, Any]) -> str | None:
    if "choices" in limits or isinstance(value, bool | str | None) or limits["low"] == limits["high"]:
        return None
    scale = math.log if limits.get("log") else float
    last, step = limits["high"], limits.get("step")
    if step:  # the last value of the grid
        last = limits["low"] + math.floor((last - limits["low"]) / step + 1e-9) * step
    low, high, position = scale(limits["low"]), scale(last), scale(value)
    near = AT_BOUND * (high - low)
    return "low" if position - low <= near else "high" if high - position <= near else None


def _wider(name: str, limits: Mapping[str, Any], end: str) -> int | float | None:
    """A farther end of the range; None if XGBoost allows nothing beyond."""
    bound, up, step = limits[end], end == "high", limits.get("step")
    whole = all(isinstance(limits.get(key, 1), int) for key in ("low", "high", "step"))
    if limits.get("log"):
        reach = bound * (FACTOR - 1) if up else bound * (1 - 1 / FACTOR)
    else:
        reach = SHARE * (limits["high"] - limits["low"])
        # Most parameters are at least 0, so going down half the bound is far enough.
        reach = reach if up else min(reach, bound / 2)
    least, most = _allowed(name, whole, bound if limits.get("log") else 0.0)
    room = most - bound if up else bound - least
    unit = step or (1 if whole else None)
    if unit is not None:  # whole steps, so that the grid and its known trials stay valid
        reach = min(max(1, round(reach / unit)), math.floor(room / unit + 1e-9) if room < math.inf else math.inf) * unit
        wider = bound + reach if up else bound - reach
        return (round(wider) if whole else significant(wider, DIGITS)) if reach > 0 else None
    wider = bound + min(reach, room) if up else bound - min(reach, room)
    rounded = significant(wider, 2)
    inside = least <= rounded <= most and (rounded > bound if up else rounded < bound)
    wider = rounded if inside else significant(wider, DIGITS)
    return wider if (wider > bound if up else wider < bound) else None


def _allowed(name: str, whole: bool, log_bound: float) -> tuple[float, float]:
    """The smallest and largest value that XGBoost allows; a logarithmic range never reaches 0."""
    if name in SHARES:
        return SMALLEST_SHARE, 1.0
    least = float(INTEGER_MINIMUM.get(name, 0)) or (1.0 if whole else 0.0)
    return (min(log_bound, SMALLEST_SHARE**4) if log_bound and not least else least), math.inf
