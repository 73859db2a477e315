"""Tables that need no network."""

import numpy as np
import pyarrow as pa
from sklearn.datasets import load_diabetes, make_friedman1

from lockstep.errors import SourceError
from lockstep.fetch.source_block import GeneratedSource

# sin() and the normal generator may differ in the last bit between CPUs; rounding to four decimals hides that.
DECIMALS = 4


def diabetes() -> pa.Table:
    """scikit-learn's diabetes data, 442 rows, in physical units with target `progression`."""
    bunch = load_diabetes(as_frame=True, scaled=False)
    frame = bunch.data.assign(progression=bunch.target, sex=bunch.data["sex"].astype(int).astype(str))
    return pa.Table.from_pandas(frame, preserve_index=False)


def friedman1(source: GeneratedSource) -> pa.Table:
    """scikit-learn's make_friedman1 with columns x0, x1, ... and y, rounded to four decimals.

    Raises:
        SourceError: if the table does not fit into memory.
    """
    try:
        x, y = make_friedman1(
            n_samples=source.n_rows, n_features=source.n_features, noise=source.noise, random_state=source.seed
        )
    # NumPy raises different errors for sizes that do not fit and for sizes that it cannot represent
    except (MemoryError, ValueError, OverflowError):
        raise SourceError(
            f"source.n_rows: {source.n_rows} rows of {source.n_features} features do not fit into memory; take fewer"
        ) from None
    columns = {f"x{index}": np.round(x[:, index], DECIMALS) for index in range(source.n_features)}
    return pa.table(columns | {"y": np.round(y, DECIMALS)})
