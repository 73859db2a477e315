"""split: decide once which rows train, which validate in which fold, and which only `evaluate` may read.

Reads   data/clean/table.parquet
Writes  data/split/train.parquet (with a `fold` column), data/split/test.parquet
Params  split, seed, datasets/<dataset>.yaml: target
"""

from lockstep.config import load_config
from lockstep.data.splitting import split_table
from lockstep.data.tables import StoredTable, write_table
from lockstep.data.target import Target
from lockstep.paths import CLEAN, TEST, TRAIN
from lockstep.stage import run_stage


def main() -> None:
    """Run the stage."""
    config = load_config()
    train, test = split_table(StoredTable(CLEAN).frame(), Target.of(config.dataset), config.split, config.seed)
    write_table(train, TRAIN)
    write_table(test, TEST)
    folds = int(train["fold"].max()) + 1
    print(f"split: {config.split.strategy}: {len(train)} rows train, {len(test)} test, folds {folds}")


if __name__ == "__main__":
    run_stage("split", main)
