"""Reading the files of a model, whoever sent it: regular ones of a bounded size, and no pickle."""

import json
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
# Every value that a step has learned takes a line of it: some five million of them.
MAX_DESCRIPTION = 256 << 20
# As many as params.yaml (final.n_models) and a dataset file (target.classes) may ask for.
MAX_MODELS = 100
MAX_CLASSES = 1000


def read_description(path: Path) -> Any:
    """Content of the JSON file that describes a model.

    Raises:
        DataError: if it is no regular file, or too large.
        ValueError: if it is no JSON.
    """
    return json.loads(_read(path, MAX_DESCRIPTION))


def check_counts(saved: Mapping[str, Any], n_classes: int) -> None:
    """Make sure that a number in the description does not make more of anything than its lists hold.

    Args:
        saved: The description.
        n_classes: How many classes the target has.

    Raises:
        ValueError: naming the number and what is possible.
    """
    if not 1 <= saved["n_models"] <= MAX_MODELS:
        raise ValueError(f"it has {saved['n_models']} boosters, and 1 to {MAX_MODELS} are possible")
    if n_classes > MAX_CLASSES:
        raise ValueError(f"it has {n_classes} classes, and {MAX_CLASSES} are possible")
    for part in ("fitting", "features"):
        if saved[part]["n_classes"] != n_classes:
            raise ValueError(f"{part} is made for {saved[part]['n_classes']} classes, the target has {n_classes}")


def read_booster(path: Path) -> bytes:
    """Content of the file of a booster.

    Raises:
        DataError: if it is no regular file, or too large.
    """
    return _read(path, MAX_FILE)


def read_array(folder: Path, name: str) -> npt.NDArray[Any]:
    """An array of a folder, mapped.

    Raises:
        DataError: if it is no regular file, or too large.
        ValueError: if its name may be a path, or it is not what numpy writes for one array of numbers.
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
    """A file of the model, also behind links, as DVC makes them to its cache; a pipe is not waited for.

    Raises:
        DataError: if it is no regular file, or larger than `limit` bytes.
    """
    # Before it is opened, as that alone can set a device to work; and after, as it may be another one by then.
    _refuse_odd(path, path.stat(), limit)
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        _refuse_odd(path, os.fstat(file.fileno()), limit)
        yield file


def _refuse_odd(path: Path, found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path}: is no regular file; remove it, then run `dvc repro train_best`")
    if found.st_size > limit:
        size = f"{found.st_size / 2**30:.3g} GiB, more than the {limit / 2**30:.3g} GiB that are read"
        raise DataError(f"{path}: has {size}; train a smaller model")
