"""The source sklearn."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa

from lockstep.fetch.source import Source


class EmbeddedTable(Source):
    """A table that ships inside scikit-learn: its diabetes data, 442 rows, in physical units, target `progression`.

    Attributes:
        loader: The table; it is the only one.
    """

    loader: Literal["diabetes"]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"loader": "diabetes"}]

    def load(self) -> pa.Table:
        # scikit-learn is slow to import, and settings are read in every command
        from sklearn.datasets import load_diabetes

        bunch = load_diabetes(as_frame=True, scaled=False)
        frame = bunch.data.assign(progression=bunch.target, sex=bunch.data["sex"].astype(int).astype(str))
        return pa.Table.from_pandas(frame, preserve_index=False)
