"""Missing values of an input in columns that had none in training: counted, so that one line can name them."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

# Rows and columns that the line names.
MAX_NAMED = 5


@dataclass
class MissingCells:
    """Missing values in columns without missing values in training, which the model answers all the same.

    Attributes:
        rows: Of each such column the first rows, counted from 1.
        counts: Of each such column the number of missing values.
    """

    rows: dict[str, list[int]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, values: pd.Series, first_row: int) -> None:
        """Count the missing values of a column.

        Args:
            name: The column.
            values: Its values.
            first_row: Number of rows of the input before these.
        """
        missing = np.flatnonzero(values.isna())
        if len(missing):
            self.counts[name] = self.counts.get(name, 0) + len(missing)
            rows = self.rows.setdefault(name, [])
            rows += (first_row + missing[: MAX_NAMED - len(rows)] + 1).tolist()

    def message(self, source: str) -> str | None:
        """One line that names columns and rows; None if no value is missing.

        Args:
            source: The input's name.
        """
        if not self.counts:
            return None
        total = sum(self.counts.values())
        named = [self._column(name) for name in list(self.counts)[:MAX_NAMED]]
        more = f" and {len(self.counts) - MAX_NAMED} more columns" if len(self.counts) > MAX_NAMED else ""
        values = f"{total:,} values are missing" if total > 1 else "a value is missing"
        return (
            f"{source}: {values} where training had none: {', '.join(named)}{more};"
            " the model predicts these rows without having learned from such ones"
        )

    def _column(self, name: str) -> str:
        rows, count = self.rows[name], self.counts[name]
        more = f" and {count - len(rows):,} more" if count > len(rows) else ""
        return f"column {name!r} in row{'s' if count > 1 else ''} {', '.join(f'{row}' for row in rows)}{more}"
