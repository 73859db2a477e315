"""The standard table."""

import numpy as np

from lockstep.testing.tables import TYPES, standard_table, standard_target, unseen_rows


def test_it_has_the_columns_of_its_types() -> None:
    frame = standard_table()
    assert list(frame) == ["row_id", *TYPES]
    kinds = {name: frame[name].dtype.kind for name in TYPES}
    expected = {"number": "f", "boolean": "f", "integer": "i", "date": "M", "category": "O", "text": "O"}
    assert kinds == {name: expected[kind] for name, kind in TYPES.items()}


def test_it_is_the_same_each_time_and_another_seed_gives_other_rows() -> None:
    assert standard_table().equals(standard_table())
    assert not standard_table(seed=2).equals(standard_table())


def test_classes_have_about_the_same_number_of_rows() -> None:
    counts = np.bincount(standard_target(standard_table(), 3).astype(int))
    assert len(counts) == 3
    assert counts.min() > 30


def test_unseen_rows_have_no_value_of_the_table() -> None:
    frame = standard_table()
    rows = unseen_rows(frame)
    assert not any(rows[name][:2].isin(frame[name]).any() for name in frame)
    assert rows[2:].isna().all(axis=None)
