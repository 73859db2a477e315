"""Check XGBoost's UBJ files before XGBoost reads them.

XGBoost trusts a model file: a wrong length or node number makes it read or write foreign memory (about a fifth of
random one-byte changes crash the process). So only trees in the form that XGBoost writes itself are accepted, in which
every index lies within its range. XGBoost also allocates as much memory as a file demands: a bit for each category up
to the largest one of a split, and any number of columns and predictions. So these must agree with the description of
the model.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NUMBERS = {"i": ">i1", "U": ">u1", "I": ">i2", "l": ">i4", "L": ">i8", "d": ">f4", "D": ">f8"}
MAX_DEPTH = 16
NO_PARENT = 2**31 - 1
# Memory of the splits by category of a booster: 5,000 trees with 31 splits by a column of 100,000.
MAX_CATEGORY_BYTES = 2 << 30
PER_NODE = (
    "base_weights",
    "default_left",
    "left_children",
    "loss_changes",
    "parents",
    "right_children",
    "split_conditions",
    "split_indices",
    "split_type",
    "sum_hessian",
)
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """The shape that a booster must have, according to the description of the model.

    Attributes:
        outputs: Predicted numbers per row.
        categories: The number of categories of each feature, in matrix order; 0 for a quantity.
    """

    outputs: int
    categories: Sequence[int]


def check_ubj(content: bytes, shape: Shape) -> None:
    """Check that XGBoost can load a booster of trees and predict with it within its memory.

    Args:
        content: The file.
        shape: The required shape.

    Raises:
        ValueError: if the content is not what XGBoost writes for such a booster.
    """
    try:
        model = _Reader(content).whole()
        learner = model["learner"]
        _check_shape(learner["learner_model_param"], shape)
        _check_learner(learner, learner["gradient_booster"]["model"], shape)
    except (KeyError, TypeError, AttributeError, IndexError, struct.error, OverflowError) as error:
        raise ValueError(f"no model of trees as XGBoost writes it: {type(error).__name__}: {error}") from None


class _Reader:
    """The part of Universal Binary JSON that XGBoost writes: counted strings, objects with an end mark, arrays."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = memoryview(content), 0

    def whole(self) -> Any:
        """The single value of the content."""
        value = self._value(0)
        if self._at != len(self._content):
            raise ValueError(f"{len(self._content) - self._at} bytes behind its end")
        return value

    def _take(self, size: int) -> memoryview:
        if not 0 <= size <= len(self._content) - self._at:
            raise ValueError(f"a length of {size} at byte {self._at} goes beyond the file")
        self._at += size
        return self._content[self._at - size : self._at]

    def _marker(self) -> str:
        return chr(self._take(1)[0])

    def _count(self) -> int:
        if self._marker() != "L":
            raise ValueError(f"no length at byte {self._at}")
        return int(struct.unpack(">q", self._take(8))[0])

    def _text(self) -> str:
        return bytes(self._take(self._count())).decode("utf-8")

    def _value(self, depth: int) -> Any:
        marker = self._marker()
        if depth > MAX_DEPTH:
            raise ValueError(f"nested too deeply at byte {self._at}")
        if marker == "{":
            return self._object(depth)
        if marker == "[":
            return self._array(depth)
        if marker == "S":
            return self._text()
        if marker in NUMBERS:
            return self._numbers(marker, 1)[0]
        raise ValueError(f"an unknown mark at byte {self._at - 1}")

    def _object(self, depth: int) -> dict[str, Any]:
        content = dict[str, Any]()
        while self._content[self._at] != ord("}"):
            key = self._text()
            if key in content:
                raise ValueError(f"key {key[:40]!r} occurs twice")
            content[key] = self._value(depth + 1)
        self._at += 1
        return content

    def _array(self, depth: int) -> Any:
        if self._content[self._at] == ord("$"):
            self._at += 1
            kind = self._marker()
            if self._marker() != "#":
                raise ValueError(f"no count at byte {self._at}")
            return self._numbers(kind, self._count())
        if self._content[self._at] == ord("#"):
            self._at += 1
            count = self._count()
            # every value has a mark: a count cannot exceed the remaining bytes
            if not 0 <= count <= len(self._content) - self._at:
                raise ValueError(f"a count of {count} at byte {self._at} goes beyond the file")
            return [self._value(depth + 1) for _ in range(count)]
        values = []
        while self._content[self._at] != ord("]"):
            values.append(self._value(depth + 1))
        self._at += 1
        return values

    def _numbers(self, kind: str, count: int) -> npt.NDArray[Any]:
        form = np.dtype(NUMBERS[kind])
        return np.frombuffer(self._take(count * form.itemsize), form)


def _check_shape(params: Mapping[str, Any], shape: Shape) -> None:
    width, outputs = _whole(params, "num_feature"), max(_whole(params, "num_class"), _whole(params, "num_target"), 1)
    if width != len(shape.categories):
        raise ValueError(f"it was made for {width} features, and the model's description has {len(shape.categories)}")
    if outputs != shape.outputs:
        raise ValueError(f"it predicts {outputs} numbers a row, and the model's description says {shape.outputs}")


