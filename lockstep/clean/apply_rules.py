"""Applying cleaning rules: to the table in training, and to new rows at prediction."""

from collections.abc import Hashable, Mapping
from collections.abc import Set as AbstractSet

import pandas as pd

from lockstep.clean.computed import checked_mask, checked_values
from lockstep.clean.declaration import Declaration
from lockstep.clean.rule import Rule, mistakes_of, place_of
from lockstep.errors import ConfigError


def apply_rule(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The frame after one rule; row order and `row_id` are preserved, the index counts from 0.

    If the caller keeps no reference to `frame`, a rule that drops rows frees each column after copying it.

    Raises:
        ConfigError: with one line, for a mistake in the code of a project's own rule.
    """
    declared = Declaration.of(rule)
    columns_read = _read(frame, rule, declared)
    with mistakes_of(rule):
        keep = rule.rows_to_keep(columns_read)
    mask = None if keep is None else checked_mask(keep, columns_read, rule)
    frame = _with_names(_with_values(frame, _computed(columns_read, rule, declared, frame)), declared)
    del columns_read, keep
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
        name: given[name].fillna(column.default) if name in given else pd.Series(column.default, frame.index)
        for name, column in declared.given.items()
    }
    if set(declared.results) > values.keys():
        computed = _computed(_read(frame, rule, declared), rule, declared, frame)
        values = {**computed, **values}
    return _with_names(_with_values(frame, values), declared)


def _read(frame: pd.DataFrame, rule: Rule, declared: Declaration) -> pd.DataFrame:
    """The columns that a rule reads, without copying them."""
    return pd.DataFrame({name: frame[name] for name in declared.reads}, index=frame.index, copy=False)


def _computed(
    columns_read: pd.DataFrame, rule: Rule, declared: Declaration, before: pd.DataFrame
) -> dict[str, pd.Series]:
    """The values of the columns made and changed, checked."""
    if not declared.results:
        return {}
    with mistakes_of(rule):
        values = rule.compute(columns_read)
    return checked_values(values, columns_read.index, rule, declared, before)


def _with_values(frame: pd.DataFrame, values: Mapping[str, pd.Series]) -> pd.DataFrame:
    """The frame with columns added or replaced, without copying the others."""
    if not values:
        return frame
    columns: dict[Hashable, pd.Series] = {**dict(frame.items()), **values}
    return pd.DataFrame(columns, copy=False)


def _with_names(frame: pd.DataFrame, declared: Declaration) -> pd.DataFrame:
    """The frame with columns renamed and removed; new rows may lack some of them."""
    if declared.removes:
        frame = frame.drop(columns=list(declared.removes), errors="ignore")
    return frame.rename(columns=dict(declared.renames)) if declared.renames else frame
