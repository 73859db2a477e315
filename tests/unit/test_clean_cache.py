"""`lockstep clean-cache`: removes what only costs time to lose, never what DVC, MLflow or a running search holds."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lockstep import caches
from lockstep.cli import main
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.storage.locks import held
from lockstep.storage.scratch import scratch_folder
from lockstep.storage.tables import atomic_write
from tests.unit.test_evaluation_log import EVALUATION

KEY = "0123456789abcdef" * 4
USEFUL = {".lockstep/evaluations.db", ".lockstep/optuna_study.db", ".lockstep/optuna_study.db-journal"}
LEFT_OVER = {
    ".lockstep/evaluations.damaged",
    ".lockstep/.search_times.json.abcd1234.part",
    ".lockstep/live/.key.json.abcd1234.part",
    "tmp/lockstep-fetch-killed/owner.lock",
    "tmp/lockstep-fetch-killed/files/table.csv",
}
LOCKS = {f".lockstep/locks/{KEY}", f".lockstep/locks/live-{KEY}"}
NOT_OURS = {
    ".lockstep/search_times.json",
    ".lockstep/timings.json",
    f".lockstep/live/{KEY}.json",
    ".lockstep/notes of mine.txt",
    ".dvc/cache/files/md5/ab/cdef",
    "mlruns/mlflow.db",
    "models/model/model.json",
    "tmp/lockstep-verify-kept/dvc.lock",
    "tmp/another program's",
}


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that any user may read; it is the repository, and has the folder for temporary files."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "tmp"))
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(folder)
    yield folder
    monkeypatch.chdir("/")
    shutil.rmtree(folder)


@pytest.fixture
def used(repository: Path) -> Path:
    """The same with everything that searches, DVC and MLflow leave there, and killed processes."""
    for name in USEFUL | LEFT_OVER | LOCKS | NOT_OURS:
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("x" * 1000)
    (repository / ".lockstep/evaluations.db").unlink()
    with EvaluationLog(repository / ".lockstep/evaluations.db") as log:
        log.remember("key", EVALUATION)
    return repository


def _files(folder: Path) -> set[str]:
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()}
    return files - {".lockstep/locks/in-use", ".lockstep/locks/evaluations"}


def test_where_nothing_is_there_it_says_so_and_makes_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in ([], ["--dry-run"], ["--leftovers"]):
        assert main(["clean-cache", *options]) == 0
        assert capsys.readouterr().out == "lockstep: there is nothing to clean\n"
    assert [each.name for each in repository.iterdir()] == ["tmp"]


def test_a_dry_run_shows_what_would_go_and_leaves_it(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _files(used)
    assert main(["clean-cache", "--dry-run"]) == 0
    assert _files(used) == before
    head, *lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"lockstep: \d+ kB can be freed, nothing was removed", head)
    assert re.fullmatch(r"  \.lockstep/evaluations\.db +\d+ kB  last used \d{4}-\d\d-\d\d; scores of .*", lines[0])
    shown = {line.split()[0] for line in lines if not line.startswith("  kept: ")}
    # The journal counts with its database, a folder as a whole.
    files = {name for name in USEFUL | LEFT_OVER if "journal" not in name and "tmp/" not in name}
    assert shown == files | {"tmp/lockstep-fetch-killed"}
    assert [line.split(",")[0] for line in lines if line.startswith("  kept: ")] == [
        "  kept: .dvc/cache",
        "  kept: mlruns",
        f"  kept: {used / 'tmp/lockstep-verify-kept'}",
    ]
    assert "`dvc gc --workspace --all-commits --all-experiments`" in lines[-3]


def test_caches_and_leftovers_go_and_everything_else_stays(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean-cache"]) == 0
    assert _files(used) == NOT_OURS
    assert re.match(r"lockstep: \d+ kB freed\n", capsys.readouterr().out)
    assert main(["clean-cache"]) == 0
    assert capsys.readouterr().out.startswith("lockstep: there is nothing to clean\n  kept: .dvc/cache, 1,000 bytes")
    with EvaluationLog(used / ".lockstep/evaluations.db") as log:
        assert log.find("key") is None


def test_leftovers_go_alone_where_that_is_wanted(used: Path) -> None:
    assert main(["clean-cache", "--leftovers"]) == 0
    assert _files(used) == NOT_OURS | USEFUL
    with EvaluationLog(used / ".lockstep/evaluations.db") as log:
        assert log.find("key") == EVALUATION


def test_nothing_goes_while_a_search_uses_it(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _files(used)
    with EvaluationLog(used / ".lockstep/evaluations.db") as log:
        for options in ([], ["--leftovers"]):
            assert main(["clean-cache", *options]) == 1
            assert capsys.readouterr().err == (
                "lockstep: .lockstep: a search uses it; run this again when it has ended, or use --dry-run\n"
            )
        assert main(["clean-cache", "--dry-run"]) == 0
        assert log.find("key") == EVALUATION
    assert _files(used) == before
    assert main(["clean-cache"]) == 0


def test_what_a_living_process_holds_stays(used: Path) -> None:
    with (
        scratch_folder("fetch") as folder,
        held(used / f".lockstep/locks/live-{KEY}"),
        atomic_write(used / ".lockstep/timings.json") as part,
    ):
        part.write_text("new")
        assert main(["clean-cache"]) == 0
        assert folder.is_dir()
        assert (used / f".lockstep/locks/live-{KEY}").exists()
    assert (used / ".lockstep/timings.json").read_text() == "new"


@contextmanager
def _without_power(folder: Path) -> Iterator[None]:
    """Whoever runs the tests, as a user without the rights of root; `folder` is his."""
    if os.geteuid() != 0:
        yield
        return
    for each in [folder, *folder.rglob("*")]:
        os.chown(each, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_one_line_and_the_rest_goes(
    used: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _without_power(used):
        (used / ".lockstep").chmod(0o555)
        assert main(["clean-cache"]) == 1
        (used / ".lockstep").chmod(0o755)
    assert capsys.readouterr().err == (
        "lockstep: .lockstep/evaluations.db: Permission denied; 2 of 6 removed; run this as the user who owns it\n"
    )
    assert LEFT_OVER - _files(used) == {name for name in LEFT_OVER if "tmp" in name or "live" in name}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
def test_another_users_folder_is_one_line_and_stays(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _files(used)
    for each in ("in-use", "evaluations"):
        (used / ".lockstep/locks" / each).chmod(0o644)
    with _without_power(used / "models"):
        assert main(["clean-cache"]) == 1
        assert capsys.readouterr().err == (
            "lockstep: .lockstep/evaluations.db: Permission denied; 0 of 5 removed; run this as the user who owns it\n"
        )
        assert main(["clean-cache", "--dry-run"]) == 0
    assert _files(used) == before


def test_sizes_count_files_and_no_links(tmp_path: Path) -> None:
    (tmp_path / "folder/inner").mkdir(parents=True)
    (tmp_path / "folder/inner/file").write_text("12345")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    assert caches.size_of(tmp_path / "folder") == 5
    assert caches.size_of(tmp_path / "absent") == 0
    assert caches.size_of(tmp_path / "link") < 1000
