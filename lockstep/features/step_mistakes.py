"""Mistakes of steps, the project's own above all, in one line that names the file."""

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pandas as pd

from lockstep.errors import DataError
from lockstep.features.arrays import Numbers
from lockstep.features.step import STEPS, Step
from lockstep.features.step_settings import FORBIDDEN_CHARACTERS
from lockstep.guards.text.messages import listed, repeated, shown
from lockstep.project.custom import PACKAGE, custom_mistakes


def file_of(step: Step) -> Path:
    """The file of the step's class, below the project."""
    folder = Path(PACKAGE, STEPS.folder or "") if step.is_custom() else Path(*STEPS.package.split("."))
    return folder / f"{step.kind_name()}.py"


def mistakes_of(step: Step) -> AbstractContextManager[None]:
    """Within the block, an error of one of the project's own steps becomes one line that names its file and line."""
    return custom_mistakes(file_of(step)) if step.is_custom() else nullcontext()


def names_of(step: Step, method: str = "names") -> list[str]:
    """What a method of a step returns: names of columns or, by default, of a fitted step's features.

    Raises:
        DataError: if it returns something else, such as a text, whose characters would be taken for names.
    """
    with mistakes_of(step):
        names = getattr(step, method)()
        if not isinstance(names, str) and isinstance(names, Iterable):
            return list(names)
    raise DataError(f"{file_of(step)}: {method}() returns {shown(repr(names))}; return a tuple of names")


def columns_read(step: Step, frame: pd.DataFrame, *, context: bool = False) -> pd.DataFrame:
    """The rows as a step gets them: one of the project's own sees no column but those that it reads.

    The target and the fold are columns of training rows too.

    Args:
        step: The step.
        frame: The rows.
        context: Whether to add the columns that `inner_folds` and `row_weights` of training rows need.
    """
    if not step.is_custom():
        return frame
    names = dict.fromkeys([*names_of(step, "reads"), *(step.context if context else ())])
    return pd.DataFrame({name: frame[name] for name in names}, index=frame.index, copy=False)


def check_learned(step: Step) -> None:
    """Check that what a step learned can be saved with the model; built-in ones have tests for that.

    Raises:
        DataError: naming the attribute.
    """
    if not step.is_custom():
        return
    with mistakes_of(step):
        learned = step.state()
    for name, value in learned.items():
        try:
            saved = value.dtype.kind in "biuf" if isinstance(value, np.ndarray) else json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            saved = False
        if not saved:
            raise DataError(
                f"{file_of(step)}: fit() learns _{name.strip('_')} = {shown(repr(value))}, which cannot be saved; JSON"
                " values (no NaN) and arrays of numbers can"
            )


def check_names(step: Step) -> None:
    """Check the names, types and numbers of categories of a fitted step's features.

    Raises:
        DataError: if a name is no text, occurs twice or cannot be a name of a feature, or the others do not fit them.
    """
    names = names_of(step)
    for name in names:
        if not isinstance(name, str) or any(character in name for character in FORBIDDEN_CHARACTERS):
            raise DataError(
                f"{file_of(step)}: makes a feature called {shown(str(name))}; XGBoost needs text without [, ] and <"
            )
    if duplicates := repeated(names):
        raise DataError(f"{file_of(step)}: makes feature {duplicates[0]!r} twice; give each its own name")
    with mistakes_of(step):
        types, counts = list(step.feature_types()), list(step.n_categories())
    if types != ["c" if count else "q" for count in counts] or len(types) != len(names):
        raise DataError(
            f"{file_of(step)}: {len(names)} features have feature_types() {listed(types)} and n_categories()"
            f" {listed([str(count) for count in counts])}; each needs c and a number of categories, or q and 0"
        )


def check_features(step: Step, features: Numbers, shape: tuple[int, int]) -> None:
    """Check the form of a step's features.

    Args:
        step: The step.
        features: What its `transform` or `fit_transform` returned.
        shape: The numbers of rows and of names.

    Raises:
        DataError: if the features are not an array of floats of this shape.
    """
    is_array = isinstance(features, np.ndarray)
    if not is_array or features.dtype.kind != "f" or features.shape != shape:
        what = f"{features.dtype} of shape {features.shape}" if is_array else f"a {type(features).__name__}"
        raise DataError(
            f"{file_of(step)}: computed {what}; an array of float64 of shape {shape} is needed, a row for each row and"
            " a column for each name; correct it"
        )
