"""fetch: obtain the table from its source and keep it as it came.

Reads   nothing (the mirror or the public URLs; scikit-learn's own tables need neither)
Writes  data/raw/table.parquet
Params  dataset, datasets/<dataset>.yaml: source
"""

from lockstep.config import load_config
from lockstep.data.sources import load_source
from lockstep.data.tables import write_table
from lockstep.paths import RAW
from lockstep.stage import run_stage


def main() -> None:
    """Run the stage."""
    config = load_config()
    raw = load_source(config.dataset.source)
    write_table(raw, RAW)
    print(f"fetch: {config.dataset_name}: {raw.num_rows} rows, {raw.num_columns} columns")


if __name__ == "__main__":
    run_stage("fetch", main)
