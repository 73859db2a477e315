"""Model files from strangers: nothing in them runs, nothing outside the folder is read, XGBoost sees no nonsense."""

import hashlib
import io
import json
import os
import pickle
import py_compile
import re
import shutil
import signal
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lockstep.errors import DataError
from lockstep.guards.models import model_files, ubj
from lockstep.guards.models.ubj import Shape, check_ubj
from lockstep.model.saved import SavedModel
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
        SavedModel.load(folder).predict_raw(raw_table(dataset_of("spotify_tracks"), 5))
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


def _members(described: dict[str, Any], *counts: Any, **more: Any) -> None:
    described["training"]["members"] = [{"params": {}, "n_rounds": 30, "n_models": count} | more for count in counts]


DESCRIPTIONS: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    (
        "an array outside the folder",
        lambda d: d["arrays"].append("../../secret"),
        "'../../secret' is no name of an array",
    ),
    ("an absolute path", lambda d: d["arrays"].append("/etc/passwd"), "'/etc/passwd' is no name of an array"),
    ("no booster", lambda d: d.update(n_models=0), "it has 0 boosters, and 1 to 100 are possible"),
    ("a billion boosters", lambda d: d.update(n_models=10**9), "it has 1000000000 boosters, and 1 to 100 are possible"),
    ("more boosters than files", lambda d: d.update(n_models=100), "booster_2.ubj: the model is incomplete"),
    ("more classes than its target", lambda d: d["fitting"].update(n_classes=10**9), "made for 1000000000 classes"),
    ("features of more classes", lambda d: d["features"].update(n_classes=10**9), "made for 1000000000 classes"),
    ("too many classes", lambda d: d["target"].update(classes=[0] * 1001), "it has 1001 classes, and 1000 are"),
    ("a number of boosters that is none", lambda d: d.update(n_models="2"), "the model is damaged (TypeError"),
    ("an unknown step", lambda d: d["features"]["steps"][0]["step"].update(step="os.system"), "the model is damaged"),
    ("no steps", lambda d: d["features"].update(steps=[]), "the model is damaged"),
    ("another array", lambda d: d["features"]["steps"][-1]["arrays"].update(x="y"), "the model is damaged (KeyError"),
    ("an unknown setting", lambda d: d["training"].update(code="import os"), "the model is damaged (TypeError"),
    ("configurations of more boosters", lambda d: _members(d, 2, 1), "its configurations have [2, 1] boosters of"),
    ("configurations of fewer boosters", lambda d: _members(d, 1), "its configurations have [1] boosters of"),
    ("no configurations", lambda d: _members(d), "its configurations have [] boosters of"),
    ("a configuration of no booster", lambda d: _members(d, 2, 0), "its configurations have [2, 0] boosters of"),
    ("a negative weight", lambda d: _members(d, 3, -1), "its configurations have [3, -1] boosters of"),
    ("a weight that is no number", lambda d: _members(d, float("nan")), "its configurations have [nan] boosters of"),
    ("half a booster", lambda d: _members(d, 0.5, 1.5), "its configurations have [0.5, 1.5] boosters of"),
    ("a weight that is a word", lambda d: _members(d, "2"), "its configurations have ['2'] boosters of"),
    ("configurations that are none", lambda d: d["training"].update(members=5), "the model is damaged (TypeError"),
    ("a configuration that is a text", lambda d: d["training"].update(members=["a"]), "the model is damaged (TypeE"),
    (
        "an unknown setting of a configuration",
        lambda d: _members(d, 2, code="import os"),
        "the model is damaged (TypeError",
    ),
    ("parameters that are none", lambda d: _members(d, 2, params=5), "a configuration has no parameters"),
    ("a gain that is none", lambda d: d["training"].update(gain=[1]), "the model is damaged (AttributeError"),
    (
        "a gain without end",
        lambda d: d["training"].update(gain={"single": 1.0, "ensemble": float("-inf"), "noise": 1.0}),
        "its ensemble's gain is not finite",
    ),
    (
        "an unknown rule",
        lambda d: d["intake"].update(rules=[{"rule": "exec"}]),
        "trained with the cleaning rule 'exec', which this version of Lockstep does not have",
    ),
    ("a rule that is none", lambda d: d["intake"].update(rules=["exec"]), "the model is damaged (TypeError"),
    ("a rule of other settings", lambda d: d["intake"].update(rules=[{"rule": "scale"}]), "the model is damaged"),
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


