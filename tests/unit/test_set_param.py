"""`dvc exp run -S` changes the value it names and no other line of params.yaml."""

from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import modify_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.guards.text.yaml_file import parsed_yaml
from tests.conftest import DATASETS, ROOT, SETTINGS

TEXT = SETTINGS.read_text(encoding="utf-8")
Key = tuple[str, ...]

# An override, and the value that arrives.
CHANGES = [
    pytest.param("seed=7", 7, id="int"),
    pytest.param("split.test_size=0.25", 0.25, id="float"),
    pytest.param("booster.huber_slope=1e-05", 1e-05, id="small float"),
    pytest.param("booster.huber_slope=1e+20", 1e20, id="large float"),
    pytest.param("tune.budget=2e10", 2e10, id="number with an exponent from null"),
    pytest.param("tune.patience=20", 20, id="int from null"),
    pytest.param("evaluate.gates.min_test_r2=null", None, id="to null"),
    pytest.param("split.group=track_artist", "track_artist", id="from null"),
    pytest.param("booster.class_weight=balanced", "balanced", id="text from null"),
    pytest.param("train_best.interval=0.9", 0.9, id="from null without a comment"),
    pytest.param("evaluate.gates.beat_baselines=shown", "shown", id="word"),
    pytest.param("dataset=california_housing", "california_housing", id="string"),
    pytest.param("spaces.default.reg_lambda.low=1e-05", 1e-05, id="bound in a space"),
    pytest.param("spaces.spotify9.gamma.low=1e-09", 1e-09, id="bound with an exponent"),
    pytest.param("spaces.default.grow_policy.choices=[lossguide,depthwise]", ["lossguide", "depthwise"], id="list"),
    pytest.param("spaces.default.subsample={low: 0.6, high: 0.9}", {"low": 0.6, "high": 0.9}, id="mapping"),
    pytest.param("pruners.percentile.percentile=25.0", 25.0, id="pruner"),
]


def _changed(file: Path, override: str) -> list[tuple[int, str, str]]:
    file.write_text(TEXT, encoding="utf-8")
    apply_overrides(file, [override])
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    before = TEXT.splitlines(keepends=True)
    assert len(lines) == len(before)
    return [
        (number, old, new) for number, (old, new) in enumerate(zip(before, lines, strict=True), start=1) if old != new
    ]


def _leaves(node: Any, key: Key = ()) -> list[tuple[Key, Any]]:
    if isinstance(node, dict) and node:
        return [leaf for name, value in node.items() for leaf in _leaves(value, (*key, name))]
    return [(key, node)]


def _at(node: Any, key: Key) -> Any:
    for part in key:
        node = node[part]
    return node


NUMBERS = [
    (key, value) for key, value in _leaves(parsed_yaml(TEXT, Path("params.yaml"))) if type(value) in (int, float)
]


def test_dvc_reads_and_writes_the_file_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(TEXT, encoding="utf-8")
    with modify_yaml(file):
        pass
    assert file.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(("override", "value"), CHANGES)
def test_one_value_is_one_line(tmp_path: Path, override: str, value: object) -> None:
    file = tmp_path / "params.yaml"
    assert len(_changed(file, override)) == 1
    arrived = _at(parsed_yaml(file.read_text(encoding="utf-8"), file), tuple(override.partition("=")[0].split(".")))
    assert arrived == value
    assert type(arrived) is type(value)


@settings(max_examples=10)  # DVC takes a third of a second for each
@given(st.data())
def test_any_number_may_become_any_other(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    key, before = data.draw(st.sampled_from(NUMBERS))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    value = data.draw(st.integers(-(2**63), 2**63 - 1) if isinstance(before, int) else finite)
    file = tmp_path_factory.getbasetemp() / "any_number.yaml"
    assert len(_changed(file, f"{'.'.join(key)}={value!r}")) == (0 if repr(value) == repr(before) else 1)
    assert _at(parsed_yaml(file.read_text(encoding="utf-8"), file), key) == value


def test_a_list_of_starts_is_replaced_and_what_follows_it_stays(tmp_path: Path) -> None:
    """Comments after a list belong to its last item for DVC, and would go with it."""
    file = tmp_path / "params.yaml"
    file.write_text(TEXT, encoding="utf-8")
    apply_overrides(file, ["tune.enqueue=[]"])
    text = file.read_text(encoding="utf-8")
    assert "  enqueue: []\n  early_stopping_rounds: 50 " in text
    assert text.partition("\n  early_stopping_rounds")[2] == TEXT.partition("\n  early_stopping_rounds")[2]


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_file_keeps_its_other_values(tmp_path: Path, name: str) -> None:
    """DVC writes every list of it anew, one item to a line and without comments and anchors."""
    file, text = tmp_path / f"{name}.yaml", (ROOT / f"datasets/{name}.yaml").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    apply_overrides(file, ["judging.coordinates=null", "about=another"])
    before = parsed_yaml(text, file)
    expected = {**before, "about": "another", "judging": {**before["judging"], "coordinates": None}}
    assert parsed_yaml(file.read_text(encoding="utf-8"), file) == expected
