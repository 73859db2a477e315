"""Read the files of an untrusted model: only regular files of a bounded size, and no pickle."""

import json
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from lockstep.errors import DataError

# A booster of 20,000 trees with 512 leaves each has 0.66 GiB. Arrays are mapped, not read.
MAX_FILE = 8 << 30
# Every learned value of a step takes a line: some five million lines.
MAX_DESCRIPTION = 256 << 20
MAX_CODE = 4 << 20
# The limits of params.yaml (train_best.n_models) and of a dataset file (target.classes).
MAX_MODELS = 100
MAX_CLASSES = 1000


def read_description(path: Path) -> Any:
    """Content of the JSON file that describes a model.

    Raises:
        DataError: if it is not a regular file, or too large.
        ValueError: if it is not JSON.
    """
    return json.loads(_read(path, MAX_DESCRIPTION))


def check_counts(saved: Mapping[str, Any], n_classes: int) -> None:
    """Check that the counts in the description are possible and agree with each other.

    Args:
        saved: The description.
        n_classes: Number of classes of the target.

    Raises:
        ValueError: naming the count and the limit.
    """
    if not 1 <= saved["n_models"] <= MAX_MODELS:
        raise ValueError(f"it has {saved['n_models']} boosters, and 1 to {MAX_MODELS} are possible")
    training = saved["training"]
    if "members" in training:
        _check_members(training["members"], saved["n_models"])
    gain = training.get("gain", {})
    if not all(math.isfinite(value) for name, value in gain.items() if name != "loss"):
        raise ValueError("its ensemble's gain is not finite")
    if n_classes > MAX_CLASSES:
        raise ValueError(f"it has {n_classes} classes, and {MAX_CLASSES} are possible")
    for part in ("fitting", "features"):
        if saved[part]["n_classes"] != n_classes:
            raise ValueError(f"{part} is made for {saved[part]['n_classes']} classes, the target has {n_classes}")


def _check_members(members: Any, n_models: int) -> None:
    """Check that the configurations of a model account for each of its boosters."""
    counts = [member["n_models"] for member in members]
    rounds = [member["n_rounds"] for member in members if isinstance(member["params"], dict)]
    if len(rounds) < len(counts):
        raise ValueError("a configuration has no parameters")
    if not all(type(number) is int and number > 0 for number in (*counts, *rounds)) or sum(counts) != n_models:
        raise ValueError(
            f"its configurations have {counts} boosters of {rounds} rounds, and it has {n_models} boosters"
        )


def read_booster(path: Path) -> bytes:
    """Content of a booster's file.

    Raises:
        DataError: if it is not a regular file, or too large.
    """
    return _read(path, MAX_FILE)


def read_code(path: Path) -> bytes:
    """Content of a copy of custom code, which is not run by reading it.

    Raises:
        DataError: if it is not a regular file, or too large.
    """
    return _read(path, MAX_CODE)


def read_array(folder: Path, name: str) -> npt.NDArray[Any]:
    """A memory-mapped array of a folder.

    Raises:
        DataError: if it is not a regular file, or too large.
        ValueError: if its name may be a path, or it is not one array of numbers as numpy writes it.
    """
    if not re.fullmatch(r"\w+", name):
        raise ValueError(f"{name!r:.40} is no name of an array")
    # np.load would also open archives; this maps one array of numbers, and no pickle
    with _opened(folder / f"{name}.npy", MAX_FILE) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError(f"{name}.npy: is no array as Lockstep writes it")
        shape, by_column, kind = np.lib.format.read_array_header_1_0(file)
        if kind.hasobject:
            raise ValueError(f"{name}.npy: holds objects, not numbers")
        return np.memmap(file, kind, "r", file.tell(), shape, "F" if by_column else "C")


def _read(path: Path, limit: int) -> bytes:
    with _opened(path, limit) as file:
        return file.read(os.fstat(file.fileno()).st_size)


@contextmanager
def _opened(path: Path, limit: int) -> Iterator[BinaryIO]:
    """A file of the model, also through links such as DVC's to its cache; opening a pipe does not block.

    Raises:
        DataError: if it is not a regular file, or larger than `limit` bytes.
    """
    # Checked before opening, because opening a device can have effects, and after, because it may have been replaced.
    _check_file(path, path.stat(), limit)
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        _check_file(path, os.fstat(file.fileno()), limit)
        yield file


def _check_file(path: Path, status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path}: is no regular file; remove it, then run `dvc repro train_best`")
    if status.st_size > limit:
        size = f"{status.st_size / 2**30:.3g} GiB, more than the {limit / 2**30:.3g} GiB that are read"
        raise DataError(f"{path}: has {size}; train a smaller model")
