"""What every feature step promises, whatever it computes."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter
from sklearn.base import clone
from sklearn.utils import estimator_checks

from lockstep.features.features_block import Recipe
from lockstep.features.recipe import Features
from lockstep.features.steps import TRANSFORMERS, make_transformer
from tests.unit.features.examples import EXAMPLES, every_case, step_of, table, target, transformer_of

every_example = pytest.mark.parametrize("example", EXAMPLES, ids=[example["step"] for example in EXAMPLES])


def test_every_transformer_has_an_example() -> None:
    assert {example["step"] for example in EXAMPLES} == set(TRANSFORMERS)


def test_every_step_has_a_transformer() -> None:
    schema = TypeAdapter(Recipe).json_schema()
    steps = {
        choice["properties"]["step"]["const"] for choice in schema["$defs"].values() if "step" in choice["properties"]
    }
    assert steps == set(TRANSFORMERS)


@every_case
def test_saved_and_restored_it_gives_the_same_numbers(example: dict[str, Any], n_classes: int) -> None:
    train, new = table(), table(seed=2)
    features = Features([step_of(example)], 7, n_classes).fit(train, target(train, n_classes))
    description, arrays = features.state()
    for array in arrays.values():
        assert array.dtype.kind in "fi"
    again = Features.from_state(json.loads(json.dumps(description, allow_nan=False, sort_keys=True)), arrays)
    assert features.transform(new).tobytes() == again.transform(new).tobytes()
    assert (again.names, again.types) == (features.names, features.types)
    exact, same = features.transformers[0].transform(new), again.transformers[0].transform(new)
    assert exact.tobytes() == same.tobytes()


@every_case
def test_a_new_rows_features_do_not_depend_on_other_new_rows(example: dict[str, Any], n_classes: int) -> None:
    train, new = table(), table(40, seed=2)
    transformer = transformer_of(example, n_classes).fit(train, target(train, n_classes))
    together = transformer.transform(new)
    alone = np.vstack([transformer.transform(new.iloc[[row]]) for row in range(len(new))])
    assert together.tobytes() == alone.tobytes()
    backwards = transformer.transform(new.iloc[::-1])
    assert together.tobytes() == np.ascontiguousarray(backwards[::-1]).tobytes()
    assert transformer.transform(new.iloc[:0]).shape == (0, together.shape[1])


@every_case
def test_widths_names_types_and_dtypes_agree(example: dict[str, Any], n_classes: int) -> None:
    train, new = table(), table(30, seed=2)
    transformer = transformer_of(example, n_classes)
    made = transformer.fit_transform(train, target(train, n_classes))
    names = [str(name) for name in transformer.get_feature_names_out()]
    assert made.shape == (len(train), len(names))
    assert transformer.transform(new).shape == (len(new), len(names))
    assert made.dtype == transformer.transform(new).dtype == np.float64
    assert len(transformer.feature_types()) == len(names) == len(set(names))
    assert not any(sign in name for name in names for sign in "[]<")
    if not n_classes:
        assert set(step_of(example).makes()) <= set(names)


@every_case
def test_the_number_of_features_does_not_depend_on_the_rows(example: dict[str, Any], n_classes: int) -> None:
    train = table()
    y = target(train, n_classes)
    widths = {
        transformer_of(example, n_classes).fit_transform(train[rows], y[rows]).shape[1]
        for rows in (slice(0, 120), slice(0, 60), slice(90, 120))
    }
    assert len(widths) == 1


@every_case
def test_fitting_twice_gives_the_same_numbers_and_leaves_the_inputs_alone(
    example: dict[str, Any], n_classes: int
) -> None:
    train, new = table(), table(30, seed=2)
    y = target(train, n_classes)
    frames, y_before = (train.copy(deep=True), new.copy(deep=True)), y.copy()
    transformer = transformer_of(example, n_classes)
    first = transformer.fit_transform(train, y)
    made = transformer.transform(new)
    assert first.tobytes() == transformer.fit_transform(train, y).tobytes()
    assert made.tobytes() == clone(transformer).fit(train, y).transform(new).tobytes()
    pd.testing.assert_frame_equal(train, frames[0])
    pd.testing.assert_frame_equal(new, frames[1])
    np.testing.assert_array_equal(y, y_before)


@every_case
def test_the_frames_index_does_not_matter(example: dict[str, Any], n_classes: int) -> None:
    train = table()
    y = target(train, n_classes)
    odd = train.set_index(pd.Index(np.arange(len(train))[::-1] // 2))
    assert (
        transformer_of(example, n_classes).fit_transform(train, y).tobytes()
        == transformer_of(example, n_classes).fit_transform(odd, y).tobytes()
    )


@every_case
def test_unseen_and_missing_values_are_numbers_or_missing(example: dict[str, Any], n_classes: int) -> None:
    train = table()
    transformer = transformer_of(example, n_classes).fit(train, target(train, n_classes))
    missing = pd.DataFrame({column: train[column].mask(np.ones(len(train), dtype=bool)) for column in train})[:2]
    strange = table(2, seed=5)
    for column in ("artist", "genre", "title", "tags"):
        strange[column] = pd.Series(["never seen", "[<]"], dtype="str")
    strange[["a", "b", "latitude", "longitude"]] = 1e6
    for frame in (missing, strange):
        assert not np.isinf(transformer.transform(frame)).any()


@every_case
@pytest.mark.parametrize("rows", [10, 2, 1])
def test_few_training_rows_are_enough(example: dict[str, Any], n_classes: int, rows: int) -> None:
    if example["step"] == "clusters" and rows < 10:
        pytest.skip("refused with a message: see test_clusters")
    train = table()
    complete = train.dropna().iloc[:rows]
    made = transformer_of(example, n_classes).fit_transform(complete, target(complete, n_classes))
    assert made.shape[0] == rows
    assert not np.isinf(made).any()


@every_case
def test_a_class_that_no_training_row_has_changes_no_width(example: dict[str, Any], n_classes: int) -> None:
    train = table()
    y = np.minimum(target(train, n_classes), max(n_classes - 2, 0)) if n_classes else target(train)
    transformer = transformer_of(example, n_classes)
    made = transformer.fit_transform(train, y)
    assert made.shape[1] == len(transformer.get_feature_names_out())
    assert not np.isinf(made).any()


@every_example
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_mixin_order,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_estimator_tags_renamed,
    ],
)
def test_scikit_learns_checks_of_frame_transformers(example: dict[str, Any], check: Any) -> None:
    check(type(transformer_of(example)).__name__, transformer_of(example))


@every_example
def test_init_stores_its_arguments_as_they_are(example: dict[str, Any]) -> None:
    step = step_of(example)
    transformer = make_transformer(step, 7, 0)
    for name in type(step).model_fields:
        if name != "step":
            assert getattr(transformer, name) is getattr(step, name)
    assert not [name for name in vars(transformer) if name.endswith("_") or name.startswith("_")]


@every_case
def test_fit_sets_what_it_says_it_learns(example: dict[str, Any], n_classes: int) -> None:
    train = table()
    transformer = transformer_of(example, n_classes).fit(train, target(train, n_classes))
    public = {name for name in vars(transformer) if name.endswith("_") and not name.startswith("_")}
    assert public == set(type(transformer).LEARNED)