# tests.unit.modelling: column a is a quantity, word one of three
CATEGORIES = (0, 3)


def test_what_xgboost_writes_is_accepted() -> None:
    for n_classes in (0, 2, 3):
        for booster in model(2, n_classes).boosters:
            check_ubj(bytes(booster.save_raw("ubj")), Shape(n_classes if n_classes > 2 else 1, CATEGORIES))
    interval = with_interval(0.8, rows_of_a_table()).interval
    assert interval is not None
    check_ubj(bytes(interval.booster.save_raw("ubj")), Shape(2, CATEGORIES))


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
    check_ubj(bytes(model(rounds=10).boosters[0].save_raw("ubj")), Shape(1, CATEGORIES))


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


def _text(good: bytes, name: bytes, value: bytes) -> bytes:
    """Another text wherever a key of this name stands."""
    changed = good
    for found in reversed(list(re.finditer(re.escape(name) + rb"SL", good))):
        (size,) = struct.unpack(">q", good[found.end() : found.end() + 8])
        behind = changed[found.end() + 8 + size :]
        changed = changed[: found.end()] + struct.pack(">q", len(value)) + value + behind
    return changed


def _of_many_columns(good: bytes) -> bytes:
    for name, following in ((b"feature_names", b"feature_types"), (b"feature_types", b"gradient_booster")):
        there = re.escape(name) + rb"\[#L.*?(?=L.{8}" + following + rb")"
        good = re.sub(there, name + b"[#L" + b"\0" * 8, good, count=1, flags=re.DOTALL)
    return _text(good, b"num_feature", b"2000000")


MUCH: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("classes", lambda good: _text(good, b"num_class", b"2000000"), "it predicts 2000000 numbers a row"),
    ("targets", lambda good: _text(good, b"num_target", b"2000000"), "it predicts 2000000 numbers a row"),
    ("columns", _of_many_columns, "it was made for 2000000 features"),
]


@pytest.mark.parametrize(("change", "line"), [case[1:] for case in MUCH], ids=[case[0] for case in MUCH])
def test_a_booster_that_would_fill_the_memory_is_refused(
    folder: Path, change: Callable[[bytes], bytes], line: str
) -> None:
    file = folder / "booster_0.ubj"
    file.write_bytes(change(file.read_bytes()))
    assert f"the model is damaged (ValueError: booster_0.ubj: {line}" in _refused(folder)


def test_a_category_that_the_description_does_not_have_is_refused() -> None:
    good = bytes(model(rounds=3).boosters[0].save_raw("ubj"))
    check_ubj(good, Shape(1, CATEGORIES))
    for value in (3, 2**24 - 1):
        with pytest.raises(ValueError, match="a tree has categories that its features do not have"):
            check_ubj(_ints(good, b"categories", 0, value), Shape(1, CATEGORIES))


def test_nodes_that_share_their_categories_are_refused() -> None:
    good = bytes(model(rounds=3).boosters[0].save_raw("ubj"))
    at = good.index(b"categories_segments[$L#L") + len(b"categories_segments[$L#L") + 8
    assert good[at : at + 16] == struct.pack(">qq", 0, 1)
    with pytest.raises(ValueError, match="not one node's behind the other's"):
        check_ubj(good[:at] + struct.pack(">qq", 0, 0) + good[at + 16 :], Shape(1, CATEGORIES))


def test_splits_by_category_take_a_bounded_part_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    good = bytes(model(rounds=3).boosters[0].save_raw("ubj"))
    many = _ints(good, b"categories", 0, 99_999)
    # XGBoost keeps a bit for each of the 100,000
    monkeypatch.setattr(ubj, "MAX_CATEGORY_BYTES", 12_000)
    check_ubj(good, Shape(1, (0, 100_000)))
    with pytest.raises(ValueError, match=r"its splits by category take more than .* of memory"):
        check_ubj(many, Shape(1, (0, 100_000)))


FILES = ["model.json", "booster_0.ubj", "features/ARRAY"]


def _link_to_a_pipe(file: Path) -> None:
    pipe = file.with_suffix(".pipe")
    os.mkfifo(pipe)
    file.symlink_to(pipe)


