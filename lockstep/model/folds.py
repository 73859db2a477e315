"""Cross-validation folds as matrices: features are fitted on each fold's training rows alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.recipe import Features
from lockstep.schema.dataset import Recipe

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_PARTS = ("x_train", "y_train", "x_valid", "y_valid")


@dataclass(frozen=True)
class Fold:
    """One fold's matrices: x of shape (rows, features), y of shape (rows,)."""

    x_train: Matrix
    y_train: Vector
    x_valid: Matrix
    y_valid: Vector
    names: tuple[str, ...]
    types: tuple[str, ...]

    def save(self, folder: Path) -> None:
        """Write the matrices as .npy files, so that worker processes can map them instead of copying them."""
        folder.mkdir(parents=True)
        for part in _PARTS:
            np.save(folder / f"{part}.npy", getattr(self, part))
        (folder / "features.txt").write_text(
            "".join(f"{kind} {name}\n" for kind, name in zip(self.types, self.names, strict=True)), encoding="utf-8"
        )

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map the matrices that `save` wrote."""
        parts = {part: np.load(folder / f"{part}.npy", mmap_mode="r") for part in _PARTS}
        lines = (folder / "features.txt").read_text(encoding="utf-8").splitlines()
        kinds_and_names = [line.split(" ", 1) for line in lines]
        return cls(
            **parts,
            names=tuple(name for _, name in kinds_and_names),
            types=tuple(kind for kind, _ in kinds_and_names),
        )


def make_folds(train: pd.DataFrame, target: str, recipe: Recipe, strategy: str) -> list[Fold]:
    """Matrices of every fold of a training table with a `fold` column (see lockstep.data.splitting)."""
    y = train[target].to_numpy(dtype=np.float64)
    folds = []
    for training, validation in fold_masks(train["fold"].to_numpy(), strategy):
        features = Features(recipe).fit(train[training], y[training])
        folds.append(
            Fold(
                x_train=features.transform(train[training]),
                y_train=y[training],
                x_valid=features.transform(train[validation]),
                y_valid=y[validation],
                names=tuple(features.names),
                types=tuple(features.types),
            )
        )
    return folds


def fold_masks(fold: npt.NDArray[np.int64], strategy: str) -> Iterator[tuple[Mask, Mask]]:
    """Training and validation rows of each fold; with time folds only earlier rows train."""
    for number in range(int(fold.max()) + 1):
        yield (fold < number if strategy == "time" else fold != number), fold == number
