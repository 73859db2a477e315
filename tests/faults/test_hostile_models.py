"""Model files from strangers: nothing in them runs, nothing outside the folder is read, XGBoost sees no nonsense."""

import io
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lockstep.errors import DataError
from lockstep.model.saved import SavedModel
from lockstep.model.ubj import check_ubj
from tests.fuzz.targets import good_model
from tests.unit.modelling import PARAMS, model, with_interval
from tests.unit.modelling import table as rows_of_a_table
from tests.unit.raw_rows import dataset_of, raw_table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a small model of many kinds of features."""
    return Path(shutil.copytree(good_model(), tmp_path / "model"))


def _refused(folder: Path) -> str:
    with pytest.raises(DataError) as refused:
        SavedModel.load(folder).answer(raw_table(dataset_of("spotify_tracks"), 5))
    line = str(refused.value)
    assert "\n" not in line
    assert len(line) < 400
    return line


class Runs:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def _npz(trace: Path) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, a=np.array([1.0]))
    return packed.getvalue()


def _objects(trace: Path) -> bytes:
    written = io.BytesIO()
    np.save(written, np.array([Runs(trace)], dtype=object), allow_pickle=True)
    return written.getvalue()


ARRAYS: dict[str, Callable[[Path], bytes]] = {
    "a pickle": lambda trace: pickle.dumps(Runs(trace)),
    "an array of objects": _objects,
    "an archive of arrays": _npz,
    "nothing": lambda _: b"",
    "a shape beyond the file": lambda _: _header("(1000000000000,)"),
    "a shape that is code": lambda _: _header("__import__('os').system('true')"),
    "a shape below zero": lambda _: _header("(-1,)"),
    "text": lambda _: b"1,2,3\n",
}


def _header(shape: str) -> bytes:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + b"\0" * 16


@pytest.mark.parametrize("kind", sorted(ARRAYS))
def test_an_array_file_cannot_run_code_or_take_memory(folder: Path, tmp_path: Path, kind: str) -> None:
    trace = tmp_path / "trace"
    for file in (folder / "features").iterdir():
        file.write_bytes(ARRAYS[kind](trace))
    assert "the model is damaged" in _refused(folder)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["booster_0.ubj", "model.json"])
def test_a_pickle_in_place_of_a_file_is_not_run(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).write_bytes(pickle.dumps(Runs(tmp_path / "trace")))
    assert "the model is damaged" in _refused(folder)
    assert not (tmp_path / "trace").exists()


DESCRIPTIONS: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    (
        "an array outside the folder",
        lambda d: d["arrays"].append("../../secret"),
        "'../../secret' is no name of an array",
    ),
    ("an absolute path", lambda d: d["arrays"].append("/etc/passwd"), "'/etc/passwd' is no name of an array"),
    ("no booster", lambda d: d.update(n_models=0), "it has no booster"),
    ("more boosters than files", lambda d: d.update(n_models=10**9), "booster_2.ubj: the model is incomplete"),
    ("a number of boosters that is none", lambda d: d.update(n_models="2"), "the model is damaged (TypeError"),
    ("an unknown step", lambda d: d["features"]["steps"][0]["step"].update(step="os.system"), "the model is damaged"),
    ("no steps", lambda d: d["features"].update(steps=[]), "the model is damaged"),
    ("another array", lambda d: d["features"]["steps"][-1]["arrays"].update(x="y"), "the model is damaged (KeyError"),
    ("an unknown setting", lambda d: d["training"].update(code="import os"), "the model is damaged (TypeError"),
    (
        "an unknown rule",
        lambda d: d["intake"].update(rules=[{"rule": "exec"}]),
        "the model is damaged (ValidationError",
    ),
    ("columns without a name", lambda d: d["intake"].update(columns=[{}]), "the model is damaged (KeyError"),
    ("fewer features than it was trained on", lambda d: d["features"]["steps"].pop(), "the model is damaged"),
]


@pytest.mark.parametrize(("change", "line"), [case[1:] for case in DESCRIPTIONS], ids=[one[0] for one in DESCRIPTIONS])
def test_a_description_that_does_not_fit_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], object], line: str
) -> None:
    described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    change(described)
    (folder / "model.json").write_text(json.dumps(described), encoding="utf-8")
    assert line in _refused(folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", "[" * 100_000, '{"n_models": 1e400}', "\ufeff{}", '{"a": NaN}']
)
def test_a_description_that_is_no_json_object_is_refused(folder: Path, text: str) -> None:
    (folder / "model.json").write_text(text, encoding="utf-8")
    assert "the model is damaged" in _refused(folder)


def test_what_xgboost_writes_is_accepted() -> None:
    for n_classes in (0, 2, 3):
        for booster in model(2, n_classes).boosters:
            check_ubj(bytes(booster.save_raw("ubj")))
    interval = with_interval(0.8, rows_of_a_table()).interval
    assert interval is not None
    check_ubj(bytes(interval.booster.save_raw("ubj")))


@pytest.mark.parametrize(
    "params",
    [
        {"gamma": 5.0},
        {"grow_policy": "lossguide", "max_leaves": 20, "max_depth": 0},
        {"max_cat_to_onehot": 1, "num_parallel_tree": 3, "subsample": 0.5},
    ],
    ids=["pruned", "lossguide", "forest"],
)
def test_trees_of_every_growth_are_accepted(params: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in params.items():
        monkeypatch.setitem(PARAMS, name, value)
    check_ubj(bytes(model(rounds=10).boosters[0].save_raw("ubj")))


UBJ: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("nothing", lambda _: b"", "booster_0.ubj: "),
    ("an empty object", lambda _: b"{}", "KeyError: 'learner'"),
    ("cut off", lambda good: good[:-100], "goes beyond the file|IndexError|KeyError"),
    ("more behind it", lambda good: good + b"}", "1 bytes behind its end"),
    (
        "a length of 2^63-1",
        lambda good: good.replace(b"L" + b"\0" * 7, b"L" + b"\x7f" + b"\xff" * 6, 1),
        "beyond the file",
    ),
    ("a length below zero", lambda good: good.replace(b"L" + b"\0" * 7, b"L" + b"\xff" * 7, 1), "beyond the file"),
    ("nested without end", lambda _: b"[" * 100_000, "nested too deeply"),
    ("another booster", lambda good: good.replace(b"gbtree", b"gblina"), "gbtree|KeyError|not made of trees"),
    (
        "a child beyond the nodes",
        lambda good: _ints(good, b"left_children", 0, 10_000),
        "children of a tree lie outside",
    ),
    ("a child that is its parent", lambda good: _ints(good, b"left_children", 0, 0), "children of a tree lie outside"),
    ("a child of two", lambda good: _ints(good, b"left_children", 0, 2), "two parents|another parent"),
    ("a parent beyond the nodes", lambda good: _ints(good, b"parents", 1, 10_000), "another parent"),
    (
        "a feature beyond the columns",
        lambda good: _ints(good, b"split_indices", 0, 10_000),
        "split_indices of a tree lie",
    ),
]


def _ints(good: bytes, name: bytes, place: int, value: int) -> bytes:
    start = good.index(name) + len(name)
    assert good[start : start + 4] == b"[$l#"
    at = start + 13 + 4 * place
    return good[:at] + value.to_bytes(4, "big") + good[at + 4 :]


@pytest.mark.parametrize(("change", "line"), [case[1:] for case in UBJ], ids=[case[0] for case in UBJ])
def test_a_booster_that_would_lead_xgboost_out_of_its_memory_is_refused(
    folder: Path, change: Callable[[bytes], bytes], line: str
) -> None:
    file = folder / "booster_0.ubj"
    changed = change(file.read_bytes())
    assert changed != file.read_bytes()
    file.write_bytes(changed)
    said = _refused(folder)
    assert "the model is damaged (ValueError: booster_0.ubj: " in said
    assert any(part in said for part in line.split("|"))
