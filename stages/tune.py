"""tune: search the hyperparameters by cross-validation on the training folds.

Reads   data/split/train.parquet
Writes  models/best_params.json, models/search.json, reports/tune/trials.csv; shows trials to MLflow as they finish
Params  dataset, tune, spaces.<tune.space>, pruners.<tune.pruner>, booster, features, seed, split.strategy,
        datasets/<dataset>.yaml: target, features.<features>
"""

import time
from dataclasses import asdict
from functools import partial

from lockstep.config import load_config
from lockstep.fitting.fitting import Fitting, check_monotone, shown
from lockstep.fitting.make_folds import make_folds
from lockstep.project.paths import BEST_PARAMS, EVALUATIONS, SEARCH, STUDY, TRAIN, TRIALS, local_state
from lockstep.project.target import Target
from lockstep.search.engines import open_engine
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.ordered import Plan, search
from lockstep.search.progress import Progress
from lockstep.search.report import best_params, cost, describe, settings_of, trials_table
from lockstep.search.space import SearchSpace
from lockstep.search.study_file import StudyFile
from lockstep.search.times import SearchTime, keep_search_time
from lockstep.stage import run_stage
from lockstep.storage.tables import read_table, write_csv, write_json
from lockstep.tracking.live import LiveTrials, runs_of
from lockstep.workers.identity import key_of
from lockstep.workers.machine import cache_limit


def main() -> None:
    """Run the stage."""
    config, limit = load_config(), cache_limit()
    target, strategy = Target.of(config.dataset), config.split.strategy
    fitting = Fitting.of(config.booster, target.n_classes)
    plan = Plan(config.tune, SearchSpace(config.space), config.pruner, config.seed, fitting)
    rows_as = {
        "target": asdict(target),
        "features": [s.model_dump(mode="json") for s in config.recipe],
        "strategy": strategy,
    }
    folds_in = partial(make_folds, read_table(TRAIN), target, config.recipe, strategy, config.seed)
    started = time.perf_counter()
    with open_engine(folds_in, plan) as engine, EvaluationLog(local_state() / EVALUATIONS, limit) as log:
        n_folds = len(engine.folds)
        check_monotone(fitting, engine.folds)
        settings = settings_of(plan, config.space, TRAIN, n_folds, rows_as)
        notes = {"space": config.tune.space}
        study = StudyFile(local_state() / STUDY, key_of(settings), plan.space.shown(), notes, limit)
        as_runs = partial(runs_of, space=config.space, n_folds=n_folds, fitting=fitting)
        live = LiveTrials(config.dataset_name, key_of(settings), as_runs)
        with study, live, Progress(config.tune.n_trials) as progress:
            observers = (progress, study, live)
            results = search(plan, engine.folds.fingerprints(), engine.run, engine.executor, log, observers)
            elapsed = time.perf_counter() - started
    best = best_params(results, fitting)
    write_csv(trials_table(results, n_folds, fitting), TRIALS)
    keep_search_time(TRIALS, SearchTime.of(results, None if log.found_earlier else elapsed))
    write_json(best, BEST_PARAMS)
    write_json(describe(plan, settings, results, config.dataset_name, config.features), SEARCH)
    spent = cost(results)
    trials = f"{len(results)} trials ({spent['trials_pruned']} pruned, {spent['trials_failed']} failed)"
    score = f"CV {shown(fitting.metric)} {best[fitting.score_name]:.6g}"
    print(f"tune: {log.fitted} folds fitted, {log.found} known; best of {trials} is {best['trial']}: {score}")


if __name__ == "__main__":
    run_stage("tune", main)
