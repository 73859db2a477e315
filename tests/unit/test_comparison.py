"""Words, numbers and files of `lockstep compare`, and how the command behaves on a terminal."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lockstep.compare.comparison import refuse_files
from lockstep.compare.document import Document, Name, ReportTable, Section, text
from lockstep.compare.markdown import markdown
from lockstep.compare.numbers import change, counted, milliseconds, relative, signed
from lockstep.compare.opening import opened_side
from lockstep.compare.paired_section import reuse
from lockstep.errors import DataError
from lockstep.project import paths
from lockstep.tracking.run_content import NEEDED, complete_result
from tests.conftest import SETTINGS


def test_large_differences_are_written_without_powers_of_ten() -> None:
    assert [signed(value) for value in (12345.6, -1234.0, 0.01234, 0.0)] == ["+12,300", "-1,234", "+0.0123", "0"]
    assert relative(1.0, 124.0) == "+12,300%"
    assert change(1234.5, 0.5) == "-1,234"
    assert milliseconds(1.2345) == "1,230 ms"


def test_one_of_something_is_one() -> None:
    assert [counted(n, "trial") for n in (0, 1, 2, 1200)] == ["0 trials", "1 trial", "2 trials", "1,200 trials"]


@pytest.mark.parametrize(("confidence", "often"), [(0.95, "20"), (0.9, "10"), (0.99, "100")])
def test_how_often_chance_looks_like_a_difference_follows_from_the_confidence(confidence: float, often: str) -> None:
    assert f"of {often} comparisons of equally good models" in reuse(confidence)


def test_names_that_steer_a_terminal_are_shown_by_their_codes() -> None:
    name = "age\x1b[31m\x07"
    table = ReportTable("", ("feature", name), ((Name(name), "1"),))
    said = markdown(Document(("t",), (Section("s", (table, text(name))),)))
    assert "`age\\x1b[31m\\x07`" in said
    assert all(each.isprintable() or each == "\n" for each in said)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["a.md", "./a.md"], "is given for both --md and --html"),
        (["params.yaml"], "belongs to the pipeline"),
        (["x/../dvc.lock"], "belongs to the pipeline"),
        (["dvc.yaml"], "belongs to the pipeline"),
        (["a.md", "reports/a.html"], "reports/a.html: belongs to the pipeline"),
        (["models/a.md"], "belongs to the pipeline"),
        (["data/a.md"], "belongs to the pipeline"),
        (["."], "is a folder; name a file"),
        (["n" * 300], "cannot be written: File name too long"),
    ],
)
def test_a_file_that_a_report_must_not_take_is_refused(
    files: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        refuse_files(files)


def test_other_files_can_take_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refuse_files(["out/a.md", "docs/params.yaml"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "a name is empty"),
        (" ", "a name is empty"),
        ("./repository", "is a repository, not an exported folder; write `workspace`"),
        ("loop", "cannot be read|is not a commit"),
        ("n" * 300, "cannot be read .File name too long"),
    ],
)
def test_a_name_that_can_be_no_result_is_one_line(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "repository/reports").mkdir(parents=True)
    for file in ("dvc.yaml", "reports/metrics.json"):
        (tmp_path / "repository" / file).write_text("{}")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(DataError, match=message) as raised, opened_side("A", name):
        pass
    assert "\n" not in str(raised.value)


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An exported folder with the least that compare reads first, whatever is in the other files."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "b"
    for path in NEEDED:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("{}")
    search = {"settings": {"space": {}}, "score": "cv_rmse", "cost": {"fold_fits": 1}}
    (folder / paths.SEARCH).write_text(json.dumps(search))
    (folder / paths.MODEL / "model.json").write_text('{"training": {}}')
    (folder / paths.UNCERTAINTY).write_text('{"intervals": []}')
    (folder / paths.TRIALS).write_text("number,state,message,cv_rmse\n")
    (folder / paths.BASELINES).write_text("model,a,b,c,d,rmse\n")
    shutil.copy(SETTINGS, folder)
    complete_result(folder, exported=True)
    return folder


NO_OBJECT = ("[]", "1", '"text"', "null", "", "{", "\xff", "[" * 100_000, '{"a":' * 100_000)
NO_TABLE = ("", "a,b\n1,2,3\n4\n", "\xff", '"')
DAMAGED: dict[Path, tuple[str, ...]] = {
    paths.SEARCH: (*NO_OBJECT, "{}", '{"settings": []}', '{"settings": {"space": 1}, "score": "s", "cost": {}}'),
    paths.MODEL / "model.json": (*NO_OBJECT, "{}", '{"training": 1}'),
    paths.METRICS: (*NO_OBJECT, '{"test": "text"}', '{"test": [1]}'),
    paths.UNCERTAINTY: (*NO_OBJECT, "{}", '{"intervals": [1]}'),
    paths.FINDINGS: ("1", "null", "", "[1]", '[{"name": "drift"}]'),
    paths.REPEATED: (*NO_OBJECT, '{"metrics": "text"}', '{"metrics": [{}]}'),
    paths.BEST_PARAMS: NO_OBJECT,
    paths.GATES: NO_OBJECT,
    paths.TRIALS: NO_TABLE,
    paths.BASELINES: NO_TABLE,
    paths.PARAMS: ("a: 1", "[]", "booster: 1"),
}


@pytest.mark.parametrize("path", DAMAGED, ids=str)
def test_an_output_that_is_damaged_is_one_line_that_names_it(result: Path, path: Path) -> None:
    for content in DAMAGED[path]:
        (result / path).write_text(content, encoding="latin-1")
        with pytest.raises(DataError) as raised, opened_side("B", "./b"):
            pass
        assert str(raised.value).startswith(f"compare ./b: {path}: is damaged, or was written by another version")
        assert str(raised.value).endswith("; make this result again")
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("error", [AttributeError, IndexError, KeyError, TypeError, ValueError])
def test_whatever_else_does_not_fit_is_one_line(
    result: Path, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise error("of two\nlines")

    monkeypatch.setattr("lockstep.compare.opening.read_side", read)
    with pytest.raises(DataError, match=rf"^compare \./b: was written by another .*{error.__name__}.*run it again$"):
        opened_side("B", "./b").__enter__()


SAYS = "import sys, lockstep.cli as cli; cli.check = lambda _: TEXT; sys.exit(cli.main(['check']))"


def test_a_reader_that_stops_early_ends_the_command_quietly() -> None:
    code = SAYS.replace("TEXT", "'line' * 1_000_000")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.read(1)
        command.stdout.close()
        assert command.stderr.read() == b""
        assert command.wait() == 128 + signal.SIGPIPE


def test_a_terminal_of_few_characters_shows_question_marks() -> None:
    code = SAYS.replace("TEXT", "'\\u2581 \\u2013 ok'")
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"? ? ok\n", b"")
