"""Where tables come from: a file behind URLs or at a path, scikit-learn's own, or generated."""

import pyarrow as pa

from lockstep.fetch import embedded, files
from lockstep.fetch.source_block import EmbeddedSource, FileSource, Source


def load_source(source: Source) -> pa.Table:
    """The unchanged table of a source: text columns for CSV files, typed columns otherwise.

    Raises:
        SourceError: if the file cannot be obtained, or differs from the sha256 of the dataset file.
    """
    if isinstance(source, FileSource):
        return files.load(source)
    if isinstance(source, EmbeddedSource):
        return embedded.diabetes()
    return embedded.friedman1(source)


__all__ = ["load_source"]
