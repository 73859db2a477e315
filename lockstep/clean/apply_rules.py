"""Applying cleaning rules: to the table in training, and to new rows at prediction."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import pandas as pd

from lockstep.clean.computed import checked_mask, checked_values
from lockstep.clean.declaration import Declaration
from lockstep.clean.rule import Given, Rule, mistakes_of, place_of
from lockstep.errors import ConfigError


def apply_rule(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The frame after one rule; row order and `row_id` are preserved, the index counts from 0.

    If the caller keeps no reference to `frame`, a rule that drops rows frees each column after copying it.

    Raises:
        ConfigError: with one line, for a mistake in the code of a project's own rule.
    """
    declared = Declaration.of(rule)
    with mistakes_of(rule):
        keep = rule.rows_to_keep(_read(frame, declared))
    mask = None if keep is None else checked_mask(keep, frame.index, rule)
    frame = _with_names(_with_values(frame, computed_values(frame, rule, declared)), declared)
    if mask is None:
        return frame
    columns = dict(frame.items())
    del frame
    return pd.DataFrame({name: columns.pop(name).array[mask] for name in list(columns)}, copy=False)


def rule_for_new_rows(rule: Rule, needed: AbstractSet[str]) -> Rule | None:
    """What a rule says that it does to new rows; see `Rule.for_new_rows`.

    Raises:
        ConfigError: with one line, for a mistake in the code of a project's own rule.
    """
    with mistakes_of(rule):
        new_rule = rule.for_new_rows(needed)
    if new_rule is not None and type(new_rule) is not type(rule):
        raise ConfigError(f"{place_of(rule)}: for_new_rows() returns no rule of its class; return self or None")
    return new_rule


def change_new_rows(frame: pd.DataFrame, rule: Rule, given: Mapping[str, pd.Series]) -> pd.DataFrame:
    """New rows after one rule, none of them dropped.

    Args:
        frame: New rows, with the columns that the rule reads.
        rule: The rule for new rows, of `rule_for_new_rows`.
        given: Columns that the input brings because no row alone tells them.

    Raises:
        ConfigError: with one line, for a mistake in the code of a project's own rule.
    """
    declared = Declaration.of(rule)
    values = {
        name: _brought(given[name], column) if name in given else pd.Series(column.default, frame.index)
        for name, column in declared.given.items()
    }
    if set(declared.results) > values.keys():
        values = computed_values(frame, rule, declared) | values
    return _with_names(_with_values(frame, values), declared)


def _brought(values: pd.Series, column: Given) -> pd.Series:
    """The values that new rows bring, with the default where they bring none."""
    return values if column.default is None else values.fillna(column.default)


def computed_values(frame: pd.DataFrame, rule: Rule, declared: Declaration) -> dict[str, pd.Series]:
    """The values of the columns that a rule makes and changes.

    Raises:
        ConfigError: with one line, for a mistake in the code of a project's own rule.
    """
    if not declared.results:
        return {}
    with mistakes_of(rule):
        values = rule.compute(_read(frame, declared))
    return checked_values(values, frame, rule, declared)


def _read(frame: pd.DataFrame, declared: Declaration) -> pd.DataFrame:
    """The columns that a rule reads, without copying them."""
    return pd.DataFrame({name: frame[name] for name in declared.reads}, index=frame.index, copy=False)


def _with_values(frame: pd.DataFrame, values: Mapping[str, pd.Series]) -> pd.DataFrame:
    """The frame with columns added or replaced, without copying the others."""
    if not values:
        return frame
    columns = dict(frame.items())
    columns.update(values)
    return pd.DataFrame(columns, copy=False)


def _with_names(frame: pd.DataFrame, declared: Declaration) -> pd.DataFrame:
    """The frame with columns renamed and removed; new rows may lack some of them."""
    if declared.removes:
        frame = frame.drop(columns=list(declared.removes), errors="ignore")
    return frame.rename(columns=dict(declared.renames)) if declared.renames else frame
