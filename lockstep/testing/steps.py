"""The checks that every feature step must pass."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd

from lockstep.errors import LockstepError, kind_and_reason
from lockstep.features.arrays import Numbers
from lockstep.features.step import Step
from lockstep.features.step_mistakes import check_features, check_names, file_of
from lockstep.testing.comparisons import require, require_equal
from lockstep.testing.step_case import SEED, StepCase, digest_of_state, digests_here_and_elsewhere
from lockstep.testing.tables import standard_table, standard_target, unseen_rows


def check_step(
    step: Step,
    frame: pd.DataFrame | None = None,
    y: Numbers | None = None,
    classes: int = 0,
    *,
    fresh_process: bool = True,
) -> None:
    """Check that a step keeps every promise of `Step`.

    Args:
        step: The step with its settings, such as `Ratio(name="r", numerator="a", denominator="b")`.
        frame: A table with the columns that the step reads, thirty rows or more; by default the standard table.
        y: The target, shape (rows,); class numbers 0 .. classes - 1 for classes. By default the standard table's.
        classes: Number of classes; 0 for a number.
        fresh_process: Whether to compute the features once more in a fresh process, which takes some two seconds.

    Raises:
        AssertionError: with a sentence that names the promise that is broken, and how.
    """
    frame = standard_table(160) if frame is None else frame.reset_index(drop=True)
    y = standard_target(frame, classes) if y is None else np.asarray(y, dtype=np.float64)
    is_new = np.arange(len(frame)) % 4 == 3
    case = StepCase(
        step, frame[~is_new].reset_index(drop=True), y[~is_new], frame[is_new].reset_index(drop=True), classes
    )
    for promise in PROMISES if fresh_process else PROMISES[:-1]:
        try:
            promise(case)
        except Exception as error:
            detail = str(error) if isinstance(error, AssertionError | LockstepError) else kind_and_reason(error)
            raise AssertionError(f"{file_of(step)}: broken promise: {promise.__doc__} {detail}") from error


def _names_its_columns(case: StepCase) -> None:
    """reads() names columns of the table, and those of reads_numbers() and the like are among them."""
    step, reads = case.step, list(case.step.reads())
    require(set(reads) <= set(case.train), f"reads() names {reads}; the table has {list(case.train)}.")
    kinds = {*step.reads_numbers(), *step.reads_text(), *step.reads_words(), *step.reads_dates()}
    require(kinds <= set(reads), f"reads() lacks {sorted(kinds - set(reads))}.")


def _reads_no_other_column(case: StepCase) -> None:
    """A step reads the columns that reads() names, and no others."""
    reads = list(dict.fromkeys(case.step.reads()))
    alone = StepCase(case.step, case.train[reads], case.y, case.new[reads], case.classes)
    require_equal(alone.training_features(), case.training_features(), "Other columns change training rows.")
    require_equal(alone.fitted().transform(alone.new), case.fitted().transform(case.new), "Others change new rows.")


def _names_its_features(case: StepCase) -> None:
    """A step's names, types and numbers of categories are those of its features."""
    step = case.fitted()
    check_names(step)
    names, counts = step.names(), step.n_categories()
    makes = list(step.makes())
    named = makes == names if step.all_names_known else set(makes) <= set(names)
    require(
        named or case.classes > 0,
        f"makes() is {makes}, names() is {names}; where names are learned, all_names_known is False.",
    )
    for features, rows in ((case.training_features(), case.train), (step.transform(case.new), case.new)):
        check_features(step, features, (len(rows), len(names)))
        for column, count in zip(features.T, counts, strict=True):
            codes = column[~np.isnan(column)]
            is_code = (codes >= 0) & (codes < count) & (codes == np.round(codes))
            require(not count or bool(is_code.all()), f"A category has codes beyond 0 .. {count - 1}.")


