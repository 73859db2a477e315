"""split: divide the rows into training rows with their folds, and test rows that only `evaluate` reads.

Reads   data/clean/table.parquet
Writes  data/split/train.parquet (with a `fold` column; see lockstep.split.splitting), data/split/test.parquet
Params  split, seed, datasets/<dataset>.yaml: target
"""

from lockstep.project.blocks import Blocks
from lockstep.project.paths import CLEAN, TEST, TRAIN
from lockstep.project.settings import ROW_ID
from lockstep.split.split_block import SplitBlocks, check_split_columns
from lockstep.split.splitting import split_table
from lockstep.stage import run_stage
from lockstep.storage.tables import StoredTable, write_table
from lockstep.table.target import Target, TargetBlock


def main() -> None:
    """Run the stage."""
    blocks = Blocks.read()
    choices, target = blocks.choices(SplitBlocks), Target.of(blocks.facts(TargetBlock))
    clean = StoredTable(CLEAN).frame()
    check_split_columns(choices.split, target, [name for name in clean.columns if name != ROW_ID], str(blocks.file))
    train, test = split_table(clean, target, choices.split, choices.seed)
    write_table(train, TRAIN)
    write_table(test, TEST)
    folds, left_out = int(train["fold"].max()) + 1, len(clean) - len(train) - len(test)
    without = f", {left_out} left out" if left_out else ""
    print(f"split: {choices.split.strategy}: {len(train)} rows train, {len(test)} test{without}, folds {folds}")


if __name__ == "__main__":
    run_stage("split", main)
