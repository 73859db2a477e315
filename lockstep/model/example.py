"""The example of a saved model: the first training rows of the raw table, with made values in personal columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.column_block import Column
from lockstep.model.intake import Intake
from lockstep.model.made_texts import made_text
from lockstep.storage.tables import read_arrow_rows, read_json, write_json

EXAMPLE_ROWS = 5
EXAMPLE = Path("example.json")


def write_example(folder: Path, intake: Intake, raw: Path, rows: pd.Series) -> None:
    """Write the first rows to the model's folder, as a request to a server of the model.

    Args:
        folder: The model's folder.
        intake: The columns of the raw table that the model reads.
        raw: The raw table.
        rows: Numbers of its rows that the model was trained on, ascending.
    """
    table = read_arrow_rows(raw, rows.head(EXAMPLE_ROWS).tolist())
    write_json(intake.request(without_personal(table, intake.columns, intake.missing_values)), folder / EXAMPLE)


def without_personal(table: pa.Table, columns: Mapping[str, Column], missing_values: Sequence[str] = ()) -> pa.Table:
    """Raw rows in which each value of a personal column is one that is made up, and that the model reads as well.

    Args:
        table: Raw rows: texts as in the file, or typed values.
        columns: Facts of columns.
        missing_values: Texts of the table that mean "no value".
    """
    for position, name in enumerate(table.column_names):
        if name in columns and columns[name].personal:
            made = pa.array([made_text(columns[name], missing_values)] * table.num_rows, pa.string())
            present = table.column(name).is_valid()
            table = table.set_column(position, name, pc.if_else(present, pa.chunked_array([made]), None))
    return table


def example_rows(folder: Path) -> pd.DataFrame:
    """The raw example rows of a saved model, as a server reads the request."""
    split = read_json(folder / EXAMPLE)["dataframe_split"]
    return pd.DataFrame(split["data"], columns=split["columns"])
