"""Numbers cut into bins that hold about equally many training rows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lockstep.features.arrays import numbers

# The upper edges of a column's bins but the last one's, ascending; a value that is an edge is in the bin below it.
Edges = dict[str, list[float]]


def learn_edges(frame: pd.DataFrame, bins: Mapping[str, int]) -> Edges:
    """The edges of so many bins of each column; fewer where a value has more rows than a bin should have.

    An edge is a value of the training rows, without interpolation.
    """
    edges: Edges = {}
    for column, n_bins in bins.items():
        values = np.sort(numbers(frame, column))
        values = values[~np.isnan(values)]
        positions = np.ceil(len(values) * np.arange(1, n_bins) / n_bins).astype(np.int64) - 1
        found = np.unique(values[np.maximum(positions, 0)]) if len(values) else values
        # The last bin has the largest value of the training rows, so that larger ones of new rows have a bin as well.
        edges[column] = found[found < values[-1]].tolist() if len(values) else []
    return edges


def binned(frame: pd.DataFrame, edges: Mapping[str, list[float]]) -> pd.DataFrame:
    """The frame with the number of the bin in place of each such column's value; a missing value stays missing."""
    columns = {}
    for column, of_column in edges.items():
        values = numbers(frame, column)
        columns[column] = np.where(np.isnan(values), np.nan, np.searchsorted(of_column, values).astype(np.float64))
    return frame.assign(**columns) if columns else frame
