"""train_best: fit the final model: the best configuration on all training rows, or several ones.

Reads   data/split/train.parquet, data/raw/table.parquet (rows of the example), models/best_params.json,
        models/recipe.yaml, models/feature_choice.json, reports/tune/trials.csv
Writes  models/model/, data/predictions/train_oof.parquet, reports/train_best/learning_curve.csv
Params  train_best, booster, dataset, seed, split.strategy, split.group, split.time, split.gap,
        tune.early_stopping_rounds, tune.max_rounds,
        datasets/<dataset>.yaml: source, columns, missing_values, clean, target, metric, weight, exposure
"""

from dataclasses import replace

from lockstep.clean.table_blocks import TableBlocks
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.fitting.booster import EARLY_STOPPING, RoundBudget
from lockstep.fitting.booster_block import MetricBlock
from lockstep.fitting.folds import final_rows
from lockstep.model.example import write_example
from lockstep.model.final import learning_curve
from lockstep.model.intake import Intake
from lockstep.model.source_options import SourceOptions
from lockstep.model.train import train_model
from lockstep.model.train_block import TrainBlocks
from lockstep.model.trained import Origin
from lockstep.model.training_summary import summary_of
from lockstep.project.blocks import Blocks, mistakes_in
from lockstep.project.paths import BEST_PARAMS, LEARNING_CURVE, MODEL, OUT_OF_FOLD, PARAMS, RAW, TRAIN, TRIALS
from lockstep.search.trials_file import read_trials
from lockstep.stage import run_stage
from lockstep.storage.tables import read_json, read_table, write_csv, write_table
from lockstep.table.target import Target
from lockstep.terminal import step_printer
from lockstep.version import VERSION
from lockstep.workers.fold_workers import training_workers


def main() -> None:
    """Run the stage."""
    blocks = Blocks.read()
    choices, table = blocks.choices(TrainBlocks), blocks.facts(TableBlocks)
    target, seed, settings = Target.of(table), choices.seed, choices.train_best
    table_of_folds, best = read_table(TRAIN), read_json(BEST_PARAMS)
    n_folds = int(table_of_folds["fold"].max()) + 1
    with mistakes_in(PARAMS):
        settings.check(target.n_classes, target.exposure)
        settings.check_final(choices.split, n_folds, target.exposure)
    recipe = ChosenRecipe.read()
    limits = choices.tune.early_stopping_rounds, choices.tune.max_rounds
    budget = RoundBudget(*limits, best.get(EARLY_STOPPING, False))
    train, cross_fitting = final_rows(table_of_folds), choices.split.cross_fitting
    fitting = choices.booster.fitting_of(train, target, blocks.facts(MetricBlock).metric, blocks.file)
    print_step = step_printer("train_best", len(train))
    print_step(f"features of the folds and of all {len(train):,} rows")
    with training_workers(table_of_folds, target, recipe, cross_fitting, seed, fitting) as (rows, workers):
        trials, how = read_trials(TRIALS, best["params"]), (budget, fitting, seed, workers, print_step)
        model, out = train_model(settings, rows, best, trials, *how, curves=True)
        training, intake = model.training, Intake.of(table, rows.features.columns, target.exposure)
        intake = replace(intake, source=blocks.facts(SourceOptions).reading)
        replace(model, intake=intake, origin=Origin(blocks.dataset_name, VERSION)).save(MODEL)
        write_table(out.table(target), OUT_OF_FOLD)
        write_example(MODEL, intake, RAW, train["row_id"])
        write_csv(learning_curve(training.n_rounds, out.curves), LEARNING_CURVE)
    print(f"train_best: {summary_of(training, settings.n_models, best['n_rounds'], len(train), fitting.metric)}")


if __name__ == "__main__":
    run_stage("train_best", main)
