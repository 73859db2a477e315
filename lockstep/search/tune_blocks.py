"""The blocks `tune`, `spaces` and `pruners` of params.yaml."""

import math
from itertools import count
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lockstep.features.features_block import RecipeChoice
from lockstep.fitting.booster_block import BoosterSettings
from lockstep.project.settings import Seed, Settings
from lockstep.split.split_block import FoldRule

# Booster parameters that a space may tune; the pipeline itself sets objective, metric, seed and threads.
TUNABLE = frozenset(
    [
        "colsample_bylevel",
        "colsample_bynode",
        "colsample_bytree",
        "gamma",
        "grow_policy",
        "learning_rate",
        "max_bin",
        "max_cat_threshold",
        "max_cat_to_onehot",
        "max_delta_step",
        "max_depth",
        "max_leaves",
        "min_child_weight",
        "n_estimators",
        "num_parallel_tree",
        "reg_alpha",
        "reg_lambda",
        "sampling_method",
        "scale_pos_weight",
        "subsample",
        "tree_method",
    ]
)

# XGBoost's integer parameters and their smallest values.
INTEGER_MINIMUM = {
    "max_bin": 2,
    "max_cat_threshold": 1,
    "max_cat_to_onehot": 1,
    "max_depth": 0,  # no limit
    "max_leaves": 0,
    "n_estimators": 1,
    "num_parallel_tree": 1,
}


PrunerName = Literal["none", "race", "median", "percentile", "successive_halving", "hyperband"]


class Range(Settings):
    """One parameter of a search space: a range or a list of choices.

    Integer bounds make an integer parameter; `step` restricts it to a grid that starts at `low`. With `early_stopping`,
    which n_estimators alone may have, a fit may stop before that many rounds.
    """

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    step: int | float | None = None
    choices: Annotated[tuple[int | float | str | bool, ...], Field(strict=False, max_length=1000)] | None = None
    early_stopping: bool = False

    @property
    def is_integer(self) -> bool:
        """Whether both bounds and the step are integers in the YAML file."""
        return all(isinstance(bound, int) for bound in (self.low, self.high, self.step or 1))

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.choices is not None:
            if self.low is not None or self.high is not None or self.log or self.step is not None:
                raise ValueError("has both choices and a range; keep one of them")
            if not self.choices:
                raise ValueError("choices is empty; list at least one value")
            return self
        if self.low is None or self.high is None:
            raise ValueError("needs low and high, or choices")
        if self.low > self.high:
            raise ValueError(f"low {self.low} is greater than high {self.high}; swap them")
        if self.log and self.low <= 0:
            raise ValueError(f"log needs low above 0, not {self.low}")
        if self.log and self.step is not None:
            raise ValueError("log and step exclude each other; remove one")
        if self.step is not None and self.step <= 0:
            raise ValueError(f"step must be above 0, not {self.step}")
        return self


Space = dict[str, Range]


# The lag of the trials up to this number; then it grows by one with every trial, up to `tune.lag`. So the first results
# are known early, and few trials run all their folds for want of one to be compared with.
FIRST_LAG, GROWS_AFTER = 2, 8


class Tune(Settings):
    """The search's settings; every one of them changes its trials."""

    n_trials: Annotated[int, Field(ge=1)]
    patience: Annotated[int, Field(ge=1)] | None
    budget: Annotated[float, Field(gt=0)] | Literal["auto"] | None
    space: str
    lag: Annotated[int, Field(ge=1)]
    sampler: Literal["tpe", "random"]
    n_startup_trials: Annotated[int, Field(ge=1)]
    pruner: PrunerName
    early_stopping_rounds: Annotated[int, Field(ge=1)]
    max_rounds: Annotated[int, Field(ge=1)]
    enqueue: Annotated[tuple[dict[str, int | float | str | bool], ...], Field(strict=False)]

    def lag_at(self, number: int) -> int:
        """The lag of a trial, which is asked knowing the trials 0 .. number - lag."""
        return min(self.lag, FIRST_LAG + max(number - GROWS_AFTER, 0))

    def first_knowing(self, n_trials: int) -> int:
        """The first trial that is asked knowing so many trials."""
        return next(number for number in count(n_trials) if number - self.lag_at(number) + 1 >= n_trials)


class NoPruning(Settings):
    """Every trial runs all its folds."""


class Median(Settings):
    """optuna.pruners.MedianPruner; a step is a fold."""

    n_startup_trials: Annotated[int, Field(ge=0)]
    n_warmup_steps: Annotated[int, Field(ge=0)]


class Percentile(Median):
    """optuna.pruners.PercentilePruner: a trial continues while it is among the best `percentile` percent."""

    percentile: Annotated[float, Field(ge=0, le=100)]


class SuccessiveHalving(Settings):
    """optuna.pruners.SuccessiveHalvingPruner; the resource is the number of folds."""

    min_resource: Annotated[int, Field(ge=1)]
    reduction_factor: Annotated[int, Field(ge=2)]
    min_early_stopping_rate: Annotated[int, Field(ge=0)]


