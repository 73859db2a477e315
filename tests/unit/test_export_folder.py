"""The folder an export goes to: an earlier export gives way to a new one as a whole, and nothing else is lost."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lockstep.errors import DataError
from lockstep.export.folder import MADE_BY, PREFIX, ExportFolder
from lockstep.export.merging import LISTED, RESULTS
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    (root / "reports").mkdir(parents=True)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(root)
    return root


def _write(folder: Path, value: str) -> None:
    (folder / RESULTS).write_text(json.dumps({**MADE_BY, "value": value}))
    (folder / "mlruns").mkdir()
    (folder / "mlruns" / value).write_text(value)


def _export(folder: Path, value: str, *, force: bool = False, failure: BaseException | None = None) -> None:
    target = ExportFolder(folder)
    target.refuse_unusable(force=force)
    with target.replaced() as new:
        _write(new, value)
        if failure:
            raise failure


def _content(folder: Path) -> dict[str, str]:
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    return {name: file.read_text() for name, file in files.items() if name != LISTED}


def test_an_earlier_export_is_replaced_whole_and_what_a_person_added_stays(repository: Path) -> None:
    out = repository / "outputs"
    _export(out, "first")
    (out / "notes.txt").write_text("mine")
    (out / "mlruns/mine.csv").write_text("mine too")
    _export(out, "second")
    assert sorted(_content(out)) == ["mlruns/mine.csv", "mlruns/second", "notes.txt", "results.json"]
    _export(out, "third", force=True)
    assert sorted(_content(out)) == ["mlruns/mine.csv", "mlruns/third", "notes.txt", "results.json"]
    assert json.loads((out / RESULTS).read_text())["value"] == "third"


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_export_that_fails_leaves_the_earlier_one_as_it_was(repository: Path, failure: BaseException) -> None:
    out = repository / "outputs"
    _export(out, "first")
    before = _content(out)
    with pytest.raises(type(failure)):
        _export(out, "second", failure=failure)
    assert _content(out) == before


def _breaking(monkeypatch: pytest.MonkeyPatch, at: set[int]) -> list[str]:
    """Let some moves fail; returns the names of those asked for, as they are asked for."""
    rename, moves = Path.rename, list[str]()

    def failing(path: Path, goal: Path) -> Path:
        moves.append(path.name)
        if len(moves) in at:
            raise OSError(5, "Input/output error")
        return rename(path, goal)

    monkeypatch.setattr(Path, "rename", failing)
    return moves


def test_a_swap_that_fails_half_way_brings_the_earlier_export_back(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = repository / "outputs"
    _export(out, "first")
    before, listed = _content(out), (out / LISTED).read_text()
    moves = _breaking(monkeypatch, {3})
    with pytest.raises(OSError, match="Input/output"):
        _export(out, "second")
    assert moves[:3] == [RESULTS, "first", "second"]  # the marker goes first, so half an export never has it
    assert (_content(out), (out / LISTED).read_text()) == (before, listed)


def test_an_earlier_export_that_cannot_be_brought_back_is_kept_and_named(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = repository / "outputs"
    _export(out, "first")
    _breaking(monkeypatch, {3, 4})
    with pytest.raises(DataError, match=r"could not be restored completely: its files are in .*old until the next"):
        _export(out, "second")
    (kept,) = out.glob(f"{PREFIX}*/old/mlruns/first")
    assert kept.read_text() == "first"
    monkeypatch.undo()
    monkeypatch.chdir(repository)
    _export(out, "second")
    assert sorted(_content(out)) == ["mlruns/second", "results.json"]


def test_a_folder_with_other_files_is_refused_and_force_keeps_them(repository: Path) -> None:
    out = repository / "outputs"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match=r"outputs: contains files that no export wrote \(thesis.tex\); name another"):
        _export(out, "first")
    _export(out, "first", force=True)
    assert _content(out)["thesis.tex"] == "years of work"
    assert _content(out)["mlruns/first"] == "first"


KILLED = """
import os, sys
from pathlib import Path
from lockstep.export.folder import ExportFolder
rename = Path.rename
def dying(path, goal):
    rename(path, goal)
    if path.name == "second":
        os._exit(9)
Path.rename = dying
with ExportFolder(Path("outputs")).replaced() as new:
    for name in ("mlruns/second", "results.json"):
        (new / name).parent.mkdir(exist_ok=True)
        (new / name).write_text("second")
