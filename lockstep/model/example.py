"""The example of a saved model: the first training rows, unchanged from the raw table."""

from pathlib import Path

import pandas as pd

from lockstep.model.intake import Intake
from lockstep.model.saved import SavedModel
from lockstep.storage.tables import read_arrow_rows, read_json, write_json
from lockstep.table.table_columns import NUMBERS

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
    write_json(intake.request(read_arrow_rows(raw, rows.head(EXAMPLE_ROWS).tolist())), folder / EXAMPLE)


def example_rows(folder: Path, model: SavedModel) -> pd.DataFrame:
    """The raw example rows of a saved model, with the types of its signature."""
    split = read_json(folder / EXAMPLE)["dataframe_split"]
    columns = model.raw_rows.columns
    types = {name: float if columns[name].type in NUMBERS else "str" for name in split["columns"]}
    return pd.DataFrame(split["data"], columns=split["columns"]).astype(types)
