"""fetch: fetch the table from its source and store it unchanged.

Reads   nothing (the mirror or the public URLs; scikit-learn's own tables need neither)
Writes  data/raw/table.parquet
Params  dataset, datasets/<dataset>.yaml: source
"""

from lockstep.fetch.source_block import SourceBlock
from lockstep.project.blocks import Blocks
from lockstep.project.paths import RAW
from lockstep.stage import run_stage
from lockstep.storage.tables import write_table


def main() -> None:
    """Run the stage."""
    blocks = Blocks.read()
    raw = blocks.facts(SourceBlock).source.load()
    write_table(raw, RAW)
    print(f"fetch: {blocks.dataset_name}: {raw.num_rows} rows, {raw.num_columns} columns")


if __name__ == "__main__":
    run_stage("fetch", main)