def _hides_a_rows_target(case: StepCase) -> None:
    """No training row's features depend on the row's own target."""
    before = case.training_features()
    for row in range(3, len(case.y), max(len(case.y) // 3, 1)):
        for value in range(case.classes) if case.classes else (1e9, -3.25):
            y = case.y.copy()
            y[row] = value
            after = case.unfitted().fit_transform(case.train, y)
            require_equal(before[row], after[row], f"Row {row} changes as its target becomes {value:g}.")


def _learns_in_fit_alone(case: StepCase) -> None:
    """A step learns in fit alone: transform changes nothing that it learned."""
    step = case.fitted()
    before, features = digest_of_state(step), step.transform(case.new)
    step.transform(unseen_rows(case.new))
    require(digest_of_state(step) == before, "What it learned differs after transform.")
    require_equal(features, step.transform(case.new), "The same rows have other features in a second transform.")


def _takes_each_row_alone(case: StepCase) -> None:
    """A new row's features depend on no other new row, nor on the order or the index of the rows."""
    step, rows = case.fitted(), case.new
    together = step.transform(rows)
    alone = [step.transform(rows.iloc[[row]]) for row in range(len(rows))]
    require_equal(together, np.vstack(alone), "Row by row they differ.")
    require_equal(together, step.transform(rows.iloc[::-1])[::-1], "In another order they differ.")
    require(step.transform(rows.iloc[:0]).shape == (0, together.shape[1]), "A frame without rows has another shape.")
    odd = case.train.set_index(pd.Index(np.arange(len(case.train))[::-1] // 2))
    require_equal(case.training_features(), case.unfitted().fit_transform(odd, case.y), "Another index changes them.")


def _computes_the_same_again(case: StepCase) -> None:
    """The same rows give the same bytes in every fit."""
    step = case.fitted()
    for again in (case.fitted(), step.for_target(case.classes, SEED).fit(case.train, case.y)):
        require_equal(step.transform(case.new), again.transform(case.new), "A second fit gives other new rows.")
        require(digest_of_state(step) == digest_of_state(again), "A second fit learns something else.")
    first = step.fit_transform(case.train, case.y)
    require_equal(first, case.training_features(), "A second fit gives other training rows.")


def _is_saved_whole(case: StepCase) -> None:
    """A step that was saved and restored computes the same bytes."""
    step = case.fitted()
    state = step.state()
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    wrong = [name for name, array in arrays.items() if array.dtype.kind not in "fi"]
    require(not wrong, f"The arrays {wrong} are not numbers.")
    others = {name: value for name, value in state.items() if name not in arrays}
    learned = json.loads(json.dumps(others, allow_nan=False, sort_keys=True)) | arrays
    again = type(step).model_validate(json.loads(json.dumps(step.model_dump(mode="json"), sort_keys=True)))
    again = again.for_target(case.classes, SEED).restore(learned)
    require_equal(step.transform(case.new), again.transform(case.new), "New rows have other features.")
    named, restored = ((each.names(), each.feature_types(), each.n_categories()) for each in (step, again))
    require(named == restored, f"{named} becomes {restored}.")


def _takes_any_value(case: StepCase) -> None:
    """Unseen and missing values, few training rows and absent classes give numbers or NaN, and as many features."""
    step = case.fitted()
    width = len(step.names())
    for rows in (10, 2, 1):
        few = case.train.dropna().iloc[:rows]
        try:
            features = case.unfitted().fit_transform(few, case.y[few.index])
        except LockstepError:
            continue  # refused with a message
        require(features.shape == (len(few), width), f"{len(few)} training rows have shape {features.shape}.")
        require(not np.isinf(features).any(), f"{len(few)} training rows have an infinite feature.")
    features = case.unfitted().fit_transform(case.train, np.minimum(case.y, max(case.classes - 2, 0)))
    require(features.shape == (len(case.train), width), f"Without one class the shape is {features.shape}.")
    features = step.transform(unseen_rows(case.new))
    require(features.shape == (4, width) and not np.isinf(features).any(), f"Their features are {features}.")


def _leaves_its_input_alone(case: StepCase) -> None:
    """A step does not change the table or the target that it is given."""
    train, new, y = case.train.copy(deep=True), case.new.copy(deep=True), case.y.copy()
    step = case.unfitted()
    step.fit_transform(case.train, case.y)
    step.fit(case.train, case.y).transform(case.new)
    require(train.equals(case.train) and new.equals(case.new), "The table differs afterwards.")
    require(y.tobytes() == case.y.tobytes(), "The target differs afterwards.")


def _computes_the_same_elsewhere(case: StepCase) -> None:
    """A fresh process, with other hashes and without the CPU's newer instructions, gives the same bytes."""
    here, elsewhere = digests_here_and_elsewhere(case)
    require(here == elsewhere, "It gives others.")


# Ordered so that a defect is reported by the promise that describes it best; the last one starts a process.
PROMISES: tuple[Callable[[StepCase], None], ...] = (
    _names_its_columns,
    _leaves_its_input_alone,
    _computes_the_same_again,
    _reads_no_other_column,
    _names_its_features,
    _is_saved_whole,
    _takes_any_value,
    _learns_in_fit_alone,
    _takes_each_row_alone,
    _hides_a_rows_target,
    _computes_the_same_elsewhere,
)
