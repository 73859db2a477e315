"""Cross-validation folds as arrays: features are fitted on each fold's training rows alone."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.fitting.weighting import ClassWeight
from lockstep.project.settings import TRAINS_FINAL, trains_fold
from lockstep.storage.tables import write_error

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_HASHED_ROWS = 2**20


@dataclass(frozen=True)
class Fold:
    """One fold: which rows of the training table train and which validate.

    Attributes:
        x: Features of all rows of the training table, shape (rows, features).
        y: Target, shape (rows,).
        train: Mask of the training rows.
        valid: Mask of the validation rows.
        names: Feature names.
        types: XGBoost's feature types.
        weight: Weights of the rows, shape (rows,); None: all count the same.
        exposure: Exposures of the rows, shape (rows,); None: the same for all.
        class_weight: Weights of the classes, for the fit alone.
    """

    x: Matrix
    y: Vector
    train: Mask
    valid: Mask
    names: tuple[str, ...]
    types: tuple[str, ...]
    weight: Vector | None = None
    exposure: Vector | None = None
    class_weight: ClassWeight | None = None


@dataclass(frozen=True)
class FoldSummary:
    """What a search knows of a fold.

    Attributes:
        fingerprint: sha256 of all that its fits read: features, target, weights, and which rows train.
        cells: Its training rows times its features: what a boosting round costs.
    """

    fingerprint: str
    cells: int


@dataclass(frozen=True)
class FoldSet:
    """All folds of a training table; matrices that several folds share exist once.

    Attributes:
        matrices: The distinct feature matrices, each of shape (rows, features).
        matrix_of: For each fold the index of its matrix.
        y: Target, shape (rows,).
        fold: The table's fold column, shape (rows,); see lockstep.split.splitting.
        training: For each fold a mask of its training rows, shape (folds, rows).
        names: For each fold its feature names; a step's features may depend on its training rows.
        types: For each fold XGBoost's feature types.
        digests: sha256 of each matrix.
        weight: Weights of the rows, shape (rows,); None: all count the same.
        exposure: Exposures of the rows, shape (rows,); None: the same for all.
        class_weight: Weights of the classes, for the fits alone.
    """

    matrices: tuple[Matrix, ...]
    matrix_of: tuple[int, ...]
    y: Vector
    fold: npt.NDArray[np.int64]
    training: Mask
    names: tuple[tuple[str, ...], ...]
    types: tuple[tuple[str, ...], ...]
    digests: tuple[str, ...]
    weight: Vector | None = None
    exposure: Vector | None = None
    class_weight: ClassWeight | None = None

    def __len__(self) -> int:
        return len(self.matrix_of)

    def __getitem__(self, number: int) -> Fold:
        if not 0 <= number < len(self):
            raise IndexError(f"fold {number} of {len(self)}")
        return Fold(
            self.matrices[self.matrix_of[number]],
            self.y,
            self.training[number],
            self.fold == number,
            self.names[number],
            self.types[number],
            self.weight,
            self.exposure,
            self.class_weight,
        )

    def __iter__(self) -> Iterator[Fold]:
        return (self[number] for number in range(len(self)))

    def fingerprints(self) -> tuple[str, ...]:
        """For each fold the sha256 of all that its fits read: features, target, weights, and which rows train."""
        y, weighing = digest_of(self.y), self._weighing()
        fingerprints = []
        for number, fold in enumerate(self):
            parts = [self.digests[self.matrix_of[number]], y, digest_of(fold.train), digest_of(fold.valid)]
            text = json.dumps([*parts, fold.names, fold.types, *weighing])
            fingerprints.append(hashlib.sha256(text.encode()).hexdigest())
        return tuple(fingerprints)

    def summaries(self) -> tuple[FoldSummary, ...]:
        """What a search knows of each fold."""
        cells = (int(np.count_nonzero(fold.train)) * fold.x.shape[1] for fold in self)
        return tuple(map(FoldSummary, self.fingerprints(), cells))

    def _weighing(self) -> list[dict[str, Any]]:
        """Digests of weights and exposures, and the class weights; empty where all rows count the same."""
        content: dict[str, Any] = {name: digest_of(values) for name, values in self._optional_vectors().items()}
        if self.class_weight is not None:
            content["class_weight"] = self.class_weight
        return [content] if content else []

    def _optional_vectors(self) -> dict[str, Vector]:
        vectors = {"weight": self.weight, "exposure": self.exposure}
        return {name: values for name, values in vectors.items() if values is not None}

    def save(self, folder: Path) -> None:
        """Write the arrays as .npy files, which worker processes map instead of copying."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, matrix in enumerate(self.matrices):
            if not (folder / _matrix_file(number)).exists():
                _save(folder / _matrix_file(number), matrix)
        _save(folder / "y.npy", self.y)
        _save(folder / "fold.npy", self.fold)
        _save(folder / "training.npy", self.training)
        vectors = self._optional_vectors()
        for name, values in vectors.items():
            _save(folder / f"{name}.npy", values)
        description = [self.matrix_of, self.names, self.types, self.digests, sorted(vectors), self.class_weight]
        with _naming(folder / "folds.json"):
            (folder / "folds.json").write_text(json.dumps(description), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map the arrays that `save` wrote."""
        description = json.loads((folder / "folds.json").read_text(encoding="utf-8"))
        matrix_of, names, types, digests, vectors, class_weight = description
        return cls(
            matrices=tuple(_memory_mapped(folder / _matrix_file(number)) for number in range(len(digests))),
            matrix_of=tuple(matrix_of),
            y=_memory_mapped(folder / "y.npy"),
            fold=_memory_mapped(folder / "fold.npy"),
            training=_memory_mapped(folder / "training.npy"),
            names=tuple(tuple(fold) for fold in names),
            types=tuple(tuple(fold) for fold in types),
            digests=tuple(digests),
            **{name: _memory_mapped(folder / f"{name}.npy") for name in vectors},
            class_weight=tuple(class_weight) if isinstance(class_weight, list) else class_weight,
        )


class Matrices:
    """Collects the folds' matrices and stores equal ones once: in a folder, or without one in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.distinct: list[Matrix] = []
        self.digests: list[str] = []

    def add(self, matrix: Matrix) -> int:
        """The index of a matrix, which is stored if it is new."""
        digest = digest_of(matrix)
        if digest in self.digests:
            return self.digests.index(digest)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / _matrix_file(len(self.distinct))
            _save(path, matrix)
            matrix = _memory_mapped(path)
        self.distinct.append(matrix)
        self.digests.append(digest)
        return len(self.distinct) - 1


def training_masks(train: pd.DataFrame, forward: bool) -> Mask:
    """The training rows of every fold of a training table, shape (folds, rows); see lockstep.split.splitting.

    Args:
        train: The training table.
        forward: Whether only earlier rows train a fold.
    """
    fold = train["fold"].to_numpy()
    numbers = range(int(fold.max()) + 1)
    if trains_fold(0) in train:
        return np.array([train[trains_fold(number)].to_numpy(dtype=np.bool_) for number in numbers])
    return np.array([fold < number if forward else fold != number for number in numbers])


def final_rows(train: pd.DataFrame) -> pd.DataFrame:
    """The rows of a training table that train the final model; see lockstep.split.splitting."""
    return train[train[TRAINS_FINAL].to_numpy(dtype=np.bool_)] if TRAINS_FINAL in train else train


def digest_of(array: npt.NDArray[np.generic]) -> str:
    """sha256 of an array's type, shape and values, read in slices so that a mapped array stays on disk."""
    hashed = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    for start in range(0, len(array), _HASHED_ROWS):
        hashed.update(np.ascontiguousarray(array[start : start + _HASHED_ROWS]).data)
    return hashed.hexdigest()


def _matrix_file(number: int) -> str:
    return f"x_{number}.npy"


def _save(path: Path, array: npt.NDArray[Any]) -> None:
    with _naming(path):
        np.save(path, array)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


def _memory_mapped(path: Path) -> Any:
    return np.load(path, mmap_mode="r")
