"""`lockstep predict IN OUT` gives raw rows the predictions that evaluate gave them."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from lockstep.cli import main
from tests.pipeline.project import Project


@pytest.fixture(scope="module")
def asked(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the raw test rows as in.csv, in.csv.gz and in.parquet."""
    folder = tmp_path_factory.mktemp("asked")
    expected = pd.read_parquet(finished.folder / "data/predictions/test.parquet")
    rows = pq.read_table(finished.folder / "data/raw/table.parquet").take(pa.array(expected["row_id"]))
    rows = rows.drop_columns(["y"]).append_column("id", pa.array([f"r{row},{row}" for row in expected["row_id"]]))
    csv.write_csv(rows, folder / "in.csv")
    (folder / "in.csv.gz").write_bytes(gzip.compress((folder / "in.csv").read_bytes()))
    pq.write_table(rows, folder / "in.parquet")
    return folder


@dataclass(frozen=True)
class Printed:
    """What the command printed in this process: it starts in a moment there, in a new one in seconds."""

    code: int
    out: str
    err: str


@pytest.fixture
def predict(
    finished: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Printed]:
    monkeypatch.chdir(finished.folder)
    # the test process keeps its own answer to signals
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def run(*arguments: str | Path) -> Printed:
        code = main(["predict", *map(str, arguments)])
        return Printed(code, *capsys.readouterr())

    return run


def _expected(project: Project) -> list[float]:
    return pd.read_parquet(project.folder / "data/predictions/test.parquet")["predicted"].tolist()


def _read(file: Path) -> pd.DataFrame:
    if file.suffix == ".parquet":
        return pd.read_parquet(file)
    frame: pd.DataFrame = csv.read_csv(file, parse_options=csv.ParseOptions(newlines_in_values=True)).to_pandas()
    return frame


@pytest.mark.parametrize(
    ("source", "target"), [("in.csv", "out.csv"), ("in.csv.gz", "out.parquet"), ("in.parquet", "out.csv.gz")]
)
def test_every_format_gets_the_predictions_of_evaluate(
    finished: Project, predict: Callable[..., Printed], asked: Path, tmp_path: Path, source: str, target: str
) -> None:
    done = predict(asked / source, tmp_path / target, "--keep", "id", "--keep", "x0")
    assert done.err == ""
    assert done.out.startswith("lockstep: 80 rows predicted in ")
    answers, rows = _read(tmp_path / target), pd.read_parquet(asked / "in.parquet")
    assert list(answers) == ["id", "x0", "predicted"]
    assert answers["id"].tolist() == rows["id"].tolist()
    assert answers["x0"].astype(float).tolist() == rows["x0"].tolist()
    assert answers["predicted"].tolist() == _expected(finished)
    assert [file.name for file in tmp_path.iterdir()] == [target]


def test_other_delimiters_orders_and_columns_make_no_difference(
    finished: Project, predict: Callable[..., Printed], asked: Path, tmp_path: Path
) -> None:
    rows = pd.read_parquet(asked / "in.parquet")
    rows["text"] = 'two "lines"\nwith; a, b'
    rows[list(rows)[::-1]].to_csv(tmp_path / "in.csv", sep=";", index=False, encoding="utf-8-sig")
    assert predict(tmp_path / "in.csv", tmp_path / "out.csv", "--keep", "text").err == ""
    answers = _read(tmp_path / "out.csv")
    assert answers["predicted"].tolist() == _expected(finished)
    assert set(answers["text"]) == {'two "lines"\nwith; a, b'}


def test_numbers_that_arrow_does_not_read_at_once_are_read_with_care(
    finished: Project, predict: Callable[..., Printed], asked: Path, tmp_path: Path
) -> None:
    lines = (asked / "in.csv").read_text().splitlines()
    first, _, rest = lines[41].partition(",")
    lines[41] = f"\u00a0{first},{rest}"
    (tmp_path / "in.csv").write_text("\n".join(lines) + "\n")
    assert predict(tmp_path / "in.csv", tmp_path / "out.parquet").err == ""
    assert _read(tmp_path / "out.parquet")["predicted"].tolist() == _expected(finished)


def test_no_rows_get_no_predictions(finished: Project, asked: Path, tmp_path: Path) -> None:
    header = (asked / "in.csv").read_text().splitlines()[0]
    (tmp_path / "in.csv").write_text(header + "\n")
    done = finished.run("lockstep", "predict", str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), "--keep", "id")
    assert done.stdout.startswith("lockstep: 0 rows predicted")
    assert (tmp_path / "out.csv").read_text() == "id,predicted\n"


@pytest.fixture
def refused(predict: Callable[..., Printed]) -> Callable[..., str]:
    """The command; returns the one line that it prints when it refuses."""

    def run(*arguments: str | Path) -> str:
        printed = predict(*arguments)
        assert (printed.code, printed.out) == (1, "")
        assert printed.err.count("\n") == 1
        return printed.err.removeprefix("lockstep: ").rstrip("\n")

    return run


