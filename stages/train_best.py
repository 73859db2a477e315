"""train_best: fit the best configuration on all training rows, for as many rounds as the folds needed.

Reads   data/split/train.parquet, models/best_params.json
Writes  models/model/, reports/train_best/learning_curve.csv
Params  train_best, booster, seed, features, split.strategy, datasets/<dataset>.yaml: target, features.<features>
"""

from lockstep.config import load_config
from lockstep.data.tables import read_json, read_table, write_csv
from lockstep.model.final import learning_curve, train_final
from lockstep.model.make_folds import make_folds
from lockstep.model.matrices import keep_pages_in
from lockstep.paths import BEST_PARAMS, LEARNING_CURVE, MODEL, TRAIN
from lockstep.scratch import scratch_folder
from lockstep.stage import run_stage


def main() -> None:
    """Run the stage."""
    config = load_config()
    train, best = read_table(TRAIN), read_json(BEST_PARAMS)
    target, params, n_rounds = config.dataset.target, best["params"], best["n_rounds"]
    n_models, memory = config.train_best.n_models, config.booster.memory
    with scratch_folder() as folder:
        keep_pages_in(folder)
        model = train_final(train, target, config.recipe, params, n_rounds, n_models, config.seed, memory)
        model.save(MODEL)
        folds = make_folds(train, target, config.recipe, config.split.strategy, folder)
        write_csv(learning_curve(folds, params, n_rounds, config.seed, memory), LEARNING_CURVE)
    print(f"train_best: {len(model.boosters)} model(s) of {n_rounds} rounds on {len(train)} rows")


if __name__ == "__main__":
    run_stage("train_best", main)
