"""The folder an export goes to: an earlier export gives way to a new one as a whole, and nothing else is lost."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lockstep.errors import DataError
from lockstep.exporting.target import MADE_BY, PREFIX, RESULTS, Target


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
    target = Target(folder)
    target.refuse_unusable(force=force)
    with target.replaced() as new:
        _write(new, value)
        if failure:
            raise failure


def _content(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_an_earlier_export_is_replaced_whole_and_what_a_person_added_stays(repository: Path) -> None:
    out = repository / "outputs"
    _export(out, "first")
    (out / "notes.txt").write_text("mine")
    _export(out, "second")
    assert sorted(_content(out)) == ["mlruns/second", "notes.txt", "results.json"]
    assert json.loads((out / RESULTS).read_text())["value"] == "second"


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_export_that_fails_leaves_the_earlier_one_as_it_was(repository: Path, failure: BaseException) -> None:
    out = repository / "outputs"
    _export(out, "first")
    before = _content(out)
    with pytest.raises(type(failure)):
        _export(out, "second", failure=failure)
    assert _content(out) == before


def test_a_swap_that_fails_half_way_brings_the_earlier_export_back(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = repository / "outputs"
    _export(out, "first")
    before, rename, moves = _content(out), Path.rename, []

    def failing(path: Path, goal: Path) -> Path:
        moves.append(path.name)
        if len(moves) == 3:
            raise OSError(5, "Input/output error")
        return rename(path, goal)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output"):
        _export(out, "second")
    assert moves[:3] == [RESULTS, "mlruns", "mlruns"]  # the marker goes first, so half an export never has it
    assert _content(out) == before


def test_a_folder_with_other_files_is_refused_and_force_keeps_them(repository: Path) -> None:
    out = repository / "outputs"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match=r"outputs: holds files that no export wrote \(thesis.tex\); name another"):
        _export(out, "first")
    _export(out, "first", force=True)
    assert _content(out)["thesis.tex"] == "years of work"
    assert _content(out)["mlruns/first"] == "first"


def test_an_export_that_was_killed_is_followed_by_a_whole_one(repository: Path) -> None:
    out = repository / "outputs"
    (out / f"{PREFIX}killed/old").mkdir(parents=True)
    (out / "mlruns").mkdir()
    (out / "mlruns/half").write_text("half")
    _export(out, "next")
    assert sorted(_content(out)) == ["mlruns/next", "results.json"]
    assert [each.name for each in out.iterdir() if each.name.startswith(".")] == []


def test_an_empty_volume_is_no_foreign_folder(repository: Path) -> None:
    out = repository / "outputs"
    (out / "lost+found").mkdir(parents=True)
    (out / ".gitkeep").touch()
    _export(out, "first")
    assert (out / ".gitkeep").exists()


@pytest.mark.parametrize("name", [".", "..", "reports", "reports/new", "data", "models/x", ".git/x", "mlruns"])
def test_the_repositorys_own_folders_are_refused_even_with_force(repository: Path, name: str) -> None:
    with pytest.raises(DataError, match="belongs to the repository"):
        Target(Path(name)).refuse_unusable(force=True)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda root: (root / "out").touch(), r"out: is a file; name a folder$"),
        (lambda root: (root / "out").symlink_to("/proc"), r"out: (is not writable|holds files)"),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_line(
    repository: Path, prepare: Callable[[Path], None], message: str
) -> None:
    prepare(repository)
    with pytest.raises(DataError, match=message) as raised:
        _export(Path("out"), "first")
    assert "\n" not in str(raised.value)
