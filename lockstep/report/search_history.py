"""What the search's trials tell: best-so-far and the importance of the parameters."""

from collections.abc import Mapping
from typing import Any

import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState, create_trial

from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import Range
from lockstep.storage.tables import significant

# PED-ANOVA compares the best trials with all; fewer than this many make no statement.
MIN_TRIALS = 4


def optimisation_history(trials: pd.DataFrame, score: str) -> pd.DataFrame:
    """Complete trials in order: number, the score under its own name and the best one so far."""
    complete = trials.loc[trials["state"] == "COMPLETE", ["number", score]]
    return complete.assign(best_so_far=complete[score].cummin())


def parameter_importance(trials: pd.DataFrame, space: Mapping[str, Any], score: str) -> pd.DataFrame:
    """How much each parameter separates the best trials from the rest (PED-ANOVA, Watanabe et al. 2023).

    Args:
        trials: The content of trials.csv.
        space: The space as models/search.json holds it.
        score: The column of the score.

    Returns:
        parameter, importance (shares of 1), most important first; zeros when fewer than four trials are complete.
    """
    distributions = SearchSpace({name: Range.model_validate(value) for name, value in space.items()}).shown()
    study = study_of(trials, distributions, score)
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    shares = dict.fromkeys(distributions, 0.0)
    if len(complete) >= MIN_TRIALS:
        shares |= get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    table = pd.DataFrame(
        {"parameter": list(shares), "importance": [significant(share, 4) for share in shares.values()]}
    )
    return table.sort_values(["importance", "parameter"], ascending=[False, True], kind="stable", ignore_index=True)


def study_of(trials: pd.DataFrame, distributions: Mapping[str, BaseDistribution], score: str) -> optuna.Study:
    """An in-memory Optuna study with the complete trials of trials.csv."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.RandomSampler(seed=0))
    for _, row in trials[trials["state"] == "COMPLETE"].iterrows():
        study.add_trial(
            create_trial(
                value=float(row[score]),
                params={name: value_of(row[name], distribution) for name, distribution in distributions.items()},
                distributions=dict(distributions),
            )
        )
    return study


def value_of(cell: Any, distribution: BaseDistribution) -> Any:
    """A cell of trials.csv as the value it stands for: a number, or one of the choices."""
    if isinstance(distribution, CategoricalDistribution):
        return next(choice for choice in distribution.choices if str(cell) in _cells(choice))
    return int(cell) if isinstance(distribution, IntDistribution) else float(cell)


def _cells(choice: Any) -> tuple[str, ...]:
    """How trials.csv may write a choice: pandas formats numbers, but not in a column that also holds text."""
    return (str(choice), f"{choice:.10g}") if isinstance(choice, float) else (str(choice),)