def test_what_cannot_be_answered_is_one_line_and_leaves_the_earlier_file(
    refused: Callable[..., str], asked: Path, tmp_path: Path
) -> None:
    good, out = asked / "in.csv", tmp_path / "out.csv"
    out.write_text("earlier\n")
    assert refused(good, out) == f"{out}: exists already; --force replaces it"
    lines = good.read_text().splitlines()

    def with_line(number: int, line: str) -> Path:
        (tmp_path / "in.csv").write_text("\n".join([*lines[:number], line, *lines[number + 1 :]]) + "\n")
        return tmp_path / "in.csv"

    bad = with_line(61, "much" + lines[61][lines[61].index(",") :])
    assert refused(bad, out, "--force") == (f"{bad}: column 'x0': row 61: 'much' is not a number; correct the value")
    bad = with_line(70, "1.5" + lines[70][lines[70].index(",") :])
    assert refused(bad, out, "--force") == (f"{bad}: column 'x0': row 70: 1.5 is outside 0.0 to 1.0; correct the value")
    bad = with_line(0, lines[0].replace("x3", "x33"))
    assert refused(bad, out, "--force").startswith(f"{bad}: no column 'x3'; the model needs: x0, x1, x2, ")
    bad = with_line(5, "1,2")
    assert refused(bad, out, "--force").startswith(f"{bad}: cannot be read as CSV: row 5: has 2 values, ")
    (tmp_path / "in.csv").write_text("")
    assert "the file is empty" in refused(bad, out, "--force")
    (tmp_path / "in.parquet").write_text("no Parquet")
    assert "cannot be read as Parquet" in refused(tmp_path / "in.parquet", out, "--force")
    assert "No such file or directory" in refused(tmp_path / "none.csv", out, "--force")
    assert "the format is unknown" in refused(good, tmp_path / "out.txt")
    assert "is also the input" in refused(good, good, "--force")
    assert "no column 'key' to keep" in refused(good, out, "--force", "--keep", "key")
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refused(good, tmp_path / "folder.csv", "--force")
    (tmp_path / "folder.csv").rmdir()
    nested = tmp_path / "in.parquet"
    pq.write_table(pq.read_table(asked / "in.parquet").append_column("list", pa.array([[1]] * 80)), nested)
    assert "Unsupported Type:list" in refused(nested, out, "--force", "--keep", "list")
    missing = refused(good, out, "--force", "--model", tmp_path)
    assert missing == f"{tmp_path}/model.json: the model is incomplete; run `dvc repro train_best`"
    unknown = refused(good, out, "--force", "--model", out)
    assert unknown == f"{out}: no such model folder; run `dvc repro train_best`, or name another folder"
    (tmp_path / "model.json").write_text("{}")
    assert f"{tmp_path}: the model is damaged" in refused(good, out, "--force", "--model", tmp_path)
    assert out.read_text() == "earlier\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.csv", "in.parquet", "model.json", "out.csv"]


@pytest.mark.parametrize(
    "stop",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.long),
        pytest.param(signal.SIGHUP, marks=pytest.mark.nightly),
    ],
)
def test_a_stopped_prediction_leaves_the_earlier_file_alone(
    finished: Project, asked: Path, tmp_path: Path, stop: signal.Signals
) -> None:
    header, *lines = (asked / "in.csv").read_text().splitlines()
    (tmp_path / "in.csv").write_text("\n".join([header, *lines * 5_000]) + "\n")
    (tmp_path / "out.csv").write_text("earlier\n")
    command = [
        sys.executable,
        "-m",
        "lockstep.cli",
        "predict",
        str(tmp_path / "in.csv"),
        str(tmp_path / "out.csv"),
        "--force",
    ]
    with subprocess.Popen(command, cwd=finished.folder, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.glob(".out.csv.*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(stop)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + stop
    assert errors == "lockstep: stopped\n"
    assert (tmp_path / "out.csv").read_text() == "earlier\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_predict_says_what_answered(predict: Callable[..., Printed], asked: Path, tmp_path: Path) -> None:
    done = predict(asked / "in.csv", tmp_path / "out.csv")
    version = metadata.version("lockstep")
    assert done.out.splitlines()[1] == (
        f"lockstep: answered by models/model: dataset friedman, target y, Lockstep {version}"
    )
    assert done.err == ""


def test_a_model_of_another_dataset_than_the_chosen_one_is_warned_of(
    project: Project, asked: Path, tmp_path: Path
) -> None:
    project.edit("params.yaml", "dataset: friedman", "dataset: diabetes")
    done = project.run("lockstep", "predict", str(asked / "in.csv"), str(tmp_path / "out.csv"))
    assert done.stderr.splitlines() == [
        "lockstep: warning: models/model was trained on dataset friedman, params.yaml names diabetes;"
        " `dvc repro` trains a model on that one"
    ]
    assert "dataset friedman, target y" in done.stdout
    assert _read(tmp_path / "out.csv")["predicted"].tolist() == _expected(project)


def test_a_model_saved_before_it_knew_its_dataset_is_still_asked(
    finished: Project, predict: Callable[..., Printed], asked: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished.folder / "models/model", tmp_path / "old")
    saved = json.loads((tmp_path / "old/model.json").read_text())
    del saved["origin"]
    (tmp_path / "old/model.json").write_text(json.dumps(saved))
    done = predict(asked / "in.csv", tmp_path / "out.csv", "--model", tmp_path / "old")
    assert done.out.splitlines()[1].endswith("old: dataset unknown, target y, saved by an earlier version of Lockstep")
    assert _read(tmp_path / "out.csv")["predicted"].tolist() == _expected(finished)
