"""evaluate: evaluate the final model on the test rows, which no earlier stage reads.

Reads   data/split/, models/, reports/data_quality.json, reports/tune/trials.csv, reports/train_best/learning_curve.csv
Writes  reports/metrics.json, reports/gates.json, reports/evaluate/, reports/index.html,
        data/predictions/test.parquet; logs the result to MLflow
Params  evaluate, seed, split, datasets/<dataset>.yaml: judging; with protocol nested also: booster, tune, train_best,
        spaces.<tune.space>, pruners.<tune.pruner>, datasets/<dataset>.yaml: metric
"""

import sys

import pandas as pd

from lockstep.evaluate.evaluate_blocks import evaluation_settings
from lockstep.evaluate.evaluation import evaluate_model
from lockstep.evaluate.nested import Procedure, nested
from lockstep.evaluate.repeated import refit_of, repeated, summary_of
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.project.blocks import Blocks
from lockstep.report.evaluated_run import Run, TrainingHistory
from lockstep.report.page import Page
from lockstep.report.plot_tables import write_tables
from lockstep.report.terminal_summary import summary
from lockstep.search.trials_file import read_trials
from lockstep.stage import run_stage
from lockstep.storage.tables import read_json, read_table, write_json, write_table
from lockstep.table.table_columns import TableColumns
from lockstep.terminal import Paint, step_printer
from lockstep.tracking.publish import publish_or_warn


def main() -> None:
    """Run the stage."""
    blocks, model, columns = Blocks.read(), SavedModel.load(paths.MODEL), TableColumns.read(paths.COLUMNS)
    choices, judging = evaluation_settings(blocks, columns, model.fitting, model.target.column)
    settings, split, seed = choices.evaluate, choices.split, choices.seed
    train, test = read_table(paths.TRAIN), read_table(paths.TEST)
    best, search, automatic = read_json(paths.BEST_PARAMS), read_json(paths.SEARCH), ChosenRecipe.read().automatic
    trials = read_trials(paths.TRIALS, search["settings"]["space"])
    history = TrainingHistory(trials, search, *map(pd.read_csv, (paths.LEARNING_CURVE, paths.FEATURES)))
    print_step = step_printer("evaluate", len(train) + len(test))
    evaluation = evaluate_model(
        model, train, test, trials.loc[best["trial"]], judging, settings, seed, split, print_step, columns.genuine
    )
    repeats = {"protocol": settings.protocol}
    if settings.protocol == "repeated":
        refit = refit_of(model, split, search["settings"], seed, automatic, columns.types)
        repeats = summary_of(model.fitting, repeated(refit, train, test, settings.repeats), seed + 1)
    elif settings.protocol == "nested":
        repeats = nested(Procedure.of(blocks, model, split, automatic, columns.types), train, test, settings.repeats)
    print_step("tables, figures and the page")
    write_table(evaluation.predictions, paths.PREDICTIONS)
    write_json(evaluation.judgement.as_dict(), paths.METRICS)
    write_json(evaluation.judgement.every, paths.ALL_METRICS)
    write_json(evaluation.gates, paths.GATES)
    write_json(repeats, paths.REPEATED)
    files = (paths.TRAIN, paths.TEST, *sorted(file for file in paths.MODEL.rglob("*") if file.is_file()))
    quality = read_json(paths.DATA_QUALITY)
    run = Run(model, train, test, history, best, quality, repeats, judging, split, settings, seed, files)
    write_tables(run, evaluation, paths.EVALUATE)
    page = Page(run, evaluation)
    page.write_figures(paths.EVALUATE)
    page.write(paths.INDEX)
    publish_or_warn()
    print(summary(evaluation, model.fitting, settings.confidence, Paint.of(sys.stdout)))


if __name__ == "__main__":
    run_stage("evaluate", main)
