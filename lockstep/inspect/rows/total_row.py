"""A total under a table: a last row in which most columns have no value."""

from collections.abc import Collection

from lockstep.inspect.reading import ReadColumn

MOST = 0.5


def total_column(reads: Collection[ReadColumn]) -> str | None:
    """A column that lacks a value in the last row alone, so that a rule can drop that row; None without such a row.

    Args:
        reads: The columns of the table.
    """
    filled = [read for read in reads if read.present]
    ends = [read for read in filled if read.values.isna().iloc[-1]]
    if len(ends) < MOST * len(filled):
        return None
    return next((read.name for read in ends if read.missing == 1), None)
