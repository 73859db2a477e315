"""The source friedman1."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from lockstep.errors import SourceError
from lockstep.fetch.source import Source

# Numbers of a generated table, 8 bytes each.
MAX_NUMBERS = 10_000_000_000
# sin() and the normal generator may differ in the last bit between CPUs; rounding to four decimals hides that.
DECIMALS = 4


class GeneratedTable(Source):
    """scikit-learn's make_friedman1: known function, known noise, generated in memory; columns x0, x1, ... and y.

    Attributes:
        n_rows: Number of rows.
        n_features: Number of columns x0, x1, ...; y depends on the first five.
        noise: Standard deviation of the normal noise that is added to y.
        seed: Seed of the draws.
    """

    n_rows: Annotated[int, Field(ge=10, le=1_000_000_000)]
    n_features: Annotated[int, Field(ge=5)]
    noise: Annotated[float, Field(ge=0)]
    seed: Annotated[int, Field(ge=0, lt=2**31)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"n_rows": 50, "n_features": 10, "noise": 1.0, "seed": 0}]

    @model_validator(mode="after")
    def _fits_in_memory(self) -> Self:
        if self.n_rows * self.n_features > MAX_NUMBERS:
            raise ValueError(
                f"{self.n_rows} rows of {self.n_features} features are more than {MAX_NUMBERS} numbers, 80 GB; lower"
                " n_rows or n_features"
            )
        return self

    def load(self) -> pa.Table:
        # scikit-learn is slow to import, and settings are read in every command
        from sklearn.datasets import make_friedman1

        try:
            x, y = make_friedman1(
                n_samples=self.n_rows, n_features=self.n_features, noise=self.noise, random_state=self.seed
            )
        # NumPy raises different errors for sizes that do not fit and for sizes that it cannot represent
        except (MemoryError, ValueError, OverflowError):
            raise SourceError(
                f"source.n_rows: {self.n_rows} rows of {self.n_features} features do not fit into memory; take fewer"
            ) from None
        columns = {f"x{index}": np.round(x[:, index], DECIMALS) for index in range(self.n_features)}
        return pa.table(columns | {"y": np.round(y, DECIMALS)})
