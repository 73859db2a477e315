"""clean: give every column its type, check its values, apply the cleaning rules.

Reads   data/raw/table.parquet
Writes  data/clean/table.parquet, data/clean/columns.json, reports/data_quality.json
Params  datasets/<dataset>.yaml: target, weight, exposure, columns, missing_values, clean
"""

from lockstep.clean.cleaning import clean_table
from lockstep.clean.table_blocks import TableBlocks
from lockstep.project.blocks import Blocks
from lockstep.project.paths import CLEAN, COLUMNS, DATA_QUALITY, RAW
from lockstep.stage import run_stage
from lockstep.storage.tables import StoredTable, write_json, write_table


def main() -> None:
    """Run the stage."""
    blocks = Blocks.read()
    facts = blocks.facts(TableBlocks)
    table, report = clean_table(StoredTable(RAW), facts, str(blocks.file))
    write_table(table, CLEAN)
    facts.cleaned().write(COLUMNS)
    write_json(report, DATA_QUALITY)
    print(f"clean: {report['rows']['raw']} rows in, {report['rows']['clean']} out, {len(report['rules'])} rules")


if __name__ == "__main__":
    run_stage("clean", main)
