"""train_best: fit the best configuration on all training rows, with the folds' median number of rounds.

Reads   data/split/train.parquet, data/raw/table.parquet (rows of the example), models/best_params.json
Writes  models/model/, data/predictions/train_oof.parquet, reports/train_best/learning_curve.csv
Params  train_best, booster, dataset, seed, features, split.strategy, split.group, split.time, split.gap,
        tune.early_stopping_rounds, tune.max_rounds,
        datasets/<dataset>.yaml: source, columns, missing_values, clean, target, metric, weight, exposure,
        features.<features>
"""

from dataclasses import replace

from lockstep.clean.table_blocks import TableBlocks
from lockstep.features.features_block import chosen_recipe
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
from lockstep.project.blocks import Blocks, mistakes_in
from lockstep.project.paths import BEST_PARAMS, LEARNING_CURVE, MODEL, OUT_OF_FOLD, PARAMS, RAW, TRAIN
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
    with mistakes_in(PARAMS):
        settings.check(target.n_classes, target.exposure)
    recipe = chosen_recipe(choices, blocks, table.cleaned())
    table_of_folds, best = read_table(TRAIN), read_json(BEST_PARAMS)
    limits = choices.tune.early_stopping_rounds, choices.tune.max_rounds
    budget = RoundBudget(*limits, best.get(EARLY_STOPPING, False))
    train, cross_fitting = final_rows(table_of_folds), choices.split.cross_fitting
    fitting = choices.booster.fitting_of(train, target, blocks.facts(MetricBlock).metric, blocks.file)
    print_step = step_printer("train_best", len(train))
    print_step(f"features of the folds and of all {len(train):,} rows")
    with training_workers(table_of_folds, target, recipe, cross_fitting, seed, fitting) as (rows, workers):
        model, out = train_model(settings, rows, best, budget, fitting, seed, workers, print_step, curves=True)
        training, intake = model.training, Intake.of(table, rows.features.columns, target.exposure)
        intake = replace(intake, source=blocks.facts(SourceOptions).reading)
        replace(model, intake=intake, origin=Origin(blocks.dataset_name, VERSION)).save(MODEL)
        write_table(out.table(target), OUT_OF_FOLD)
        write_example(MODEL, intake, RAW, train["row_id"])
        write_csv(learning_curve(training.n_rounds, out.curves), LEARNING_CURVE)
    slower = f", learning rate times {training.learning_rate_factor}" if training.learning_rate_factor < 1 else ""
    print(f"train_best: {settings.n_models} model(s) of {training.n_rounds} rounds on {len(train)} rows{slower}")


if __name__ == "__main__":
    run_stage("train_best", main)
