"""The promises of every cleaning rule, checked."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from lockstep.clean.apply_rules import apply_rule, change_new_rows, computed_values, rule_for_new_rows
from lockstep.clean.declaration import Declaration
from lockstep.clean.rule import Rule
from lockstep.errors import kind_and_reason
from lockstep.testing.rule_digests import digests_here_and_elsewhere
from lockstep.testing.tables import TYPES, standard_table

# Values that no row of a training table has.
UNSEEN: Mapping[str, Any] = {
    "number": 1234.5,
    "integer": 1234,
    "boolean": 1.0,
    "category": "never seen",
    "text": "never seen",
    "date": np.datetime64("2199-12-31", "s"),
}


def check_rule(rule: Rule, frame: pd.DataFrame | None = None, types: Mapping[str, str] | None = None) -> None:
    """Check the promises of a cleaning rule.

    Args:
        rule: The rule with its settings.
        frame: A table as clean has it before the rule, `row_id` first; by default the standard table.
        types: The types of its columns, without `row_id`.

    Raises:
        AssertionError: with a sentence that names the broken promise.
    """
    frame, types = standard_table() if frame is None else frame, TYPES if types is None else types
    with _promise("declares columns of the table and new names"):
        declared = Declaration.of(rule)
        types_after = declared.types_after(types, rule.kind_name())
    with _promise("cleans the table with the columns that it reads, and returns what it declares"):
        result = apply_rule(_copy(frame), rule)
    _require(len(result) > 0, "the check needs a table of which the rule keeps a row; this one keeps none")
    _check_columns(result, types_after)
    _check_input_is_unchanged(rule, declared, frame)
    _check_sources(rule, declared, frame)
    with _promise("works on empty tables, on one row and where values are missing"):
        _apply_to_odd_tables(rule, declared, frame)
    _check_settings(rule)
    _check_same_bytes(rule, frame, result)
    _check_new_rows(rule, frame, result, set(types_after))
    for name in {*declared.results, *declared.renames.values()}:
        _check_new_rows(rule, frame, result, {name})
    with _promise("takes new rows with missing and with unseen values"):
        _change_odd_rows(rule, declared, frame, types, set(types_after))


@contextmanager
def _promise(promise: str) -> Iterator[None]:
    """Turn an error of the rule in the block into the promise that it breaks."""
    try:
        yield
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(f"a rule {promise}; this one does not: {kind_and_reason(error, 500)}") from error


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)


def _copy(frame: pd.DataFrame) -> pd.DataFrame:
    """A deep copy; the rule cannot reach the original."""
    return frame.copy(deep=True).reset_index(drop=True)


def _check_columns(result: pd.DataFrame, types_after: Mapping[str, str]) -> None:
    _require(
        list(result.columns) == ["row_id", *types_after],
        f"a rule leaves the columns that it declares, in order: {list(types_after)}, not {list(result.columns)}",
    )


def _check_input_is_unchanged(rule: Rule, declared: Declaration, frame: pd.DataFrame) -> None:
    passed = _copy(frame)[list(declared.reads)]
    original = passed.copy(deep=True)
    with _promise("does not modify the table that it is given"):
        rule.compute(passed)
        rule.rows_to_keep(passed)
    _require(passed.equals(original), "a rule does not modify the table that it is given; this one does")


def _check_sources(rule: Rule, declared: Declaration, frame: pd.DataFrame) -> None:
    """Check that a column does not change with columns from which it is not computed, such as the target."""
    frame = _copy(frame)
    values, shifted = computed_values(frame, rule, declared), np.roll(np.arange(len(frame)), 1)
    for name, sources in declared.sources.items():
        for column in (column for column in declared.reads if column not in sources):
            other = computed_values(frame.assign(**{column: frame[column].array[shifted]}), rule, declared)
            _require(
                other[name].equals(values[name]),
                f"sources() names every column from which {name!r} is computed; {column!r} is missing there",
            )


def _apply_to_odd_tables(rule: Rule, declared: Declaration, frame: pd.DataFrame) -> None:
    for rows in (0, 1):
        apply_rule(_copy(frame.iloc[:rows]), rule)
    apply_rule(_with_missing(_copy(frame), declared), rule)


def _with_missing(frame: pd.DataFrame, declared: Declaration) -> pd.DataFrame:
    """The table without any value in the columns that the rule reads."""
    for name in declared.reads:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        frame[name] = pd.Series(np.nan, frame.index).astype(np.float64 if numeric else frame[name].dtype)
    return frame


def _check_settings(rule: Rule) -> None:
    with _promise("has settings that JSON can store and restore"):
        restored = type(rule).model_validate(json.loads(json.dumps(rule.model_dump(mode="json"))))
    _require(restored == rule, f"a rule is restored from its settings as it was; this one becomes {restored!r}")


def _check_same_bytes(rule: Rule, frame: pd.DataFrame, result: pd.DataFrame) -> None:
    again = apply_rule(_copy(frame), rule)
    promise = "a rule gives the same bytes each time, also in another process"
    _require(again.equals(result), f"{promise}; this one differs in a second run of the same process")
    _require("<locals>" not in type(rule).__qualname__, "a rule is defined at the top level of a file, to be imported")
    with _promise("gives the same bytes in another process"):
        here, elsewhere = digests_here_and_elsewhere(rule, frame)
    _require(elsewhere == here, f"{promise}; this one differs in another process")


def _new_rows(rule: Rule, rows: pd.DataFrame, needed: set[str], given: pd.DataFrame) -> pd.DataFrame:
    """Rows of the table before the rule as they reach a model, changed as at prediction."""
    new_rule = rule_for_new_rows(rule, needed)
    if new_rule is None:
        return rows
    declared = Declaration.of(new_rule)
    present = [name for name in rows.columns if name in declared.needed_before(needed)]
    return change_new_rows(rows[present], new_rule, {name: given[name] for name in declared.given})


def _check_new_rows(rule: Rule, frame: pd.DataFrame, result: pd.DataFrame, needed: set[str]) -> None:
    """Check that new rows get the values that the rows kept in training got."""
    before = _copy(frame).set_index("row_id", drop=True)
    after = result.set_index("row_id", drop=True)
    kept = before.loc[after.index]
    shuffled = np.random.default_rng(1).permutation(len(kept))
    batches = [*np.arange(len(kept)).reshape(-1, 1), shuffled, shuffled[: 1 + len(kept) // 2]]
    for batch in batches:
        rows, expected = kept.iloc[batch], after.iloc[batch]
        with _promise("takes new rows, one at a time and in any order, and drops none"):
            changed = _new_rows(rule, rows.reset_index(drop=True), needed, expected.reset_index(drop=True))
        _require(len(changed) == len(rows), f"no new row is dropped; {len(rows)} became {len(changed)}")
        for name in sorted(needed):
            _require(
                name in changed, f"new rows have the columns of training; this rule does not make {name!r} for them"
            )
            _require(
                _same(changed[name], expected[name]),
                f"new rows get the values of training; this rule gives others in column {name!r} when {len(rows)} new"
                f" rows are given, first row_id {rows.index[0]}",
            )


def _same(values: pd.Series, expected: pd.Series) -> bool:
    """Whether two columns have exactly the same values; a whole number may be a float."""
    present, other = values.dropna(), expected.dropna()
    return bool((values.isna().to_numpy() == expected.isna().to_numpy()).all()) and present.tolist() == other.tolist()


def _change_odd_rows(
    rule: Rule, declared: Declaration, frame: pd.DataFrame, types: Mapping[str, str], needed: set[str]
) -> None:
    rows = _copy(frame).drop(columns="row_id")
    unseen = rows.assign(**{name: pd.Series(UNSEEN[types[name]], rows.index) for name in declared.reads})
    for odd in (rows.iloc[:0], unseen, _with_missing(rows, declared)):
        given = pd.DataFrame({name: pd.Series(np.nan, odd.index) for name in declared.given}, index=odd.index)
        changed = _new_rows(rule, odd, needed, given)
        _require(len(changed) == len(odd), f"no new row is dropped; {len(odd)} became {len(changed)}")