ODD: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a link to a device": lambda file: file.symlink_to("/dev/zero"),
    "a link to a pipe": _link_to_a_pipe,
    "a folder": Path.mkdir,
}


def _file(folder: Path, name: str) -> Path:
    return folder / name.replace("ARRAY", min(file.name for file in (folder / "features").iterdir()))


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """Ends with an error what waits for a pipe."""

    def waited(*_: object) -> None:
        raise AssertionError("waits for ever")

    before = signal.signal(signal.SIGALRM, waited)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", sorted(ODD))
def test_a_file_that_is_none_is_not_waited_for(folder: Path, kind: str, name: str) -> None:
    file = _file(folder, name)
    file.unlink()
    ODD[kind](file)
    assert _refused(folder) == f"{file}: is no regular file; remove it, then run `dvc repro train_best`"


@pytest.mark.parametrize(("name", "limit"), [*zip(FILES, ("MAX_DESCRIPTION", "MAX_FILE", "MAX_FILE"), strict=True)])
def test_a_file_that_is_too_large_is_not_read(
    folder: Path, name: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _file(folder, name)
    largest = 1 + max(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    monkeypatch.setattr(model_files, limit, largest)
    SavedModel.load(folder)
    os.truncate(file, largest + 1)
    assert re.search(
        rf"{name.replace('ARRAY', '.*')}: has .* GiB, more than the .* GiB .*smaller model$", _refused(folder)
    )


def test_a_model_of_links_says_what_the_model_says(folder: Path, tmp_path: Path) -> None:
    """As `dvc checkout` makes it where `cache.type` is symlink."""
    rows, cache = raw_table(dataset_of("spotify_tracks"), 5), tmp_path / "cache"
    predictions = SavedModel.load(folder).predict_raw(rows)
    cache.mkdir()
    for number, file in enumerate(each for each in sorted(folder.rglob("*")) if each.is_file()):
        kept = file.rename(cache / str(number))
        file.symlink_to(kept)
    assert SavedModel.load(folder).predict_raw(rows).equals(predictions)


STEP = '''"""A step."""
import numpy as np
from lockstep import Step


class Own(Step):
    """A feature that is always 0."""

    def reads(self):
        return ()

    def makes(self):
        return ("own",)

    def transform(self, frame):
        return np.zeros((len(frame), 1))
'''
STATED = "custom/steps/own.py"


def _needs_own_code(folder: Path, files: Mapping[str, bytes], code: Mapping[str, str]) -> None:
    """Make a model need a step `own`, whose description states this code and whose folder has these files."""
    description = json.loads((folder / "model.json").read_text())
    description["features"]["steps"].append({"step": {"step": "own"}, "learned": {}, "arrays": {}})
    (folder / "model.json").write_text(json.dumps(description | ({"code": code} if code else {})))
    for path, content in files.items():
        (folder / "code" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "code" / path).write_bytes(content)


@pytest.mark.parametrize("below", ["", "none/", "../"])
def test_code_that_the_description_does_not_state_is_not_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _needs_own_code(folder, {f"{below}{STATED}": b"from pathlib import Path\nPath('trace').touch()\n"}, {})
    _refused(folder)
    assert not Path("trace").exists()


def _byte_code(source: str, folder: Path) -> bytes:
    """Byte code that Python runs whatever the text beside it says."""
    (folder / "run.py").write_text(source)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    return Path(py_compile.compile(str(folder / "run.py"), invalidation_mode=mode) or "").read_bytes()


@pytest.mark.parametrize(
    "path", [f"custom/steps/__pycache__/own.{sys.implementation.cache_tag}.pyc", "custom/steps/own.so", "custom/x.txt"]
)
def test_trusted_code_is_no_more_than_the_description_states(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    other = _byte_code(f"{STEP}\nfrom pathlib import Path\nPath('trace').touch()\n", tmp_path)
    _needs_own_code(folder, {STATED: STEP.encode(), path: other}, {STATED: hashlib.sha256(STEP.encode()).hexdigest()})
    with pytest.raises(DataError, match=f"{re.escape(path)} is not stated by the description"):
        SavedModel.load(folder, trust_code=True)
    assert not Path("trace").exists()
