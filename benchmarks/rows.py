"""The rows every contestant gets: Lockstep's split tables, read without Lockstep."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]

NOT_FEATURES = ("row_id", "fold")


@dataclass(frozen=True)
class Rows:
    """Features of shape (rows, columns), targets and the fold of each training row (-1: never validates)."""

    x_train: pd.DataFrame
    y_train: Vector
    fold: npt.NDArray[np.int64]
    x_test: pd.DataFrame
    y_test: Vector

    @classmethod
    def read(cls, options: argparse.Namespace) -> Self:
        """Read the two tables that the options name.

        Raises:
            SystemExit: if the target or a feature is missing from the training table or is not numeric.
        """
        train, test = pd.read_parquet(options.train), pd.read_parquet(options.test)
        names = options.features or [name for name in train if name not in (*NOT_FEATURES, options.target)]
        for name in (options.target, *names):
            if name not in train:
                raise SystemExit(f"{options.train}: no column {name!r}; it has {', '.join(train.columns)}")
            if not pd.api.types.is_numeric_dtype(train[name]):
                raise SystemExit(f"{options.train}: column {name!r} is not numeric; choose others with --features")
        return cls(
            x_train=train[names],
            y_train=train[options.target].to_numpy(dtype=np.float64),
            fold=train["fold"].to_numpy(dtype=np.int64),
            x_test=test[names],
            y_test=test[options.target].to_numpy(dtype=np.float64),
        )


def options_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser of the options that every contestant takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, default=Path("data/split/train.parquet"))
    parser.add_argument("--test", type=Path, default=Path("data/split/test.parquet"))
    parser.add_argument("--target", required=True)
    parser.add_argument("--features", type=lambda text: text.split(","), help="a,b,c; without it every other column")
    parser.add_argument("--seed", type=int, default=42)
    return parser