def _check_learner(learner: Mapping[str, Any], model: Mapping[str, Any], shape: Shape) -> None:
    if learner["gradient_booster"]["name"] != "gbtree":
        raise ValueError("the booster is not made of trees")
    if any(len(part) for part in model["cats"].values()):
        raise ValueError("it holds names of categories, which Lockstep's features do not have")
    trees, groups = model["trees"], _ints(model["tree_info"])
    if not len(trees) == len(groups) == _whole(model["gbtree_model_param"], "num_trees"):
        raise ValueError("the number of trees is not the one stated")
    _inside(groups, 0, shape.outputs, "tree_info")
    rounds = _ints(model["iteration_indptr"])
    if not len(rounds) or rounds[0] != 0 or rounds[-1] != len(trees) or (np.diff(rounds) < 0).any():
        raise ValueError("iteration_indptr does not count the trees")
    for name in ("feature_names", "feature_types"):
        if len(learner[name]) not in (0, len(shape.categories)):
            raise ValueError(f"{name} are not {len(shape.categories)}")
    categories, n_bytes = np.asarray(shape.categories, dtype=np.int64), 0
    for number, tree in enumerate(trees):
        if tree["id"] != number:
            raise ValueError(f"tree {number} has another number")
        n_bytes += _check_tree(tree, categories)
        if n_bytes > MAX_CATEGORY_BYTES:
            raise ValueError(f"its splits by category take more than {MAX_CATEGORY_BYTES >> 30} GiB of memory")


def _check_tree(tree: Mapping[str, Any], n_categories: Ints) -> int:
    """Check a tree; returns the bytes that XGBoost allocates for its splits by category.

    Args:
        tree: The content of the file for it.
        n_categories: The number of categories of each feature.
    """
    params = tree["tree_param"]
    size = _whole(params, "num_nodes")
    if size < 1 or _whole(params, "num_feature") != len(n_categories) or _whole(params, "size_leaf_vector") > 1:
        raise ValueError("a tree has no nodes, other features or leaves that are vectors")
    for name in PER_NODE:
        if len(tree[name]) != size:
            raise ValueError(f"{name} of a tree has {len(tree[name])} entries for {size} nodes")
    left, right = _ints(tree["left_children"]), _ints(tree["right_children"])
    leaf = left == -1
    if (leaf != (right == -1)).any():
        raise ValueError("a node has one child")
    children = np.concatenate([left[~leaf], right[~leaf]])
    # If no node has two parents and the root none, there is no loop below the root.
    _inside(children, 1, size, "children")
    if len(np.unique(children)) < len(children):
        raise ValueError("a node has two parents")
    parents, nodes = _ints(tree["parents"]), np.flatnonzero(~leaf)
    if (parents[left[nodes]] != nodes).any() or (parents[right[nodes]] != nodes).any() or parents[0] != NO_PARENT:
        raise ValueError("a node has another parent than the one whose child it is")
    _inside(parents[1:], 0, size, "parents")
    columns = _ints(tree["split_indices"])
    _inside(columns[~leaf], 0, len(n_categories), "split_indices")
    # a leaf that was a split before pruning may keep its categories but has no column
    of_node = np.full(size, n_categories.max(initial=0))
    of_node[~leaf] = n_categories[columns[~leaf]]
    return _check_categories(tree, leaf, of_node)


def _check_categories(tree: Mapping[str, Any], leaf: npt.NDArray[np.bool_], of_node: Ints) -> int:
    nodes, starts, sizes, values = (
        _ints(tree[name]) for name in ("categories_nodes", "categories_segments", "categories_sizes", "categories")
    )
    if not len(nodes) == len(starts) == len(sizes):
        raise ValueError("the categories of a tree have no nodes")
    if (np.diff(nodes) <= 0).any():
        raise ValueError("the nodes of a tree's categories are out of order")
    _inside(nodes, 0, len(of_node), "categories_nodes")
    _inside(sizes, 1, len(values) + 1, "categories_sizes")
    # consecutive, as XGBoost writes them: many nodes that share a long list would take long to read
    if (starts != np.cumsum(sizes) - sizes).any() or sizes.sum() != len(values):
        raise ValueError("the categories of a tree are not one node's behind the other's")
    by_category = np.flatnonzero((_ints(tree["split_type"]) == 1) & ~leaf)
    if not np.isin(by_category, nodes).all() or not np.isin(_ints(tree["split_type"]), (0, 1)).all():
        raise ValueError("a split by category has no categories")
    if not len(nodes):
        return 0
    largest = np.maximum.reduceat(values, starts)
    if values.min() < 0 or (largest >= of_node[nodes]).any():
        raise ValueError("a tree has categories that its features do not have")
    return int((largest // 32 + 1).sum()) * 4


def _inside(values: Ints, low: int, high: int, what: str) -> None:
    if len(values) and not (low <= values.min() and values.max() < high):
        raise ValueError(f"{what} of a tree lie outside {low} to {high - 1}")


def _ints(values: Any) -> Ints:
    array = np.asarray(values)
    if len(array) and array.dtype.kind not in "iu":
        raise ValueError("whole numbers are needed")
    return array.astype(np.int64)


def _whole(params: Mapping[str, Any], name: str) -> int:
    text = params[name]
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{name} is no whole number: {text!r:.40}")
    return int(text)
