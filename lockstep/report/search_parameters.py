"""Parameters of trials.csv: their values and their axes in charts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import Range


@dataclass(frozen=True)
class ParameterScale:
    """One parameter as an axis.

    Attributes:
        name: The parameter.
        low: Its lower end; 0 for choices.
        high: Its upper end; for choices the number of the last one.
        log: Whether it is searched on a logarithmic scale.
        choices: Names of the choices; None for a range.
        values: Its value in each trial; for choices their numbers.
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
        positions: npt.NDArray[np.float64] = (scale(self.values) - low) / (high - low)
        return positions


def scales_of(trials: pd.DataFrame, space: Mapping[str, Any]) -> list[ParameterScale]:
    """The parameters of a space with more than one value, in its order.

    Args:
        trials: Rows of trials.csv.
        space: The space, as in models/search.json.
    """
    ranges = {name: Range.model_validate(value) for name, value in space.items()}
    scales = []
    for name, distribution in SearchSpace(ranges).distributions().items():
        if distribution.single():
            continue
        values = [value_of(cell, distribution) for cell in trials[name]]
        if isinstance(distribution, CategoricalDistribution):
            places = [float(_place(distribution.choices, value)) for value in values]
            last, names = len(distribution.choices) - 1, [str(choice) for choice in distribution.choices]
            scales.append(ParameterScale(name, 0.0, float(last), False, names, np.array(places)))
        else:
            low, high = float(ranges[name].low or 0), float(ranges[name].high or 0)
            scales.append(ParameterScale(name, low, high, ranges[name].log, None, np.array(values, dtype=np.float64)))
    return scales


def value_of(cell: Any, distribution: BaseDistribution) -> Any:
    """The value of a cell of trials.csv: a number, or one of the choices."""
    if isinstance(distribution, CategoricalDistribution):
        return next(choice for choice in distribution.choices if str(cell) in _cells(choice))
    return int(cell) if isinstance(distribution, IntDistribution) else float(cell)


def _cells(choice: Any) -> tuple[str, ...]:
    """The forms of a choice in trials.csv: pandas formats numbers, except in a column that also contains text."""
    return (str(choice), f"{choice:.10g}") if isinstance(choice, float) else (str(choice),)


def _place(choices: tuple[Any, ...], value: Any) -> int:
    """1 and True are equal but not the same choice."""
    return next(number for number, choice in enumerate(choices) if choice is value or repr(choice) == repr(value))
