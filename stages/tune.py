"""tune: search the hyperparameters by cross-validation on the training folds.

Reads   data/split/train.parquet
Writes  models/best_params.json, models/search.json, reports/tune/trials.csv
Params  tune, spaces.<tune.space>, pruners.<tune.pruner>, features, seed, split.strategy,
        datasets/<dataset>.yaml: target, features.<features>
"""

import tempfile
from pathlib import Path

from lockstep.config import load_config
from lockstep.data.tables import read_table, write_csv, write_json
from lockstep.model.folds import make_folds
from lockstep.paths import BEST_PARAMS, SEARCH, TRAIN, TRIALS
from lockstep.search.local_engine import LocalEngine, worker_count
from lockstep.search.ordered import Plan, search
from lockstep.search.progress import Progress
from lockstep.search.report import best_params, describe, trials_table
from lockstep.search.space import SearchSpace
from lockstep.search.worker import run_trial
from lockstep.stage import run_stage


def main() -> None:
    """Run the stage."""
    config = load_config()
    plan = Plan(config.tune, SearchSpace(config.space), config.pruner, config.seed)
    n_workers = min(worker_count(), config.tune.lag, config.tune.n_trials)
    folds = make_folds(read_table(TRAIN), config.dataset.target, config.recipe, config.split.strategy)
    with tempfile.TemporaryDirectory(prefix="lockstep-tune-") as name:
        for number, fold in enumerate(folds):
            fold.save(Path(name) / f"fold_{number}")
        with LocalEngine(n_workers, Path(name)) as engine, Progress(config.tune.n_trials) as progress:
            results = search(plan, run_trial, engine, progress)
    best = best_params(results)
    write_csv(trials_table(results, len(folds)), TRIALS)
    write_json(best, BEST_PARAMS)
    rows_as = {
        "target": config.dataset.target,
        "features": [step.model_dump(mode="json") for step in config.recipe],
        "strategy": config.split.strategy,
    }
    write_json(describe(plan, config.space, results, TRAIN, len(folds), rows_as), SEARCH)
    print(f"tune: best of {len(results)} trials is {best['trial']}: CV RMSE {best['cv_rmse']:.6g}")


if __name__ == "__main__":
    run_stage("tune", main)
