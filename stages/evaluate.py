"""evaluate: judge the final model on the test rows, which no stage before this one has read.

Reads   data/split/train.parquet, data/split/test.parquet, models/, reports/tune/trials.csv,
        reports/train_best/learning_curve.csv
Writes  reports/metrics.json, reports/gates.json, reports/evaluate/, reports/index.html,
        data/predictions/test.parquet; shows the result to MLflow
Params  evaluate, seed
"""

import pandas as pd

from lockstep import paths
from lockstep.config import load_config
from lockstep.data.tables import read_json, read_table, write_json, write_table
from lockstep.model.evaluation import check_gates, feature_importance, judge
from lockstep.model.saved import SavedModel
from lockstep.report.evaluation import findings, write_figures, write_tables
from lockstep.report.page import write_page
from lockstep.report.search_history import read_trials
from lockstep.stage import run_stage
from lockstep.tracking.publish import publish_or_warn


def main() -> None:
    """Run the stage."""
    config = load_config()
    train, test = read_table(paths.TRAIN), read_table(paths.TEST)
    model, best, search = SavedModel.load(paths.MODEL), read_json(paths.BEST_PARAMS), read_json(paths.SEARCH)
    trials = read_trials(paths.TRIALS, search["settings"]["space"])
    judgement = judge(model, train, test, trials.loc[best["trial"]], config.seed)
    gates = check_gates(config.evaluate.gates, judgement, model.fitting.loss)
    predictions = pd.DataFrame(
        {"row_id": test["row_id"], "actual": test[model.target.column], "predicted": judgement.predicted}
    )
    found = findings(
        predictions,
        model.target.column,
        feature_importance(model, test, config.evaluate.permutation_repeats, config.seed),
        trials,
        search,
        pd.read_csv(paths.LEARNING_CURVE),
        model.training.n_rounds,
    )
    write_table(predictions, paths.PREDICTIONS)
    write_json(judgement.as_dict(), paths.METRICS)
    write_json(gates, paths.GATES)
    write_tables(found, paths.EVALUATE)
    figures = write_figures(found, paths.EVALUATE)
    about = {
        "target": model.target.column,
        "train_rows": len(train),
        "test_rows": len(test),
        "n_features": len(model.features.names),
    }
    write_page(
        paths.INDEX,
        about=about,
        metrics=judgement.as_dict(),
        gates=gates,
        best=best,
        search=search,
        figures=figures,
    )
    publish_or_warn()
    print(
        f"evaluate: test RMSE {judgement.test['rmse']:.6g}, R2 {judgement.test['r2']}, gates: {gates['gates_overall']}"
    )


if __name__ == "__main__":
    run_stage("evaluate", main)
