"""Parameters of trials.csv as positions along an axis, for charts of the search."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from optuna.distributions import CategoricalDistribution

from lockstep.report.search_history import value_of
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import Range


@dataclass(frozen=True)
class Scale:
    """One parameter as an axis.

    Attributes:
        name: The parameter.
        low: Its lower end; of choices 0.
        high: Its upper end; of choices the last one's number.
        log: Whether it is searched on a logarithmic scale.
        choices: Of choices what they are called.
        values: Its value in each trial, of choices their numbers.
    """

    name: str
    low: float
    high: float
    log: bool
    choices: list[str] | None
    values: npt.NDArray[np.float64]

    def shares(self) -> npt.NDArray[np.float64]:
        """Where the values lie between the ends, 0 to 1, on the scale that was searched."""
        scale = np.log if self.log else np.asarray
        low, high = scale(self.low), scale(self.high)
        found: npt.NDArray[np.float64] = (scale(self.values) - low) / (high - low)
        return found


def scales_of(trials: pd.DataFrame, space: Mapping[str, Any]) -> list[Scale]:
    """The parameters of a space that can vary, in its order.

    Args:
        trials: Rows of trials.csv.
        space: The space as models/search.json holds it.
    """
    ranges = {name: Range.model_validate(value) for name, value in space.items()}
    scales = []
    for name, distribution in SearchSpace(ranges).shown().items():
        if distribution.single():
            continue
        values = [value_of(cell, distribution) for cell in trials[name]]
        if isinstance(distribution, CategoricalDistribution):
            places = [float(_place(distribution.choices, value)) for value in values]
            last, names = len(distribution.choices) - 1, [str(choice) for choice in distribution.choices]
            scales.append(Scale(name, 0.0, float(last), False, names, np.array(places)))
        else:
            low, high = float(ranges[name].low or 0), float(ranges[name].high or 0)
            scales.append(Scale(name, low, high, ranges[name].log, None, np.array(values, dtype=np.float64)))
    return scales


def _place(choices: tuple[Any, ...], value: Any) -> int:
    """1 and True are equal but not the same choice."""
    return next(number for number, choice in enumerate(choices) if choice is value or repr(choice) == repr(value))