class Hyperband(Settings):
    """optuna.pruners.HyperbandPruner; the largest resource is the number of folds."""

    min_resource: Annotated[int, Field(ge=1)]
    reduction_factor: Annotated[int, Field(ge=2)]


class Race(Settings):
    """lockstep.search.racing.RacingPruner: a trial continues while it may still beat the best one so far."""

    margin: Annotated[float, Field(ge=0)]
    n_startup_trials: Annotated[int, Field(ge=1)]


PrunerOptions = NoPruning | Race | Median | Percentile | SuccessiveHalving | Hyperband


class Pruners(Settings):
    """Options of each pruner; `tune.pruner` names the one in use."""

    none: NoPruning
    race: Race
    median: Median
    percentile: Percentile
    successive_halving: SuccessiveHalving
    hyperband: Hyperband


class SearchBlocks(Settings):
    """The blocks that define the search.

    Raises:
        pydantic.ValidationError: if the chosen space is absent, or a space or an enqueued configuration is invalid.
    """

    tune: Tune
    pruners: Pruners
    spaces: dict[str, Space]

    @model_validator(mode="after")
    def _space_is_usable(self) -> Self:
        if self.tune.space not in self.spaces:
            raise ValueError(
                f"tune.space: no space named {self.tune.space!r}; spaces defines: {', '.join(sorted(self.spaces))}"
            )
        for name, space in self.spaces.items():
            _check_space(f"spaces.{name}", space)
        names = {parameter for space in self.spaces.values() for parameter in space}
        for position, start in enumerate(self.tune.enqueue):
            for parameter in start:
                if parameter not in names:
                    raise ValueError(
                        f"tune.enqueue[{position}].{parameter}: is in no space; spaces have {', '.join(sorted(names))}"
                    )
            if start.keys() <= self.spaces[self.tune.space].keys():
                for parameter, value in start.items():
                    where = f"tune.enqueue[{position}].{parameter}"
                    _check_inside(where, value, self.spaces[self.tune.space][parameter])
        return self

    @property
    def chosen_space(self) -> Space:
        """The chosen search space."""
        return self.spaces[self.tune.space]

    @property
    def chosen_pruner(self) -> PrunerOptions:
        """The options of the chosen pruner."""
        options: PrunerOptions = getattr(self.pruners, self.tune.pruner)
        return options

    @property
    def chosen_tune(self) -> Tune:
        """The block `tune` without the enqueued configurations that belong to other spaces."""
        parameters = self.chosen_space.keys()
        return self.tune.model_copy(
            update={"enqueue": tuple(start for start in self.tune.enqueue if start.keys() <= parameters)}
        )


class TuneBlocks(SearchBlocks, RecipeChoice):
    """The blocks that the stage tune reads."""

    seed: Seed
    split: FoldRule
    booster: BoosterSettings


def _check_space(where: str, space: Space) -> None:
    if not space:
        raise ValueError(f"{where}: is empty; give it at least one parameter")
    for parameter, bounds in space.items():
        if parameter not in TUNABLE:
            raise ValueError(f"{where}.{parameter}: cannot be tuned; allowed: {', '.join(sorted(TUNABLE))}")
        if bounds.early_stopping and parameter != "n_estimators":
            raise ValueError(f"{where}.{parameter}.early_stopping: belongs to n_estimators alone; remove it")
        if parameter not in INTEGER_MINIMUM:
            continue
        values = bounds.choices if bounds.choices is not None else (bounds.low, bounds.high, bounds.step or 1)
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            raise ValueError(f"{where}.{parameter}: takes whole numbers; write 3, not 3.0")
        smallest = min(value for value in values[: None if bounds.choices else 2] if isinstance(value, int))
        if smallest < INTEGER_MINIMUM[parameter]:
            raise ValueError(
                f"{where}.{parameter}: {smallest} is below {INTEGER_MINIMUM[parameter]}, XGBoost's minimum"
            )


def _check_inside(where: str, value: object, allowed: Range) -> None:
    if allowed.choices is not None:
        if value not in allowed.choices:
            raise ValueError(f"{where}: {value!r} is not one of {list(allowed.choices)}")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{where}: {value!r} is not a number")
    elif allowed.low is not None and allowed.high is not None and not allowed.low <= value <= allowed.high:
        raise ValueError(f"{where}: {value!r} is outside {allowed.low} to {allowed.high}")
    elif allowed.is_integer and not isinstance(value, int):
        raise ValueError(f"{where}: {value!r} must be a whole number")
    elif allowed.step is not None and allowed.low is not None:
        steps = (value - allowed.low) / allowed.step
        if not math.isfinite(steps) or abs(steps - round(steps)) > 1e-9:
            raise ValueError(f"{where}: {value!r} is not on the grid {allowed.low}, {allowed.low + allowed.step}, ...")
