"""tune: search the hyperparameters by cross-validation on the training folds.

Reads   data/split/train.parquet, data/clean/columns.json
Writes  models/recipe.yaml, models/feature_choice.json, models/best_params.json, models/search.json,
        reports/tune/features.csv, reports/tune/trials.csv; logs trials to MLflow as they finish
Params  dataset, tune, spaces.<tune.space>, pruners.<tune.pruner>, booster, features, seed, split.strategy, .group,
        .time, .gap, datasets/<dataset>.yaml: target, metric, weight, exposure, features.<features>
"""

import time
from functools import partial

from lockstep.features.features_block import chosen_recipe
from lockstep.fitting.booster_block import MetricBlock
from lockstep.fitting.make_folds import make_folds
from lockstep.project import paths
from lockstep.project.blocks import Blocks
from lockstep.search.engines import open_engine
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.ordered import Plan, ending_of, search
from lockstep.search.progress import Progress
from lockstep.search.report import best_params, describe, outcome, settings_of
from lockstep.search.reselection import reselected
from lockstep.search.stopping import budget_of, ending_reason
from lockstep.search.study_file import StudyFile
from lockstep.search.times import SearchTime, save_search_time
from lockstep.search.trials_file import trials_table
from lockstep.search.tune_blocks import TuneBlocks
from lockstep.selection.chosen_features import features_of
from lockstep.stage import run_stage
from lockstep.storage.tables import read_table, write_csv, write_json
from lockstep.table.table_columns import TableColumns
from lockstep.table.target import Target, WeightedTargetBlock
from lockstep.tracking.live import LiveTrials, runs_of
from lockstep.workers.identity import key_of
from lockstep.workers.machine import cache_limit


def main() -> None:
    """Run the stage."""
    blocks, limit = Blocks.read(), cache_limit()
    choices, target = blocks.choices(TuneBlocks), Target.of(blocks.facts(WeightedTargetBlock))
    columns, split = TableColumns.read(paths.COLUMNS), choices.split
    recipe = chosen_recipe(choices, blocks, columns)
    choices.booster.check_monotone(choices.features, recipe, blocks.file)
    tune, space, train = choices.chosen_tune, choices.chosen_space, read_table(paths.TRAIN)
    fitting = choices.booster.fitting_of(train, target, blocks.facts(MetricBlock).metric, blocks.file)
    plan = Plan.of(choices, fitting)
    chosen, groups = features_of(recipe, columns.types, train, target, split.cross_fitting, choices.seed, fitting)
    rows_as = {"target": target.to_json(), **chosen.to_json(), "strategy": split.strategy, **split.relations()}
    rows = (train, target, chosen, split.cross_fitting, choices.seed)
    folds_in = partial(make_folds, *rows, class_weight=fitting.class_weight)
    started = time.perf_counter()
    with open_engine(folds_in, plan) as engine, EvaluationLog(paths.local_state() / paths.EVALUATIONS, limit) as log:
        folds, fits = engine.folds.summaries(), (engine.run, engine.executor)
        choices.booster.check_folds(engine.folds)
        settings = settings_of(plan, space, paths.TRAIN, len(folds), rows_as)
        key, distributions = key_of(settings), plan.space.distributions()
        study = StudyFile(paths.local_state() / paths.STUDY, key, distributions, {"space": tune.space}, limit)
        live = LiveTrials(blocks.dataset_name, key, partial(runs_of, space=space, n_folds=len(folds), fitting=fitting))
        with study, live, Progress(plan, folds) as progress:
            results = search(plan, folds, *fits, log, (progress, study, live))
            reason = ending_reason(ending_of(plan, results, folds), tune.patience, budget_of(tune, folds))
            progress.ended(reason)
            elapsed = time.perf_counter() - started
            honest = reselected(plan, results, *fits)
    chosen.write()
    write_csv(groups, paths.FEATURES)
    write_csv(trials_table(results, len(folds), fitting), paths.TRIALS)
    save_search_time(paths.TRIALS, SearchTime.of(results, None if log.n_reused_earlier else elapsed))
    write_json(best := best_params(results, plan), paths.BEST_PARAMS)
    write_json(describe(plan, settings, results, blocks.dataset_name, choices.features, folds, honest), paths.SEARCH)
    print(f"tune: {log.n_fitted} folds fitted, {log.n_reused} reused; {outcome(results, best, fitting, reason)}")


if __name__ == "__main__":
    run_stage("tune", main)
