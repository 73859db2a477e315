"""The example of a saved model: the first training rows of the raw table, with made values in personal columns."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.column_block import SPANS, Column
from lockstep.model.intake import Intake
from lockstep.model.trained import HIDDEN
from lockstep.storage.tables import read_arrow_rows, read_json, write_json
from lockstep.table.table_columns import NUMBERS

EXAMPLE_ROWS = 5
EXAMPLE = Path("example.json")
NOON = 43_200.0
# The first of January 2000 in the formats of dates that are no pattern of strptime.
MADE_DATES = {
    "iso": "2000-01-01",
    "quarter": "2000-Q1",
    "week": "2000-W01",
    "unix": "946684800",
    "unix_ms": "946684800000",
}


def write_example(folder: Path, intake: Intake, raw: Path, rows: pd.Series) -> None:
    """Write the first rows to the model's folder, as a request to a server of the model.

    Args:
        folder: The model's folder.
        intake: The columns of the raw table that the model reads.
        raw: The raw table.
        rows: Numbers of its rows that the model was trained on, ascending.
    """
    table = read_arrow_rows(raw, rows.head(EXAMPLE_ROWS).tolist())
    write_json(intake.request(without_personal(table, intake.columns)), folder / EXAMPLE)


def without_personal(table: pa.Table, columns: Mapping[str, Column]) -> pa.Table:
    """Raw rows in which each value of a personal column is one that is made up, and that the model reads as well.

    Args:
        table: Raw rows: texts as in the file, or typed values.
        columns: Facts of columns.
    """
    for position, name in enumerate(table.column_names):
        if name in columns and columns[name].personal:
            made = pa.array([_made_text(columns[name])] * table.num_rows, pa.string())
            present = table.column(name).is_valid()
            table = table.set_column(position, name, pc.if_else(present, pa.chunked_array([made]), None))
    return table


def _made_text(column: Column) -> str:
    """A text that the column reads, and that is of nobody."""
    if column.type in NUMBERS:
        least = column.min if column.min is not None else 0.0
        value = min(max(1.0, least), column.max if column.max is not None else max(1.0, least))
        return f"{value:.10g}".replace(".", column.decimal)
    if column.type in SPANS:
        least = column.min if column.min is not None else 0.0
        seconds = int(max(min(NOON, column.max if column.max is not None else NOON), least))
        if column.format:
            return (datetime(2000, 1, 1) + timedelta(seconds=seconds)).strftime(column.format[0])
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if column.type == "date":
        layout = column.format[0] if column.format else "iso"
        return MADE_DATES.get(layout) or datetime(2000, 1, 1).strftime(layout)
    return HIDDEN


def example_rows(folder: Path) -> pd.DataFrame:
    """The raw example rows of a saved model, as a server reads the request."""
    split = read_json(folder / EXAMPLE)["dataframe_split"]
    return pd.DataFrame(split["data"], columns=split["columns"])