"""


def test_an_export_that_was_killed_is_followed_by_a_whole_one(repository: Path) -> None:
    out = repository / "outputs"
    _export(out, "first")
    (out / "mlruns/mine.csv").write_text("mine")
    killed = subprocess.run([sys.executable, "-c", KILLED], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert killed.returncode == 9
    assert not (out / RESULTS).exists()
    assert (out / "mlruns/second").exists()
    _export(out, "next")
    assert sorted(_content(out)) == ["mlruns/mine.csv", "mlruns/next", "results.json"]
    assert [each.name for each in out.iterdir() if each.name.startswith(".")] == [LISTED]


def test_traces_of_a_killed_export_excuse_no_file_of_a_person(repository: Path) -> None:
    out = repository / "outputs"
    (out / f"{PREFIX}killed/new").mkdir(parents=True)
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match=r"contains files that no export wrote \(thesis.tex\)"):
        _export(out, "first")


def test_a_list_of_files_that_leads_out_of_the_folder_is_not_followed(repository: Path, tmp_path: Path) -> None:
    out, elsewhere = repository / "outputs", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_text("mine")
    _export(out, "first")
    (out / "link").symlink_to(elsewhere)
    files = ["link/mine", "../../elsewhere/mine", str(elsewhere / "mine"), "results.json", "mlruns/first", 1]
    (out / LISTED).write_text(json.dumps({"files": files}))
    _export(out, "second")
    assert (elsewhere / "mine").read_text() == "mine"
    assert not (out / "mlruns/first").exists()


LISTS = {
    "no names of files": '{"files": [".", "./", "", "a\\u0000b", "\\ud800"]}',
    "nested": "[" * 100_000,
    "no list": '{"files": 1}',
}


@pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("file", [LISTED, RESULTS])
def test_a_list_that_no_export_wrote_excuses_no_file_and_stops_no_export(
    repository: Path, file: str, listed: str
) -> None:
    out = repository / "outputs"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    (out / file).write_text(listed)
    with pytest.raises(DataError, match=r"contains files that no export wrote"):
        _export(out, "first")
    _export(out, "first", force=True)
    assert _content(out)["thesis.tex"] == "years of work"
    assert json.loads((out / LISTED).read_text()) == {"files": ["mlruns/first", "results.json"]}


def test_what_stands_where_an_export_writes_a_folder_is_one_line(repository: Path) -> None:
    out = repository / "outputs"
    out.mkdir()
    (out / "mlruns").symlink_to(repository)
    with pytest.raises(DataError, match=r"outputs/mlruns: is no folder, and an export writes one; move it away$"):
        _export(out, "first", force=True)
    assert [each.name for each in out.iterdir()] == ["mlruns"]


def test_an_empty_volume_is_no_foreign_folder(repository: Path) -> None:
    out = repository / "outputs"
    (out / "lost+found").mkdir(parents=True)
    (out / ".gitkeep").touch()
    _export(out, "first")
    assert (out / ".gitkeep").exists()


@pytest.mark.parametrize("name", [".", "reports", "reports/new", "data", "models/x", ".git/x", "mlruns"])
def test_the_repositorys_own_folders_are_refused_even_with_force(repository: Path, name: str) -> None:
    with pytest.raises(DataError, match="belongs to the repository"):
        ExportFolder(Path(name)).refuse_unusable(force=True)


@pytest.mark.parametrize("name", ["/", "..", "../.."])
def test_a_folder_around_the_repository_is_refused(repository: Path, name: str) -> None:
    with pytest.raises(DataError, match="contains the repository"):
        ExportFolder(Path(name)).refuse_unusable(force=True)


@pytest.mark.parametrize("name", ["params.yaml/x", "nothing", "loop", "loop/x", "n" * 300])
def test_a_path_that_can_be_no_folder_is_one_line(repository: Path, name: str) -> None:
    (repository / "params.yaml").touch()
    (repository / "nothing").symlink_to("absent")
    (repository / "loop").symlink_to("loop")
    with pytest.raises(DataError, match=r"name a folder|name another") as raised:
        ExportFolder(Path(name)).refuse_unusable(force=False)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda root: (root / "out").touch(), r"out: is a file; name a folder$"),
        (lambda root: (root / "out").symlink_to("/proc"), r"out: (is not writable|contains files)"),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_line(
    repository: Path, prepare: Callable[[Path], None], message: str
) -> None:
    prepare(repository)
    with pytest.raises(DataError, match=message) as raised:
        _export(Path("out"), "first")
    assert "\n" not in str(raised.value)
