"""clean: give every column its type, check its values, apply the cleaning rules.

Reads   data/raw/table.parquet
Writes  data/clean/table.parquet, reports/data_quality.json
Params  dataset, datasets/<dataset>.yaml: target, columns, missing_values, clean
"""

from lockstep.config import load_config
from lockstep.data.cleaning import clean_table
from lockstep.data.tables import StoredTable, write_json, write_table
from lockstep.paths import CLEAN, DATA_QUALITY, DATASETS, RAW
from lockstep.stage import run_stage


def main() -> None:
    """Run the stage."""
    config = load_config()
    table, report = clean_table(StoredTable(RAW), config.dataset, f"{DATASETS}/{config.dataset_name}.yaml")
    write_table(table, CLEAN)
    write_json(report, DATA_QUALITY)
    print(f"clean: {report['rows']['raw']} rows in, {report['rows']['clean']} out, {len(report['rules'])} rules")


if __name__ == "__main__":
    run_stage("clean", main)
