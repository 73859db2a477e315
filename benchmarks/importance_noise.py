"""How often a search calls a hyperparameter important, where none has an effect and where two of six have one.

Real searches (TPE, race pruner, five folds) of a made response: `python -m benchmarks.importance_noise` prints a row
for each number of trials and effect, beside the largest importance of PED-ANOVA of the complete trials.
"""

import argparse
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import create_trial

from benchmarks.made_search import made_plan
from benchmarks.trial_search import AtOnce
from lockstep.fitting.booster import FoldScore
from lockstep.fitting.folds import FoldSummary
from lockstep.report.parameter_importance import parameter_importance
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import search
from lockstep.search.trials_file import trials_table
from lockstep.search.tune_blocks import Range
from lockstep.workers.trial import Evaluation, FoldTask

PARAMETERS: dict[str, Any] = {name: {"low": 0.0, "high": 1.0} for name in "abcdef"}
# One has its best value inside its range, the other a kink there; each with uniform values has about the same spread.
ACTIVE = ("a", "b")
SCALES = {"a": 0.12, "b": 0.2}
FOLDS, LEVEL = 5, 50.0


def made_search(seed: int, n_trials: int, effect: float) -> pd.DataFrame:
    """The trials.csv of a real search for the minimum of a made response.

    Args:
        seed: Seed of the search, the response and its noise.
        n_trials: Trials.
        effect: Size of the active parameters' effects: with 1, values drawn at random give the response a standard
            deviation of 0.95. The noise of a fold has 1, that of a trial's five folds together 0.5.
    """
    random = np.random.default_rng(seed)
    folds, best = 3 * random.normal(size=FOLDS), dict(zip(ACTIVE, random.uniform(0.15, 0.85, 2), strict=True))
    noise = random.normal(size=(n_trials, FOLDS)) + 0.5 * random.normal(size=(n_trials, 1))

    def run(task: FoldTask) -> Evaluation:
        away = {name: abs(float(task.params[name]) - best[name]) for name in ACTIVE}
        response = effect * (away["a"] ** 2 / SCALES["a"] + away["b"] / SCALES["b"])
        score = LEVEL + folds[task.fold] + response + noise[task.number, task.fold]
        return Evaluation(FoldScore(score, {"rmse": score, "mse": None, "mae": None, "r2": None}, 1), "", 0.0, 0.0)

    space = {name: Range.model_validate(limits) for name, limits in PARAMETERS.items()}
    plan = made_plan(space, n_trials, seed)
    results = search(plan, [FoldSummary(str(fold), 1) for fold in range(FOLDS)], run, AtOnce(), NoLog())
    return trials_table(results, FOLDS, plan.fitting)


def ped_anova(trials: pd.DataFrame) -> float:
    """The largest importance that Optuna's PED-ANOVA gives a parameter from the complete trials."""
    complete = trials[trials["state"] == "COMPLETE"]
    study = optuna.create_study()
    distributions: dict[str, BaseDistribution] = {name: FloatDistribution(0.0, 1.0) for name in PARAMETERS}
    for _, row in complete.iterrows():
        params = {name: float(row[name]) for name in PARAMETERS}
        study.add_trial(create_trial(value=float(row["cv_rmse"]), params=params, distributions=distributions))
    return float(max(get_param_importances(study, evaluator=PedAnovaImportanceEvaluator()).values()))


def row_of(n_trials: int, effect: float, searches: int) -> str:
    """A row of the table."""
    shown, complete, largest = list[set[str]](), list[int](), list[float]()
    for seed in range(searches):
        trials = made_search(seed, n_trials, effect)
        table = parameter_importance(trials, PARAMETERS, "rmse")
        shown.append(set(table.loc[table["shown"], "parameter"]))
        complete.append(int((trials["state"] == "COMPLETE").sum()))
        largest.append(ped_anova(trials))
    found = np.mean([len(names & set(ACTIVE)) / len(ACTIVE) for names in shown])
    false = np.mean([bool(names if effect == 0 else names - set(ACTIVE)) for names in shown])
    return (
        f"| {n_trials} | {effect:g} | {searches} | {np.median(complete):.0f} | {false:.1%} |"
        f" {found if effect else float('nan'):.0%} | {np.median(largest):.2f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[30, 60, 100])
    parser.add_argument("--effects", type=float, nargs="+", default=[0.0, 1.0, 2.0])
    parser.add_argument("--searches", type=int, default=400)
    chosen = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    print("| trials | effect | searches | complete | false alarms | active found | PED-ANOVA's largest, median |")
    print("|---|---|---|---|---|---|---|")
    for n_trials in chosen.trials:
        for effect in chosen.effects:
            print(row_of(n_trials, effect, chosen.searches), flush=True)


if __name__ == "__main__":
    main()
